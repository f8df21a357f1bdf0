"""What became of the rows of one upstream file: how many came through, how many did not, and why.

Of the rows that did not come through, the first MOST under each reason are kept beside the count, as upstream has them. They
are not masked: the cache is as private as the files. What leaves it is masked on the way (`okinst.mixtures.aside`).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX, ASIDE = "tally-", "aside-"
#: rows of one file and reason that are kept, and characters of each text in them
MOST, LONGEST = 1_000, 10_000


@dataclass(frozen=True)
class Aside:
    """One upstream row that did not come through."""

    #: what its id would be
    id: str
    reason: str
    #: as upstream has it, long texts cut off; None where not even that could be read
    row: Any


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

    #: with what the ids of its rows begin, and the first rows under each reason
    ids: str = field(default="", repr=False)
    aside: dict[str, list[Aside]] = field(default_factory=dict, repr=False)

    def leave_out(self, reason: str, row: int, rows: int = 1, upstream: Any = None) -> None:
        """Count one upstream row (its number, and itself), of which so many rows would have come, as lost."""
        self.left_out[reason] += rows
        self._set_aside(reason, row, upstream)

    def rule_out(self, reason: str, row: int, rows: int = 1, upstream: Any = None) -> None:
        """The same for a row that nobody wants."""
        self.ruled_out[reason] += rows
        self._set_aside(reason, row, upstream)

    def _set_aside(self, reason: str, row: int, upstream: Any) -> None:
        self.first.setdefault(reason, row)
        aside = self.aside.setdefault(reason, [])
        if len(aside) < MOST:
            aside.append(Aside(f"{self.ids}{row}", reason, _cut(upstream)))

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

    def values(self) -> dict[str, Any]:
        """The counts, as plain values."""
        return {name: value for name, value in vars(self).items() if name not in ("ids", "aside")}

    def write(self, folder: str, fs: Any) -> None:
        """Write it down in a folder of a file system, and the rows beside it."""
        name = "~".join((self.split, self.file["repo"], self.file["path"])).replace("/", "~")
        told = json.dumps(self.values(), ensure_ascii=False, indent=2)
        rows = [json.dumps([each.id, each.reason, each.row]) for rows in self.aside.values() for each in rows]
        for path, text in ((f"{PREFIX}{name}.json", told), (f"{ASIDE}{name}.jsonl", "\n".join(rows))):
            if text:
                with fs.open(f"{folder}/{path}", "w", encoding="utf-8") as file:
                    file.write(text)


def _cut(value: Any) -> Any:
    """A row as plain values, long texts cut off.

    >>> _cut({"text": "가" * (LONGEST + 5), "at": b"1"})["text"][-2:], _cut({1: (None, {2})})
    ('가…', {'1': [None, '{2}']})
    """
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, dict):
        return {str(key): _cut(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else _cut(str(value))


def read(folder: str | Path) -> list[Tally]:
    """The tallies beside a built set, in the order of their files; none where it is not built."""
    tallies = []
    for path in sorted(Path(folder).glob(f"{PREFIX}*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))
        counters = {name: Counter(values[name]) for name in ("left_out", "ruled_out", "mended")}
        tallies.append(Tally(**{**values, **counters}))
    return tallies


def read_aside(folder: str | Path, split: str) -> Iterator[Aside]:
    """The rows of a split that did not come through, file by file; at most MOST of all files under each reason."""
    seen: Counter[str] = Counter()
    for path in sorted(Path(folder).glob(f"{ASIDE}{split}~*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                aside = Aside(*json.loads(line))
                seen[aside.reason] += 1
                if seen[aside.reason] <= MOST:
                    yield aside
