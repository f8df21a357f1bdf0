"""The work on a mixture's rows: one step after another, each written down when it is done, so that a build that was
interrupted goes on at the first step that was not."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from filelock import FileLock

from okinst.builders.identity import code_of, digest
from okinst.curation import passages
from okinst.mixtures.mixture import Mixture
from okinst.mixtures.rows import Indices, Outcome, Rows
from okinst.mixtures.steps import Doing, Step


@dataclass
class Work:
    """What the steps need to know, and the lines of the funnel that they leave."""

    names: list[str]
    cache: Path
    processes: int
    #: what weighs rows; None where nobody asks
    weigh: Callable[[pa.Table], Indices] | None
    unit: str
    door: dict[str, Any]
    _weights: Indices | None = field(default=None, repr=False)

    def do(
        self, rows: Rows, mixture: Mixture, inputs: list[str]
    ) -> tuple[list[dict[str, Any]], list[tuple[str, Outcome]]]:
        """Do all steps of a mixture. `inputs` are the names of what its parts hold; gives lines and dropped rows, by step."""
        doing = Doing(self.processes, self.door, self.names)
        lines, dropped, past = [], [], list(inputs)
        for step in mixture.steps:
            past.append(json.dumps([step.name, step.values()], ensure_ascii=False))
            key = digest(code_of(__name__), *past, *step.inputs(doing))
            before = self.count(rows, rows.alive)
            outcome = self._done(self.cache / key, step, rows, doing)
            rows.apply(outcome)
            if outcome.changed is not None:
                self._weights = None
            reasons: dict[str, Counter[str]] = {}
            for row, reason in zip(outcome.dropped.tolist(), outcome.reasons, strict=True):
                reasons.setdefault(self.names[rows.part[row]], Counter())[reason] += 1
            line = self.line(step.name, before, self.count(rows, rows.alive), reasons)
            if outcome.changes:
                line["changed"] = dict(outcome.changes)
            lines.append(line)
            dropped.append((step.name, outcome))
        return lines, dropped

    def _done(self, folder: Path, step: Step, rows: Rows, doing: Doing) -> Outcome:
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if found := Outcome.load(folder):
                return found
            shutil.rmtree(folder, ignore_errors=True)
            outcome = step.work(rows, doing)
            outcome.save(folder)
            return outcome

    def weights(self, rows: Rows, wanted: Indices) -> Indices:
        """What some rows weigh, in tokens or characters."""
        assert self.weigh is not None
        if self._weights is None:
            self._weights = np.zeros(len(rows.whole), np.int64)
            for chosen, table in rows.batches():
                self._weights[chosen] = self.weigh(table)
        return self._weights[wanted]

    def texts(self, rows: Rows, wanted: Indices, on: passages.On) -> list[str]:
        """The texts of some rows."""
        return [text for _, table in rows.batches(wanted) for text in passages.texts(table, on)]

    def count(self, rows: Rows, wanted: Indices) -> dict[str, tuple[int, int]]:
        """By source: how many rows these are, and what they weigh."""
        if self.weigh is None:
            return {}
        numbers = np.bincount(rows.part[wanted], minlength=len(self.names))
        weights = np.bincount(rows.part[wanted], self.weights(rows, wanted), minlength=len(self.names))
        return {
            name: (int(number), int(weight)) for name, number, weight in zip(self.names, numbers, weights, strict=True)
        }

    def line(
        self,
        name: str,
        before: dict[str, tuple[int, int]],
        after: dict[str, tuple[int, int]],
        reasons: dict[str, Counter[str]] | None = None,
    ) -> dict[str, Any]:
        """One line of the funnel: rows and tokens (or characters) in and out, and why rows went, by source."""
        return {
            "step": name,
            **_in_and_out(self.unit, list(before.values()), list(after.values())),
            "sources": {
                source: {
                    **_in_and_out(self.unit, [before[source]], [after[source]]),
                    "reasons": dict((reasons or {}).get(source, {})),
                }
                for source in self.names
            },
        }


def _in_and_out(unit: str, before: list[tuple[int, int]], after: list[tuple[int, int]]) -> dict[str, int]:
    return {
        "rows_in": sum(rows for rows, _ in before),
        "rows_out": sum(rows for rows, _ in after),
        f"{unit}_in": sum(weight for _, weight in before),
        f"{unit}_out": sum(weight for _, weight in after),
    }
