"""A character n-gram model of the corpus itself: likelihood with nothing to download, for any script.

Interpolated absolute discounting (Ney, Essen and Kneser, 1994) over up to five characters, down to a uniform distribution:

    p_k(x | h) = max(c(hx) - d, 0) / c(h)  +  d * n(h) / c(h) * p_{k-1}(x | h')

where c(hx) is how often x follows the k-1 characters h, c(h) how often anything does, n(h) how many different characters do,
and h' is h without its first character.

Held-out counting: a text is scored by a model of all *other* texts. What it put into the counts is taken out again, exactly, before
its probabilities are worked out, so no text is cheap because it was learnt. What stands before a text (the question
before an answer) is put in instead: what the question says is cheaper in the answer.

Counts are sorted arrays of 64-bit hashes, and a batch of texts is one long array: no character meets Python.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from okinst.curation.scoring.requests import keys, requests
from okinst.curation.scoring.scorer import EMPTY, FINE, Progress
from okinst.curation.scoring.sums import likelihoods

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

#: characters that a model is learnt from, at most: of a larger corpus, the texts whose keys come first
MOST = 20_000_000
#: characters scored at a time
BATCH = 400_000
#: what stands at the two ends of a text, and between what stands before it and the text
START, END, BETWEEN = "\x01", "\x02", "\n"


class Counts(NamedTuple):
    """How often the grams of one length stand in the corpus."""

    #: hashes of the grams, sorted, and how often each is there
    grams: Hashes
    often: Numbers
    #: hashes of their histories, sorted; how often any character follows one, and how many different ones do
    histories: Hashes
    followed: Numbers
    variety: Numbers


@dataclass(frozen=True)
class Ngram:
    """The scorer. `fitted` learns the model; `score` gives the likelihood of each text under that of all others."""

    order: int = 5
    discount: float = 0.75
    counts: tuple[Counts, ...] = field(default=(), repr=False, compare=False)
    #: distinct characters of the corpus
    alphabet: int = 0
    #: what the model was learnt from
    corpus: str = ""
    members: Any = field(default=None, repr=False, compare=False)

    name: ClassVar[str] = "ngram"
    by_language: ClassVar[bool] = False
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        return {"order": self.order, "discount": self.discount, "corpus": self.corpus}

    def fitted(self, corpus: pa.Table, seed: int = 0) -> "Ngram":
        """The model of a corpus: of its `text` column, each text once."""
        texts, members = _chosen(corpus)
        codes, starts = _flat([f"{START}{text}{END}" for text in texts])
        counts = []
        for order, (grams, histories, there) in enumerate(_hashes(codes, starts, self.order), start=1):
            del order
            counts.append(_count(grams[there], histories[there]))
        digest = hashlib.sha256(members.tobytes()).hexdigest()
        return replace(self, counts=tuple(counts), alphabet=len(np.unique(codes)), corpus=digest, members=members)

    def load(self, device: str | None = None) -> "Ngram":
        """Itself: it needs no device."""
        if not self.counts:
            raise ValueError("an n-gram model is fitted before it scores")
        return self

    def score(self, wanted: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Sums in nats over the characters of each text and its end; "empty" texts have none."""
        texts, contexts = wanted["text"].to_pylist(), wanted["context"].to_pylist()
        known = np.isin(_names(wanted["text"]), self.members)
        nll, tokens = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
        for start, stop in _batches([len(text) + len(context) for text, context in zip(texts, contexts, strict=True)]):
            nll[start:stop], tokens[start:stop] = self._batch(
                texts[start:stop], contexts[start:stop], known[start:stop]
            )
            if progress:
                progress(stop - start, int(tokens[start:stop].sum()))
        flags = [FINE if text.strip() else EMPTY for text in texts]
        return likelihoods(nll, tokens, flags)

    def _batch(self, texts: Sequence[str], contexts: Sequence[str], known: Any) -> tuple[Floats, Numbers]:
        before = [f"{START}{context}{BETWEEN}" if context else START for context in contexts]
        codes, starts = _flat([f"{ahead}{text}{END}" for ahead, text in zip(before, texts, strict=True)])
        ends = np.append(starts[1:], len(codes))
        first = starts + [len(ahead) for ahead in before]  # the first character that is scored
        number = np.repeat(np.arange(len(texts)), ends - starts)
        place = np.arange(len(codes))
        scored = place >= first[number]
        probability = np.full(len(codes), 1.0 / (self.alphabet + 1))
        # what this text has put into the counts goes out, what stands before it comes in
        own = _flat([f"{START}{text}{END}" if is_known else "" for text, is_known in zip(texts, known, strict=True)])
        new = _flat([f"{START}{context}{BETWEEN}" if context else "" for context in contexts])
        changes = zip(_hashes(*own, self.order), _hashes(*new, self.order), strict=True)
        owner, newer = (_owners(*each) for each in (own, new))
        for counts, (grams, histories, there), ((gone, after_gone, ok), (come, after_come, good)) in zip(
            self.counts, _hashes(codes, starts, self.order), changes, strict=True
        ):
            wanted = np.flatnonzero(scored & there)
            who, gram, history = number[wanted], grams[wanted], histories[wanted]
            change = _change(
                counts,
                np.concatenate([owner[ok], newer[good]]),
                np.concatenate([gone[ok], come[good]]),
                np.concatenate([after_gone[ok], after_come[good]]),
                np.concatenate([np.full(int(ok.sum()), -1), np.full(int(good.sum()), 1)]),
            )
            often = _look(counts.grams, counts.often, gram) + _look(change.grams, change.often, _of(who, gram))
            at = _of(who, history)
            followed = _look(counts.histories, counts.followed, history) + _look(change.histories, change.followed, at)
            variety = _look(counts.histories, counts.variety, history) + _look(change.histories, change.variety, at)
            total = np.maximum(followed, 1)
            mixed = (np.maximum(often - self.discount, 0) + self.discount * variety * probability[wanted]) / total
            probability[wanted] = np.where(followed > 0, mixed, probability[wanted])
        surprise = np.where(scored, -np.log(probability), 0.0)
        return np.add.reduceat(surprise, starts), np.add.reduceat(scored.astype(np.int64), starts)


def _chosen(corpus: pa.Table) -> tuple[list[str], Any]:
    """The distinct texts that a model is learnt from, and their keys, sorted."""
    texts = corpus["text"]
    found, first = np.unique(_names(texts), return_index=True)
    chosen = texts.take(pa.array(first)).to_pylist()
    lengths = np.cumsum([len(text) for text in chosen])
    count = max(1, int(np.searchsorted(lengths, MOST, side="right"))) if chosen else 0
    return chosen[:count], found[:count]


def _names(texts: Any) -> Any:
    """The keys of texts with nothing before them, in an array that sorts."""
    return np.frombuffer(b"".join(keys(requests(texts)).to_pylist()), "S16") if len(texts) else np.empty(0, "S16")


def _flat(texts: Sequence[str]) -> tuple[Any, Numbers]:
    """The code points of all texts, one behind another, and where each text starts."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    return codes, np.cumsum(lengths) - lengths


def _owners(codes: Any, starts: Numbers) -> Numbers:
    """The number of the text that each code point belongs to."""
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(codes))))


def _hashes(codes: Any, starts: Numbers, order: int) -> "list[tuple[Hashes, Hashes, Any]]":
    """For each length of a gram: the grams that end at each place, their histories, and where there is a whole one."""
    place = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    found: list[tuple[Hashes, Hashes, Any]] = []
    history = np.zeros(len(codes), np.uint64)
    for length in range(1, order + 1):
        if length > 1:
            history = np.concatenate([np.zeros(min(1, len(codes)), np.uint64), found[-1][0][:-1]])
        found.append((_mixed(history, codes + np.uint64(length << 32)), history, place >= max(length - 1, 1)))
    return found


def _mixed(seed: Hashes, value: Hashes) -> Hashes:
    """A hash of two numbers (the finish of splitmix64)."""
    with np.errstate(over="ignore"):
        x = seed * np.uint64(0x9E3779B97F4A7C15) + value + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


def _of(who: Numbers, hashes: Hashes) -> Hashes:
    """Hashes that are told apart by the text they belong to."""
    return _mixed(hashes, who.astype(np.uint64))


def _count(grams: Hashes, histories: Hashes) -> Counts:
    found, first, often = np.unique(grams, return_index=True, return_counts=True)
    before, inverse = np.unique(histories[first], return_inverse=True)
    followed = np.bincount(inverse, weights=often, minlength=len(before)).astype(np.int64)
    return Counts(found, often.astype(np.int32), before, followed, np.bincount(inverse, minlength=len(before)))


def _change(counts: Counts, who: Numbers, grams: Hashes, histories: Hashes, by: Numbers) -> Counts:
    """What changes in the counts for each text alone: hashes are told apart by it."""
    pairs, first, inverse = np.unique(_of(who, grams), return_index=True, return_inverse=True)
    often = np.bincount(inverse, weights=by, minlength=len(pairs)).astype(np.int64)
    there = _look(counts.grams, counts.often, grams[first])
    kinds = ((there + often) > 0).astype(np.int64) - (there > 0)
    before, inverse = np.unique(_of(who[first], histories[first]), return_inverse=True)
    followed = np.bincount(inverse, weights=often, minlength=len(before)).astype(np.int64)
    variety = np.bincount(inverse, weights=kinds, minlength=len(before)).astype(np.int64)
    return Counts(pairs, often, before, followed, variety)


def _look(names: Hashes, values: Any, wanted: Hashes) -> Numbers:
    """The values of some hashes, 0 where there is none."""
    if not len(names):
        return np.zeros(len(wanted), np.int64)
    at = np.searchsorted(names, wanted)
    at[at == len(names)] = 0
    return np.where(names[at] == wanted, values[at], 0).astype(np.int64)


def _batches(lengths: Sequence[int]) -> list[tuple[int, int]]:
    found, start, size = [], 0, 0
    for at, length in enumerate(lengths):
        if size and size + length > BATCH:
            found.append((start, at))
            start, size = at, 0
        size += length
    return [*found, (start, len(lengths))] if len(lengths) > start else found
