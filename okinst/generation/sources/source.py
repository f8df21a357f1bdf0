"""Rows to work on, each under a key that a run goes on by.

A row of a set has its id and what it says in it; a row of a file what it says, and how many said the same before it: rows put in front of
it, or sorted another way, change nothing. A row that was changed is another row. A row that cannot be read is an item too, so that it is
set aside with its reason.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from okinst.builders import Row, Unmapped
from okinst.generation.job import Item, Rejected

#: under these keys stands why a row cannot be worked on, where and how exactly, and what was read of it
UNREADABLE, DETAIL, READ = "unreadable", "detail", "read"


class Unread(Unmapped):
    """A row that cannot be worked on, with what was read of it."""

    def __init__(self, why: str, read: object, detail: str = "") -> None:
        super().__init__(why)
        self.read, self.detail = read, detail


class Found(NamedTuple):
    """One row of a source."""

    place: str | None  # the end of its id, None for one of a file
    row: Row | Unmapped  # what is worked on
    license: str
    making: str


@dataclass(frozen=True)
class Source:
    """Rows to work on."""

    name: str  # of the set, or of the file without its ending
    split: str
    settings: dict[str, Any]  # how it is read: a run goes on only with the same
    rows: Callable[[], Iterator["Found"]]
    license_note: str
    generators: tuple[str, ...] = ()  # models that wrote text of it, machines that translated it
    translators: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()  # the sets that its rows are from
    research_only: bool = False
    not_passed_on: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)  # rows that the set's own builder left out, by reason
    called: str = ""  # in the name of what is made of it, where that is not `name`: a file may be moved, with its keys

    def items(self) -> Iterator[Item]:
        """Every row, in order."""
        before = Counter[str]()
        for number, found in enumerate(self.rows()):
            row, place = _unreadable(found.row) if isinstance(found.row, Unmapped) else found.row, found.place
            said = digest(row)
            if place is None:
                place = str(before[said])
                before[said] += 1
            yield Item(number, f"{self.name}/{self.split}/{place}#{said}", row, found.license, found.making)


def _unreadable(why: Unmapped) -> Row:
    told: Row = {UNREADABLE: str(why)}
    if isinstance(why, Unread):
        told |= ({DETAIL: why.detail} if why.detail else {}) | {READ: why.read}
    return told


def digest(row: Row) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a row's JSON."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def readable(item: Item) -> Row:
    """The row of an item. Raises Rejected, with the reason, where it could not be read."""
    if UNREADABLE in item.row:
        raise Rejected(item.row[UNREADABLE], item.row.get(DETAIL, ""))
    return item.row


def once(items: Iterable[Item], reason: str) -> Iterator[Item]:
    """The items, those that say what an earlier one said with the reason in place of their row: nobody pays twice for one answer."""
    seen: set[str] = set()
    for item in items:
        said = item.key.rpartition("#")[2]
        again = said in seen and UNREADABLE not in item.row
        yield replace(item, row={UNREADABLE: reason, READ: item.row}) if again else item
        seen.add(said)
