"""What a recipe can have done to the rows of its parts: filter them, gate them by licence, and take out what is there twice
or is in an evaluation set. A step is a value; its work is done by `okinst.curation`."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any, Literal, Protocol, get_args

import numpy as np
import pyarrow as pa

from okinst import catalogue, licences
from okinst.builders import MissingFile, NoNetwork, SourceBuilder, WrongCall
from okinst.builders.doors import sha256
from okinst.builders.identity import code_of
from okinst.catalogue import nearest
from okinst.curation import contamination, duplicates, evaluation, filters, passages
from okinst.curation.filters import Filter
from okinst.curation.passages import ON, On
from okinst.mixtures.rows import BATCH, Indices, Outcome, Rows

Keep = Literal["first", "longest"]
KEEP: tuple[Keep, ...] = get_args(Keep)


@dataclass(frozen=True)
class Doing:
    """What a step is told besides the rows: processes, the door that files come through, the names of the parts."""

    processes: int
    door: dict[str, Any]
    names: Sequence[str]


class Step(Protocol):
    """One line of a funnel."""

    @property
    def name(self) -> str:
        """What the funnel calls it."""

    def values(self) -> Any:
        """As a recipe writes it."""

    def inputs(self, doing: Doing) -> list[str]:
        """Names of all that can change its outcome besides its values and the rows."""

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        """Which rows go, and which change."""


@dataclass(frozen=True)
class Filtering:
    """A filter as a step, for one part or (None) for all of them."""

    filter: Filter
    part: int | None = None
    part_name: str = ""

    @property
    def name(self) -> str:
        return "filter" if self.part is None else f"filter of {self.part_name}"

    def values(self) -> Any:
        return [self.part, self.filter.values()]

    def inputs(self, doing: Doing) -> list[str]:
        return [code_of(filters.__name__)]

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        wanted = rows.alive if self.part is None else rows.alive[rows.part[rows.alive] == self.part]
        pieces = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        found = []
        with ExitStack() as stack:
            if doing.processes < 2 or len(pieces) < 2:
                outcomes: Iterable[Outcome] = (_filtered(self.filter, rows, piece) for piece in pieces)
            else:
                pool = ProcessPoolExecutor(
                    min(doing.processes, len(pieces)), initializer=_remember, initargs=(self.filter, rows)
                )
                outcomes = stack.enter_context(pool).map(_work, pieces)
            for piece, outcome in zip(pieces, outcomes, strict=True):
                found.append(outcome)
                rows.advance(len(piece))
        return Outcome.of(found)


_AT_WORK: list[Any] = []


def _remember(filter: Filter, rows: Rows) -> None:
    _AT_WORK[:] = [filter, rows]
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A build that is killed leaves no worker behind: a forked one would hold its locks, and the next build would wait."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(piece: Indices) -> Outcome:
    filter, rows = _AT_WORK
    return _filtered(filter, rows, piece)


def _filtered(filter: Filter, rows: Rows, piece: Indices) -> Outcome:
    table = rows.take(piece)
    found = filter.apply(table)
    gone = found.dropped["index"].to_numpy()
    changed = None
    if found.touched:
        # what goes is masked, too: it is kept aside, and nobody should find a secret there
        stays = np.setdiff1d(np.arange(len(table)), gone)
        order = np.concatenate([stays, gone])
        other = np.flatnonzero(np.isin(order, found.touched))
        now = pa.concat_tables([found.table, found.aside]).take(pa.array(other, pa.int64()))
        changed = now.add_column(0, "row", pa.array(piece[order[other]], pa.int64()))
    return Outcome(
        piece[gone],
        found.dropped["reason"].to_pylist(),
        found.dropped["evidence"].to_pylist(),
        changed,
        Counter(found.masked),
    )


@dataclass(frozen=True)
class Gate:
    """Which rows' licences are wanted: a kind such as "commercial", or licence ids."""

    kind: str | tuple[str, ...]
    name = "license"
    SCHEMA = {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    }

    def __post_init__(self) -> None:
        licences.gate(self.kind)  # which knows what is wrong with it

    @classmethod
    def from_values(cls, values: str | list[str], where: str) -> "Gate":
        """As a recipe writes it. Raises WrongCall for a kind that there is not."""
        with told(where):
            return cls(values if isinstance(values, str) else tuple(values))

    def values(self) -> Any:
        return self.kind if isinstance(self.kind, str) else list(self.kind)

    def inputs(self, doing: Doing) -> list[str]:
        return [code_of(licences.__name__)]

    def gate(self) -> licences.Gate:
        """What decides it."""
        return licences.gate(self.kind)

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        gate = self.gate()
        found = []
        for chosen, table in rows.batches():
            kept, reasons = gate.apply(table)
            gone = np.flatnonzero(~np.asarray(kept))
            why = [str(reasons[int(place)].as_py()) for place in gone]
            found.append(Outcome(chosen[gone], why, [""] * len(gone)))
        return Outcome.of(found)


@dataclass(frozen=True)
class Dedup:
    """Rows that are there twice go, but for one: of equal rows the earliest part's, or the longest."""

    near: bool = True
    on: On = "both"
    keep: Keep = "first"
    threshold: float = duplicates.THRESHOLD
    name = "dedup"
    SCHEMA = {
        "oneOf": [
            {"type": "boolean"},
            {"enum": ["exact", "near"]},
            {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["exact", "near"]},
                    "on": {"enum": list(ON)},
                    "keep": {"enum": list(KEEP)},
                    "threshold": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                },
                "additionalProperties": False,
            },
        ]
    }

    @classmethod
    def from_values(cls, values: Any, where: str) -> "Dedup | None":
        """As a recipe writes it: true (near), false, "exact", "near", or a table. Raises WrongCall for anything else."""
        if isinstance(values, bool):
            return cls() if values else None
        table = {"kind": values} if isinstance(values, str) else dict(values)
        kind = _choice(table.pop("kind", "near"), ("exact", "near"), "dedup kind", where)
        _known(table, ("kind", "on", "keep", "threshold"), "dedup", where)
        given = dict(table)
        if "on" in given:
            _choice(given["on"], ON, "dedup on", where)
        if "keep" in given:
            _choice(given["keep"], KEEP, "dedup keep", where)
        threshold = given.get("threshold", 1.0)
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
            raise WrongCall(f"{where}: dedup threshold = {threshold!r} should lie above 0 and at most at 1.")
        if kind == "exact" and "threshold" in given:
            raise WrongCall(f'{where}: dedup has a threshold, and kind = "exact" needs none. Leave one of them out.')
        return cls(near=kind == "near", **given)

    def values(self) -> Any:
        near = {"threshold": self.threshold} if self.near else {}
        return {"kind": "near" if self.near else "exact", "on": self.on, "keep": self.keep, **near}

    def inputs(self, doing: Doing) -> list[str]:
        return [code_of(duplicates.__name__, passages.__name__)]

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        texts = [text for _, table in rows.batches() for text in passages.texts(table, self.on)]
        rule: duplicates.Rule = "longest" if self.keep == "longest" else "first"
        groups = duplicates.find(texts, near=self.near, threshold=self.threshold, rule=rule)
        gone = np.flatnonzero((groups.kind == duplicates.EXACT) | (groups.kind == duplicates.NEAR))
        ids = _ids(rows, rows.alive[groups.kept[gone]])
        exact = groups.kind[gone] == duplicates.EXACT
        return Outcome(
            rows.alive[gone],
            ["exact duplicate" if each else "near-duplicate" for each in exact],
            [
                id if each else f"{id} ({similarity:.2f})"
                for id, each, similarity in zip(ids, exact, groups.similarity[gone], strict=True)
            ],
        )


@dataclass(frozen=True)
class Decontaminate:
    """Rows in which an item of an evaluation set stands go. `against` are names of sets; none of them means all there are."""

    against: tuple[str, ...] = ()
    threshold: float = contamination.THRESHOLD
    #: an index that `okinst index` wrote, in place of the sets
    index: str | None = None
    name = "decontaminate"
    SCHEMA = {
        "oneOf": [
            {"type": "boolean"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {
                "type": "object",
                "properties": {
                    "against": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "index": {"type": "string"},
                    "threshold": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                },
                "additionalProperties": False,
            },
        ]
    }

    @classmethod
    def from_values(cls, values: Any, where: str) -> "Decontaminate | None":
        """As a recipe writes it: true (all sets), false, a list of sets, or a table. Raises WrongCall for anything else."""
        if isinstance(values, bool):
            return cls() if values else None
        table = {"against": values} if isinstance(values, list) else dict(values)
        _known(table, ("against", "index", "threshold"), "decontaminate", where)
        against, index, threshold = table.get("against", []), table.get("index"), table.get("threshold", 1.0)
        if not isinstance(against, list) or ("against" in table and not against):
            raise WrongCall(f"{where}: decontaminate against = {against!r} should be a list of evaluation sets.")
        for name in against:
            if name not in evaluation_sets():
                near = ", ".join(nearest(str(name), evaluation_sets()))
                raise WrongCall(
                    f"{where}: there is no evaluation set {name!r}. The nearest are {near}: okinst list --room eval_sets"
                )
        if index is not None and against:
            raise WrongCall(f"{where}: decontaminate has an index and a list of sets: the index has its own. Keep one.")
        if index is not None and not Path(str(index)).expanduser().is_file():
            raise WrongCall(f"{where}: there is no index {index}. Make it: okinst index -o {index}")
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
            raise WrongCall(f"{where}: decontaminate threshold = {threshold!r} should lie above 0 and at most at 1.")
        given = {"threshold": float(threshold)} if "threshold" in table else {}
        return cls(
            tuple(against), index=None if index is None else str(Path(str(index)).expanduser().absolute()), **given
        )

    def values(self) -> Any:
        what = {"index": self.index} if self.index else {"against": list(self.against) or "all evaluation sets"}
        return {**what, "threshold": self.threshold}

    def inputs(self, doing: Doing) -> list[str]:
        code = code_of(contamination.__name__, evaluation.__name__, passages.__name__)
        if self.index:
            return [code, sha256(self.index)]
        return [code, *(str(builder.hash) for builder in self._builders(doing))]

    def _builders(self, doing: Doing) -> list[SourceBuilder]:
        names = self.against or evaluation_sets()
        return [catalogue.source(name).builder(config_name=name, **doing.door) for name in names]

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        index = self.evaluation(doing)
        texts = [text for _, table in rows.batches() for text in passages.both(table)]
        first: dict[int, contamination.Hit] = {}
        for hit in index.search(texts, threshold=self.threshold, processes=doing.processes):
            first.setdefault(hit.row, hit)  # in each row the surest comes first
        gone = np.fromiter(first, np.int64, len(first))
        return Outcome(
            rows.alive[gone],
            [f"in {hit.item.set}" for hit in first.values()],
            [f"{hit.item.id} ({hit.score:.2f}): {hit.evidence}" for hit in first.values()],
        )

    def evaluation(self, doing: Doing) -> contamination.Index:
        """What rows are compared with: the index that was named, or one made of the evaluation sets, which are prepared."""
        return contamination.Index.load(self.index) if self.index else self._index(doing)

    def _index(self, doing: Doing) -> contamination.Index:
        found: list[evaluation.Item] = []
        for builder in self._builders(doing):
            try:
                builder.download_and_prepare()
            except (MissingFile, NoNetwork) as error:
                raise type(error)(
                    f"decontaminate: {error} No set is passed over: where this one should not be looked for, name the others: "
                    f'decontaminate = ["kobest-boolq", ...].'
                ) from error
            splits = {str(split): rows.data.table for split, rows in builder.as_dataset().items()}
            for split in evaluation.scored(splits):
                found += evaluation.items(splits[split], builder.config.name, split)
        return contamination.Index.of(found)


def evaluation_sets() -> list[str]:
    """Every evaluation set of the catalogue, by name."""
    return [name for name, entry in catalogue.SOURCES.items() if entry.room == "eval_sets"]


@contextmanager
def told(where: object) -> Iterator[None]:
    """Say where in a recipe a value stands that something deeper refused."""
    try:
        yield
    except WrongCall as error:
        if str(error).startswith(str(where)):
            raise
        raise WrongCall(f"{where}: {error}") from None


def _ids(rows: Rows, wanted: Indices) -> list[str]:
    return [id for _, table in rows.batches(wanted) for id in table["id"].to_pylist()]


def _choice(value: Any, known: Sequence[str], what: str, where: str) -> str:
    if value not in known:
        raise WrongCall(f"{where}: {what} = {value!r} should be one of {', '.join(known)}.")
    return str(value)


def _known(table: dict[str, Any], known: Sequence[str], what: str, where: str) -> None:
    for key in table:
        if key not in known:
            raise WrongCall(
                f"{where}: {what} has no key {key!r}. Did you mean {nearest(key, known)[0]!r}? There are {', '.join(known)}."
            )
