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
"""

import unicodedata
from collections.abc import Iterable

#: invisible, though Unicode calls them letters, marks or symbols: Hangul fillers, the empty braille cell, joiners, selectors
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met: a table for `str.translate`."""

    def __init__(self, blind: bool) -> None:
        super().__init__()
        self.blind = blind

    def __missing__(self, code: int) -> str:
        self[code] = became = self._becomes(chr(code))
        return became

    def _becomes(self, char: str) -> str:
        # Folded until nothing changes: casefold may undo NFKC, and the other way round (U+1D7CA and a few more).
        before, folded = "", char
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
    """The normal forms of many texts, in their order: `[normalise(text, blind) for text in texts]`."""
    return [normalise(text, blind) for text in texts]
