"""What the score store costs, beside one plain Parquet file of the same scores.

    python benchmarks/store.py [--rows 384067] [--pairs 3]

*Keep*: made-up texts, a scorer that does nothing, an empty store: keys, order, shards, fsync, and reading it all back. Baseline: the
same scores as one Parquet file (zstd), written and read. *Read*: embeddings of 256 numbers from a full store, aligned by key; baseline:
pyarrow.parquet.read_table of one file with the same columns. *Memory*: the peak while embeddings are read, in a fresh process, above
what it had before, by the size of what was read.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import datasets
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.scorer import Progress
from okinst.curation.scoring.store import Store

WIDTH = 256


@dataclass(frozen=True)
class Nothing:
    """Scores that cost nothing to make."""

    width: int = 0
    name: ClassVar[str] = "nothing"
    reads_context: ClassVar[bool] = False
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        return {"width": self.width}

    def fitted(self, corpus: pa.Table, seed: int) -> "Nothing":
        return self

    def learnt(self) -> "Nothing":
        return self

    def load(self, device: str | None = None) -> "Nothing":
        return self

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        rows = requests.num_rows
        if self.width:
            flat = np.random.default_rng(rows).standard_normal(rows * self.width, np.float32)
            return pa.table({"embedding": pa.FixedSizeListArray.from_arrays(pa.array(flat), self.width)})
        nll = np.random.default_rng(rows).standard_exponential(rows)
        return pa.table({"nll": nll, "tokens": np.full(rows, 40, np.int32), "flag": [""] * rows})


def texts(rows: int) -> pa.Table:
    return requests([f"{number}번 문장은 {'아주 ' * (number * 7 % 23)}길다." for number in range(rows)])


def clocked(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak(store: Path, rows: int) -> None:
    """Print the peak while embeddings are read, by their size."""
    table = texts(rows)
    Store(store).scores(Nothing(WIDTH), table.slice(0, 10), Local())
    process, most, done = psutil.Process(), 0, threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not done.wait(0.002):
            most = max(most, process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    found = Store(store).scores(Nothing(WIDTH), table, Local())
    done.set()
    watching.join()
    print(
        f"memory: {(most - before) / 1e6:,.0f} MB for {found.nbytes / 1e6:,.0f} MB, {(most - before) / found.nbytes:.2f}"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=384_067)
    arguments.add_argument("--pairs", type=int, default=3)
    arguments.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    datasets.disable_progress_bars()
    if asked.peak:
        peak(asked.peak, asked.rows)
        return
    table = texts(asked.rows)
    with tempfile.TemporaryDirectory() as folder:
        home, plain = Path(folder), Path(folder, "plain.parquet")
        scores, embeddings = Nothing().score(table), Nothing(WIDTH).score(table)

        def keep(scores: pa.Table) -> None:
            pq.write_table(scores, plain, compression="zstd")
            pq.read_table(plain)

        print("| | plain file, s | store, s | store, rows/s | ratio |\n|---|---:|---:|---:|---:|")
        pairs = [
            (
                clocked(lambda: keep(scores)),
                clocked(lambda number=number: Store(home / str(number)).scores(Nothing(), table, Local())),
            )
            for number in range(asked.pairs)
        ]
        again = [
            (
                clocked(lambda: pq.read_table(plain)),
                clocked(lambda: Store(home / "0").scores(Nothing(), table, Local())),
            )
            for _ in range(asked.pairs)
        ]
        keep(embeddings)
        del embeddings
        full = Store(home / "embeddings")
        full.scores(Nothing(WIDTH), table, Local(), columns=())
        read = [
            (clocked(lambda: pq.read_table(plain)), clocked(lambda: full.scores(Nothing(WIDTH), table, Local())))
            for _ in range(asked.pairs)
        ]
        for name, found in (("keep likelihoods", pairs), ("read likelihoods", again), ("read embeddings", read)):
            one, other = (statistics.median(column) for column in zip(*found, strict=True))
            ratio = statistics.median(ours / theirs for theirs, ours in found)
            print(f"| {name} | {one:.2f} | {other:.2f} | {asked.rows / other:,.0f} | {ratio:.1f} |")
        command = [sys.executable, __file__, "--peak", str(full.folder), "--rows", str(asked.rows)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
