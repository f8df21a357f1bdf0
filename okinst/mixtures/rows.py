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
        )


class Rows:
    """All rows, in the order of the parts; `part` says which part each is of, `alive` which are still in, in order."""

    def __init__(self, parts: Sequence[datasets.Dataset]) -> None:
        self.whole = datasets.concatenate_datasets(list(parts))
        self.part = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self.alive: Indices = np.arange(len(self.whole))
        self._changed: dict[int, int] = {}
        self._changes: pa.Table | None = None

    def __len__(self) -> int:
        return len(self.alive)

    def take(self, rows: Indices) -> pa.Table:
        """Some rows by their number, as they are now."""
        found: pa.Table = self.whole.with_format("arrow")[rows] if len(rows) else self._empty()
        found = found.replace_schema_metadata(None)
        places = [self._changed.get(row, -1) for row in rows.tolist()] if self._changed else []
        if self._changes is None or max(places, default=-1) < 0:
            return found
        both = pa.concat_tables([found, self._changes])
        chosen = [place if changed < 0 else len(found) + changed for place, changed in enumerate(places)]
        return both.take(pa.array(chosen, pa.int64())).combine_chunks()

    def _empty(self) -> pa.Table:
        schema: pa.Schema = self.whole.features.arrow_schema
        return schema.empty_table()

    def batches(self, rows: Indices | None = None) -> Iterator[tuple[Indices, pa.Table]]:
        """The rows that are still in (or some of them) with their numbers, some at a time."""
        wanted = self.alive if rows is None else rows
        for start in range(0, len(wanted), BATCH):
            chosen = wanted[start : start + BATCH]
            yield chosen, self.take(chosen)

    def apply(self, outcome: Outcome) -> None:
        """Let the rows go that a step dropped, and change those it changed."""
        self.alive = np.setdiff1d(self.alive, outcome.dropped, assume_unique=True)
        if outcome.changed is None:
            return
        columns = outcome.changed.drop_columns(["row"]).cast(self.whole.features.arrow_schema.remove_metadata())
        start = len(self._changes) if self._changes is not None else 0
        self._changes = columns if self._changes is None else pa.concat_tables([self._changes, columns])
        for place, row in enumerate(outcome.changed["row"].to_pylist()):
            self._changed[row] = start + place
