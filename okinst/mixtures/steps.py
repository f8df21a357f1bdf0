"""What a recipe can have done to the rows of its parts: filter them, gate them by licence, and take out what is there twice
or is in an evaluation set. A step is a value; its work is done by `okinst.curation`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import pyarrow as pa

from okinst import catalogue, licences
from okinst.builders import SourceBuilder, WrongCall
from okinst.builders.doors import sha256
from okinst.builders.identity import code_of
from okinst.catalogue import nearest
from okinst.curation import contamination, duplicates, filters, passages
from okinst.curation.filters import Filter
from okinst.curation.normal import normalise_all
from okinst.curation.passages import ON, On
from okinst.curation.processes import pool
from okinst.curation.scoring.compute import Compute
from okinst.curation.values import share
from okinst.mixtures import evaluation_sets
from okinst.mixtures.rows import BATCH, Indices, Outcome, Rows
from okinst.mixtures.where import Where, told

Keep = Literal["first", "longest"]
KEEP: tuple[Keep, ...] = get_args(Keep)
#: so many copies of one row are a crowd
CROWD = 10
#: rows whose texts are held at a time while they are searched
AT_ONCE = 50_000
KINDS = ("exact", "near")


@dataclass(frozen=True)
class Doing:
    """What a step is told besides the rows: processes, the door that files come through, the names of the parts."""

    processes: int
    door: dict[str, Any]
    names: Sequence[str]
    #: where rows are scored, and the scores kept
    compute: Compute = field(default_factory=Compute)


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
    called: str = "filter"

    @property
    def name(self) -> str:
        return self.called if self.part is None else f"{self.called} of {self.part_name}"

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
                workers = pool(min(doing.processes, len(pieces)), self.name, _remember, (self.filter, rows))
                outcomes = stack.enter_context(workers).map(_work, pieces)
            for piece, outcome in zip(pieces, outcomes, strict=True):
                found.append(outcome)
                rows.advance(len(piece))
        return Outcome.of(found)


_AT_WORK: list[Any] = []


def _remember(filter: Filter, rows: Rows) -> None:
    _AT_WORK[:] = [filter, rows]


def _work(piece: Indices) -> Outcome:
    filter, rows = _AT_WORK
    return _filtered(filter, rows, piece)


def _filtered(filter: Filter, rows: Rows, piece: Indices) -> Outcome:
    table = rows.take(piece)
    found = filter.apply(table)
    gone = found.dropped["index"].to_numpy()
    changed = None
    if found.touched:
        # what goes is masked, too, even if it goes for that: it is kept aside, and nobody should find a secret there
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
    #: what a recipe declares of files of one's own, by the name their rows bear
    facts: Mapping[str, licences.Facts] = field(default_factory=dict, compare=False)
    name = "license"
    SCHEMA = {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    }

    def __post_init__(self) -> None:
        licences.gate(self.kind)  # which knows what is wrong with it

    @classmethod
    def from_values(cls, values: str | list[str], where: Where, folder: Path = Path()) -> "Gate":
        """As a recipe writes it. Raises WrongCall for a kind that there is not."""
        with told(where):
            return cls(values if isinstance(values, str) else tuple(values))

    def why(self, source: str, license: str, making: str) -> str | None:
        """Why rows like this are not wanted; None where they are."""
        return self.gate().reason(source, license, making)

    def keeps(self, source: str, license: str, making: str) -> bool:
        """Whether rows like this are wanted."""
        return self.why(source, license, making) is None

    def values(self) -> Any:
        return self.kind if isinstance(self.kind, str) else list(self.kind)

    def inputs(self, doing: Doing) -> list[str]:
        return [code_of(licences.__name__), *([repr(sorted(self.facts.items()))] if self.facts else [])]

    def gate(self) -> licences.Gate:
        """What decides it."""
        return licences.gate(self.kind, self.facts)

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
            {"enum": list(KINDS)},
            {
                "type": "object",
                "properties": {
                    "kind": {"enum": list(KINDS)},
                    "on": {"enum": list(ON)},
                    "keep": {"enum": list(KEEP)},
                    "threshold": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                },
                "additionalProperties": False,
            },
        ]
    }

    @classmethod
    def from_values(cls, values: Any, where: Where, folder: Path = Path()) -> "Dedup | None":
        """As a recipe writes it: true (near), false, "exact", "near", or a table. Raises WrongCall for anything else."""
        if isinstance(values, bool):
            return cls() if values else None
        if isinstance(values, str):
            return cls(near=_choice(values, KINDS, "dedup", where) == "near")
        given = dict(values)
        _known(given, ("kind", "on", "keep", "threshold"), "dedup", where)
        for key, allowed in (("kind", KINDS), ("on", ON), ("keep", KEEP)):
            if key in given:
                _choice(given[key], allowed, f"dedup {key}", where / key)
        kind = given.pop("kind", "near")
        if "threshold" in given:
            _threshold(given["threshold"], "dedup", where)
            if kind == "exact":
                raise WrongCall(
                    f'{where / "threshold"}: dedup has a threshold, and kind = "exact" needs none. Leave one of them out.'
                )
        return cls(near=kind == "near", **given)

    def values(self) -> Any:
        near = {"threshold": self.threshold} if self.near else {}
        return {"kind": "near" if self.near else "exact", "on": self.on, "keep": self.keep, **near}

    def inputs(self, doing: Doing) -> list[str]:
        return [code_of(duplicates.__name__, passages.__name__)]

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        texts = [text for _, table in rows.batches(done=False) for text in passages.texts(table, self.on)]
        lengths = None
        if self.keep == "longest":  # of whole rows: of equal questions the one with the longest answer
            lengths = [len(text) for _, table in rows.batches(done=False) for text in passages.both(table)]
        found: dict[int, tuple[int, bool, float]] = {}
        left = np.arange(len(texts))
        while len(left):
            again = self._round(left, texts, lengths, rows, found)
            if len(again) == len(left):
                again = again[:0]
            rows.advance(len(left) - len(again))
            left = again
        gone = np.fromiter(sorted(found), np.int64, len(found))
        kept, exact, similarity = zip(*(found[row] for row in gone.tolist()), strict=True) if found else ((), (), ())
        ids = _ids(rows, rows.alive[np.asarray(kept, np.int64)])
        return Outcome(
            rows.alive[gone],
            ["exact duplicate" if each else "near-duplicate" for each in exact],
            [id if each else f"{id} ({alike:.2f})" for id, each, alike in zip(ids, exact, similarity, strict=True)],
        )

    def _round(
        self,
        left: Indices,
        texts: Sequence[str],
        lengths: Sequence[int] | None,
        rows: Rows,
        found: dict[int, tuple[int, bool, float]],
    ) -> Indices:
        """Compare the rows that are left, note those that go, and give back those to be compared once more.

        Once more go rows that are like another but for what is beside the texts (a rejected answer, a system turn), which
        may be like a third; and the rows that stay of crowds, of which a search with few neighbours finds a part at a time.
        """
        groups = duplicates.find(
            [texts[row] for row in left.tolist()], near=self.near, threshold=self.threshold, rule="first"
        )
        if lengths is not None:
            groups = duplicates.settle(groups, "longest", lengths=[lengths[row] for row in left.tolist()])
        like = np.flatnonzero((groups.kind == duplicates.EXACT) | (groups.kind == duplicates.NEAR))
        same = np.ones(len(like), bool)
        if self.on == "both" and len(like):
            one, other = (_beside(rows, rows.alive[left[which]]) for which in (like, groups.kept[like]))
            same = np.fromiter((a == b for a, b in zip(one, other, strict=True)), bool, len(like))
        for place in like[same].tolist():
            exact = bool(groups.kind[place] == duplicates.EXACT)
            found[int(left[place])] = (int(left[groups.kept[place]]), exact, float(groups.similarity[place]))
        crowded = np.flatnonzero(np.bincount(groups.kept[like[same]], minlength=len(left)) >= CROWD)
        return np.sort(left[np.concatenate([like[~same], crowded])])


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
    def from_values(cls, values: Any, where: Where, folder: Path = Path()) -> "Decontaminate | None":
        """As a recipe writes it: true (all sets), false, a list of sets, or a table. Raises WrongCall for anything else."""
        if isinstance(values, bool):
            return cls() if values else None
        table: dict[str, Any] = {"against": values} if isinstance(values, list) else dict(values)
        _known(table, ("against", "index", "threshold"), "decontaminate", where)
        against, index = table.get("against", []), table.get("index")
        if not isinstance(against, list) or ("against" in table and not against):
            raise WrongCall(
                f"{where / 'against'}: decontaminate against = {against!r} should be a list of evaluation sets. For all of them: "
                f"decontaminate = true."
            )
        for name in against:
            if name not in catalogue.evaluation_sets():
                near = ", ".join(nearest(str(name), catalogue.evaluation_sets()))
                raise WrongCall(
                    f"{where / 'against'}: there is no evaluation set {name!r}. The nearest are {near}. All: okinst list --room "
                    f"eval_sets"
                )
        if "threshold" in table:
            _threshold(table["threshold"], "decontaminate", where)
        if index is None:
            return cls(tuple(dict.fromkeys(against)), float(table.get("threshold", contamination.THRESHOLD)))
        if against:
            raise WrongCall(
                f"{where / 'index'}: decontaminate has an index and a list of sets: the index has its own. Keep one."
            )
        path = (folder / Path(str(index)).expanduser()).absolute()
        if not isinstance(index, str) or not path.is_file():
            raise WrongCall(f"{where / 'index'}: there is no index {index}. Make it: okinst index -o {index}")
        return cls((), float(table.get("threshold", contamination.THRESHOLD)), str(path))

    def values(self) -> Any:
        what = {"index": self.index} if self.index else {"against": list(self.against) or "all evaluation sets"}
        return {**what, "threshold": self.threshold}

    def inputs(self, doing: Doing) -> list[str]:
        code = code_of(contamination.__name__, evaluation_sets.__name__, passages.__name__)
        if self.index:
            return [code, sha256(self.index)]
        return [code, *(str(builder.hash) for builder in self.builders(doing.door))]

    def builders(self, door: dict[str, Any]) -> list[SourceBuilder]:
        """The builders of the evaluation sets, through a door."""
        names = self.against or catalogue.evaluation_sets()
        return [catalogue.source(name).builder(config_name=name, **door) for name in names]

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        index = self.evaluation(doing)
        first: dict[int, contamination.Hit] = {}
        for start in range(0, len(rows), AT_ONCE):  # the hits of a row do not depend on the others
            wanted = rows.alive[start : start + AT_ONCE]
            texts = [text for _, table in rows.batches(wanted, done=False) for text in passages.whole(table)]
            for hit in index.search(texts, threshold=self.threshold, processes=doing.processes, advance=rows.advance):
                first.setdefault(start + hit.row, hit)  # in each row the surest comes first
        gone = np.fromiter(first, np.int64, len(first))
        return Outcome(
            rows.alive[gone],
            [f"in {hit.item.set}" for hit in first.values()],
            [f"{hit.item.id} ({hit.score:.2f}): {hit.evidence}" for hit in first.values()],
            told={"searched for": index.coverage()},
        )

    def evaluation(self, doing: Doing) -> contamination.Index:
        """What rows are compared with: the index that was named, or one made of the evaluation sets, which are prepared."""
        if self.index:
            return contamination.Index.load(self.index)
        return evaluation_sets.index_of(
            (builder.config.name, {str(split): rows.data.table for split, rows in builder.as_dataset().items()})
            for builder in self.ready(doing)
        )

    def ready(self, doing: Doing) -> list[SourceBuilder]:
        """Have all evaluation sets at hand. Raises MissingFile or NoNetwork for one that cannot be had."""
        builders = [] if self.index else self.builders(doing.door)
        with evaluation_sets.none_passed_over('decontaminate = ["kobest-boolq", ...]', "decontaminate: "):
            for builder in builders:
                builder.download_and_prepare()
        return builders


def _beside(rows: Rows, wanted: Indices) -> list[str]:
    return normalise_all(
        [text for _, table in rows.batches(wanted, done=False) for text in passages.beside(table)], blind=False
    )


def _ids(rows: Rows, wanted: Indices) -> list[str]:
    return [id for _, table in rows.batches(wanted, done=False) for id in table["id"].to_pylist()]


def _choice(value: Any, known: Sequence[str], what: str, where: Where) -> str:
    if value not in known:
        near = nearest(str(value), known)[0]
        raise WrongCall(f"{where}: {what} = {value!r} should be one of {', '.join(known)}. Did you mean {near!r}?")
    return str(value)


def _threshold(value: Any, what: str, where: Where) -> float:
    return share(value, f"{where / 'threshold'}: {what} threshold = {value!r}")


def _known(table: dict[str, Any], known: Sequence[str], what: str, where: Where) -> None:
    for key in table:
        if key not in known:
            raise WrongCall(
                f"{where / key}: {what} has no key {key!r}. Did you mean {nearest(key, known)[0]!r}? There are "
                f"{', '.join(known)}."
            )
