"""What was measured of the upstream files: `measured.tsv` in each room, written by `okinst measure`, never by hand.

One line per config and file: bytes and sha256 of the file, rows read from it, rows that came through, and why the others
did not. `datasets` records checksums but never verifies them, so SourceBuilder compares for itself.
"""

import csv
import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from okinst.builders.errors import Drift


@dataclass(frozen=True, order=True)
class Measure:
    """One config's reading of one file."""

    config: str
    split: str
    file: str  # <owner>/<repo>/<path>
    revision: str
    bytes: int
    sha256: str
    rows: int  # rows read
    kept: int  # rows that came through
    left_out: str  # "reason=count, reason=count"

    def reasons(self) -> Counter[str]:
        """
        >>> Measure("c", "train", "f", "r", 1, "x", 3, 1, "empty output=2").reasons()
        Counter({'empty output': 2})
        """
        pairs = (pair.rpartition("=") for pair in self.left_out.split(", ") if pair)
        return Counter({reason: int(count) for reason, _, count in pairs})


HEADER = tuple(field.name for field in fields(Measure))


@functools.lru_cache
def read(path: Path) -> tuple[Measure, ...]:
    """The lines of a measured.tsv; none where there is no such file yet."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t")
        return tuple(
            Measure(
                **{
                    **line,
                    **{number: int(line[number]) for number in ("bytes", "rows", "kept")},  # type: ignore[arg-type]
                }
            )
            for line in lines
        )


def write(path: Path, measures: Iterable[Measure]) -> None:
    """Write a measured.tsv, sorted, so that two people's additions merge."""
    partial = path.with_suffix(".tsv.incomplete")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(astuple(measure) for measure in sorted(measures))
    partial.replace(path)
    read.cache_clear()


def compare(known: Measure, *, bytes: int | None = None, sha256: str | None = None, rows: int | None = None) -> None:
    """Raise Drift where a file is not the one that was measured."""
    for what, was, now in (
        ("size", known.bytes, bytes),
        ("sha256", known.sha256, sha256),
        ("number of rows", known.rows, rows),
    ):
        if now is not None and was != now:
            raise Drift(
                f"{known.config}: {known.file} is not the file that was measured: its {what} is {now}, it was {was} at "
                f"revision {known.revision}. If you trust this file, pass --accept-drift (accept_drift=True): the "
                f"difference is then recorded, not refused."
            )
