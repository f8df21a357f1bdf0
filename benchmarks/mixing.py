"""How fast ten prepared sources are mixed, beside what an author writes with `datasets` alone.

    python benchmarks/mixing.py                     400,000 rows, both, the ratio; then the first row of a cached mixture
    python benchmarks/mixing.py --memory            what a recipe with filters, deduplication and all takes at its highest

The input is made here (fixed seed): ten files of JSON Lines, 40,000 two-message rows each, KoAlpaca's lengths, of 30,000 made-up words of
Hangul that are as unevenly frequent as words are; with few words every row would be a near-duplicate of others. It is prepared before the clock starts, once for both sides: okinst's recipe finds its parts in the cache, and the baseline gets the very
same ten prepared datasets, with the same columns. Both take a tenth of every part, mix, shuffle, and write one folder of Parquet.

Three baselines, each `to_parquet` in the end:
* interleave: `interleave_datasets` with probabilities (all rows come out: the shares are equal, and so are the parts), a per-row
  `map` that makes the id of each row its own (`mixed/...`), `shuffle`;
* concatenate: the same with `concatenate_datasets`, as the shuffle mixes anyway;
* without map: `concatenate_datasets` and `shuffle` alone. That is less than okinst does, which besides counts rows and characters by
  source, writes provenance.json and a card, and takes checksums.

Each side runs in a process of its own, in turn, and the clock starts when everything is imported; the ratio is the median of those of the pairs.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

from build_mixtures import watch

PARTS = 10
ROWS = 400_000
BASELINES = ("interleave", "concatenate", "without map")
MEASURED = "measured.json"


def make_input(folder: Path, rows: int) -> None:
    """Ten files of one's own, and a recipe that mixes them."""
    rng = random.Random(0)
    syllables = [chr(code) for code in range(ord("가"), ord("힣"), 19)]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(30_000)]
    often = list(accumulate(1 / (place + 10) for place in range(len(words))))
    recipe = ["seed = 42"]
    for part in range(PARTS):
        with (folder / f"part{part}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(rows // PARTS):
                row = {
                    "instruction": f"{part}-{number}: "
                    + " ".join(rng.choices(words, cum_weights=often, k=rng.randint(5, 15))),
                    "output": " ".join(rng.choices(words, cum_weights=often, k=rng.randint(20, 80))),
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        recipe += ["[[parts]]", f'file = "part{part}.jsonl"', 'layout = "alpaca"', 'license = "cc-by-4.0"']
        recipe += ['language = "ko"', f"share = {1 / PARTS}"]
    (folder / "mix.toml").write_text("\n".join(recipe) + "\n", encoding="utf-8")
    # the recipe without its shares, and with all that can be done to rows
    heavy = ["seed = 42", 'dedup = "near"', 'filter = { language = "ko", refusals = "drop", pii = "mask" }', ""]
    (folder / "heavy.toml").write_text(
        "\n".join(heavy + [line for line in recipe[1:] if not line.startswith("share")]) + "\n", encoding="utf-8"
    )


def prepared(folder: Path) -> list[Any]:
    """The ten parts, from the cache."""
    from okinst.publishing.naming import builder_of

    builder = builder_of(str(folder / "mix.toml"))
    found = []
    for part in builder.parts():
        part.download_and_prepare()
        found.append(part.as_dataset(split="train"))
    return found


def mix_plainly(folder: Path, output: Path, kind: str) -> None:
    """The same by `datasets` alone."""
    import datasets

    parts = prepared(folder)
    if kind == "interleave":
        mixed = datasets.interleave_datasets(
            parts, probabilities=[1 / PARTS] * PARTS, seed=42, stopping_strategy="all_exhausted_without_replacement"
        )
    else:
        mixed = datasets.concatenate_datasets(parts)
    if kind != "without map":
        mixed = mixed.map(lambda row: {"id": f"mixed/{row['id']}"})
    output.mkdir()
    mixed.shuffle(seed=42).to_parquet(output / "train.parquet")


def one(kind: str, folder: Path, output: Path) -> None:
    """Mix once, in this process. The clock starts when everything is imported."""
    import datasets

    from okinst.publishing.folder import build

    datasets.disable_progress_bars()
    prepared(folder)  # the files are in the page cache for everyone
    start = time.perf_counter()
    if kind == "okinst":
        build(str(folder / "mix.toml"), output)
    elif kind == "heavy":
        build(str(folder / "heavy.toml"), output)
    else:
        mix_plainly(folder, output, kind)
    (output.parent / MEASURED).write_text(json.dumps(time.perf_counter() - start))


def first_row(kind: str, folder: Path) -> None:
    """Load what is cached, and look at its first row; the clock starts when everything is imported."""
    import datasets

    import okinst  # noqa: F401
    from okinst.publishing.naming import builder_of

    datasets.disable_progress_bars()
    start = time.perf_counter()
    if kind == "okinst":
        builder = builder_of(str(folder / "mix.toml"))
        builder.download_and_prepare()
        rows = builder.as_dataset(split="train")
    else:
        rows = datasets.load_dataset("parquet", data_files=str(folder / "mixed" / "*" / "*.parquet"), split="train")
    assert rows[0]["messages"]
    (folder / MEASURED).write_text(json.dumps(time.perf_counter() - start))


def command(*arguments: object) -> list[str]:
    return [sys.executable, __file__, *map(str, arguments)]


def run(kind: str, folder: Path, cache: Path) -> tuple[float, int]:
    """Mix once in a process of its own; seconds and rows. The cache keeps the prepared parts, and nothing of the mixture."""
    import pyarrow.parquet as pq

    for path in (*cache.glob("datasets/okinst/m*"), *cache.glob("datasets/okinst/steps")):
        shutil.rmtree(path)
    for path in cache.glob("datasets/okinst/*/*/*/cache-*.arrow"):
        path.unlink()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        output = Path(scratch, "out")
        subprocess.run(
            command("--one", kind, "--input", folder, "--output", output), check=True, env=environment(cache)
        )
        rows = sum(pq.ParquetFile(path).metadata.num_rows for path in output.rglob("*.parquet"))
        return json.loads(Path(scratch, MEASURED).read_text()), rows


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--first", help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        return one(asked.one, asked.input, asked.output)
    if asked.first:
        return first_row(asked.first, asked.input)
    with tempfile.TemporaryDirectory(prefix="okinst-bench-") as scratch:
        folder, cache = Path(scratch, "input"), Path(scratch, "cache")
        folder.mkdir()
        make_input(folder, asked.rows)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{PARTS} parts, {asked.rows:,} rows, {size / 1e6:,.0f} MB of JSON Lines")
        run("okinst", folder, cache)  # prepares the parts
        if asked.memory:
            for kind in ("okinst", "heavy"):
                for path in (*cache.glob("datasets/okinst/m*"), *cache.glob("datasets/okinst/steps")):
                    shutil.rmtree(path)
                output = Path(scratch, kind, "out")
                output.parent.mkdir()
                seen = watch(command("--one", kind, "--input", folder, "--output", output), cache)
                print(
                    f"{kind}: {seen.seconds:,.1f} s in all, peak {seen.peak:,.0f} MB, anonymous {seen.anonymous:,.0f} MB"
                )
            return None
        ratios: dict[str, list[float]] = {kind: [] for kind in BASELINES}
        print(f"| pair | {' | '.join(f'{kind}, s | ratio' for kind in BASELINES)} | okinst, s |")
        for number in range(1, asked.repeats + 1):
            took = {}
            for kind in (*BASELINES, "okinst"):
                took[kind], rows = run(kind, folder, cache)
                assert rows == asked.rows, (kind, rows)
            for kind, found in ratios.items():
                found.append(took[kind] / took["okinst"])
            cells = " | ".join(f"{took[kind]:.1f} | {ratios[kind][-1]:.2f}" for kind in BASELINES)
            print(f"| {number} | {cells} | {took['okinst']:.1f} |", flush=True)
        medians = " | ".join(f"| **{statistics.median(ratios[kind]):.2f}**" for kind in BASELINES)
        print(f"| **median** | {medians} | |")
        first_rows(folder, cache, asked.repeats)
    return None


def first_rows(folder: Path, cache: Path, repeats: int) -> None:
    """The first row of the cached mixture, beside that of the same rows as plain Parquet in the cache of `datasets`."""
    subprocess.run(
        command("--one", "okinst", "--input", folder, "--output", folder / "mixed"), check=True, env=environment(cache)
    )
    found: dict[str, list[float]] = {"plain": [], "okinst": []}
    for number in range(repeats + 1):
        for kind, seconds in found.items():
            subprocess.run(command("--first", kind, "--input", folder), check=True, env=environment(cache))
            if number:  # the first time fills the cache of `datasets`
                seconds.append(json.loads((folder / MEASURED).read_text()))
    plain, ours = (statistics.median(found[kind]) for kind in ("plain", "okinst"))
    print(
        f"first row of a cached set, median of {repeats}: okinst {ours:.3f} s, plain {plain:.3f} s: {ours / plain:.2f}"
    )


if __name__ == "__main__":
    main()
