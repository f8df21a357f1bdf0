"""All rows of all parts of a mixture while it is worked on: which are still in, and which were changed.

The rows themselves stay where they are, in Arrow files mapped from disk. A step only says which go, and for the few it
changes (masked numbers) what they are now; so a mixture of any size is a few arrays of numbers.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Indices = np.ndarray[Any, np.dtype[np.int64]]
#: rows worked on at a time
BATCH = 5_000
#: bytes gathered at once from all over the files, and rows
GATHERED, MOST = 64 * 1024 * 1024, 50_000
TOLD, NOTES = "told.json", "notes"


@dataclass(frozen=True)
class Outcome:
    """What one step did: the rows it dropped, each with the reason and what shows it, and the rows it changed."""

    dropped: Indices
    reasons: list[str]
    evidence: list[str]
    #: changed rows: `row`, and the columns of a row
    changed: pa.Table | None = None
    #: what was changed how often
    changes: Counter[str] = field(default_factory=Counter)
    #: what else its line of the funnel says
    told: dict[str, Any] = field(default_factory=dict)
    #: tables that stand beside the built rows, by the name of their file
    notes: dict[str, pa.Table] = field(default_factory=dict)

    @classmethod
    def nothing(cls) -> "Outcome":
        return cls(np.empty(0, np.int64), [], [])

    @classmethod
    def of(cls, outcomes: Sequence["Outcome"]) -> "Outcome":
        """Several, about different rows, in the order of their rows."""
        changed = [outcome.changed for outcome in outcomes if outcome.changed is not None]
        return cls(
            np.concatenate([outcome.dropped for outcome in outcomes]) if outcomes else np.empty(0, np.int64),
            [reason for outcome in outcomes for reason in outcome.reasons],
            [each for outcome in outcomes for each in outcome.evidence],
            pa.concat_tables(changed) if changed else None,
            sum((outcome.changes for outcome in outcomes), Counter[str]()),
            {key: value for outcome in outcomes for key, value in outcome.told.items()},
            {name: table for outcome in outcomes for name, table in outcome.notes.items()},
        )

    def save(self, folder: Path) -> None:
        """Write it down; the count of changes last, so that a folder that has it is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        aside = pa.table(
            {
                "row": pa.array(self.dropped, pa.int64()),
                "reason": pa.array(self.reasons, pa.string()),
                "evidence": pa.array(self.evidence, pa.string()),
            }
        )
        pq.write_table(aside, folder / "dropped.parquet")
        if self.changed is not None:
            pq.write_table(self.changed, folder / "changed.parquet")
        for name, table in self.notes.items():
            (folder / NOTES).mkdir(exist_ok=True)
            pq.write_table(table, folder / NOTES / name, compression="zstd")
        (folder / TOLD).write_text(json.dumps(self.told, ensure_ascii=False), encoding="utf-8")
        partial = folder / "changes.json.incomplete"
        partial.write_text(json.dumps(self.changes, ensure_ascii=False), encoding="utf-8")
        partial.replace(folder / "changes.json")

    @classmethod
    def load(cls, folder: Path) -> "Outcome | None":
        """What was written down, if it was finished."""
        done = folder / "changes.json"
        if not done.is_file():
            return None
        aside = pq.read_table(folder / "dropped.parquet")
        changed = folder / "changed.parquet"
        return cls(
            aside["row"].to_numpy(),
            aside["reason"].to_pylist(),
            aside["evidence"].to_pylist(),
            pq.read_table(changed) if changed.is_file() else None,
            Counter(json.loads(done.read_text(encoding="utf-8"))),
            json.loads((folder / TOLD).read_text(encoding="utf-8")),
            {path.name: pq.read_table(path) for path in sorted((folder / NOTES).glob("*.parquet"))},
        )


class Rows:
    """All rows, in the order of the parts; `part` says which part each is of, `alive` which are still in, in order."""

    def __init__(self, parts: Sequence[datasets.Dataset]) -> None:
        self.whole = datasets.concatenate_datasets(list(parts))
        #: of each part
        self.counts = [len(part) for part in parts]
        self.part = np.repeat(np.arange(len(parts), dtype=np.int16), self.counts)
        self.alive: Indices = np.arange(len(self.whole))
        #: for each row its place among the changed rows, -1 where it is as it was; None while no row is changed
        self._place: np.ndarray[Any, np.dtype[np.int32]] | None = None
        self._changes: pa.Table | None = None
        self._pieces: _Pieces | None = None
        #: a progress bar of what is done to the rows, where there is one
        self.bar: Any = None

    def __len__(self) -> int:
        return len(self.alive)

    def __getstate__(self) -> dict[str, Any]:
        # another process maps the files anew; record batches would be copied to it, text and all
        return {**self.__dict__, "_pieces": None, "bar": None}

    def advance(self, rows: int) -> None:
        """So many rows are done."""
        if self.bar is not None:
            self.bar.update(rows)

    def among(self, rows: Indices) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """For each of all rows, whether it is one of these."""
        found = np.zeros(len(self.whole), bool)
        found[rows] = True
        return found

    def take(self, rows: Indices) -> pa.Table:
        """Some rows by their number, as they are now. It holds them in memory but where they stand in one stretch."""
        self._pieces = self._pieces or _Pieces(self.whole.data.table)
        found = self._pieces.take(rows)
        if self._place is None or self._changes is None:
            return found
        places = self._place[rows]
        changed = np.flatnonzero(places >= 0)
        if not len(changed):
            return found
        both = pa.concat_tables([found, self._changes.take(pa.array(places[changed]))])
        chosen = np.arange(len(found))
        chosen[changed] = len(found) + np.arange(len(changed))
        return both.take(pa.array(chosen))

    def batches(self, rows: Indices | None = None, done: bool = True) -> Iterator[tuple[Indices, pa.Table]]:
        """The rows that are still in (or some of them) with their numbers, some at a time.

        With the next ones they are `done`, for the progress bar, if reading is all that is to wait for.
        """
        wanted = self.alive if rows is None else rows
        for start in range(0, len(wanted), BATCH):
            chosen = wanted[start : start + BATCH]
            yield chosen, self.take(chosen)
            if done:
                self.advance(len(chosen))

    @property
    def at_once(self) -> int:
        """How many rows are worth gathering at once: many, and not too much text.

        Rows in any order lie all over the files: the more of them are looked for at once, the less is looked at in vain.
        """
        each = max(1, int(self.whole.data.nbytes) // max(1, len(self.whole)))
        return max(1, min(GATHERED // each, MOST))

    def apply(self, outcome: Outcome) -> None:
        """Let the rows go that a step dropped, and change those it changed."""
        self.alive = self.alive[~self.among(outcome.dropped)[self.alive]]
        if outcome.changed is None:
            return
        columns = outcome.changed.drop_columns(["row"]).cast(self.whole.features.arrow_schema.remove_metadata())
        start = len(self._changes) if self._changes is not None else 0
        self._changes = columns if self._changes is None else pa.concat_tables([self._changes, columns])
        if self._place is None:
            self._place = np.full(len(self.whole), -1, np.int32)
        self._place[outcome.changed["row"].to_numpy()] = start + np.arange(len(columns), dtype=np.int32)


class _Pieces:
    """A table of many record batches, to take rows from in any order.

    `pa.Table.take` joins all chunks of a nested column before it takes from it: for rows in a random order that is the whole
    set, each time. Here each batch is asked for its own rows, and what comes of it is put in order.
    """

    def __init__(self, table: pa.Table) -> None:
        self.schema = table.schema.remove_metadata()
        self.batches = [batch.replace_schema_metadata(None) for batch in table.to_batches() if len(batch)]
        self.ends = np.cumsum([len(batch) for batch in self.batches], dtype=np.int64)

    def take(self, rows: Indices) -> pa.Table:
        try:
            return self._take(rows)
        except pa.ArrowInvalid:  # more than the 2 GB of text that one Arrow array can hold
            if len(rows) < 2:
                raise
            middle = len(rows) // 2
            return pa.concat_tables([self.take(rows[:middle]), self.take(rows[middle:])])

    def _take(self, rows: Indices) -> pa.Table:
        if not len(rows):
            return self.schema.empty_table()
        ordered = bool((rows[1:] > rows[:-1]).all())
        order = None if ordered else np.argsort(rows, kind="stable")
        wanted = rows if order is None else rows[order]
        number = np.searchsorted(self.ends, wanted, side="right")
        begins = np.flatnonzero(np.diff(number, prepend=-1))
        found = []
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(wanted)], strict=True):
            batch = self.batches[number[begin]]
            inside = wanted[begin:end] - (int(self.ends[number[begin]]) - len(batch))
            first = int(inside[0])
            if int(inside[-1]) - first == end - begin - 1 and (ordered or end - begin == 1):
                found.append(batch.slice(first, end - begin))
            else:
                found.append(batch.take(pa.array(inside)))
        table = pa.Table.from_batches(found, self.schema)
        if order is None:
            return table
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        joined = table.combine_chunks().to_batches()
        if len(joined) > 1:
            raise pa.ArrowInvalid("more text than one array can hold")
        return pa.Table.from_batches([joined[0].take(pa.array(back))], self.schema)
