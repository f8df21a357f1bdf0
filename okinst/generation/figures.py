"""Whether a translation has the figures of its source, however it writes them: 1,200 as 1200, 3 million as 300만, twelve as 12, 12/25 as 12월 25일.

A figure has readings: 1.200 is a thousand two hundred in German, and 18:00 is six in the evening. What is written in digits is compared with all
that the other text says, in digits, or in English, Korean or Chinese words. A figure of two digits that is gone or came, several smaller ones,
a version or a minus that changed, and a number word that became another figure count; one small figure that is gone does not: it may be a word.
Of 1,512 Chinese-Korean pairs with figures, translated by two projects from the same English ones, three are said to differ (0.20 %), of all 8,950
six; with one run of digits changed 88 % are, without those of two digits 95 % (benchmarks/generation_checks.py). Once, by hand, of Debian 12's
package descriptions: English-Korean 18 of 8,266, to Chinese 6 of 2,091, to Japanese 20 of 11,628, to German 37 of 26,293, to French 85 of 39,009,
of those looked at nearly all the translators' mistakes. Measures that are worked out anew, feet in metres, count as changed.
"""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from okinst.generation import grounding

#: the languages whose number words are read
READ = ("en", "ja", "ko", "zh")
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

#: what only stands as it is; a date may be written anew
_VERSION = re.compile(r"(?<![0-9.,])[0-9]{1,4}(?:\.[0-9]{1,4}){2,5}(?![0-9])")
_NEGATIVE = re.compile(r"(?:(?<=[(=:,，：（])|(?<![0-9.,)]) |^)[-−][0-9][0-9.,]*", re.MULTILINE)
_MINUS = re.compile(
    r"[-−–－][\s$€₩]?[0-9]|영하|마이너스|음수|빼기|零下|[负負]|マイナス|minus|negative|below|moins|menos|минус",
    re.IGNORECASE,
)
#: what other languages say without a figure: those of names (X11, i18n), bases (hexadecimal), centuries, teens, first and second, all of
#: something, four or five
_IDLE = re.compile(
    r"(?<=[A-Za-z])[0-9]+|\b100\s?(?:%|percent\b|퍼센트|프로)|(?<![0-9])[0-9]{1,4}\s?(?:진[수법]?|[进進]|세기|世[纪紀]|(?:st|nd|rd|th)[ -]centur)"
    r"|\b(?:[1-9]0대|[1-3]차)|(?<![0-9.,-])[1-9]\s?[-~–]\s?[1-9](?![0-9.,-])",
    re.IGNORECASE,
)
_CENTURY = re.compile(r"([0-9]{1,2})\s?(?:세기|世[纪紀]|(?:st|nd|rd|th)[ -]centur)", re.IGNORECASE)
#: half an hour, half of all
_HALF = re.compile(r"\bhalf\b|절반|반\s?시간|시간\s?반|半小|半[个個]|一半", re.IGNORECASE)
#: number words that are no part of a longer one
_NUMBERED = "two three four five six seven eight nine ten eleven twelve second third fourth fifth sixth seventh eighth ninth tenth"
_ALONE = re.compile(
    rf"(?<![\w-])(?<!hundred )(?<!thousand )(?<!and )(?:{'|'.join(_NUMBERED.split())})(?![\w-])(?! (?:hundred|thousand|million|billion|half|and a))"
)


def changed(source: str, text: str, *, read: bool = True) -> tuple[list[str], list[str]]:
    """The figures of a source that its translation has not, and those it has that the source has not; nothing where they agree.

    A single small figure that is gone may be a word now, and one that came may have been a word: such a one only counts beside another,
    or where a number word is gone. With `read` false, for languages whose number words are not read, only figures above a hundred count alone.

    >>> changed("It costs 1,200 won.", "2005원입니다."), changed("It costs 1,200 won.", "1200원입니다.")
    ((['1,200'], ['2005']), ([], []))
    >>> changed("3 million people on 12/25, at twelve or 6 pm, May 5", "12월 25일 300만 명이 12시나 18시에, 5월 5일")
    ([], [])
    >>> changed("50 metres tall", "아주 높은"), changed("3 cups", "몇 잔"), changed("seven days", "8일"), changed("v2.1.0", "v2.2.0")
    ((['50'], []), ([], []), (['seven'], ['8']), (['2.1.0'], []))
    """
    source, text = _plain(source), _plain(text)
    if broken := _versions_changed(source, text) or _below_zero(source, text):
        return broken, []
    known, found = _values(source), _values(text)
    lost = [spelt for spelt, readings in _spelt(source) if readings.isdisjoint(found)]
    made = [spelt for spelt, readings in _spelt(text) if readings.isdisjoint(known)]
    if lost and made:
        return lost, made
    if made and (words := _words_lost(source, found)):
        return words, made
    if lost or made:
        found, known = (found, known) if lost else (known, found)
        least = 10 if read else 100
        alone = [
            spelt for spelt, readings in _spelt(_IDLE.sub(" ", source if lost else text)) if readings.isdisjoint(found)
        ]
        if (len(set(alone)) > 1 and read) or any(Fraction(re.sub("[^0-9]", "", spelt)) >= least for spelt in alone):
            return (alone, []) if lost else ([], alone)
    return [], []


def _versions_changed(source: str, text: str) -> list[str]:
    """The numbers of three parts and more that came back neither as they are nor as a date."""
    other, found = _VERSION.search(text), _values(text)
    return [
        each
        for each in _VERSION.findall(source)
        if each not in text and (other or any(not readings <= found for _, readings in _spelt(each)))
    ]


def _below_zero(source: str, text: str) -> list[str]:
    """The figures behind a minus where nothing in the other text says as much."""
    return [] if _MINUS.search(text) else [found[0].strip() for found in _NEGATIVE.finditer(source)]


def _words_lost(source: str, found: set[Fraction]) -> list[str]:
    """The small numbers in words that another text does not say in any way."""
    words = [(word[0], _SAID[word[0]]) for word in _ALONE.finditer(source.lower())]
    words += [
        (spelt, values[0]) for spelt, values in grounding.figures(source, sure=True) if not re.search("[0-9]", spelt)
    ]
    return [spelt for spelt, value in words if value > 1 and value not in found]


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
    if _HALF.search(text):
        found |= {Fraction(1, 2), Fraction(30), Fraction(50)}
    found.update(Fraction(100 * (int(century[1]) - 1)) for century in _CENTURY.finditer(text))
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
