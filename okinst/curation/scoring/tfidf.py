"""Embeddings with nothing to download: the characters of a text and their pairs, weighted, on the principal axes of a corpus.

    scorer = Tfidf().fitted(corpus, seed=0)              # a table of requests
    vectors = scorer.load().score(corpus)["embedding"]   # (n, 256), of length 1

Character 1- and 2-grams of texts in normal form (`curation.normal`: width, case, jamo), in words with a blank at both ends, as scikit-learn's
`char_wb` has them; a Chinese clause is one word. The blank alone is no gram. A gram that stands t times in a text and in d of n texts
weighs (1 + ln t) (1 + ln((1 + n) / (1 + d))). The `features` most frequent grams of the corpus count, and their weights are projected onto the
`width` first right singular vectors (Halko, Martinsson and Tropp, 2011) and made length 1. Likeness is likeness of wording.

What is learnt comes from a sample of the corpus: the texts whose keys come first, so it depends neither on the order of the corpus nor on
how often a text is in it. No character meets Python: a batch of texts is one long array.
"""

import hashlib
import importlib.metadata
import importlib.util
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.builders.identity import code_of, digest
from okinst.curation.normal import normalise_all
from okinst.curation.scoring.requests import keys, requests
from okinst.curation.scoring.scorer import EMPTY, FINE, Progress
from okinst.curation.scoring.vectors import embeddings

Array = np.ndarray[Any, Any]

#: what is learnt from, at most: texts, and characters of all together
SAMPLE, SAMPLE_CHARACTERS = 30_000, 10_000_000
#: characters of a batch (one text at least), and texts
BATCH_CHARACTERS, BATCH = 500_000, 4_096
#: rounds that make the axes exact: more change nothing that clusters show
ROUNDS = 4
#: axes along which the corpus varies by less than this share of the first are rounding, and left out
NOISE = 1e-4
#: counts up when the same settings would give other numbers
RULES = 1
_BLANK = ord(" ")
#: a gram is a number: the first character above, the second below; a character alone has 0 above
_BITS = np.uint64(21)


class Model(NamedTuple):
    """What was learnt."""

    #: (f,) uint64, sorted
    grams: Array
    #: (f, width) float32: the axes by row, times the gram's inverse document frequency; columns of 0 where the corpus has fewer
    axes: Array


@dataclass(frozen=True)
class Tfidf:
    """Character TF-IDF on `width` axes, which `learnt` finds in the corpus that it was fitted to (51 MB at most by default).

    A corpus of fewer distinct texts or grams than `width` has fewer axes: the rest of the vector is 0, so that its width is
    always the same. Raises WrongCall for a width or a number of features below 1.
    """

    name: ClassVar[str] = "tfidf"
    reads_context: ClassVar[bool] = False
    threads: ClassVar[bool] = False
    gpu: ClassVar[bool] = False

    width: int = 256
    features: int = 50_000
    #: what it is learnt from: the sha256 of the corpus' distinct keys, sorted, and the seed; "" before it is fitted
    corpus: str = ""
    seed: int = 0
    #: versions of the libraries that found the axes
    libraries: str = ""
    #: the texts to learn from
    sample: tuple[str, ...] = field(default=(), repr=False, compare=False)
    model: Model | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in (("width", self.width), ("features", self.features)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise WrongCall(f"tfidf: {name} = {value!r} should be a whole number, 1 or more.")

    def settings(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "features": self.features,
            "corpus": self.corpus,
            "seed": self.seed,
            "libraries": self.libraries,
            # the normal form of a text: what of it Unicode decides, and what okinst
            "unicode": unicodedata.unidata_version,
            "normal": digest(code_of("okinst.curation.normal")),
            "rules": RULES,
        }

    def fitted(self, corpus: pa.Table, seed: int = 0) -> "Tfidf":
        """The scorer of the texts of a corpus, which still has to learn; itself if it is of one already. Same texts and seed, same
        axes, whatever the order, the repetitions and the number of threads.

        Raises WrongCall where scikit-learn is missing.
        """
        if self.corpus:
            return self
        named, texts = _sample(corpus)
        return replace(self, corpus=named, seed=seed, libraries=_libraries(), sample=tuple(texts))

    def learnt(self) -> "Tfidf":
        """With the axes of its corpus; itself if it has them. Raises WrongCall before it is fitted, and where the corpus has no text."""
        if self.model is not None:
            return self
        if not self.corpus:
            raise WrongCall("tfidf: learn it from a corpus first: Tfidf().fitted(corpus, seed).load()")
        from threadpoolctl import threadpool_limits

        texts = self.sample
        grams, often = _vocabulary(texts, self.features)
        if not len(grams):
            raise WrongCall(
                f"tfidf: none of the {len(texts):,} different texts to learn from has a character: give others."
            )
        weights = _weights(texts, grams)
        # as scikit-learn smooths it: as if one more text had every gram
        idf = (np.log((1 + len(texts)) / (1 + often)) + 1).astype(np.float32)
        with threadpool_limits(1):
            axes = _axes(weights, idf, self.width, self.seed)
        return replace(self, sample=(), model=Model(grams, axes * idf[:, None]))

    def load(self, device: str | None = None) -> "LoadedTfidf":
        """Ready to embed; it needs no device. Raises WrongCall before it is fitted."""
        scorer = self.learnt()
        assert scorer.model is not None
        return LoadedTfidf(scorer, scorer.model)


class LoadedTfidf:
    """Embeds texts, in one thread."""

    def __init__(self, scorer: Tfidf, model: Model) -> None:
        self.scorer = scorer
        self.model = model

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Columns embedding, of length 1, and flag. The text alone is embedded, not its context.

        A text is "empty", and its vector 0, where it has no characters but blanks and invisible ones, or none that the corpus
        has. `progress(rows, tokens)` counts grams as tokens. Values do not depend on the order or company of the requests.
        """
        vectors: Array = np.zeros((requests.num_rows, self.scorer.width), np.float32)
        place = 0
        for texts in _batches(requests["text"]):
            weights = _counted(texts, self.model.grams)
            np.log(weights.data, out=weights.data)
            weights.data += 1
            found = weights @ self.model.axes
            norms = np.sqrt(np.einsum("ij,ij->i", found, found, dtype=np.float64))
            there = norms > 0
            vectors[place : place + len(texts)][there] = found[there] / norms[there, None]
            place += len(texts)
            if progress:
                progress(len(texts), int(weights.nnz))
        # a vector that is not 0 has an entry that is not
        flags = np.where(vectors.any(1), FINE, EMPTY)
        return embeddings(vectors, flags.tolist())


def _libraries() -> str:
    """The versions of what finds the axes. Raises WrongCall where it is missing; it is not imported, which takes longer than to look."""
    if importlib.util.find_spec("sklearn") is None:
        raise WrongCall("Embedding by tfidf needs sklearn: pip install 'okinst[curation]'")
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("scikit-learn", "scipy", "numpy"))


def _sample(corpus: pa.Table) -> tuple[str, list[str]]:
    """The digest of the distinct texts of a corpus, and those to learn from, in the order of their keys."""
    distinct, first = np.unique(keys(requests(corpus["text"])), return_index=True)
    named = hashlib.sha256(distinct.tobytes()).hexdigest()
    texts = corpus["text"].take(pa.array(first[:SAMPLE])).to_pylist()
    enough = int(np.searchsorted(np.cumsum([len(text) for text in texts]), SAMPLE_CHARACTERS, side="right"))
    return named, texts[: max(1, enough)]


def _batches(texts: Any) -> Iterator[list[str]]:
    """Texts in portions that are small in memory."""
    for few in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        for start in range(0, len(few), BATCH):
            batch: list[str] = []
            room = BATCH_CHARACTERS
            for text in few.slice(start, BATCH).to_pylist():
                room -= len(text)
                if room < 0 and batch:
                    yield batch
                    batch, room = [], BATCH_CHARACTERS - len(text)
                batch.append(text)
            if batch:
                yield batch


def _grams(texts: Sequence[str]) -> tuple[Array, Array]:
    """All grams of some texts, and the row each stands in; both (g,), rows ascending.

    >>> grams, rows = _grams(["A b", "", "물"])
    >>> ["".join(chr(code) for code in divmod(int(gram), 1 << 21) if code) for gram in grams[rows == 0]]
    ['a', 'b', ' a', 'a ', ' b', 'b ']
    """
    plain = [f" {text} " if text else "" for text in normalise_all(texts, blind=False)]
    codes = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(plain)), np.fromiter(map(len, plain), np.int64, len(plain)))
    alone = codes != _BLANK
    # where one text ends and the next begins two blanks meet, and nowhere else
    pairs = alone[1:] | alone[:-1]
    grams = np.concatenate([codes[alone], ((codes[:-1] << _BITS) | codes[1:])[pairs]])
    rows = np.concatenate([owner[alone], owner[1:][pairs]])
    order = np.argsort(rows, kind="stable")
    return grams[order], rows[order]


def _counted(texts: Sequence[str], grams: Array) -> Any:
    """How often each known gram stands in each text: a sparse matrix (texts, grams), float32."""
    from scipy.sparse import csr_array

    found, rows = _grams(texts)
    column = np.minimum(np.searchsorted(grams, found), len(grams) - 1)
    known = grams[column] == found
    column, rows = column[known].astype(np.int32), rows[known]
    starts = np.append(0, np.cumsum(np.bincount(rows, minlength=len(texts)))).astype(np.int32)
    matrix = csr_array((np.ones(len(column), np.float32), column, starts), (len(texts), len(grams)))
    matrix.sum_duplicates()
    return matrix


def _vocabulary(texts: Sequence[str], most: int) -> tuple[Array, Array]:
    """The most frequent grams, sorted, and in how many texts each stands; of equally frequent ones the lower number."""
    grams: Array = np.empty(0, np.uint64)
    often: Array = np.empty(0, np.int64)
    spread: Array = np.empty(0, np.int64)
    for batch in _batches(pa.array(texts, pa.string())):
        found, rows = _grams(batch)
        order = np.lexsort((rows, found))
        found, rows = found[order], rows[order]
        new = np.append(True, found[1:] != found[:-1])[: len(found)]
        apart = new | np.append(True, rows[1:] != rows[:-1])[: len(found)]
        starts = np.flatnonzero(new)
        if not len(starts):
            continue
        batch_often = np.diff(np.append(starts, len(found)))
        batch_spread = np.add.reduceat(apart.astype(np.int64), starts)
        grams, inverse = np.unique(np.concatenate([grams, found[starts]]), return_inverse=True)
        often = np.bincount(inverse, np.concatenate([often, batch_often]), len(grams)).astype(np.int64)
        spread = np.bincount(inverse, np.concatenate([spread, batch_spread]), len(grams)).astype(np.int64)
    chosen = np.sort(np.argsort(-often, kind="stable")[:most])
    return grams[chosen], spread[chosen]


def _weights(texts: Sequence[str], grams: Array) -> Any:
    """1 + ln(times) of the grams of all texts: a sparse matrix (texts, grams), float32."""
    from scipy.sparse import vstack

    matrix = vstack([_counted(batch, grams) for batch in _batches(pa.array(texts, pa.string()))], format="csr")
    np.log(matrix.data, out=matrix.data)
    matrix.data += 1
    return matrix


def _axes(weights: Any, idf: Array, width: int, seed: int) -> Array:
    """The first right singular vectors of the weighted texts, each made length 1, as columns (grams, width)."""
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd

    weights.data *= idf[weights.indices]
    weights = normalize(weights, copy=False)
    wanted = min(width, *weights.shape)
    _, size, axes = randomized_svd(
        weights, wanted, n_iter=ROUNDS, random_state=seed % 2**32, flip_sign=False, power_iteration_normalizer="QR"
    )
    # an axis is one in both directions: the one along which its largest entry is positive
    axes *= np.sign(axes[np.arange(wanted), np.abs(axes).argmax(1)])[:, None]
    found = np.zeros((weights.shape[1], width), np.float32)
    there = size > NOISE * size[0]
    found[:, : int(there.sum())] = axes[there].T
    return found
