"""How fast `okinst generate` asks: many requests on their way at a time, beside one after the other.

    python benchmarks/generate.py                                 concurrency 1 and 32, 200 ms a request
    python benchmarks/generate.py --latency 0.05 --concurrency 8 --repeats 5

Rows are translated through a server on loopback, in a process of its own, that answers each request after the latency (tests/llm_double.py):
the whole of it, prompts, checks, the ledger with its fsyncs, the output. Both sides run in turn; medians of requests a second. The target is
25 times as many at 32 as one after the other.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"  # datasets reads it when it is imported

import openai

from okinst.generation import sources
from okinst.generation.backends import Options, opened
from okinst.generation.engine import Plan, run
from okinst.generation.translating import Translating

ROOT = Path(__file__).parents[1]
WORDS = "tea market river morning small kettle bridge garden letter music window quiet bread station".split()  # noqa: SIM905
TARGET = 25


def english(file: Path, count: int) -> None:
    """Questions and answers, each other than the others."""
    draw = random.Random(count)
    with file.open("w", encoding="utf-8") as out:
        for number in range(count):
            asked, told = (" ".join(draw.choice(WORDS) for _ in range(words)) for words in (8, 40))
            row = {"question": f"Number {number}: where is the {asked}?", "answer": f"You take the {told}."}
            out.write(json.dumps(row) + "\n")


def measured(url: str, rows: int, concurrency: int) -> tuple[float, float]:
    """Requests a second by the clock, and seconds of this process' own work a request."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.jsonl")
        english(file, rows)
        job = Translating(sources.opened(str(file), "conversation"), "ko", "en")
        backend = opened("openai", Options(model="double", base_url=f"{url}/v1", concurrency=concurrency))
        plan = Plan(job, backend, Path(folder, "out.jsonl"), concurrency)
        began, worked = time.perf_counter(), time.process_time()
        done = run(plan)
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        assert done.written.done == rows == done.cost.requests, done
    return rows / seconds, worked / rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds a request")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rows", type=int, default=40, help="rows one after the other; as many for each at a time")
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.llm_double", "--latency", str(chosen.latency)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        measured(url, 20, 10)  # imports, connections, the first calls of everything
        sides: dict[int, list[tuple[float, float]]] = {1: [], chosen.concurrency: []}
        for _ in range(chosen.repeats):
            for concurrency, found in sides.items():
                found.append(measured(url, chosen.rows * concurrency, concurrency))
    finally:
        server.kill()
    print(f"Python {platform.python_version()}, openai {openai.__version__}, {chosen.latency * 1000:g} ms a request")
    medians = {}
    for concurrency, found in sides.items():
        medians[concurrency] = statistics.median(rate for rate, _ in found)
        each = ", ".join(f"{rate:.1f}" for rate, _ in found)
        work = statistics.median(work for _, work in found) * 1000
        print(
            f"{concurrency:4d} at a time: {medians[concurrency]:7.1f} requests/s ({each}); {work:.1f} ms of work a request"
        )
    ratio = medians[chosen.concurrency] / medians[1]
    print(f"ratio {ratio:.1f} (at best {chosen.concurrency}; target {TARGET} at 32)")


if __name__ == "__main__":
    main()
