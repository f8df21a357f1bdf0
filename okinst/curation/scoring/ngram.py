"""A character n-gram model of the corpus itself: likelihood with nothing to download, for any script.

Interpolated absolute discounting (Ney, Essen and Kneser, 1994) over up to five characters, down to a uniform distribution over Unicode:

    p_k(x | h) = max(c(hx) - d, 0) / c(h)  +  d * n(h) / c(h) * p_{k-1}(x | h')

where c(hx) is how often x follows the k-1 characters h, c(h) how often anything does, n(h) how many different characters do,
and h' is h without its first character.

Held-out counting: a text is scored by a model of all *other* texts. What it put into the counts is taken out again, exactly, before
its probabilities are worked out, so no text is cheap because it was learnt. What stands before a text (the question
before an answer) is put in instead: what the question says is cheaper in the answer.

What that is good for: characters in a wrong order, garbled ones, what is unlike the rest of the corpus. What not: it sees four characters
back, so it does not know whether an answer is true; what many texts of the corpus say, right or wrong, is cheap.

Counts are sorted arrays of 64-bit hashes, and a batch of texts is one long array: no character meets Python.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall
from okinst.curation.processes import processors
from okinst.curation.scoring.requests import keys, requests, without_contexts
from okinst.curation.scoring.scorer import EMPTY, FINE, Progress
from okinst.curation.scoring.sums import likelihoods

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

#: characters that a model is learnt from, at most: of a larger corpus, the texts whose keys come first
MOST = 20_000_000
#: characters scored at a time by a thread: the arrays of a batch should stay in its caches
BATCH = 50_000
#: the two ends of a text: halves of a surrogate pair, which no text can hold; and what stands between a text and what is before it
START, END, BETWEEN = "\ud800", "\udfff", "\n"
#: what may come next: any character of Unicode, or the end
ALPHABET = 0x110000 - 0x800 + 1
#: of this module: scores of other rules are other scores
RULES = 1


class Counts(NamedTuple):
    """How often the grams of one length stand in the corpus."""

    #: hashes of the grams, sorted
    grams: Hashes
    #: how often each is there; START, which begins each text and is never predicted, among the single characters
    often: "np.ndarray[Any, np.dtype[np.int32]]"
    #: how many different characters follow each
    variety: "np.ndarray[Any, np.dtype[np.int32]]"


class Model(NamedTuple):
    """What was learnt."""

    #: of the grams of each length, from 1 to the scorer's order
    counts: tuple[Counts, ...]
    #: the keys (V16) of the texts, sorted
    members: Any


@dataclass(frozen=True)
class Ngram:
    """The scorer: the likelihood of each text under the model of all others of the corpus that it was fitted to.

    Raises WrongCall for an order below 1, or a discount that is not between 0 and 1.
    """

    #: characters of the longest gram
    order: int = 5
    discount: float = 0.75
    #: what the model is learnt from: the sha256 of its texts' keys, sorted; "" before it is fitted
    corpus: str = ""
    #: the texts to learn from, and their keys
    sample: tuple[Sequence[str], Any] = field(default=((), None), repr=False, compare=False)
    model: Model | None = field(default=None, repr=False, compare=False)

    name: ClassVar[str] = "ngram"
    reads_context: ClassVar[bool] = True
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 1:
            raise WrongCall(f"ngram: order = {self.order!r} should be a whole number of characters, 1 or more.")
        if not 0 < self.discount < 1:
            raise WrongCall(f"ngram: discount = {self.discount!r} should be a number between 0 and 1.")

    def settings(self) -> dict[str, Any]:
        return {"order": self.order, "discount": self.discount, "corpus": self.corpus, "rules": RULES}

    def fitted(self, corpus: pa.Table, seed: int = 0) -> "Ngram":
        """The scorer of a corpus, of its `text` column, each text once, whatever their order, which still has to learn; itself if it
        is of one already."""
        if self.corpus:
            return self
        texts, members = _chosen(corpus)
        return replace(self, corpus=hashlib.sha256(members.tobytes()).hexdigest(), sample=(texts, members))

    def learnt(self) -> "Ngram":
        """With the model of its corpus; itself if it has it. Raises WrongCall before it is fitted."""
        if self.model is not None:
            return self
        if not self.corpus:
            raise WrongCall("ngram: learn it from a corpus first: Ngram().fitted(corpus).load()")
        texts, members = self.sample
        counts: list[Counts] = []
        number = np.empty(0, np.int64)  # of the gram that ends at each place, among those of its length
        codes, starts = _flat([f"{START}{text}{END}" for text in texts])
        for grams, places in _grams(codes, starts, self.order):
            order = np.argsort(grams)
            first = np.flatnonzero(_changes(grams[order]))
            often = _widths(first, len(grams)).astype(np.int32)
            if counts:  # the history of a gram ends one place before it
                histories = number[places[order[first]] - 1]
                counts[-1].variety[:] = np.bincount(histories, minlength=len(counts[-1].grams))
            counts.append(Counts(grams[order][first], often, np.zeros(len(first), np.int32)))
            number = np.zeros(len(codes), np.int64)
            number[places[order]] = np.repeat(np.arange(len(first)), often)
        return replace(self, sample=((), None), model=Model(tuple(counts), members))

    def load(self, device: str | None = None) -> "LoadedNgram":
        """Ready to score; it needs no device. Raises WrongCall before it is fitted."""
        scorer = self.learnt()
        assert scorer.model is not None
        return LoadedNgram(scorer, scorer.model)


@dataclass(frozen=True)
class LoadedNgram:
    """A model, ready to score."""

    scorer: Ngram
    model: Model

    def score(self, wanted: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Columns nll, tokens and flag, one row a request, in their order: sums in nats over the characters of each text and its end.

        An "empty" text has none. `progress(rows, tokens)` counts what was scored. Values do not
        depend on the order or the company of the requests.
        """
        texts, contexts = wanted["text"].to_pylist(), wanted["context"].to_pylist()
        known = _among(keys(without_contexts(wanted)), self.model.members)
        nll, tokens = np.zeros(len(texts)), np.array([len(text) + 1 if text else 0 for text in texts], np.int64)
        batches = _batches([len(text) + len(context) for text, context in zip(texts, contexts, strict=True)])
        with ThreadPoolExecutor(processors()) as pool:  # numpy lets other threads run while it sorts and searches
            sums = pool.map(lambda batch: self._sums(texts[batch], contexts[batch], known[batch]), batches)
            for batch, found in zip(batches, sums, strict=True):
                nll[batch] = found
                if progress:
                    progress(batch.stop - batch.start, int(tokens[batch].sum()))
        return likelihoods(nll, tokens, [FINE if text else EMPTY for text in texts])

    def _sums(self, texts: Sequence[str], contexts: Sequence[str], known: Any) -> Floats:
        """The negative log-likelihood of each text, (n,), given what stands before it and whether it is in the counts."""
        batch = _laid_out(texts, contexts, known)
        # Of the history of each character, at first of none: how often anything follows it, how many different ones do, and the
        # number of its run: grams that are equal and of one text.
        total, kinds = _characters(self.model.counts[0])
        follows = total + _summed(batch.owner, batch.change, len(texts))[batch.owner]
        variety = np.full(len(batch.codes), kinds)
        run, runs = batch.owner, len(texts)
        probability = np.full(len(batch.codes), 1.0 / ALPHABET)
        for length, (counts, (grams, places)) in enumerate(
            zip(self.model.counts, _grams(batch.codes, batch.starts, self.scorer.order), strict=True), 1
        ):
            before = places - min(
                length - 1, 1
            )  # where the history of a gram ends; no history is written at the place itself
            order = np.argsort(grams, kind="stable")  # so that equal grams stay in the order of their texts
            sorted_places = places[order]
            new = _changes(grams[order])
            often, followers = (values[np.cumsum(new) - 1] for values in _looked_up(counts, grams[order][new]))
            first = np.flatnonzero(new | _changes(batch.owner[sorted_places]))
            number = np.repeat(np.arange(len(first)), _widths(first, len(grams)))
            changed = _added(batch.change[sorted_places], first)
            # a gram that this text alone had is one kind less after its history; one that only its context has is one more
            more = (often[first] + changed > 0).astype(np.int64) - (often[first] > 0)
            variety = variety + _summed(run[sorted_places[first] - min(length - 1, 1)], more, runs)[run]
            there = np.zeros(len(batch.codes), np.int64)
            there[sorted_places] = often + changed[number]
            followed = follows[before]
            mixed = (
                np.maximum(there[places] - self.scorer.discount, 0)
                + self.scorer.discount * variety[before] * probability[places]
            )
            probability[places] = np.where(followed > 0, mixed / np.maximum(followed, 1), probability[places])
            if length < self.scorer.order:
                follows, variety = np.zeros_like(there), np.zeros_like(there)
                run, runs = np.zeros_like(there), max(len(first), 1)
                follows[sorted_places] = often + _added(batch.followed[sorted_places], first)[number]
                variety[sorted_places], run[sorted_places] = followers, number
        surprise = -np.log(probability[batch.scored])
        return np.asarray(np.bincount(batch.owner[batch.scored], surprise, len(texts)), np.float64)


class Batch(NamedTuple):
    """Texts as one array of pieces: of each its context and itself; then, where it has a context and is in the counts, itself alone."""

    #: code points, and where each piece starts
    codes: Hashes
    starts: Numbers
    #: of each code point: the number of its text; whether it is scored
    owner: Numbers
    scored: "np.ndarray[Any, np.dtype[np.bool_]]"
    #: how the count of the grams that end here changes: -1 for a text that was counted, 1 for what stands before it
    change: Numbers
    #: the same for the grams that end here and are followed by something
    followed: Numbers


def _laid_out(texts: Sequence[str], contexts: Sequence[str], known: Any) -> Batch:
    pieces, owners, unscored, changes = [], [], [], []
    for row, (text, context, is_known) in enumerate(zip(texts, contexts, known.tolist(), strict=True)):
        ahead = f"{START}{context}{BETWEEN}" if context else START
        pieces.append(f"{ahead}{text}{END}")
        owners.append(row)
        unscored.append(len(ahead))
        changes.append((1 if context else 0, -1 if is_known and not context else 0))
        if is_known and context:
            # behind its own context it has other grams than it was counted with; the pieces of a text stay together
            pieces.append(f"{START}{text}{END}")
            owners.append(row)
            unscored.append(len(pieces[-1]))
            changes.append((-1, -1))
    codes, starts = _flat(pieces)
    widths = _widths(starts, len(codes))
    owner = np.repeat(np.array(owners, np.int64), widths)
    scored = np.arange(len(codes)) >= np.repeat(starts + np.array(unscored, np.int64), widths)
    ahead_change, text_change = np.repeat(np.array(changes, np.int64).reshape(-1, 2), widths, axis=0).T
    change = np.where(scored, text_change, ahead_change)
    change[starts] = 0  # nothing predicts the start, and nothing of the next piece follows an end
    return Batch(codes, starts, owner, scored, change, np.append(change[1:], np.zeros(min(1, len(codes)), np.int64)))


def _characters(single: Counts) -> tuple[int, int]:
    """How many characters and ends were counted, and how many different ones."""
    start = _mixed(np.zeros(1, np.uint64), np.array([ord(START) + (1 << 32)], np.uint64))
    beginnings, _ = _looked_up(single, start)
    return int(single.often.sum() - beginnings[0]), len(single.grams) - int(beginnings[0] > 0)


def _chosen(corpus: pa.Table) -> tuple[list[str], Any]:
    """The distinct texts that a model is learnt from, and their keys, sorted."""
    texts = corpus["text"]
    found, first = np.unique(keys(requests(texts)), return_index=True)
    lengths = np.asarray(pc.utf8_length(texts), np.int64)[first]
    count = max(1, int(np.searchsorted(np.cumsum(lengths), MOST, side="right")))
    return texts.take(pa.array(first[:count], pa.int64())).to_pylist(), found[:count]


def _among(some: Any, members: Any) -> Any:
    """Which keys are among the members, which are sorted."""
    if not len(members):
        return np.zeros(len(some), bool)
    return members[np.minimum(np.searchsorted(members, some), len(members) - 1)] == some


def _flat(texts: Sequence[str]) -> tuple[Hashes, Numbers]:
    """The code points of all texts, one behind another, and where each text starts."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    return codes, np.cumsum(lengths) - lengths


def _grams(codes: Hashes, starts: Numbers, order: int) -> Iterator[tuple[Hashes, Numbers]]:
    """For each length, from 1 to `order`: the hashes of the grams, text by text, and the place where each ends."""
    place = np.arange(len(codes)) - np.repeat(starts, _widths(starts, len(codes)))
    hashes = np.zeros(len(codes), np.uint64)
    for length in range(1, order + 1):
        if length > 1:
            hashes[1:] = hashes[:-1].copy()
        hashes = _mixed(hashes, codes + np.uint64(length << 32))
        whole = np.flatnonzero(place >= length - 1)
        yield hashes[whole], whole


def _mixed(seed: Hashes, value: Hashes) -> Hashes:
    """A hash of two numbers (the finish of splitmix64)."""
    with np.errstate(over="ignore"):
        x = seed * np.uint64(0x9E3779B97F4A7C15) + value + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


def _looked_up(counts: Counts, grams: Hashes) -> tuple[Numbers, Numbers]:
    """How often some grams are there, and how many different characters follow them; 0 where there is none."""
    if not len(counts.grams):
        return np.zeros(len(grams), np.int64), np.zeros(len(grams), np.int64)
    at = np.minimum(np.searchsorted(counts.grams, grams), len(counts.grams) - 1)
    there = counts.grams[at] == grams
    return np.where(there, counts.often[at], 0).astype(np.int64), np.where(there, counts.variety[at], 0).astype(
        np.int64
    )


def _changes(values: Any) -> Any:
    """Where a value is not that of the one before it."""
    return np.append(np.ones(min(1, len(values)), bool), values[1:] != values[:-1])


def _widths(starts: Numbers, size: int) -> Numbers:
    """How long pieces are that start at these places of an array, one behind another."""
    return np.diff(np.append(starts, size))


def _added(values: Numbers, starts: Numbers) -> Numbers:
    """The sum of each piece."""
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def _summed(numbers: Numbers, values: Numbers, count: int) -> Numbers:
    """The sum of the values under each number below `count`."""
    return np.bincount(numbers, values, count).astype(np.int64)


def _batches(lengths: Sequence[int]) -> list[slice]:
    """Rows one behind another, of BATCH characters together or one row alone.

    >>> _batches([30_000, 30_000, 60_000, 1])
    [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    found, start, size = [], 0, 0
    for at, length in enumerate(lengths):
        if at > start and size + length > BATCH:
            found.append(slice(start, at))
            start, size = at, 0
        size += length
    return [*found, slice(start, len(lengths))] if len(lengths) > start else found
