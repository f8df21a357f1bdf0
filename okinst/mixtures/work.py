"""The work on a mixture's rows: one step after another, each written down when it is done, so that a build that was
interrupted goes on at the first step that was not."""

import hashlib
import importlib.metadata
import json
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasets.utils import tqdm
from filelock import FileLock

from okinst.builders.identity import code_of, digest
from okinst.curation import duplicates, passages
from okinst.mixtures import emptied
from okinst.mixtures.mixture import Mixture
from okinst.mixtures.rows import Indices, Outcome, Rows
from okinst.mixtures.steps import Doing, Step


@dataclass
class Work:
    """What the steps need to know, and the lines of the funnel that they leave."""

    doing: Doing
    cache: Path
    #: what weighs rows; None where nobody asks
    weigh: Callable[[pa.Table], Indices] | None
    unit: str
    _weights: Indices | None = field(default=None, repr=False)
    #: the name of all that was done so far
    _key: str = ""

    @property
    def names(self) -> Sequence[str]:
        """Of the parts."""
        return self.doing.names

    def do(
        self, rows: Rows, mixture: Mixture, inputs: list[str]
    ) -> tuple[list[dict[str, Any]], list[tuple[str, Outcome]]]:
        """Do all steps of a mixture. `inputs` are the names of what its parts hold; gives lines and dropped rows, by step."""
        doing = self.doing
        lines, dropped, past = [], [], list(inputs)
        self._key = digest(code_of(__name__), libraries(), *past)
        for step in mixture.steps:
            past.append(json.dumps([step.name, step.values()], ensure_ascii=False))
            past += step.inputs(doing)
            self._key = digest(code_of(__name__), libraries(), *past)
            before = self.count(rows, rows.alive)
            outcome = self._done(self.cache / self._key, step, rows, doing)
            rows.apply(outcome)
            if outcome.changed is not None and self._weights is not None and self.weigh is not None:
                self._weigh(rows, outcome.changed["row"].to_numpy(), self._weights)
            reasons: dict[str, Counter[str]] = {}
            for row, reason in zip(outcome.dropped.tolist(), outcome.reasons, strict=True):
                reasons.setdefault(self.names[rows.part[row]], Counter())[reason] += 1
            line = self.line(step.name, before, self.count(rows, rows.alive), reasons)
            if outcome.changes:
                line["changed"] = dict(outcome.changes)
            line.update(outcome.told)
            if isinstance(step, emptied.Sifting):
                emptied.expect_rows(mixture, line)
            lines.append(line)
            dropped.append((step.name, outcome))
        return lines, dropped

    def _done(self, folder: Path, step: Step, rows: Rows, doing: Doing) -> Outcome:
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if found := Outcome.load(folder):
                return found
            shutil.rmtree(folder, ignore_errors=True)  # what a killed build left
            with tqdm(total=len(rows), unit=" rows", desc=f"Step {step.name}") as rows.bar:
                outcome = step.work(rows, doing)
            rows.bar = None
            outcome.save(folder)
            return outcome

    def alike(self, rows: Rows, wanted: Indices) -> Indices:
        """A number for each of some rows, the same for those that a chain of near-duplicates joins."""
        path = self.cache / f"{digest(self._key, 'alike', hashlib.sha256(wanted.tobytes()).hexdigest())}.npy"
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.is_file():
                found = joined(duplicates.find(self.texts(rows, wanted, "both")))
                partial = path.with_name(f"{path.name}.incomplete")
                with partial.open("wb") as file:
                    np.save(file, found)
                partial.replace(path)
            return np.asarray(np.load(path), np.int64)

    def weights(self, rows: Rows, wanted: Indices) -> Indices:
        """What some rows weigh, in tokens or characters."""
        assert self.weigh is not None
        if self._weights is None:
            self._weights = np.zeros(len(rows.whole), np.int64)
            self._weigh(rows, rows.alive, self._weights)
        return self._weights[wanted]

    def _weigh(self, rows: Rows, wanted: Indices, weights: Indices) -> None:
        assert self.weigh is not None
        for chosen, table in rows.batches(wanted):
            weights[chosen] = self.weigh(table)

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


def joined(groups: duplicates.Groups) -> Indices:
    """A number for each row, the same for rows that a chain of near-duplicates joins: none may have one foot on each side."""
    label = np.arange(int(groups.text.max()) + 1 if len(groups) else 0)
    while len(groups.pairs):
        least = np.minimum(label[groups.pairs[:, 0]], label[groups.pairs[:, 1]])
        before = label.copy()
        np.minimum.at(label, groups.pairs[:, 0], least)
        np.minimum.at(label, groups.pairs[:, 1], least)
        if (label == before).all():
            break
    _, numbers = np.unique(label[groups.text], return_inverse=True)
    return np.asarray(numbers, np.int64)


def libraries() -> str:
    """The versions of what decides besides okinst's own code: which secrets and near-duplicates are found, and what a text is."""
    named = ("detect-secrets", "numpy", "rensa", "tokenizers")
    return " ".join([unicodedata.unidata_version, *map(importlib.metadata.version, named)])


def _in_and_out(unit: str, before: list[tuple[int, int]], after: list[tuple[int, int]]) -> dict[str, int]:
    return {
        "rows_in": sum(rows for rows, _ in before),
        "rows_out": sum(rows for rows, _ in after),
        f"{unit}_in": sum(weight for _, weight in before),
        f"{unit}_out": sum(weight for _, weight in after),
    }
