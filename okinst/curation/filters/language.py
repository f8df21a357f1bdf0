"""Which language a text is in, from the shares of its scripts; and which Chinese.

The scripts are `okinst.builders.scripts`' (a character of Chinese, Japanese or Korean counts as much as a word of letters),
counted over a whole column at once. Code, addresses, numbers and what stands at a number (100g, H2O), and single letters (x = 1)
count as nothing: a Korean answer about Python, or in grams, stays Korean. So do one or two words in Latin letters, a name or
a formula: a text that has nothing else is *undetermined*, and its row is in the language of the other side of the conversation.
"""

import functools
import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import scripts
from okinst.curation.filters.texts import Flags, Texts

LANGUAGES = ("ko", "zh", "zh-Hans", "zh-Hant", "ja", "en")
#: in RE2: a fenced block (closed or not), a span in backticks, an address, a tag
NOT_PROSE = r"(?s)```.*?(?:```|$)|`[^`\n]{1,200}`|(?:https?://|www\.)[!-~]+|[!-~]+@[!-~]+|</?[A-Za-z][^<>\n]{0,200}>"
#: in RE2: formulas, hexadecimal and names with a digit (CO2, x1, FF2F93), LaTeX, and units behind a number (100 km/h)
FIGURES = (
    r"\$[^$\s](?:[^$\n]{0,300}[^$\s])?\$|\\[A-Za-z]+|[A-Za-z]*[0-9][A-Za-z0-9]*"
    r"(?:[ ](?:[kcmµn]?m|[kmµ]?g|[mk]?l|k?cal|[kMG]?Hz|[kMG]?Wh?|[kMGT]?B|mol|hPa|k?Pa|ppm|mph|ft|lbs?|oz|USD|KRW|RMB|CNY|min|sec|hrs?)[²³]?(?:/[A-Za-z]{1,3})?\b)?"
)
#: so many words in Latin letters do not tell a text's language
FEW_WORDS = 2
_WORD, _HAN, _KANA, _HANGUL, _ELSE, _DIGIT = 1, 2, 3, 4, 5, 6
Counts = npt.NDArray[np.int64]


@functools.cache
def _classes() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """For each of the first 65,536 characters, its script, and whether it is traditional (1) or simplified (-1) alone."""
    script, kind = np.zeros(0x10001, np.uint8), np.zeros(0x10001, np.int8)
    # the last pattern wins: the other scripts' range takes in Hangul and the ends of Latin
    ranges = ((_ELSE, scripts.OTHER), (_HANGUL, scripts.HANGUL), (_KANA, scripts.KANA), (_HAN, scripts.HAN))
    everything = "".join(map(chr, range(0xD800))) + "\0" * 0x800 + "".join(map(chr, range(0xE000, 0x10000)))
    for number, pattern in ranges:
        script[[match.start() for match in pattern.finditer(everything)]] = number
    for letter in map(chr, range(0x100)):
        if scripts.WORD.fullmatch(letter.lower()):
            script[ord(letter)] = _WORD
    script[ord("0") : ord("9") + 1] = _DIGIT
    for place in np.flatnonzero(script == _HAN):
        kind[place] = scripts.traditional(chr(place))
    return script, kind


def counts(texts: pa.Array) -> Counts:
    """For n texts, an n x 7 array: words of letters, Han, kana, Hangul, other letters, traditional alone, simplified alone.

    >>> counts(pa.array(["한국어와 machine learning", "國语"])).tolist()
    [[2, 0, 0, 4, 0, 0, 0], [0, 2, 0, 0, 0, 1, 1]]
    """
    script, kind = _classes()
    found = np.zeros((len(texts), 7), np.int64)
    if not len(texts):
        return found
    # a line feed after each text: it belongs to no script, and no text is empty for reduceat
    joined = "\n".join(texts.to_pylist()) + "\n"
    code = np.minimum(np.frombuffer(joined.encode("utf-32-le"), np.uint32), 0x10000)
    classes, sides = script[code], kind[code]
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    starts = np.cumsum(lengths) - lengths
    letters = classes == _WORD
    begins = np.zeros_like(letters)
    # two letters at least, behind neither a letter nor a digit; the line feed at the end is no letter
    begins[:-1] = letters[:-1] & letters[1:]
    begins[1:] &= ~(letters | (classes == _DIGIT))[:-1]
    for place, flags in enumerate(
        (begins, *(classes == number for number in (_HAN, _KANA, _HANGUL, _ELSE)), sides == 1, sides == -1)
    ):
        found[:, place] = np.add.reduceat(flags, starts, dtype=np.int64)
    return found


def per_row(texts: Texts, rows: int) -> Counts:
    """What the texts of each of so many rows hold together, without fenced code and addresses."""
    prose = texts.text
    dressed = pc.match_substring_regex(prose, "[`@<]|://|www\\.")
    if pc.any(dressed).as_py():
        plain = pc.replace_substring_regex(prose.filter(dressed), NOT_PROSE, " ")
        prose = pc.replace_with_mask(prose, dressed, plain)
    found = np.zeros((rows, 7), np.int64)
    np.add.at(found, texts.row, counts(prose))
    return found


def without_figures(text: str) -> str:
    """A text without formulas, units and what has a digit in it.

    >>> without_figures("2 H2 + O2 = 2 H2O, 120 km/h").split()
    ['+', '=', ',']
    """
    return _FIGURES.sub(" ", text)


def telling(found: Counts) -> Counts:
    """Counts without one or two words in Latin letters, which say nothing. A row that is left with nothing is undetermined.

    >>> telling(np.array([[2, 0, 0, 4, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0]])).tolist()
    [[0, 0, 0, 4, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0]]
    """
    told = found.copy()
    told[found[:, 0] <= FEW_WORDS, 0] = 0
    return told


def in_one_of(found: Counts, languages: Collection[str], share: float, other_latin: Flags) -> Flags:
    """For n rows' counts, whether one of the languages has the share of the row's letters. A row without any is in all.

    `other_latin` says of a row that its words are of another Latin language than English.
    """
    words, han, kana, hangul, other, traditional, simplified = found.T
    total = words + han + kana + hangul + other
    least = np.maximum(share * total, 1e-9)
    japanese = kana >= scripts.KANA_SHARE * np.maximum(han + kana, 1)
    chinese = (han >= least) & ~japanese
    ways = {
        "ko": hangul >= least,
        "ja": (han + kana >= least) & japanese,
        "zh": chinese,
        # a single telling character tells nothing: 呎 stands in simplified texts too
        "zh-Hans": chinese & ((traditional <= simplified) | (traditional == 1)),
        "zh-Hant": chinese & ((simplified <= traditional) | (simplified == 1)),
        "en": (words >= least) & ~other_latin,
    }
    fits: Flags = total == 0
    for language in languages:
        fits |= ways[language]
    return fits


def off_script(found: Counts, script: str, share: float) -> Flags:
    """Whether too few of the telling characters of Chinese rows are of the script; rows in other languages are not."""
    words, han, kana, hangul, other, traditional, simplified = found.T
    chinese = (2 * han >= words + han + kana + hangul + other) & (kana < scripts.KANA_SHARE * np.maximum(han + kana, 1))
    right, other_side = (simplified, traditional) if script == "simplified" else (traditional, simplified)
    wrong: Flags = chinese & (other_side > 1) & (right < share * (traditional + simplified))
    return wrong


def shares(found: Counts) -> str:
    """The shares of one row's counts, in words.

    >>> shares(np.array([1, 0, 0, 3, 0, 0, 0]))
    'Hangul 75 %, Latin words 25 %'
    """
    total = int(found[:5].sum())
    if not total:
        return "no letters"
    named = zip(("Latin words", "Han", "kana", "Hangul", "other letters"), found[:5].tolist(), strict=True)
    ordered = sorted(named, key=lambda pair: -pair[1])
    return ", ".join(f"{name} {100 * count / total:.0f} %" for name, count in ordered if count)


def looks_foreign(text: str) -> bool:
    """Whether a text in Latin letters has more of other languages' little words than of English ones.

    >>> looks_foreign("Was ist der Sinn des Lebens?"), looks_foreign("Red, green, blue"), looks_foreign("What is it?")
    (True, False, False)
    """
    lower = text.lower()
    others = len(scripts.GERMAN.findall(lower)) + len(_ROMANCE.findall(lower))
    return others > len(scripts.ENGLISH.findall(lower))


_FIGURES = re.compile(FIGURES)
_ROMANCE = re.compile(
    r"\b(?:el|la|los|las|un|una|que|de|del|en|por|para|con|es|no|le|les|des|et|est|une|dans|pour|qui|sur|il|che|di|per|non|sono|os|um|uma|não|do|da)\b"
)
