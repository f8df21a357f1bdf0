"""A mixture as a stream: its rows on the fly, where nothing in the recipe has to see all of them first.

What can be decided row by row is done as the rows go by: filters, the licence gate, decontamination. Parts with shares are
interleaved by seeded chance until one of them ends, which comes to the shares; parts that are all taken are interleaved in
proportion to their rows upstream, as far as the catalogue knows those. Within a part rows keep upstream's order: to mix
more thoroughly, `shuffle(buffer_size=...)` the stream.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from okinst.curation import contamination, passages
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.steps import Decontaminate, Doing, Filtering, Gate

#: rows drawn at a time: what is held of a stream is that, and a table a part
DRAWN = 2_000


def needs_all(mixture: Mixture) -> list[str]:
    """The keys of a recipe that need all rows before the first can come out; none of them means that it can be streamed."""
    found = [f"take of {part.config}" for part in mixture.parts if not _is_all(part)]
    given = {
        "size": mixture.size is not None,
        "rate": mixture.rate != "as given",
        "dedup": mixture.dedup is not None,
        "select": mixture.select is not None,
        "validation": mixture.validation is not None,
        "shuffle = false beside shares": not mixture.shuffle and any(part.share for part in mixture.parts),
    }
    found += [key for key, needed in given.items() if needed]
    if mixture.shuffle and not found and len(mixture.parts) > 1 and not all(map(weight, mixture.parts)):
        unknown = ", ".join(part.config for part in mixture.parts if not weight(part))
        found.append(f"shuffle (how many rows there are of {unknown} is not known)")
    return found


def _is_all(part: Part) -> bool:
    return part.take is None or (isinstance(part.take, float) and part.take == 1.0)


def weight(part: Part) -> float:
    """How often a part is drawn from; 0 where it is not known."""
    if part.share is not None:
        return part.share
    if isinstance(part.source, Mixture):
        rows = part.source.rows if part.split == "train" else None
    else:
        rows = (part.variant or part.source.builder_configs[part.config]).rows.get(part.split)
    return float((rows or 0) * part.repeat)


@dataclass(frozen=True)
class Sieve:
    """The steps that judge a row by itself, with all they need for it."""

    steps: Sequence[Filtering | Gate | Decontaminate]
    indices: Sequence[contamination.Index | None]

    @classmethod
    def of(cls, mixture: Mixture, doing: Doing) -> "Sieve":
        """The steps of a mixture. For decontamination, the evaluation sets are prepared."""
        return cls(
            mixture.steps,
            [step.evaluation(doing) if isinstance(step, Decontaminate) else None for step in mixture.steps],
        )

    def through(self, table: pa.Table, part: int) -> pa.Table:
        """The rows of a table, of one part, that every step lets through."""
        for step, index in zip(self.steps, self.indices, strict=True):
            if isinstance(step, Filtering):
                table = step.filter.apply(table).table if step.part in (None, part) else table
            elif isinstance(step, Gate):
                table = table.filter(step.gate().apply(table)[0])
            elif index is not None:
                stays = np.ones(len(table), bool)
                hits = index.search(passages.whole(table), threshold=step.threshold)
                stays[[hit.row for hit in hits]] = False
                table = table.filter(pa.array(stays))
        return table


def numbered(table: pa.Table, times: "int | np.ndarray[Any, Any]") -> pa.Table:
    """Rows that have come so many times before: each is another row, and its id says so.

    >>> numbered(pa.table({"id": ["hrc/train/3", "hrc/train/3"]}), np.array([0, 1]))["id"].to_pylist()
    ['hrc/train/3', 'hrc/train/3#2']
    """
    if not np.any(times):
        return table
    each = np.broadcast_to(times, len(table)).tolist()
    ids = [f"{id}#{time + 1}" if time else id for id, time in zip(table["id"].to_pylist(), each, strict=True)]
    return table.set_column(table.column_names.index("id"), "id", pa.array(ids, pa.string()))


def interleaved(
    parts: Sequence[Iterator[pa.Table]], weights: Sequence[float], seed: int, until_one_ends: bool
) -> Iterator[pa.Table]:
    """Rows of all parts, each next one's part drawn by chance; until one of them has no more rows, or all have none.

    >>> one, other = (pa.table({"id": [letter] * 300}) for letter in "ab")
    >>> drawn = pa.concat_tables(interleaved([iter([one]), iter([other])], [0.75, 0.25], 0, True))["id"].to_pylist()
    >>> drawn.count("a"), drawn.count("b")
    (300, 95)
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"stream")])
    ahead, chances = [_Ahead(part) for part in parts], np.asarray(weights, np.float64)
    while chances.any():
        drawn = rng.choice(len(ahead), DRAWN, p=chances / chances.sum())
        found = [part.next(count) for part, count in zip(ahead, np.bincount(drawn, minlength=len(ahead)), strict=True)]
        there = np.array([len(table) for table in found])
        # the how-manieth of its part each draw is, from 0
        order = np.argsort(drawn, kind="stable")
        turn = np.empty(len(drawn), np.int64)
        turn[order] = np.arange(len(drawn)) - np.searchsorted(drawn[order], drawn[order])
        empty = turn >= there[drawn]
        if empty.any():
            chances = np.zeros(len(ahead)) if until_one_ends else np.where(_ended(drawn, empty, chances), 0.0, chances)
            wanted = np.arange(len(drawn)) < empty.argmax() if until_one_ends else ~empty
            drawn, turn = drawn[wanted], turn[wanted]
        if len(drawn):
            starts = np.concatenate(([0], np.cumsum(there)[:-1]))
            yield (
                pa.concat_tables([table for table in found if len(table)])
                .combine_chunks()
                .take(pa.array(starts[drawn] + turn))
            )


def _ended(drawn: Any, empty: Any, chances: Any) -> Any:
    return np.bincount(drawn[empty], minlength=len(chances)) > 0


class _Ahead:
    """Tables one after the other, read so many rows at a time."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self.tables = tables
        self.left = pa.table({})

    def next(self, count: int) -> pa.Table:
        """So many rows, or as many as there are left."""
        found: list[pa.Table] = []
        while count:
            while not len(self.left):
                table = next(self.tables, None)
                if table is None:
                    return pa.concat_tables(found) if found else self.left
                self.left = table
            found.append(self.left.slice(0, count))
            count -= len(found[-1])
            self.left = self.left.slice(len(found[-1]))
        return pa.concat_tables(found) if found else self.left.slice(0, 0)
