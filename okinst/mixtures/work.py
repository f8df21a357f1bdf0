"""The work on a mixture's rows: one step after another, each written down when it is done, so that a build that was
interrupted goes on at the first step that was not."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasets.utils import tqdm
from filelock import FileLock, Timeout

from okinst.builders.identity import code_of, digest
from okinst.curation import duplicates, fingerprints, passages
from okinst.curation.normal import normalise_all
from okinst.mixtures import emptied, tokens
from okinst.mixtures.mixture import Mixture
from okinst.mixtures.places import Places
from okinst.mixtures.rows import Indices, Outcome, Rows
from okinst.mixtures.steps import Doing, Filtering, Step
from okinst.mixtures.where import told

#: seconds after which a result that no build has used is removed: 30 days
UNUSED = 30 * 24 * 3600
#: an instruction of fewer wide characters is no question of its own ("why?", "go on"): rows are not alike because of it
BRIEF = 5
#: nor is one of more rows than these: it names a task, whose matter stands elsewhere ("다음 문장을 요약하세요"), or nowhere
TASK = 20

#: why rows went, by place
Reasons = Mapping[str, Mapping[str, int]]
#: rows and what they weigh, by place
Counts = dict[str, tuple[int, int]]


@dataclass
class Work:
    """What the steps need to know, and the lines of the funnel that they leave."""

    doing: Doing
    places: Places
    cache: Path
    #: what decides the rows of the parts
    inputs: Sequence[str]
    #: what weighs rows; None where nobody asks: then they are counted, and no more
    weigh: Callable[[pa.Table], Indices] | None
    #: the name of the tokenizer
    tokenizer: str | None = None
    #: do everything anew, whatever was written down
    redo: bool = False
    _weights: Indices | None = field(default=None, repr=False)
    #: the name of all that was done so far
    _key: str = ""

    @property
    def unit(self) -> str:
        """What is weighed in."""
        return tokens.CHARACTERS if self.tokenizer in (None, tokens.CHARACTERS) else "tokens"

    def do(self, rows: Rows, mixture: Mixture) -> tuple[list[dict[str, Any]], list[tuple[str, Outcome]]]:
        """Do all steps of a mixture; gives lines of the funnel and dropped rows, by step."""
        doing = self.doing
        lines, dropped, past = [], [], list(self.inputs)
        self._key = digest(code_of(__name__), libraries(), *past)
        for step in mixture.steps:
            past.append(json.dumps([step.name, step.values()], ensure_ascii=False))
            past += step.inputs(doing)
            self._key = digest(code_of(__name__), libraries(), *past)
            before = self.count(rows, rows.alive)
            with told(mixture.where / step.name):
                outcome = self._done(step, rows, doing)
            rows.apply(outcome)
            if outcome.changed is not None and self._weights is not None:
                self._weigh(rows, outcome.changed["row"].to_numpy(), self._weights)
            reasons: dict[str, Counter[str]] = {}
            names, of_row = self.places.names, self.places.of_row
            for row, reason in zip(outcome.dropped.tolist(), outcome.reasons, strict=True):
                reasons.setdefault(names[of_row[row]], Counter())[reason] += 1
            line = self.line(step.name, before, self.count(rows, rows.alive), reasons)
            if outcome.changes:
                line["changed"] = dict(outcome.changes)
            line.update(outcome.told)
            if isinstance(step, Filtering):
                emptied.expect_rows(mixture, line)
            lines.append(line)
            dropped.append((step.name, outcome))
        return lines, dropped

    def _done(self, step: Step, rows: Rows, doing: Doing) -> Outcome:
        with self._held(self.cache / self._key) as folder:
            if not self.redo and (found := Outcome.load(folder)):
                return found
            shutil.rmtree(folder, ignore_errors=True)  # what a killed build left
            with tqdm(total=len(rows), unit=" rows", desc=f"Step {step.name}") as rows.bar:
                outcome = step.work(rows, doing)
            rows.bar = None
            outcome.save(folder)
            return outcome

    @contextmanager
    def _held(self, path: Path) -> Iterator[Path]:
        """Where a result is, or shall be: nobody else reads, writes or removes it meanwhile. It has been used by then."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            yield path
            os.utime(path)

    def _numbers(self, key: str, find: Callable[[], Indices]) -> Indices:
        """A number for each of some rows, found once."""
        with self._held(self.cache / f"{key}.npy") as path:
            if self.redo or not path.is_file():
                partial = path.with_name(f"{path.name}.incomplete")
                with partial.open("wb") as file:
                    np.save(file, find())
                partial.replace(path)
            return np.asarray(np.load(path), np.int64)

    def alike(self, rows: Rows, wanted: Indices) -> Indices:
        """A number for each of some rows, the same for those that a chain joins of near-duplicates, or of answers to one question."""
        key = digest(self._key, "alike", hashlib.sha256(wanted.tobytes()).hexdigest())
        return self._numbers(key, lambda: self._alike(rows, wanted))

    def _alike(self, rows: Rows, wanted: Indices) -> Indices:
        both, asked = (self.texts(rows, wanted, on) for on in ("both", "instruction"))
        pairs = duplicates.links(duplicates.find(both), np.arange(len(wanted)))
        if asked != both:
            own = questions(asked)
            pairs = np.concatenate(
                [pairs, duplicates.links(duplicates.find([asked[place] for place in own.tolist()]), own)]
            )
        return duplicates.joined(len(wanted), pairs)

    def weights(self, rows: Rows, wanted: Indices) -> Indices:
        """What some rows weigh, in tokens or characters."""
        if self._weights is None:
            # asked for the first time before any step: of all rows, so that the steps of a recipe have no say in the key
            key = digest(code_of(tokens.__name__), libraries(), tokens.identity(self.tokenizer), *self.inputs)
            self._weights = self._numbers(
                key, lambda: self._weigh(rows, rows.alive, np.zeros(len(rows.whole), np.int64))
            )
        return self._weights[wanted]

    def _weigh(self, rows: Rows, wanted: Indices, weights: Indices) -> Indices:
        assert self.weigh is not None
        for chosen, table in rows.batches(wanted):
            weights[chosen] = self.weigh(table)
        return weights

    def texts(self, rows: Rows, wanted: Indices, on: passages.On) -> list[str]:
        """The texts of some rows."""
        return [text for _, table in rows.batches(wanted) for text in passages.texts(table, on)]

    def by_place(self, wanted: Indices, reason: str) -> dict[str, dict[str, int]]:
        """By place: how many rows these are, under one reason."""
        names = self.places.names
        numbers = np.bincount(self.places.of_row[wanted], minlength=len(names)).tolist()
        return {name: {reason: number} for name, number in zip(names, numbers, strict=True) if number}

    def count(self, rows: Rows, wanted: Indices) -> Counts:
        """By place: how many rows these are, and what they weigh (0 where nothing weighs them)."""
        names, places = self.places.names, self.places.of_row[wanted]
        numbers = np.bincount(places, minlength=len(names))
        weights: Any = np.zeros(len(names))
        if self.weigh is not None:
            weights += np.bincount(places, self.weights(rows, wanted), minlength=len(names))
        return {name: (int(number), int(weight)) for name, number, weight in zip(names, numbers, weights, strict=True)}

    def line(
        self, name: str, before: Counts, after: Counts, reasons: Reasons | None = None, added: Reasons | None = None
    ) -> dict[str, Any]:
        """One line of the funnel: rows and tokens (or characters, or rows alone) in and out by source, and why rows went.

        For each source, `rows_in` - `rows_out` are the rows under `reasons`, less those under `added`: rows that are used more
        than once. A part that is a mixture has `sources` of its own.
        """

        def told(places: Sequence[str]) -> dict[str, Any]:
            counted = {
                kind: sum((Counter(given.get(place, {})) for place in places), Counter[str]())
                for kind, given in (("reasons", reasons or {}), ("added", added or {}))
            }
            return {
                **self._in_and_out([before[place] for place in places], [after[place] for place in places]),
                "reasons": dict(counted["reasons"]),
                **({"added": dict(counted["added"])} if counted["added"] else {}),
            }

        sources = {}
        for part, places in self.places.of_part.items():
            sources[part] = told(places)
            if places != (part,):
                sources[part]["sources"] = {place.removeprefix(f"{part}/"): told([place]) for place in places}
        return {"step": name, **self._in_and_out(list(before.values()), list(after.values())), "sources": sources}

    def _in_and_out(self, before: list[tuple[int, int]], after: list[tuple[int, int]]) -> dict[str, int]:
        rows = {"rows_in": sum(rows for rows, _ in before), "rows_out": sum(rows for rows, _ in after)}
        if self.weigh is None:
            return rows
        return {
            **rows,
            f"{self.unit}_in": sum(weight for _, weight in before),
            f"{self.unit}_out": sum(weight for _, weight in after),
        }


def questions(asked: Sequence[str]) -> Indices:
    """The places of those instructions that are questions of their own: neither BRIEF, nor those of a TASK.

    >>> questions(["왜?", "물은 왜 투명한가요?", *["다음 문장을 요약하세요."] * 21]).tolist()
    [1]
    """
    plain = normalise_all(asked)
    often = Counter(plain)
    weights = fingerprints.weights(plain)
    common = np.fromiter((often[text] > TASK for text in plain), bool, len(plain))
    return np.flatnonzero((weights >= BRIEF) & ~common)


def tidy(cache: Path) -> None:
    """Remove the results that no build has used for long; never one that a build is using.

    The locks stay, as small as files can be: to remove one that another build waits for would let in a third.
    """
    for path in cache.iterdir() if cache.is_dir() else ():
        if path.suffix == ".lock":
            continue
        with suppress(OSError, Timeout):  # what cannot be removed is not in the way
            if _is_unused(path):
                with FileLock(f"{str(path).removesuffix('.incomplete')}.lock", timeout=0):
                    if _is_unused(path):  # once more: a build may have taken it up just now
                        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_unused(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > UNUSED


def libraries() -> str:
    """The versions of what decides besides okinst's own code: which secrets and near-duplicates are found, what a
    text is, and (pyarrow's regular expressions) which rows a filter looks at."""
    named = ("detect-secrets", "numpy", "pyarrow", "rensa", "tokenizers")
    return " ".join([unicodedata.unidata_version, *map(importlib.metadata.version, named)])
