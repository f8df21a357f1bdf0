"""Character n-grams of many texts at once, as numbers: what a search over hundreds of thousands of rows stands on.

A batch of texts becomes one array, one 64-bit number a character of its normal form (`okinst.curation.normal`), with a mark
behind each text. Running sums of these, weighted by powers of one odd number, give the hash of any stretch in two steps
(Karp and Rabin's rolling hash, modulo 2**64), so n-grams of several lengths cost little more than those of one.

The numbers depend on the normal form alone: an index that was hashed on one machine is searched on another.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from okinst.curation.normal import normalise

Numbers = np.ndarray[Any, np.dtype[np.uint64]]
Places = np.ndarray[Any, np.dtype[np.int64]]

#: what a code point becomes, besides its number: nothing; not looked at yet; nothing that its neighbours do not decide
_NOTHING, _UNSEEN, _TOGETHER = np.uint64(0), np.uint64(1), np.uint64(2)
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 1 << 64)
#: letters that compose with what stands before them, and are no marks: conjoining vowels and finals
_JOINING = ((0x1160, 0x11FF), (0xD7B0, 0xD7FF))
#: beyond the BMP only these are known never to compose: symbols, and Chinese characters
_ALONE = ((0x1F000, 0x1FAFF), (0x20000, 0x3FFFF))


def _scrambled(codes: Any) -> Numbers:
    """A number without pattern for each code point (splitmix64)."""
    mixed = np.asarray(codes, np.uint64) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(0x632BE59BD9B4E019)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(27)
    return np.asarray(mixed)


#: stands behind each text, and between the pieces of one: no character has it
END = _scrambled([0x110000])[0]
_becomes = np.full(0x110000, _UNSEEN)
_powers: list[Numbers] = [np.ones(1, np.uint64), np.ones(1, np.uint64)]


@dataclass(frozen=True)
class Texts:
    """The normal forms of some texts as numbers.

    `values` has one number a character, and END behind each text; `starts` and `which` say where a text starts in it and
    which text it is (not the order that they came in). `sums` has one entry more than `values`.
    """

    values: Numbers
    starts: Places
    which: Places
    sums: Numbers

    def grams(self, length: int) -> Numbers:
        """The hash of the stretch of so many characters that begins at each place; those over an END mean nothing."""
        count = max(0, len(self.values) - length + 1)
        return (self.sums[length : length + count] - self.sums[:count]) * _powers[1][:count]

    def stretches(self, starts: Places, lengths: Places) -> Numbers:
        """The hashes of some stretches, which lie within `values`: the same as `grams` where the lengths are."""
        found: Numbers = (self.sums[starts + lengths] - self.sums[starts]) * _powers[1][starts]
        return found

    def text_at(self, places: Places) -> Places:
        """The position in `starts` and `which` of the text that each place lies in."""
        return np.searchsorted(self.starts, places, side="right") - 1


def of(texts: Sequence[str]) -> Texts:
    """The normal forms of some texts as numbers: the same as of `normalise(text)`, character by character, but quicker."""
    values, starts, together = _apart(texts)
    which = np.arange(len(texts))
    if len(together):
        # the few with combining marks or conjoining jamo: one by one, and moved to the end
        apart = np.ones(len(texts), bool)
        apart[together] = False
        lengths = np.diff(np.append(starts, len(values)))
        kept, lengths = np.repeat(apart, lengths), lengths[apart]
        ones = [normal([normalise(texts[number])]) for number in together]
        lengths = np.concatenate([lengths, [len(one) for one in ones]])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        values = np.concatenate([values[kept], *ones])
        which = np.concatenate([which[apart], together])
    return joined(values, starts, which)


def joined(values: Numbers, starts: Places, which: Places) -> Texts:
    """Texts from their numbers."""
    powers = _reach(len(values) + 1)[0]
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return Texts(values, starts, which, sums)


def normal(pieces: Iterable[str]) -> Numbers:
    """The numbers of one text in normal form, or of its pieces, with END behind each."""
    found = []
    for piece in pieces:
        found += [_scrambled(_codes(piece)), np.array([END])]
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


def stretch(text: str, start: int, end: int) -> str:
    """The stretch of a text that became the characters `start` to `end` of its normal form.

    >>> stretch("자, 오늘은 (아주) 맑다.", 1, 6)
    '오늘은 (아주'
    """
    first, last = span(text, start, end)
    return text[first:last]


def span(text: str, start: int, end: int) -> tuple[int, int]:
    """Where that stretch begins and ends in the text.

    >>> span("자, 오늘은 (아주) 맑다.", 1, 6)
    (3, 10)
    """
    if end <= start:
        return 0, 0
    _, _, together = _apart([text])
    if not len(together):
        kept = np.flatnonzero(_becomes[_codes(text)] != _NOTHING)
        return int(kept[start]), int(kept[end - 1]) + 1
    # Where neighbours compose, the shortest beginnings of the text that hold `start` + 1 and `end` characters.
    first, last = (_shortest(text, count) for count in (start + 1, end))
    while last < len(text) and _becomes[ord(text[last])] == _TOGETHER and len(normalise(text[: last + 1])) == end:
        last += 1  # the final of a syllable, or an accent
    return first - 1, last


def _shortest(text: str, count: int) -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if len(normalise(text[:middle])) < count:
            low = middle + 1
        else:
            high = middle
    return low


def _codes(text: str) -> Any:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _apart(texts: Sequence[str]) -> tuple[Numbers, Places, Places]:
    """Numbers and starts of texts whose characters become what they become on their own, and which texts do not."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1) - 1
    codes = _codes("\0".join([*texts, ""]))
    values = _becomes[codes]
    if (unseen := codes[values == _UNSEEN]).size:
        _look_at(np.unique(unseen))
        values = _becomes[codes]
    values[ends] = END
    kept = values != _NOTHING
    starts = np.cumsum(kept)[ends][:-1]
    together = np.unique(np.searchsorted(ends, np.flatnonzero(values == _TOGETHER)))
    return values[kept], np.concatenate([[0], starts]).astype(np.int64)[: len(texts)], together


def _look_at(codes: Any) -> None:
    """Work out what some code points become."""
    for code in codes.tolist():
        became = normalise(chr(code))
        if not became and not unicodedata.category(chr(code)).startswith("M"):
            _becomes[code] = _NOTHING
        elif len(became) == 1 and _stands_alone(became):
            _becomes[code] = _scrambled([ord(became)])[0]
        else:
            _becomes[code] = _TOGETHER


def _stands_alone(char: str) -> bool:
    """Whether a character composes with nothing before it, in this version of Unicode or the next."""
    code = ord(char)
    if code > 0xFFFF:
        return any(first <= code <= last for first, last in _ALONE)
    return unicodedata.category(char)[0] != "M" and not any(first <= code <= last for first, last in _JOINING)


def _reach(length: int) -> list[Numbers]:
    """The powers of the base and of its inverse, so many and more: a place of their own for each character."""
    if len(_powers[0]) < length:
        more = 1 << max(18, length.bit_length())
        grown = []
        for base in (_BASE, _INVERSE):
            factors = np.full(more, base, np.uint64)
            factors[0] = 1
            grown.append(np.multiply.accumulate(factors))
        _powers[:] = grown
    return _powers
