"""What became of the rows of one upstream file: how many came through, how many did not, and why."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "tally-"


@dataclass
class Tally:
    """The count of one file in one split. Written beside the built rows, so that a cached build can still tell."""

    config: str
    split: str
    file: dict[str, Any]
    door: str
    bytes: int | None = None
    sha256: str | None = None
    read: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    #: rows that a mixture's own rule does not want; no loss, but counted
    ruled_out: Counter[str] = field(default_factory=Counter)
    #: rows that came through changed
    mended: Counter[str] = field(default_factory=Counter)
    #: the first row (0-based, in the file) behind each reason
    first: dict[str, int] = field(default_factory=dict)
    #: whether the file is the one that was measured; None where none was, or nothing could be compared
    verified: bool | None = None
    #: how the file differs from measured.tsv, where that was accepted
    drift: str | None = None

    def leave_out(self, reason: str, row: int, rows: int = 1) -> None:
        self.left_out[reason] += rows
        self.first.setdefault(reason, row)

    def rule_out(self, reason: str, row: int, rows: int = 1) -> None:
        self.ruled_out[reason] += rows
        self.first.setdefault(reason, row)

    def mend(self, reason: str, row: int) -> None:
        self.mended[reason] += 1
        self.first.setdefault(reason, row)

    @property
    def lost(self) -> int:
        return self.left_out.total()

    def __str__(self) -> str:
        """
        >>> tally = Tally("demo", "train", {"path": "a.json"}, "sample", read=3, kept=2)
        >>> tally.leave_out("empty output", 1)
        >>> print(tally)
        demo/train, a.json: 3 rows read, 2 kept; left out: 1 empty output (first: row 1)
        """
        parts = [f"{self.config}/{self.split}, {self.file['path']}: {self.read:,} rows read, {self.kept:,} kept"]
        for verb, counts in (("left out", self.left_out), ("ruled out", self.ruled_out), ("mended", self.mended)):
            if counts:
                parts.append(
                    f"{verb}: "
                    + ", ".join(
                        f"{count:,} {why} (first: row {self.first[why]:,})" for why, count in counts.most_common()
                    )
                )
        if self.drift:
            parts.append(self.drift)
        return "; ".join(parts)

    def as_json(self) -> str:
        return json.dumps(vars(self), ensure_ascii=False, indent=2)


def read(folder: str | Path) -> list[Tally]:
    """The tallies beside a built set, in the order of their files; none where it is not built."""
    tallies = []
    for path in sorted(Path(folder).glob(f"{PREFIX}*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))
        counters = {name: Counter(values[name]) for name in ("left_out", "ruled_out", "mended")}
        tallies.append(Tally(**{**values, **counters}))
    return tallies
