"""Whether what is said about a passage stands in it: the words, by their pairs of characters, and every figure."""

import re
import unicodedata
from fractions import Fraction

from okinst.builders import scripts

#: The least share of the pairs of characters (of Latin script: words) of what is said that occur in the passage. Measured on KoBEST
#: BoolQ, 5,769 sentences about a paragraph each, against the same sentences with another row's paragraph: 98.8 % of the true pairs
#: have it, 1.0 % of the shuffled ones (at 0.2 it is 99.3 and 2.2 %, at 0.3 96.9 and 0.4 %; medians 0.64 and 0.0). Of 59 Korean
#: summaries of a text 95 % have it, and about 3 % of those of another text.
#: Figures: of the 683 sentences that are true of their paragraph 67 have one, and 11 of these one that is not in the paragraph (worked
#: out, or asked as of today: none was misread); beside another row's paragraph 82 % of the 67 have.
GROUNDED = 0.25
_RUN = re.compile(r"[가-힣]+|[\u3400-\u9fff]+|[\u3041-\u30ff]+|[a-zà-öø-ÿ]+")

_DIGITS = dict(zip("영일이삼사오육칠팔구", range(10), strict=True)) | {"륙": 6, "공": 0}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12}
_NATIVE = {
    **dict.fromkeys(("하나", "한"), 1),
    **dict.fromkeys(("둘", "두"), 2),
    **dict.fromkeys(("셋", "세", "석"), 3),
    **dict.fromkeys(("넷", "네", "넉"), 4),
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
_NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_COUNTED = (
    "년|월|일|명|개|세기|원|미터|킬로|센티|층|번|차례|위|회|살|세|시|분|초|도|배|점|곳|권|대|마리|석|평|리|가지|달|사람|채|척|쌍|그루|잔|송이|"
    "해|째|주|편|장|군데|자루|줄|칸|단계|종류|달러|엔|퍼센트|톤|그램"
)
_ONES, _TENS = "|".join(sorted(_NATIVE, key=len, reverse=True)), "|".join(sorted(_NATIVE_TENS, key=len, reverse=True))
# no longer than any number is: Python refuses to read one of thousands of digits
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,12}(?![0-9])|[0-9]{1,40})(?:\.[0-9]{1,40})?"
_ARABIC = re.compile(rf"{_NUMBER}(?:\s?[십백천만억조]+(?:\s?{_NUMBER})?)*")
_SINO = re.compile(
    rf"[일이삼사오육륙칠팔구십백천만억조]+(?:(?<=[만억조])\s[일이삼사오육륙칠팔구십백천만억]+)*(?=\s?(?:{_COUNTED}))"
)
_NATIVE_NUMBER = re.compile(
    rf"(?<![가-힣])(?:(?P<tens>{_TENS})(?P<ones>{_ONES})?|(?P<alone>{_ONES}))(?=\s?(?:{_COUNTED})|[\s,.은는이가을를과와도의]|$)"
)
_SYLLABLE = re.compile("[가-힣]")
_PIECE = re.compile(rf"{_NUMBER}|[가-힣]")


def share(said: str, passage: str) -> float | None:
    """The share of the pairs of characters, and Latin words, in what is said that occur in the passage; None where there are none.

    >>> share("우물이 셋 있어요.", "봄비골에는 우물이 셋 있다."), share("네!", "봄비골에는 우물이 셋 있다.")
    (0.5, None)
    """
    units = _units(said)
    return len(units & _units(passage)) / len(units) if units else None


def _units(text: str) -> set[str]:
    units = set()
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if scripts.WORD.fullmatch(run):
            if len(run) > 2 and not scripts.ENGLISH.fullmatch(run):
                units.add(run)
        else:
            units.update(run[start : start + 2] for start in range(len(run) - 1))
    return units


def unfounded_figures(said: str, passage: str) -> list[str]:
    """The figures of what is said that do not occur in the passage, in digits or in Korean words.

    A single numeral syllable may be part of a word, and "한" an article: in what is said they count for nothing.

    >>> unfounded_figures("3만 5천 명이 1,738년부터 두 번 왔어요.", "1738년부터 35,000명이 세 차례 왔다.")
    ['두']
    >>> unfounded_figures("이십삼 년 동안 한 번이요.", "23년")
    []
    """
    known = {value for _, values in figures(passage) for value in values}
    return [
        spelt
        for spelt, values in figures(said, sure=True)
        # "3만" may be 30,000, and may be "only 3": one of the two has to be known
        if values[0] not in known and not (len(values) > 1 and known.issuperset(values[1:]))
    ]


def figures(text: str, sure: bool = False) -> list[tuple[str, list[Fraction]]]:
    """The numbers of a text as they are spelt, each with its value, and then the values of the digits in it.

    With `sure`, only those that can be nothing else.

    >>> [(spelt, int(values[0])) for spelt, values in figures("1억 2천만 원, 십이 층, 열두 명, 셋")]
    [('1억 2천만', 120000000), ('십이', 12), ('열두', 12), ('셋', 3)]
    """
    text = unicodedata.normalize("NFKC", text)
    found = []
    for run in _ARABIC.finditer(text):
        parts = [_value(digits) for digits in re.findall(_NUMBER, run[0])]
        found.append((run[0].strip(), [_value(run[0]), *(parts if len(parts) > 1 or not run[0][-1].isdigit() else ())]))
    for run in _SINO.finditer(text):
        before = text[run.start() - 1 : run.start()]
        # a single syllable behind another is a particle ("명이 세 번"); behind a digit it belongs to that
        if not before.isdigit() and (len(run[0]) > 1 or not (sure or _SYLLABLE.match(before))):
            found.append((run[0], [_value(run[0])]))
    for run in _NATIVE_NUMBER.finditer(text):
        value = _NATIVE_TENS.get(run["tens"] or "", 0) + _NATIVE.get(run["ones"] or run["alone"] or "", 0)
        if not sure or (value > 1 and re.match(rf"\s?(?:{_COUNTED})", text[run.end() :])):
            found.append((run[0], [Fraction(value)]))
    return found


def _value(spelt: str) -> Fraction:
    total = section = Fraction(0)
    number: Fraction | None = None
    for piece in _PIECE.findall(spelt):
        if piece in _SMALL:
            section += (1 if number is None else number) * _SMALL[piece]
            number = None
        elif piece in _LARGE:
            section += number or 0
            total += (section or 1) * _LARGE[piece]
            section, number = Fraction(0), None
        elif piece in _DIGITS:
            number = Fraction((number or 0) * 10 + _DIGITS[piece])
        else:
            number = Fraction(piece.replace(",", ""))
    return total + section + (number or 0)
