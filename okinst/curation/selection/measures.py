"""What a selection decides by: of each row the length of its instruction, a score, and the embedding of its instruction.

    measures = measure(instructions, answers, How(score="given"), Store(), Local())

Everything comes through the store, so what was measured once is read the next time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa

from okinst.curation.scoring.engines import Engine
from okinst.curation.scoring.kiwi import Kiwi
from okinst.curation.scoring.ngram import Ngram
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.scorer import Scorer
from okinst.curation.scoring.store import Store
from okinst.curation.scoring.sums import mean
from okinst.curation.scoring.tfidf import Tfidf
from okinst.curation.scripts import hangul_share

Array = np.ndarray[Any, Any]
Score = Literal["instruction", "answer", "given", "ifd"]
SCORES: tuple[Score, ...] = get_args(Score)
#: a text is Korean to the embedded scorers where this share of its letters is Hangul
KOREAN = 0.5


@dataclass(frozen=True)
class How:
    """What is measured, and by which models.

    `score` is the perplexity of the instruction, of the answer alone, of the answer given the instruction ("given"), or the ratio of the last
    two ("ifd", instruction-following difficulty, as in Superfiltering: Li et al., arXiv 2402.00530). `scorer` None is the embedded one: Kiwi for Korean text, an n-gram
    model of the corpus for any other. Kiwi reads no context: "given" is to it the answer alone, and "ifd", which would always be 1,
    is left to the n-gram model.
    """

    score: Score = "given"
    scorer: Scorer | None = None
    embedder: Scorer = field(default_factory=Tfidf)


@dataclass(frozen=True, eq=False)
class Measures:
    """n rows, measured."""

    #: characters of the instruction, (n,)
    lengths: Array
    #: perplexity, or IFD, (n,); NaN where there is none
    values: Array
    #: what rows are sorted by, (n,): the value, or its rank among the rows of its own scorer where there are several; NaN where none
    order: Array
    #: why a value is missing or is of a part of the text, or the embedding of a part of the instruction; "" else, (n,)
    flags: list[str]
    #: which scorer a row was given to, (n,)
    scorers: list[str]
    #: sums in nats and numbers of tokens: of the text, and for "ifd" of the answer alone
    sums: dict[str, Any]
    #: embeddings of the instruction, (n, width) float32
    vectors: Array

    def columns(self) -> pa.Table:
        """What the values are made of: the sums, flag and scorer."""
        return pa.table(
            {**self.sums, "flag": pa.array(self.flags, pa.string()), "scorer": pa.array(self.scorers, pa.string())}
        )


def measure(
    instructions: Sequence[str], answers: Sequence[str], how: How, store: Store, engine: Engine, seed: int = 0
) -> Measures:
    """Measure rows, given their texts. Raises what the scorers and the store raise."""
    # first what is cheap: what is wrong with it shows before an hour of the other
    embedded = store.scores(how.embedder, requests(instructions), engine, seed, columns=["embedding", "flag"])
    vectors = embedded["embedding"].combine_chunks()
    logarithms, scored = score(instructions, answers, how.score, how.scorer, store, engine, seed)
    scorers = scored["scorer"].to_pylist()
    return Measures(
        lengths=np.fromiter(map(len, instructions), np.int64, len(instructions)),
        values=of_logarithms(logarithms),
        order=_comparable(logarithms, np.asarray(scorers, object)),
        flags=[
            flag or (other and f"instruction: {other}")
            for flag, other in zip(scored["flag"].to_pylist(), embedded["flag"].to_pylist(), strict=True)
        ],
        scorers=scorers,
        sums={name: scored[name] for name in scored.column_names if name not in ("flag", "scorer")},
        vectors=vectors.flatten().to_numpy().reshape(len(instructions), -1),
    )


def score(
    instructions: Sequence[str],
    answers: Sequence[str],
    of: Score,
    scorer: Scorer | None,
    store: Store,
    engine: Engine,
    seed: int = 0,
) -> tuple[Array, pa.Table]:
    """The logarithm of the score of each row, (n,), NaN where there is none; and what it is made of: nll, tokens, flag, scorer, and
    for "ifd" nll_alone and tokens_alone of the answer without its instruction."""
    texts = instructions if of == "instruction" else answers
    contexts = instructions if of in ("given", "ifd") else None
    if of == "ifd" and scorer is None:
        scorer = Ngram()  # a ratio by Kiwi, which reads no context, would always be 1
    found = likelihoods(texts, contexts, scorer, store, engine, seed)
    logarithms = mean(found)
    if of != "ifd":
        return logarithms, found
    alone = likelihoods(texts, None, scorer, store, engine, seed)
    flags = [one or other for one, other in zip(found["flag"].to_pylist(), alone["flag"].to_pylist(), strict=True)]
    found = found.set_column(found.column_names.index("flag"), "flag", pa.array(flags, pa.string()))
    for name in ("nll", "tokens"):
        found = found.append_column(f"{name}_alone", alone[name])
    return logarithms - mean(alone), found


def of_logarithms(logarithms: Array) -> Array:
    """Perplexities: beyond e^700 a double is at its end, and no row is infinitely bad."""
    return np.asarray(np.exp(np.minimum(logarithms, 700.0)))


def likelihoods(
    texts: Sequence[str], contexts: Sequence[str] | None, scorer: Scorer | None, store: Store, engine: Engine, seed: int
) -> pa.Table:
    """The columns of likelihood of some texts, each after its context, and which scorer they are from."""
    wanted = requests(texts, contexts)
    if scorer is not None:
        found = store.scores(scorer, wanted, engine, seed)
        return found.append_column("scorer", pa.array([scorer.name] * len(found), pa.string()))
    korean = np.fromiter((hangul_share(text) >= KOREAN for text in texts), bool, len(texts))
    found, places = [], []
    for each, rows in ((Kiwi(), np.flatnonzero(korean)), (Ngram(), np.flatnonzero(~korean))):
        if len(rows):
            scored = store.scores(each, wanted.take(pa.array(rows)), engine, seed)
            found.append(scored.append_column("scorer", pa.array([each.name] * len(rows), pa.string())))
            places.append(rows)
    if not found:
        return pa.table(
            {"nll": pa.array([], pa.float64()), "tokens": pa.array([], pa.int32()), "flag": [], "scorer": []}
        )
    return pa.concat_tables(found).take(pa.array(np.argsort(np.concatenate(places))))


def _comparable(values: Array, scorers: Array) -> Array:
    """Values as they are where one scorer gave them; else the rank of each among those of its scorer, between 0 and 1.

    >>> _comparable(np.array([3.0, 1.0, 900.0]), np.array(["kiwi", "kiwi", "ngram"])).tolist()
    [0.75, 0.25, 0.5]
    """
    names = np.unique(scorers[~np.isnan(values)])
    if len(names) < 2:
        return values
    ranked = np.full(len(values), np.nan)
    for name in names:
        rows = np.flatnonzero((scorers == name) & ~np.isnan(values))
        _, number, count = np.unique(values[rows], return_inverse=True, return_counts=True)
        middle = np.cumsum(count) - (count + 1) / 2  # equal values share the middle of their places
        ranked[rows] = (middle[number] + 0.5) / max(len(rows), 1)
    return ranked
