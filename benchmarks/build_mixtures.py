"""Build the two published mixtures at full size from a stand-in mirror, count every part, and measure time and memory.

    python benchmarks/stand_in_mirror.py --to DIR --build           writes the mirror first
    python benchmarks/build_mixtures.py --mirror DIR --repeats 3    medians of three
    python benchmarks/build_mixtures.py --mirror DIR --num-proc 2   two processes

`okinst build` runs as a user runs it, in a fresh process with a fresh cache, in turn with the baseline: what a careful author
writes with `datasets` alone, one GeneratorBasedBuilder for the whole mixture with the standard json module (json.load for an
array), the same reading of each row and the same columns, and to_parquet. Exit status 1 where a part has another number of
rows than it should.

Memory is that of all processes of a build at one moment, looked up a hundred times a second: `peak` is the largest resident
size, file-mapped Arrow pages included, which the system takes back when it needs them; `anonymous` is what it cannot.
A page that two processes share counts twice.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stand_in_mirror import AULM, OKI, WRITTEN, Expected, expected, files_of

from okinst.builders import Row, Unmapped
from okinst.builders.schema import features
from okinst.mixtures import MIXTURES, Part

#: seconds between two looks at the memory of a build
PAUSE = 0.01
#: the goal for `peak` of every build
GOAL_MB = 2_000


# -- the baseline -------------------------------------------------------------------------------------------------


def rows_of(path: Path, format: str) -> Iterator[Row]:
    """The rows of a file as the standard library and pyarrow read them."""
    if format == "Parquet":
        import pyarrow.parquet as pq

        yield from pq.read_table(path).to_pylist()
        return
    with path.open(encoding="utf-8") as file:
        yield from (json.load(file) if format == "JSON array" else map(json.loads, file))


def examples(part: Part, mirror: Path) -> Iterator[Row]:
    """The rows of a part of a mixture, read as it was published."""
    assert part.reading, "the published mixtures read every part in their own way"
    card = part.source.CARD
    for upstream in files_of(part):
        for path in sorted((mirror / upstream.repo.id).glob(upstream.path)):
            for number, row in enumerate(rows_of(path, part.source.FORMAT)):
                try:
                    read = part.reading(row)
                except Unmapped:
                    continue
                yield {
                    "id": f"{part.config}/train/{path.stem}-{number}",
                    "source": part.config,
                    "language": upstream.language or card.languages[0],
                    "license": card.license,
                    "making": card.making,
                    **read,
                }


def build_plainly(name: str, mirror: Path, output: Path) -> None:
    """A mixture by `datasets` alone."""
    import datasets

    datasets.disable_progress_bars()

    class Plain(datasets.GeneratorBasedBuilder):
        def _info(self) -> datasets.DatasetInfo:
            return datasets.DatasetInfo(features=features("conversation"))

        def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
            return [datasets.SplitGenerator(name="train")]

        def _generate_examples(self) -> Iterator[tuple[int, Row]]:
            yield from enumerate(row for part in MIXTURES[name].parts for row in examples(part, mirror))

    builder = Plain()
    builder.download_and_prepare()
    output.mkdir()
    builder.as_dataset(split="train").to_parquet(output / "train.parquet")


# -- watching a build ---------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """What a build took: seconds, MB, and the rows of each source it wrote."""

    seconds: float
    #: largest resident size of the first process alone, of the largest of its children, and of all together
    own: float
    child: float
    peak: float
    #: the part of `peak` that no file backs, at its own largest
    anonymous: float
    rows: Counter[str] = field(default_factory=Counter)


def watch(command: list[str], cache: Path) -> Watched:
    """Run a command with a cache of its own. Raises SystemExit where it fails."""
    environment = {key: value for key, value in os.environ.items() if key not in ("OKINST_MIRROR", "HF_DATASETS_CACHE")}
    environment |= {"HF_HOME": str(cache), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    seen = Watched(0, 0, 0, 0, 0)
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        running = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while running.poll() is None:
            together = Counter[str]()
            for process in family(running.pid):
                memory = status(process)
                if not memory:
                    continue
                together.update(memory)
                if process == running.pid:
                    seen.own = max(seen.own, memory["VmHWM"])
                else:
                    seen.child = max(seen.child, memory["VmHWM"])
            seen.peak = max(seen.peak, together["VmRSS"])
            seen.anonymous = max(seen.anonymous, together["RssAnon"])
            time.sleep(PAUSE)
        seen.seconds = time.perf_counter() - start
        seen.peak = max(seen.peak, seen.own, seen.child)  # the kernel's own high-water mark misses no moment
        if running.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')}")
    return seen


def family(process: int) -> Iterator[int]:
    """A process and all below it."""
    yield process
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return  # it ended meanwhile


def status(process: int) -> dict[str, float]:
    """VmHWM, VmRSS and RssAnon in MB; empty for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in lines)
    wanted = ("VmHWM", "VmRSS", "RssAnon")
    return {name: int(fields[name].split()[0]) / 1024 for name in wanted if name in fields}


def run(kind: str, name: str, mirror: Path, num_proc: int) -> tuple[Watched, dict[str, Any]]:
    """Build a mixture one way, afresh; and what okinst's provenance.json says."""
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix="okinst-bench-") as folder:
        output = Path(folder, "out")
        if kind == "okinst":
            # a file that differs from what was measured upstream is what a stand-in is: hence --accept-drift
            command = ["-m", "okinst.cli.app", "build", name, "-o", str(output), "--mirror", str(mirror)]
            command += ["--accept-drift", "--num-proc", str(num_proc)]
        else:
            command = [__file__, "--plain", name, "--mirror", str(mirror), "--output", str(output)]
        seen = watch([sys.executable, *command], Path(folder, "cache"))
        files = [path for path in sorted(output.rglob("*.parquet")) if path.name != "dropped.parquet"]
        for path in files:
            for batch in pq.ParquetFile(path).iter_batches(columns=["source"]):
                seen.rows.update(batch.column(0).to_pylist())
        told = output / "provenance.json"
        return seen, json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}


# -- the report ---------------------------------------------------------------------------------------------------


def compare(wanted: list[Expected], built: Counter[str], provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Part by part: what should have come out, what did, and whether okinst gives the same account of it."""
    steps = {step["source"]: step for step in provenance["funnel"]}
    found = []
    for part in wanted:
        step = steps[part.source]
        found.append(
            {
                "source": part.source,
                "read": part.read,
                "expected": part.rows,
                "built": built[part.source],
                "same": (part.rows, part.rows, part.read, dict(part.dropped), {})
                == (built[part.source], step["taken"], step["read"], step["ruled_out"], step["left_out"]),
            }
        )
    return found


def told(seen: Watched) -> dict[str, float]:
    """The figures of a build, rounded."""
    return {key: round(getattr(seen, key), 1) for key in ("seconds", "own", "child", "peak", "anonymous")}


def measure(name: str, mirror: Path, scale: float, repeats: int, num_proc: int) -> dict[str, Any]:
    """Build a mixture both ways in turn, several times."""
    parts: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    for _ in range(repeats):
        plain, _ = run("plain", name, mirror, num_proc)
        ours, provenance = run("okinst", name, mirror, num_proc)
        parts = compare(expected(name, scale), ours.rows, provenance)
        if plain.rows != ours.rows:
            print(f"{name}: the baseline has other rows: {dict(plain.rows)}", file=sys.stderr)
        pairs.append(
            {
                "plain": told(plain),
                "okinst": told(ours),
                "speed": round(plain.seconds / ours.seconds, 2),
                "memory": round(plain.peak / ours.peak, 2),
                "same": plain.rows == ours.rows and all(part["same"] for part in parts),
            }
        )
    return {
        "mixture": name,
        "rows": sum(part["built"] for part in parts),
        "parts": parts,
        "pairs": pairs,
        "speed": statistics.median(pair["speed"] for pair in pairs),
        "memory": statistics.median(pair["memory"] for pair in pairs),
        "peak": max(pair["okinst"]["peak"] for pair in pairs),
        "same": all(pair["same"] for pair in pairs),
    }


def show(result: dict[str, Any]) -> None:
    print(f"\n{result['mixture']}, {result['rows']:,} rows\n")
    print("| part | rows read | expected | built | |\n|---|---:|---:|---:|---|")
    for part in result["parts"]:
        counts = " | ".join(f"{part[key]:,}" for key in ("read", "expected", "built"))
        print(f"| {part['source']} | {counts} | {'same' if part['same'] else '**differs**'} |")
    print(
        "\n| pair | build | seconds | peak, MB | anonymous, MB | first process, MB | largest child, MB | speed | memory |"
    )
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for number, pair in enumerate(result["pairs"], 1):
        for kind in ("plain", "okinst"):
            figures = [f"{pair[kind][key]:,.0f}" for key in ("seconds", "peak", "anonymous", "own", "child")]
            ratios = [f"{pair[key]:.2f}" for key in ("speed", "memory")] if kind == "okinst" else ["", ""]
            print(f"| {number} | {kind} | {' | '.join([*figures, *ratios])} |")
    print(f"| **median** | | | | | | | **{result['speed']:.2f}** | **{result['memory']:.2f}** |")
    over = result["peak"] - GOAL_MB
    verdict = f"MISSED by {over:,.0f} MB" if over >= 0 else "reached"
    print(
        f"\nPeak memory of okinst {result['peak']:,.0f} MB; the goal of under {GOAL_MB:,} MB is {verdict}.", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, required=True, metavar="DIR", help="what stand_in_mirror.py wrote")
    parser.add_argument("--mixture", choices=(OKI, AULM), action="append", help="this one alone")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--num-proc", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="machine-readable, on standard output")
    parser.add_argument("--plain", help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.plain:
        build_plainly(asked.plain, asked.mirror, asked.output)
        return
    if asked.repeats < 1:
        parser.error("--repeats is 1 or more")
    if not (asked.mirror / WRITTEN).is_file():
        parser.error(
            f"{asked.mirror} holds no stand-in mirror; write one: python benchmarks/stand_in_mirror.py --to DIR"
        )
    scale = json.loads((asked.mirror / WRITTEN).read_text(encoding="utf-8"))["made_from"]["scale"]
    results = []
    for name in asked.mixture or (OKI, AULM):
        results.append(measure(name, asked.mirror, scale, asked.repeats, asked.num_proc))
        if not asked.json:
            show(results[-1])
    if asked.json:
        print(json.dumps(results, ensure_ascii=False, indent=2))
    sys.exit(0 if all(result["same"] for result in results) else 1)


if __name__ == "__main__":
    main()
