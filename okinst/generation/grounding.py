"""Whether what is said about a passage stands in it: the words, by their pairs of characters, and every figure."""

import re
import unicodedata
from fractions import Fraction

from okinst.builders import scripts

#: The least share of the pairs of characters (of Latin script: words) of what is said that occur in the passage. On KoBEST BoolQ
#: (benchmarks/generation_checks.py), 5,769 sentences about a paragraph each, against the same sentences with another row's paragraph:
#: 98.8 % of the true pairs have it, 0.8 % of the shuffled ones.
#: Figures: of the 2,862 sentences that are true of their paragraph 280 have one, and 42 of these one that is not in the paragraph (those
#: looked at by hand were worked out, or asked as of today); beside another row's paragraph 254 have.
GROUNDED = 0.25
#: The same of a single utterance, which may say something of its own beside, where it is long enough to tell: of the sentences from 12
#: pairs of characters on 0.06 % have less, and of the shuffled ones 94.6 %.
GROUNDED_EACH, ENOUGH = 0.15, 12
_RUN = re.compile(r"[가-힣]+|[\u3400-\u9fff]+|[\u3041-\u30ff]+|[a-zà-öø-ÿ]+")

_DIGITS = {
    digit: value
    for digits in ("영일이삼사오육칠팔구", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖")
    for value, digit in enumerate(digits)
} | {"륙": 6, "공": 0, "两": 2, "兩": 2}
_SMALL = {"십": 10, "백": 100, "천": 1000, "十": 10, "百": 100, "千": 1000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
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
_COUNTED_ZH = (
    "年|月|日|号|號|天|周|週|小时|小時|分|秒|点|點|世纪|世紀|岁|歲|人|名|位|个|個|元|块|塊|美元|米|公里|公斤|公尺|吨|噸|克|度|倍|次|届|屆|层|層|座|条|條|"
    "只|隻|本|页|頁|家|所|种|種|级|級|章|户|戶|口|头|頭|棵|艘|辆|輛|门|門|间|間|张|張|件|幅|台|项|項|代|回|円|階|匹|冊|つ"
)
_ONES, _TENS = "|".join(sorted(_NATIVE, key=len, reverse=True)), "|".join(sorted(_NATIVE_TENS, key=len, reverse=True))
# no longer than any number is: Python refuses to read one of thousands of digits
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,12}(?![0-9])|[0-9]{1,40})(?:\.[0-9]{1,40})?"
_ARABIC = re.compile(rf"{_NUMBER}(?:\s?[십백천만억조十百千万萬亿億兆]+(?:\s?{_NUMBER})?)*")
#: "3만" alone may be "only 3"; before what is counted it is 30,000
_ONLY = re.compile(rf"({_NUMBER})\s?만")
_COUNTS = re.compile(rf"여?\s?(?:{_COUNTED})")
_HAN = re.compile(r"[〇零一二三四五六七八九两兩壹贰叁肆伍陆柒捌玖十百千万萬亿億兆]{1,40}")
_NO_FIGURES = ("万一", "萬一", "一一")
_COUNTS_HAN = re.compile(rf"\s?(?:{_COUNTED_ZH})")
# from the beginning of a number alone: all its ends were tried from there
_SINO = re.compile(
    rf"(?<![일이삼사오육륙칠팔구십백천만억조])[일이삼사오육륙칠팔구십백천만억조]{{1,40}}"
    rf"(?:(?<=[만억조])\s[일이삼사오육륙칠팔구십백천만억]{{1,40}}){{0,9}}(?=\s?(?:{_COUNTED}))"
)
_NATIVE_NUMBER = re.compile(
    rf"(?<![가-힣])(?:(?P<tens>{_TENS})(?P<ones>{_ONES})?|(?P<alone>{_ONES}))(?=\s?(?:{_COUNTED})|[\s,.은는이가을를과와도의]|$)"
)
_SYLLABLE = re.compile("[가-힣]")
_PIECE = re.compile(rf"{_NUMBER}|[가-힣〇\u4e00-\u9fff]")


def share(said: str, passage: str) -> float | None:
    """The share of the pairs of characters, and Latin words, in what is said that occur in the passage; None where there are none.

    >>> share("우물이 셋 있어요.", "봄비골에는 우물이 셋 있다."), share("네!", "봄비골에는 우물이 셋 있다.")
    (0.5, None)
    """
    units = _units(said)
    return len(units & _units(passage)) / len(units) if units else None


def astray(said: str, passage: str) -> bool:
    """Whether an utterance that is long enough to tell is hardly about the passage.

    >>> astray("설계한 사람은 프랑스에서 온 건축가였고 왕실이 도왔대요.", "봄비골에는 우물이 셋 있다."), astray("글쎄요.", "봄비골")
    (True, False)
    """
    units = _units(said)
    return len(units) >= ENOUGH and len(units & _units(passage)) < GROUNDED_EACH * len(units)


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
    """The figures of what is said that do not occur in the passage, in digits or in Korean or Chinese words.

    A single numeral syllable may be part of a word, and "한" an article: in what is said they count for nothing.

    >>> unfounded_figures("3만 5천 명이 1,738년부터 두 번 왔어요.", "1738년부터 35,000명이 세 차례 왔다.")
    ['두']
    >>> unfounded_figures("이십삼 년 동안 한 번이요.", "23년"), unfounded_figures("三百零五米高，建于一九三一年。", "1931年建成，高35米。")
    ([], ['三百零五'])
    """
    known = {value for _, values in figures(passage) for value in values}
    return [spelt for spelt, values in figures(said, sure=True) if known.isdisjoint(values)]


def figures(text: str, sure: bool = False) -> list[tuple[str, list[Fraction]]]:
    """The numbers of a text as they are spelt, each with its value; where it may be two, with both.

    With `sure`, only those that can be nothing else.

    >>> [(spelt, int(values[0])) for spelt, values in figures("1억 2천만 원, 십이 층, 열두 명, 셋, 三万五千人")]
    [('1억 2천만', 120000000), ('십이', 12), ('열두', 12), ('셋', 3), ('三万五千', 35000)]
    >>> [[int(value) for value in values] for _, values in figures("3만 명, 3만")]
    [[30000], [30000, 3]]
    """
    text = unicodedata.normalize("NFKC", text)
    found = []
    for run in _ARABIC.finditer(text):
        only = None if _COUNTS.match(text, run.end()) else _ONLY.fullmatch(run[0])
        found.append((run[0].strip(), [_value(run[0]), *([_value(only[1])] if only else [])]))
    for run in _SINO.finditer(text):
        before = text[run.start() - 1 : run.start()]
        # a single syllable behind another is a particle ("명이 세 번"); behind a digit it belongs to that
        if not before.isdigit() and (len(run[0]) > 1 or not (sure or _SYLLABLE.match(before))):
            found.append((run[0], [_value(run[0])]))
    for run in _NATIVE_NUMBER.finditer(text):
        value = _NATIVE_TENS.get(run["tens"] or "", 0) + _NATIVE.get(run["ones"] or run["alone"] or "", 0)
        if not sure or (value > 1 and _COUNTS.match(text, run.end())):
            found.append((run[0], [Fraction(value)]))
    for run in _HAN.finditer(text):
        before = text[run.start() - 1 : run.start()]
        # "一个" is an article, "十分" an adverb, "万一" a word, and "星期三" a day
        no_figure = run[0] in _NO_FIGURES or run[0] in "一十百千万萬亿億兆零〇" or before in ("期", "周", "週", "拜")
        if not before.isdigit() and (not sure or (not no_figure and _COUNTS_HAN.match(text, run.end()))):
            found.append((run[0], [_value(run[0])]))
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
