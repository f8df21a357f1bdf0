"""One normal form of Korean and Chinese text, for finding what is the same.

Every comparison of texts in okinst (duplicates, overlap, contamination) goes through here, so that two steps never
disagree on what is equal. The normal form is for comparing only: rows keep their text as it came.

| differs in | `normalise(text, blind=False)` | `normalise(text)` |
|---|---|---|
| composed or conjoining jamo (NFC, NFD) | same | same |
| full, half or normal width; compatibility forms (NFKC) | same | same |
| case | same | same |
| invisible characters (zero-width, direction marks, soft hyphens, Hangul fillers, controls) | same | same |
| kind and length of blanks, blanks at the ends | same | same |
| spacing: blanks at all | differs | same |
| punctuation | differs | same |

Symbols (`+`, `=`, `$`, emoji) are no punctuation in Unicode's sense and always count. Single jamo (ㅋㅋ) become what NFKC
makes of them (conjoining ones) and are never joined to the syllable before them. Simplified and traditional Chinese differ.
A raised digit keeps its place, 10² is 10^2 and no 102; a lowered one, too, where punctuation counts: 10₂ is 10_2. ① is 1.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any

import numpy as np

#: invisible, though Unicode calls them letters, marks or symbols: Hangul fillers, the empty braille cell, joiners, selectors
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

#: what a raised or lowered digit is written with on a line
_PLACES = {"<super>": "^", "<sub>": "_"}


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met: a table for `str.translate`."""

    def __init__(self, blind: bool) -> None:
        super().__init__()
        self.blind = blind

    def __missing__(self, code: int) -> str:
        self[code] = became = self._becomes(chr(code))
        return became

    @cached_property
    def array(self) -> "np.ndarray[Any, np.dtype[np.uint32]]":
        """The same as a table of codes (4 MB), for characters that become one or none; the others are marked."""
        return np.full(0x110000, _UNKNOWN, np.uint32)

    def _becomes(self, char: str) -> str:
        # Folded until nothing changes: casefold may undo NFKC, and the other way round (U+1D7CA and a few more).
        before, folded = "", _placed(char)
        while before != folded:
            before, folded = folded, unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
        return "".join(map(self._seen, folded))

    def _seen(self, char: str) -> str:
        if char in FILLERS or char in SELECTORS:
            return ""
        if char.isspace():
            return "" if self.blind else " "
        kind = unicodedata.category(char)
        return "" if kind[0] == "C" or (kind[0] == "P" and self.blind) else char


def _placed(char: str) -> str:
    """A raised or lowered digit, n or i with the sign of its place, which NFKC takes away; so, too, within ㎡.

    >>> _placed("²"), _placed("₂"), _placed("㎡"), _placed("①"), _placed("™")
    ('^2', '_2', 'm^2', '1', '™')
    """
    kind, *parts = unicodedata.decomposition(char).split() or [""]
    if not kind.startswith("<"):
        return char
    inside = "".join(chr(int(part, 16)) for part in parts)
    if kind in _PLACES:
        return _PLACES[kind] + inside if inside.isdecimal() or char in "ⁿⁱ" else char
    return "".join(map(_placed, inside))


_BLIND, _SIGHTED = _Table(blind=True), _Table(blind=False)


def normalise(text: str, blind: bool = True) -> str:
    """The normal form of a text. `blind` to spacing and punctuation, or to the kind of blanks only.

    Idempotent. A text of punctuation alone becomes "": compare its sighted form then.

    >>> normalise("오늘은, 한강에서 Ｋ－ＰＯＰ을 듣는다!")
    '오늘은한강에서kpop을듣는다'
    >>> normalise("오늘은,\\u3000한강에서\\n\\nＫ－ＰＯＰ을 듣는다！ ", blind=False)
    '오늘은, 한강에서 k-pop을 듣는다!'
    >>> normalise("한국") == normalise("\\u1112\\u1161\\u11ab\\u1100\\u116e\\u11a8") == normalise("한\\u200b 국")
    True
    >>> normalise("“你好，世界。”") == normalise("你好 世界")
    True
    >>> normalise("1+1=2"), normalise("1+2=2")
    ('1+1=2', '1+2=2')
    """
    # Characters first, one by one; what they become may then compose with its new neighbour: jamo, letters and accents.
    if blind:
        return unicodedata.normalize("NFC", text.translate(_BLIND))
    return unicodedata.normalize("NFC", " ".join(text.translate(_SIGHTED).split()))


def normalise_all(texts: Iterable[str], blind: bool = True) -> list[str]:
    """The normal forms of many texts, in their order: `[normalise(text, blind) for text in texts]`, several times as fast.

    >>> normalise_all(["대한 민국", "ㄱ", "", "中国。"])
    ['대한민국', 'ᄀ', '', '中国']
    """
    found: list[str] = []
    for some in _batches(texts):
        codes, ends, odd = _fold(some, _BLIND if blind else _SIGHTED)
        together = codes.tobytes().decode("utf-32-le", "surrogatepass")
        start = 0
        for text, end, is_odd in zip(some, ends.tolist(), odd.tolist(), strict=True):
            found.append(normalise(text, blind) if is_odd else together[start:end])
            start = end
    return found


#: characters at a time: some 20 bytes of working memory each
_BATCH = 2_000_000
_UNKNOWN, _ODD, _GONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SPACE = 0x20


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    some, size = list[str](), 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= _BATCH:
            yield some
            some, size = [], 0
    if some:
        yield some


def _fold(texts: list[str], table: _Table) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """The folded characters of all texts in one row (uint32), where each text ends in it, and which texts are odd.

    Odd are the texts with a character that becomes several, or may compose with its neighbour: they go the slow way.
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    folded = table.array[codes]
    unknown = folded == _UNKNOWN
    if unknown.any():
        for code in np.unique(codes[unknown]).tolist():
            table.array[code] = _single(table[code])
        folded = table.array[codes]
    rows = np.repeat(np.arange(len(texts)), np.diff(ends, prepend=0))
    odd = np.zeros(len(texts), bool)
    is_odd = folded == _ODD
    odd[rows[is_odd]] = True
    folded[is_odd] = _SPACE  # whatever: these texts are done again
    stays = folded != _GONE
    if table.blind:
        return folded[stays], np.cumsum(np.bincount(rows[stays], minlength=len(texts))), odd
    folded, rows = folded[stays], rows[stays]
    # A blank stays where a character of the same text stands before it, and any but a blank comes later.
    blank = folded == _SPACE
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:] != rows[:-1]
    after_blank = np.zeros(len(rows), bool)
    after_blank[1:] = blank[:-1]
    stays = ~(blank & (first | after_blank))
    folded, rows, blank = folded[stays], rows[stays], blank[stays]
    last = np.ones(len(rows), bool)
    last[:-1] = rows[1:] != rows[:-1]
    stays = ~(blank & last)
    return folded[stays], np.cumsum(np.bincount(rows[stays], minlength=len(texts))), odd


def _single(became: str) -> int:
    if not became:
        return _GONE
    # Nothing composes with a character that neither joins the one before it nor is joined by one after it in the fast way:
    # the partners (marks, conjoining vowels and finals) are odd themselves.
    return _ODD if len(became) > 1 or unicodedata.combining(became) or became in _second_halves() else ord(became)


@cache
def _second_halves() -> frozenset[str]:
    """Every character that some composed one ends with."""
    halves = set(map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))))
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            halves.add(chr(int(parts[1], 16)))
    return frozenset(halves)
