"""How fast a source is prepared, beside a plain GeneratorBasedBuilder with the same mapping.

    python benchmarks/build.py                      200,000 rows, both builders, the ratio
    python benchmarks/build.py --memory             2,000,000 rows, okinst alone, the peak memory

The input is made here: JSON Lines of two-message rows with Korean text of KoAlpaca's lengths (fixed seed). Both builders
write Arrow to a fresh folder, in a process of their own, in turn, several times; the ratio is the median of the ratios
of the pairs, so that a machine that slows down slows both. The plain builder is what a careful author writes with
`datasets` alone: the standard json module, the same columns, one dict a row.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORDS = [
    "오늘",
    "서울",
    "날씨",
    "는",
    "맑고",
    "바람이",
    "조금",
    "붑니다",
    "그래서",
    "우리는",
    "한강",
    "공원에서",
    "자전거를",
    "타고",
    "점심으로",
    "김밥을",
    "먹었어요",
]
NAME = "rows.jsonl"


def make_input(path: Path, rows: int) -> None:
    """Rows of an instruction (about 40 characters) and an answer (about 200)."""
    rng = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            row = {
                "instruction": f"{number}: " + " ".join(rng.choices(WORDS, k=rng.randint(5, 15))),
                "output": " ".join(rng.choices(WORDS, k=rng.randint(20, 80))),
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def builder(kind: str, path: Path, cache: str) -> Any:
    """The builder under test, pointed at the input."""
    import datasets

    from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask
    from okinst.builders.schema import features

    class Plain(datasets.GeneratorBasedBuilder):
        def _info(self) -> datasets.DatasetInfo:
            return datasets.DatasetInfo(features=features("conversation"))

        def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
            return [datasets.SplitGenerator(name="train", gen_kwargs={"path": str(path)})]

        def _generate_examples(self, path: str) -> Iterator[tuple[int, Row]]:
            with Path(path).open(encoding="utf-8") as lines:
                for number, line in enumerate(lines):
                    row = json.loads(line)
                    yield (
                        number,
                        {
                            "id": f"bench/train/{number}",
                            "source": "bench",
                            "language": "ko",
                            "license": "unstated",
                            "making": "generated",
                            **ask(row["instruction"], row["output"]),
                        },
                    )

    class Bench(SourceBuilder):
        CARD = Card(
            title="bench",
            homepage="",
            license="unstated",
            license_note="",
            languages=("ko",),
            making="generated",
            generators=(),
            translators=(),
            derived_from=(),
            overlaps=(),
            warning="",
            quirks=(),
            citations=(),
        )
        COLUMNS = {"instruction": "string", "output": "string"}
        BUILDER_CONFIGS = [Variant(name="bench", files={"train": (GitHub("bench/bench", "0" * 40) / NAME,)})]

        def example(self, row: Row) -> Row:
            return ask(row["instruction"], row["output"])

    if kind == "plain":
        return Plain(cache_dir=cache)
    return Bench(config_name="bench", data_dir=str(path.parent), cache_dir=cache)


def measure(kind: str, path: Path) -> dict[str, float]:
    """Prepare once, in this process."""
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory(dir=path.parent) as cache:
        made = builder(kind, path, cache)
        start = time.perf_counter()
        made.download_and_prepare()
        seconds = time.perf_counter() - start
        rows = made.info.splits["train"].num_examples
    return {"seconds": seconds, "rows": rows, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def run(kind: str, path: Path) -> dict[str, float]:
    """Prepare once, in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, "--input", str(path)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--one", choices=("plain", "okinst"), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.input)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, NAME)
        rows = asked.rows or (2_000_000 if asked.memory else 200_000)
        make_input(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB of JSON Lines")
        if asked.memory:
            made = run("okinst", path)
            print(f"okinst: {made['rows'] / made['seconds']:,.0f} rows/s, peak memory {made['peak_mb']:,.0f} MB")
            return
        ratios = []
        for _ in range(asked.repeats):
            plain, ours = run("plain", path), run("okinst", path)
            assert plain["rows"] == ours["rows"] == rows
            ratios.append(plain["seconds"] / ours["seconds"])
            print(
                f"plain GeneratorBasedBuilder {rows / plain['seconds']:,.0f} rows/s ({plain['peak_mb']:,.0f} MB), "
                f"okinst {rows / ours['seconds']:,.0f} rows/s ({ours['peak_mb']:,.0f} MB): {ratios[-1]:.2f}x"
            )
        print(f"ratio, median of {len(ratios)} pairs: {statistics.median(ratios):.2f}x")


if __name__ == "__main__":
    main()
