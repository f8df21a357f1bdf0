"""The evaluation sets that rows are compared with: had all or not at all, and what a benchmark scores on put into one index."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from okinst.builders import MissingFile, NoNetwork
from okinst.curation.contamination import Index
from okinst.curation.evaluation import Item, items, scored


@contextmanager
def none_passed_over(instead: str, who: str = "") -> Iterator[None]:
    """Where an evaluation set cannot be had, say that it is not left out in silence, and what to do `instead` of asking for it."""
    try:
        yield
    except (MissingFile, NoNetwork) as error:
        raise type(error)(
            f"{who}{error} No set is passed over: where this one should not be looked for, name the others: {instead}."
        ) from error


def index_of(sets: Iterable[tuple[str, Mapping[str, pa.Table]]]) -> Index:
    """The index of some sets, each a name and its rows by split: of all splits but train, or train where there is no other."""
    found: list[Item] = []
    for name, splits in sets:
        for split in scored(splits):
            found += items(splits[split], name, split)
    return Index.of(found)


def told(coverage: Mapping[str, Mapping[str, int]]) -> str:
    """What was searched for, in one line: how many items of how many sets, and by set what is not told from other texts.

    >>> mine = {"items": 9, "searchable": 6, "only framed": 2, "not searchable": 1}
    >>> told({"mine": mine, "other": {"items": 5, "searchable": 5, "only framed": 0, "not searchable": 0}})
    'searched for 13 of 14 items of 2 sets (mine: 2 found only in their frame or with their answer, 1 too short to be searched for)'
    """
    items, not_searched = (sum(count[kind] for count in coverage.values()) for kind in ("items", "not searchable"))
    of_sets = "; ".join(f"{name}: {', '.join(short(count))}" for name, count in coverage.items() if short(count))
    of_all = f"{items - not_searched:,} of {items:,}" if not_searched else f"{items:,}"
    return f"searched for {of_all} items of {len(coverage)} sets" + (f" ({of_sets})" if of_sets else "")


def short(count: Mapping[str, int]) -> list[str]:
    """How many items of a set are too short alone, and too short altogether, in words; none of what there is none of."""
    words = {
        "only framed": "found only in their frame or with their answer",
        "not searchable": "too short to be searched for",
    }
    return [f"{count[kind]:,} {told}" for kind, told in words.items() if count[kind]]
