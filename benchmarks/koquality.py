"""The whole of `okinst curate koquality` on a stand-in of its raw corpus of 384,067 rows: time and memory, step by step.

    python benchmarks/koquality.py --to DIR                   writes the three files (some 300 MB) into DIR first
    python benchmarks/koquality.py --to DIR --scale 0.01      a hundredth of the rows

The rows are invented (benchmarks/stand_in_mirror.py says how): their number and their size are upstream's. The evaluation sets are those
of the sample, which stand in for KoBEST and HAE-RAE with few items. It runs twice: first with an empty cache and an empty store, then
with another share, which reads its scores from the store. Absolute times are of the machine at hand.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from build_mixtures import Watched, watch
from stand_in_mirror import stand_ins

from okinst.builders.doors import SAMPLE
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko

#: the goal for the largest resident size of all processes at one moment
GOAL_MB = 6_000
SOURCES = (KoAlpacaV11, KullmV2, OIGSmallChip2Ko)


def mirror(folder: Path, scale: float) -> dict[str, int]:
    """Write the raw corpus, unless it is there, beside the sample's evaluation sets; the rows of each file."""
    note = folder / f"koquality-{scale}.json"
    if note.is_file():
        return dict(json.loads(note.read_text(encoding="utf-8")))
    if folder.is_dir() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty, and no stand-in of this scale: name another folder.")
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    found = {each.path: each.write(folder, 0, scale)["rows"] for each in stand_ins() if each.source in SOURCES}
    note.write_text(json.dumps(found), encoding="utf-8")
    return found


def curate(folder: Path, output: Path, cache: Path, store: Path, *more: str) -> tuple[Watched, dict[str, Any]]:
    """Run the command as a user does; what was seen of it, and what it says."""
    command = [
        sys.executable,
        "-m",
        "okinst.cli.app",
        "curate",
        "koquality",
        "--mirror",
        str(folder),
        "-o",
        str(output),
    ]
    command += ["--store", str(store), "--accept-drift", "--num-proc", str(len(os.sched_getaffinity(0))), *more]
    seen = watch(command, cache)
    return seen, json.loads((output / "provenance.json").read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the stand-in mirror")
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    rows = mirror(options.to, options.scale)
    print(f"raw corpus: {sum(rows.values()):,} rows in {len(rows)} files")
    with tempfile.TemporaryDirectory(prefix="okinst-koquality-") as name:
        place = Path(name)
        for number, more in enumerate(((), ("--share", "0.02"))):
            start = time.perf_counter()
            seen, told = curate(options.to, place / f"out{number}", place / "cache", place / "store", *more)
            print(
                f"{'with an empty store' if not number else 'again, share = 0.02'}: {time.perf_counter() - start:,.0f} s, peak "
                f"{seen.peak:,.0f} MB ({seen.anonymous:,.0f} anonymous), goal {GOAL_MB:,} MB"
            )
            for step in told["steps"]:
                print(f"  {step['step']}: {step['rows_in']:,} -> {step['rows_out']:,}")


if __name__ == "__main__":
    main()
