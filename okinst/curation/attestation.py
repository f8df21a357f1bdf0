"""In how many texts of a corpus a word, or two neighbouring characters, stand: what others write, too, is no slip of the pen."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from okinst.curation import fingerprints
from okinst.curation.scripts import MARKS, words

Array = np.ndarray[Any, Any]
Standing = Callable[[str], int]

_HAN = re.compile("[\u3400-\u9fff]")


def neighbours_in(texts: Sequence[str], asked: Iterable[str]) -> Standing:
    """In how many of the texts two neighbouring characters stand, for the pairs that are asked for; of others 0.

    >>> neighbours_in(["봄날", "봄날은", "가을"], ["봄날", "가을"])("봄날")
    2
    """
    pairs = sorted(set(asked))
    if not pairs:
        return lambda pair: 0
    codes, _ = fingerprints.characters(pairs)
    wanted = np.unique(fingerprints.bigrams(codes)[::2])
    counts = np.zeros(len(wanted), np.int64)
    maybe = np.zeros(1 << 20, bool)  # twenty bits of a pair rule out most of the text before anything is looked up
    maybe[_twenty_bits(wanted)] = True
    for some in fingerprints.batches(texts):
        codes, offsets = fingerprints.characters(some)
        found = fingerprints.bigrams(codes)
        there = np.flatnonzero(maybe[_twenty_bits(found)])
        place = np.minimum(np.searchsorted(wanted, found[there]), len(wanted) - 1)
        right = wanted[place] == found[there]
        there, place = there[right], place[right]
        rows = np.searchsorted(offsets, there, side="right") - 1
        inside = there + 1 < offsets[rows + 1]
        seen = np.unique(place[inside] * len(some) + rows[inside]) // len(some)
        counts += np.bincount(seen, minlength=len(wanted))
    known = dict(zip(wanted.tolist(), counts.tolist(), strict=True))
    return lambda pair: known.get((ord(pair[0]) << 32) | ord(pair[1]), 0)


def words_in(spoken: Sequence[str], asked: Collection[str]) -> Standing:
    """In how many of the texts, in sighted normal form, a word stands, with a Korean particle or without, of those asked for.

    >>> words_in(["서울에서 만나요", "서울, 부산"], ["서울", "부산", "만나"])("서울")
    2
    """
    written = {word + mark: word for mark in reversed(("", *MARKS)) for word in asked}
    found: Counter[str] = Counter()
    for text in spoken if written else ():
        found.update({written[word] for word in written.keys() & words(text)})
    return lambda word: found[word]


def standing_in(texts: Sequence[str], spoken: Sequence[str], asked: Iterable[str]) -> Standing:
    """Either: of two Chinese characters as neighbours, of all else as a word."""
    pairs, others = set[str](), set[str]()
    for each in asked:
        (pairs if _HAN.search(each) else others).add(each)
    neighbours, known = neighbours_in(texts, pairs), words_in(spoken, others)
    return lambda each: neighbours(each) if each in pairs else known(each)


def _twenty_bits(pairs: Array) -> Array:
    bits: Array = (pairs * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)
    return bits
