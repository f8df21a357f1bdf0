"""Whether a translation has the figures of its source, however it writes them: 1,200 as 1200, 3 million as 300만, twelve as 12, 12/25 as 12월 25일.

A figure has readings: 1.200 is a thousand two hundred in German, and 18:00 is six in the evening. What is written in digits is compared with all
that the other text says, in digits, or in English, Korean or Chinese words. Of 1,512 Chinese-Korean pairs with figures, translated by two
projects from the same English ones, one is said to differ; with one run of digits changed 82 % are (benchmarks/generation_checks.py). Measures
that are worked out anew, feet in metres, count as changed.
"""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from okinst.generation import grounding

_DIGITS = re.compile(
    r"(?<![0-9])[0-9]{1,3}(?: [0-9]{3}){1,4}(?![0-9.,])|[0-9]{1,40}(?:[.,'’\u00a0\u202f][0-9]{1,40}){0,8}"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,'’\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_MAY_STAND_ALONE = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)(?:\s|조\Z)")
_SIGN = re.compile(r"[.,'’\u00a0\u202f]")
#: words behind a figure that multiply it; a German Billion is a thousand of the English ones
_SCALES = (
    (re.compile(r"[\s-]?(?:million|milli[oó]n|mil[lh]?[iõã]|миллион|млн|mio\b)", re.IGNORECASE), (10**6,)),
    (re.compile(r"[\s-]?(?:milliard|миллиард|млрд|mrd\b)", re.IGNORECASE), (10**9,)),
    (re.compile(r"[\s-]?(?:billion|bn\b)", re.IGNORECASE), (10**9, 10**12)),
    (re.compile(r"[\s-]?trillion", re.IGNORECASE), (10**12, 10**18)),
    (re.compile(r"[\s-]?(?:thousand|grand\b|tausend|mille?\b|тысяч)", re.IGNORECASE), (1000,)),
    (re.compile(r"[\s-]?(?:hundred|cent\b)", re.IGNORECASE), (1, 100)),
    (re.compile(r"[\s-]?dozen", re.IGNORECASE), (1, 12)),
    (re.compile(r"\s?k(?![A-Za-z])", re.IGNORECASE), (1, 1000)),
    (re.compile(r"\s?mp?(?![A-Za-z])", re.IGNORECASE), (1, 10**6)),
    (re.compile(r"\s?b(?![A-Za-z])", re.IGNORECASE), (1, 10**9)),
    (re.compile(r"\s?[십백천만억조十百千万萬亿億兆]"), ()),  # read by okinst.generation.grounding
)
_LATER = re.compile(r"(?:오후|저녁|밤|下午|晚上|晚|午後)\s?\Z")
_PM = re.compile(r"(?:[:.][0-9]{2})?\s?p\.?m\b", re.IGNORECASE)
_HOUR = re.compile(r":[0-9]{2}|\s?(?:시|点|點|時|时|h\b|Uhr\b|hours)")
_DECADE = re.compile(r"['’]?s\b|\s?년대|年代|er\b")
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth",
    "- jan feb mar apr may jun jul aug sep oct nov dec",
    "- january february march april may june july august september october november december",
    "- a both - - - - - - decade - dozen",
    "- an twice thrice - - - - - - - noon",
    "- once pair triple - - - - - sept - - midnight",
    "- single couple",
)
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety century"
_SAID = {word: Fraction(value) for words in _COUNTED for value, word in enumerate(words.split())}
_SAID |= {word: Fraction(10 * value) for value, word in enumerate(_TENS.split())}
_SAID |= {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_WORD = re.compile(r"[a-z]+")
_ROMAN = re.compile(r"\b(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})\b")
_ROMANS = {"I": 1, "V": 5, "X": 10}


def changed(source: str, text: str) -> tuple[list[str], list[str]]:
    """The figures of a source that its translation has not, and those it has that the source has not; nothing where there are not both.

    A figure alone that is gone may be a word now, and one that came may have been a word.

    >>> changed("It costs 1,200 won.", "2005원입니다."), changed("It costs 1,200 won.", "1200원입니다.")
    ((['1,200'], ['2005']), ([], []))
    >>> changed("3 million people on 12/25, at twelve or 6 pm, May 5", "12월 25일 300만 명이 12시나 18시에, 5월 5일")
    ([], [])
    """
    source, text = _plain(source), _plain(text)
    known, found = _values(source), _values(text)
    lost = [spelt for spelt, readings in _spelt(source) if readings.isdisjoint(found)]
    made = [spelt for spelt, readings in _spelt(text) if readings.isdisjoint(known)]
    return (lost, made) if lost and made else ([], [])


def _plain(text: str) -> str:
    """A text with all its digits in ASCII; those above or below the line, and fractions of one character, stand apart."""
    told = []
    for char in text:
        if char.isascii() or not char.isnumeric() or unicodedata.category(char) == "Lo":
            told.append(char)
        elif (digit := unicodedata.decimal(char, None)) is not None:
            told.append(str(digit))
        else:
            told.append(f" {unicodedata.normalize('NFKC', char)} ".replace("⁄", "/"))
    return "".join(told)


def _spelt(text: str) -> Iterator[tuple[str, set[Fraction]]]:
    """Each figure in digits, and what it may be; not a zero, which times and lists are filled up with."""
    large = [
        found for found in grounding._ARABIC.finditer(text) if not found[0].strip()[-1].isdigit() or " " in found[0]
    ]
    for found in large:
        # "2 백엔드" are no two hundred, "제9조" and "500조각" no trillions
        alone = {Fraction(bare[1].replace(",", ""))} if (bare := _MAY_STAND_ALONE.match(found[0])) else set()
        yield found[0].strip(), {grounding._value(found[0]), *alone}
    inside = {place for found in large for place in range(*found.span())}
    for found in _DIGITS.finditer(text):
        if found.start() not in inside and (readings := _readings(found, text) - {0}):
            yield found[0], readings


def _readings(found: re.Match[str], text: str) -> set[Fraction]:
    spelt, before, after = (
        found[0],
        text[max(0, found.start() - 8) : found.start()],
        text[found.end() : found.end() + 16],
    )
    if " " in spelt:  # 1 200 000, or three figures
        return {Fraction(spelt.replace(" ", "")), *map(Fraction, spelt.split())}
    parts = _SIGN.split(spelt)
    read = {Fraction(int(parts[0]))} if len(parts) == 1 else set()
    if _GROUPED.fullmatch(spelt):
        read.add(Fraction(int("".join(parts))))
        if len(parts) > 2 and spelt[-len(parts[-1]) - 1] != spelt[len(parts[0])]:
            read = {Fraction("".join(parts[:-1]) + "." + parts[-1])}
    if len(parts) == 2:
        read.add(Fraction(".".join(parts)))
    if (len(parts) > 2 and not read) or (
        len(parts) == 2 and spelt[len(parts[0])] == ","
    ):  # a date, a version; a list: 1,2
        read.update(Fraction(int(part)) for part in parts)
    for scale, times in _SCALES:
        if scale.match(after):
            return {value * by for value in read for by in times} or read
    for value in list(read):
        if 1 <= value <= 12 and (_PM.match(after) or _LATER.search(before)):
            read.add(value + 12)
        if 13 <= value <= 24 and _HOUR.match(after):
            read.add(value - 12)
        if _DECADE.match(after) or before.endswith(("'", "’")):
            read |= {value % 100, *((1900 + value, 2000 + value) if value < 100 else ())}
    return read


def _values(text: str) -> set[Fraction]:
    """All that a text says, in digits or words."""
    found = {value for _, readings in _spelt(text) for value in readings}
    found.update(value for _, values in grounding.figures(text) for value in values)
    found.update(_in_words(text.lower()))
    for roman in _ROMAN.finditer(text):
        worth = [_ROMANS[letter] for letter in roman[0]]
        found.add(Fraction(sum(-one if one < max(worth[n:]) else one for n, one in enumerate(worth))))
    if re.search("첫|반", text):
        found |= {Fraction(1), Fraction(1, 2)}
    return found


def _in_words(lower: str) -> Iterator[Fraction]:
    """Numbers in English words, each word's and those of several: "twenty-five", "two hundred and six"."""
    total = section = Fraction(0)
    end = -9
    for word in _WORD.finditer(lower):
        if word[0] == "and":
            continue
        said, scale = _SAID.get(word[0].removesuffix("s")) or _SAID.get(word[0]), _LARGE.get(word[0].removesuffix("s"))
        if word.start() - end > 5:
            total = section = Fraction(0)
        if scale:
            section = (section or Fraction(1)) * scale
            if scale >= 1000:
                total, section = total + section, Fraction(0)
        elif said is not None:
            section = section + said if section >= 100 or said < 10 <= section else said
            yield said
        else:
            total = section = Fraction(0)
            continue
        end = word.end()
        yield total + section
