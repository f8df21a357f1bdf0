"""The last step of a curated mixture: of the rows that are left, measure all and choose a few.

    [select]
    share = 0.01              # N; or rows = 4000
    rule = "budget"           # stride (KoQuality's), budget, high, low, middle, random
    groups = 5                # L, length groups
    clusters = 100            # K, clusters in each
    score = "given"           # the perplexity of the answer given the instruction; or instruction, answer, ifd
    scorer = "embedded"       # or { model = "EleutherAI/polyglot-ko-1.3b", revision = "..." }
    embedder = "embedded"     # or { model = "BM-K/KoSimCSE-roberta-multitask", pooling = "cls" }

Beside the built rows stand selection.parquet, with the measures of every row that was there to choose from, and clusters.parquet.
"""

import dataclasses
import importlib
import importlib.metadata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.builders.identity import code_of
from okinst.builders.schema import Shape
from okinst.catalogue import nearest
from okinst.curation import duplicates, passages, scoring, selection
from okinst.curation.scoring import models
from okinst.curation.scoring.compute import Compute
from okinst.curation.scoring.encoder import Encoder
from okinst.curation.scoring.language_model import LanguageModel
from okinst.curation.scoring.scorer import Scorer
from okinst.curation.scoring.tfidf import Tfidf
from okinst.curation.selection import clusters as clustering_modes
from okinst.curation.selection import lengths, plane, rules
from okinst.curation.selection.choice import Choice, Clustering, choose, clustering
from okinst.curation.selection.measures import SCORES, How, Measures, Score, measure
from okinst.curation.selection.rules import Selection
from okinst.curation.values import share as check_share
from okinst.mixtures.masking import hidden
from okinst.mixtures.rows import Indices, Outcome, Rows
from okinst.mixtures.where import Where, told

if TYPE_CHECKING:
    from okinst.mixtures.steps import Doing

EMBEDDED = "embedded"
SELECTION, CLUSTERS = "selection.parquet", "clusters.parquet"
NOT_CHOSEN = "not chosen"
#: shapes whose rows hold nothing that answers
UNANSWERED: tuple[Shape, ...] = ("prompt", "labelled")
#: rows of a cluster that are shown
EXAMPLES = 3
#: of the sample corpus, which is small: rows of a cluster, at least
SAMPLE_CLUSTER = 8
_ROWS = {"type": "integer", "minimum": 1}
_MODEL = {"model": {"type": "string"}, "revision": {"type": "string"}, "dtype": {"enum": list(models.DTYPES)}}


@dataclass(frozen=True)
class Model:
    """A model of transformers, as a recipe names it; it is opened when rows are measured."""

    model: str
    revision: str | None = None
    dtype: str | None = None
    max_tokens: int | None = None

    def values(self) -> dict[str, Any]:
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None}

    def identity(self) -> str:
        """What changes when the files of a model in a folder do; nothing for one of the Hub, which its commit names."""
        return models.digest(Path(self.model).expanduser(), self.model) if self.is_folder else ""

    @property
    def is_folder(self) -> bool:
        """Whether it is in a folder, not on the Hub."""
        return Path(self.model).expanduser().is_dir()


@dataclass(frozen=True)
class Causal(Model):
    """A language model."""

    bos: bool = False

    def scorer(self) -> Scorer:
        return LanguageModel(**self.values())


@dataclass(frozen=True)
class Encoding(Model):
    """A sentence encoder."""

    pooling: str = "cls"
    normalised: bool = True

    def scorer(self) -> Scorer:
        return Encoder(**self.values())


_MODELS: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "scorer": (Causal, {**_MODEL, "max_tokens": _ROWS, "bos": {"type": "boolean"}}),
    "embedder": (
        Encoding,
        {
            **_MODEL,
            "max_tokens": _ROWS,
            "pooling": {"enum": ["cls", "pooler", "mean"]},
            "normalised": {"type": "boolean"},
        },
    ),
}


def _model_schema(key: str) -> dict[str, Any]:
    properties = _MODELS[key][1]
    table = {"type": "object", "properties": properties, "required": ["model"], "additionalProperties": False}
    return {"anyOf": [{"const": EMBEDDED}, table]}


@dataclass(frozen=True)
class Select:
    """Which rows are chosen, and by what measures. `scorer` and `embedder` None are the embedded ones, with nothing to download."""

    choice: Choice
    score: Score = "given"
    scorer: Causal | None = None
    embedder: Encoding | None = None
    #: the mixture's
    seed: int = 0
    #: of the sample: fewer clusters, so that several rows stand in each
    sampled: bool = False
    name = "select"
    SCHEMA = {
        "type": "object",
        "properties": {
            "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "rows": _ROWS,
            "rule": {"enum": list(rules.RULES)},
            "groups": _ROWS,
            "bins": {"enum": list(lengths.RULES)},
            "clusters": _ROWS,
            "search": {"enum": list(clustering_modes.MODES)},
            "distinct": {"type": "boolean"},
            "score": {"enum": list(SCORES)},
            "scorer": _model_schema("scorer"),
            "embedder": _model_schema("embedder"),
        },
        "additionalProperties": False,
        "oneOf": [{"required": ["share"]}, {"required": ["rows"]}],
    }

    def __post_init__(self) -> None:
        if self.score not in SCORES:
            raise WrongCall(f"select score = {self.score!r} should be one of {', '.join(SCORES)}.")

    @classmethod
    def from_values(cls, values: dict[str, Any], where: Where, folder: Path = Path()) -> "Select":
        """As a recipe writes it. Raises WrongCall."""
        known: dict[str, Any] = cls.SCHEMA["properties"]  # type: ignore[assignment]
        for key, value in values.items():
            _check(key, value, known, "select", where)
        amounts = [key for key in ("share", "rows") if key in values]
        if len(amounts) != 1:
            raise WrongCall(
                f"{where}: select has {' and '.join(amounts) or 'neither share nor rows'}: say how much it takes, share = 0.01 or "
                f"rows = 4000, one of them."
            )
        if "share" in values:
            with told(where / "share"):
                check_share(values["share"], f"select share = {values['share']!r}")
        own = {each.name for each in dataclasses.fields(Choice)}
        choice = Choice(**{key: value for key, value in values.items() if key in own})
        chosen = {key: _model(key, values[key], where / key, folder) for key in _MODELS if key in values}
        return cls(choice, score=values.get("score", "given"), **chosen)

    def values(self) -> dict[str, Any]:
        choice = {key: value for key, value in dataclasses.asdict(self.choice).items() if value is not None}
        return {
            **choice,
            "score": self.score,
            "scorer": self.scorer.values() if self.scorer else EMBEDDED,
            "embedder": self.embedder.values() if self.embedder else EMBEDDED,
            "seed": self.seed,
            **({"sampled": True} if self.sampled else {}),
        }

    def on_sample(self) -> "Select":
        """For the sample corpus, which nobody wants to download a model for: the embedded ones, or those in folders; fewer clusters."""
        scorer = self.scorer if self.scorer and self.scorer.is_folder else None
        embedder = self.embedder if self.embedder and self.embedder.is_folder else None
        return dataclasses.replace(self, scorer=scorer, embedder=embedder, sampled=True)

    def check(self, shape: Shape, name: str) -> None:
        """Raise WrongCall for a score that rows of this shape do not have."""
        check_score(self.score, shape, name)

    def ready(self, doing: "Doing") -> None:
        """Raise WrongCall or NoNetwork for what it needs and cannot have, as far as that can be known before anything is measured."""
        for package, needed in (
            ("scikit-learn", "sklearn"),
            *((("kiwipiepy", "kiwipiepy"),) if self._reads_by_kiwi else ()),
        ):
            try:
                importlib.import_module(needed)
            except ImportError:
                raise WrongCall(
                    f"select needs {package}, which is not installed: pip install 'okinst[curation]'"
                ) from None
        how = self.how()
        scorers = [scorer for scorer in (how.scorer, how.embedder) if scorer]
        doing.compute.check(scorers)
        for scorer in scorers:
            if isinstance(scorer, LanguageModel | Encoder):
                scorer.check()

    def how(self) -> How:
        """What is measured. Raises WrongCall or NoNetwork for a model that cannot be had."""
        return How(
            self.score,
            self.scorer.scorer() if self.scorer else None,
            self.embedder.scorer() if self.embedder else Tfidf(),
        )

    def measured(self, rows: Rows, compute: Compute, processes: int = 1) -> "Candidates":
        """Measure the rows that are left. Raises what the models and the store raise."""
        ids, instructions, answers = _texts(rows)
        how, store, engine = self.how(), compute.kept_in(), compute.run_by(processes)
        return Candidates(ids, instructions, answers, measure(instructions, answers, how, store, engine, self.seed))

    def inputs(self, doing: "Doing") -> list[str]:
        identities = [each.identity() for each in (self.scorer, self.embedder) if each]
        return [code_of(__name__, scoring.__name__, selection.__name__), *identities, *self._versions()]

    @property
    def _reads_by_kiwi(self) -> bool:
        return self.scorer is None and self.score != "ifd"

    def _versions(self) -> list[str]:
        """Of what decides besides okinst's code, where it is installed."""
        needed = ["scikit-learn"]
        needed += ["kiwipiepy", "kiwipiepy_model"] if self._reads_by_kiwi else []
        needed += ["transformers"] if self.scorer or self.embedder else []
        found = []
        for package in needed:
            try:
                found.append(f"{package} {importlib.metadata.version(package)}")
            except importlib.metadata.PackageNotFoundError:
                found.append(f"no {package}")
        return found

    def work(self, rows: Rows, doing: "Doing") -> Outcome:
        if not len(rows):
            return Outcome.nothing()
        _, instructions, _, measures = self.measured(rows, doing.compute, doing.processes)
        choice = self.fitting(self.choice, len(rows))
        alike = duplicate_groups(instructions) if choice.distinct else None
        found = clustering(measures, choice, self.seed)
        taken = choose(measures, found, choice, self.seed, alike)
        if not len(taken.rows):
            raise WrongCall(self._why_none(choice, measures, found))
        gone = np.setdiff1d(np.arange(len(rows)), taken.rows)
        reasons = [
            f"no score: {flag}" if found.labels[row] < 0 and (flag := measures.flags[row]) else NOT_CHOSEN
            for row in gone.tolist()
        ]
        shown = _examples(rows, found, measures)
        return Outcome(
            rows.alive[gone],
            reasons,
            [""] * len(gone),
            told={"select": self._told(measures, found, choice, taken)},
            notes={
                SELECTION: _measured(rows, measures, found, taken.rows, alike),
                CLUSTERS: _clusters(measures, found, taken.rows, shown),
            },
        )

    def fitting(self, choice: Choice, count: int) -> Choice:
        """A choice as it is; of the sample, which is too small for so many clusters and so small a share, one that it can give."""
        if not self.sampled:
            return choice
        most = max(1, count // choice.groups // SAMPLE_CLUSTER)
        clusters = min(choice.clusters, most)
        if choice.rows is not None:
            return dataclasses.replace(choice, clusters=clusters, rows=min(choice.rows, max(1, count // 5)))
        # one row of each cluster at least: a stride gives that by itself
        share = (
            choice.share
            if choice.rule == "stride"
            else max(choice.share or 0, min(1.0, clusters * choice.groups / count))
        )
        return dataclasses.replace(choice, clusters=clusters, share=share)

    def _why_none(self, choice: Choice, measures: Measures, found: Clustering) -> str:
        there = int((found.labels >= 0).sum())
        flags = ", ".join(f"{count:,} {flag}" for flag, count in Counter(filter(None, measures.flags)).most_common())
        if not there:
            return f"select: none of the {len(measures.flags):,} rows that are left has a score ({flags}). Choose by another score."
        return (
            f"select: share = {choice.share} of {there:,} rows is none{f' ({flags})' if flags else ''}. Ask for more: "
            f"{1 / there:.2g} is one row; or say rows = 1."
        )

    def _told(self, measures: Measures, found: Clustering, choice: Choice, taken: Selection) -> dict[str, Any]:
        scorers = {"scorer": self.scorer.values() if self.scorer else EMBEDDED}
        return {
            **{key: value for key, value in dataclasses.asdict(choice).items() if value is not None},
            "score": self.score,
            **scorers,
            "embedder": self.embedder.values() if self.embedder else EMBEDDED,
            "scored by": dict(Counter(measures.scorers)),
            "flags": dict(Counter(filter(None, measures.flags))),
            "clusters made": int(found.clusters.got.sum()),
            "clusters of each length group": found.clusters.got.tolist(),
            "inertia": [round(value, 6) for value in found.clusters.inertia.tolist()],
            **({"short of distinct rows": taken.short} if taken.short else {}),
            "notes": list(_notes(measures, found, choice, taken)),
        }


def _notes(measures: Measures, found: Clustering, choice: Choice, taken: Selection) -> Iterator[str]:
    """What is worth knowing of a choice that came out otherwise than it reads."""
    if choice.rule == "stride" and choice.share and len(taken.rows) != (wanted := round(choice.share * taken.eligible)):
        yield (
            f"{len(taken.rows):,} rows, where {choice.share:g} of {taken.eligible:,} is {wanted:,}: stride takes of each cluster one "
            f"row in {int(1 / choice.share):,}, and one at least"
        )
    given = len(np.unique(found.labels[taken.rows]))
    if given < (made := int(found.clusters.got.sum())):
        yield f"{made - given:,} of {made:,} clusters give no row: fewer clusters, or more rows, and each gives one"
    if taken.short:
        yield f"{taken.short:,} rows fewer than asked for: there are no more without near-duplicates among them"
    if len(set(measures.scorers)) > 1:
        yield f"values of {' and '.join(sorted(set(measures.scorers)))} are of different scales: rows are compared by their rank"


def check_score(score: str, shape: str, name: str) -> None:
    """Raise WrongCall for a score that rows of this shape do not have."""
    if score != "instruction" and shape in UNANSWERED:
        raise WrongCall(
            f"{name}: the score {score!r} is about answers, and {shape} rows have none. Score what is asked: score = "
            f'"instruction" (--of instruction).'
        )


class Candidates(NamedTuple):
    """The rows that a selection has to choose from: their ids and texts, and what was measured of them."""

    ids: list[str]
    instructions: list[str]
    answers: list[str]
    measures: Measures


def _texts(rows: Rows) -> tuple[list[str], list[str], list[str]]:
    """Of each row the id, what is asked, and what is answered."""
    ids: list[str] = []
    instructions: list[str] = []
    answers: list[str] = []
    for _, table in rows.batches(done=False):
        ids += table["id"].to_pylist()
        instructions += passages.texts(table, "instruction")
        answers += passages.texts(table, "answer")
    return ids, instructions, answers


def duplicate_groups(instructions: Sequence[str]) -> Indices:
    """One number for all rows whose instructions a chain of near-duplicates joins."""
    found = duplicates.find(list(instructions))
    return duplicates.joined(len(instructions), duplicates.links(found, np.arange(len(instructions))))


def _examples(rows: Rows, found: Clustering, measures: Measures) -> "list[list[tuple[str, str]]]":
    """For each cluster the ids and instructions of the rows nearest to its centre, credentials masked."""
    nearest_rows = found.clusters.examples(measures.vectors, EXAMPLES)
    flat = np.concatenate([*nearest_rows, np.empty(0, np.int64)]).astype(np.int64)
    table = [
        pair
        for _, part in rows.batches(rows.alive[flat], done=False)
        for pair in zip(part["id"].to_pylist(), passages.instructions(part), strict=True)
    ]
    texts = hidden([text[:500] for _, text in table], personal=True)
    pairs = iter(zip((id for id, _ in table), texts, strict=True))
    return [[next(pairs) for _ in each] for each in nearest_rows]


def _measured(rows: Rows, measures: Measures, found: Clustering, chosen: Indices, alike: Indices | None) -> pa.Table:
    """selection.parquet: a row for each row that could be chosen."""
    names = ("id", "source", "language")
    own: dict[str, list[Any]] = {name: [] for name in names}
    for _, table in rows.batches():
        for name in names:
            own[name] += table[name].to_pylist()
    taken = np.zeros(len(rows), bool)
    taken[chosen] = True
    x, y = plane.on_two_axes(measures.vectors)
    missing = np.isnan(measures.values)
    return pa.table(
        {
            **{name: pa.array(values, pa.string()) for name, values in own.items()},
            "chosen": taken,
            "length": measures.lengths,
            "group": found.groups,
            "cluster": found.labels,
            "value": pa.array(measures.values, mask=missing),
            "order": pa.array(measures.order, mask=missing),
            "scorer": pa.array(measures.scorers, pa.string()).dictionary_encode(),
            "flag": pa.array(measures.flags, pa.string()).dictionary_encode(),
            **measures.sums,
            **({"duplicate_group": alike} if alike is not None else {}),
            "x": x,
            "y": y,
        }
    )


def _clusters(measures: Measures, found: Clustering, chosen: Indices, shown: "list[list[tuple[str, str]]]") -> pa.Table:
    """clusters.parquet: a row for each cluster."""
    there = found.labels >= 0
    count = len(found.clusters.sizes)
    labels, sizes = found.labels[there], np.maximum(found.clusters.sizes, 1)
    orders = np.bincount(labels, measures.order[there], count) / sizes
    # values of two scorers have no mean
    values = np.bincount(labels, measures.values[there], count) / sizes if len(set(measures.scorers)) < 2 else None
    return pa.table(
        {
            "cluster": np.arange(count),
            "group": found.clusters.group,
            "size": found.clusters.sizes,
            "chosen": np.bincount(found.labels[chosen], minlength=count),
            "mean_value": pa.nulls(count, pa.float64()) if values is None else values,
            "mean_order": orders,
            "examples": pa.array(
                [[{"id": id, "instruction": text} for id, text in each] for each in shown],
                pa.list_(pa.struct([("id", pa.string()), ("instruction", pa.string())])),
            ),
        }
    )


def _check(key: str, value: Any, known: dict[str, Any], what: str, where: Where) -> None:
    """Raise WrongCall for a key that there is not, or a value of another kind."""
    if key == "trust_remote_code":
        raise WrongCall(
            f"{where / key}: a recipe cannot turn trust_remote_code on: it would run code of a model's repository on your machine. "
            f"Leave it out, and take a model that transformers knows by itself."
        )
    if key == "seed":
        raise WrongCall(
            f"{where / key}: {what} has no seed of its own: it is the recipe's, which stands before all tables."
        )
    if key not in known:
        raise WrongCall(
            f"{where / key}: {what} has no key {key!r}. Did you mean {nearest(key, known)[0]!r}? There are {', '.join(known)}."
        )
    expected = known[key]
    if "enum" in expected and value not in expected["enum"]:
        near = nearest(str(value), expected["enum"])[0]
        raise WrongCall(
            f"{where / key}: {what} {key} = {value!r} should be one of {', '.join(expected['enum'])}. Did you mean {near!r}?"
        )
    kinds: dict[str, Callable[[Any], bool]] = {
        "integer": lambda it: isinstance(it, int) and not isinstance(it, bool) and it >= 1,
        "number": lambda it: isinstance(it, int | float) and not isinstance(it, bool),
        "boolean": lambda it: isinstance(it, bool),
        "string": lambda it: isinstance(it, str),
    }
    words = {"integer": "a whole number, 1 or more", "number": "a number", "boolean": "true or false", "string": "text"}
    kind = expected.get("type", "")
    if kind in kinds and not kinds[kind](value):
        raise WrongCall(f"{where / key}: {what} {key} = {value!r} should be {words[kind]}.")


def _model(key: str, value: Any, where: Where, folder: Path) -> Any:
    made, known = _MODELS[key]
    if value == EMBEDDED:
        return None
    if not isinstance(value, dict) or not value.get("model", ""):
        raise WrongCall(
            f'{where}: select {key} = {value!r} should be "{EMBEDDED}", or name a model: {{ model = "owner/name", revision = "..." }}.'
        )
    for each, its in value.items():
        _check(each, its, known, f"select {key}", where)
    own = folder / Path(value["model"]).expanduser()
    if own.is_dir():  # like every file of a recipe, from its folder; what is not there may be a name on the Hub
        value = {**value, "model": str(own.absolute())}
    return made(**value)
