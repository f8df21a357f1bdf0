"""What the scripts of Korean and Chinese mean for comparing: how much one character says, and which ones say little."""

import re
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Hangul (jamo, syllables), kana, Han with its extensions: one character is a syllable or a word
WIDE_RANGES = (
    (0x1100, 0x11FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xA960, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
#: what a character of another script weighs beside a wide one
NARROW_WEIGHT = 0.4

#: Chinese characters that carry grammar or politeness: their coming or going changes no question
PARTICLES_ZH = "的了吗呢吧啊呀地得请"
#: Chinese pronouns: two that have changed places have changed roles
PRONOUNS_ZH = frozenset("我你您他她它")
#: Korean particles by what they mark; others (에, 로, 에서, ...) say who does what where, and always count
TOPIC, OBJECT, OTHER = "은는이가", "을를", "의도와과"
FUNCTION = np.array(sorted(map(ord, PARTICLES_ZH + TOPIC + OBJECT + OTHER)), dtype=np.uint32)
_MARKS = "에게서|한테서|으로서|으로써|으로|에서|에게|한테|부터|까지|보다|처럼|이나|이랑|하고|로서|로써|께|로|에|만|은|는|이|가|을|를|의|도|와|과|나|랑"
#: all of them, longer ones first, and one at the end of a word
MARKS, PARTICLE = tuple(_MARKS.split("|")), re.compile(f"(?:{_MARKS})$")
#: how Korean sentences end: verbs that differ only in it say the same
ENDINGS = "요오다까라죠지줘네"
#: the same of Latin letters
INFLECTIONS = frozenset(("s", "es", "d", "ed", "ing", "ly", "er"))
#: words that join things which may stand in any order
COORDINATING = frozenset("和与與或跟及同") | {"and", "or", "vs", "versus", "nor"}
#: characters that a text is never the same without: numerals, negations, signs of arithmetic
WEIGHTY = frozenset("一二三四五六七八九十百千万亿两几半零不无非没未否别反안못불비무미+-=<>×÷±^|~$€£¥₩%")
#: what turns one thing into, to, or against another: two things that have changed places around it mean something else
#: (in Korean the last syllable of such a particle)
TURNING = frozenset("成到比给把被로에서게다테")

_WIDE = re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in WIDE_RANGES) + "]")
_HANGUL = re.compile("[가-힣]")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+(?:\+\+|#)?|\d+|[가-힣]+|[^\W\d_]")


def is_wide(codes: Array) -> Array:
    """Which characters, given as an array of codes, are of a wide script."""
    wide = np.zeros(len(codes), bool)
    for low, high in WIDE_RANGES:
        wide |= (codes >= low) & (codes <= high)
    return wide


def weight(text: str) -> float:
    """The length of a text in wide characters.

    >>> weight("한국어"), weight("hello")
    (3.0, 2.0)
    """
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide) * NARROW_WEIGHT


def hangul_share(text: str) -> float:
    """The share of a text's letters that are Hangul syllables; 0 of one without letters.

    >>> hangul_share("한국어 abc 3"), hangul_share("12 + 3")
    (0.5, 0.0)
    """
    letters = sum(map(str.isalpha, text))
    return len(_HANGUL.findall(text)) / letters if letters else 0.0


def is_korean(text: str) -> bool:
    """Whether there is a Hangul syllable."""
    return _HANGUL.search(text) is not None


def numbers(text: str) -> list[str]:
    """The runs of digits, in their order.

    >>> numbers("3에서 12를")
    ['3', '12']
    """
    return _NUMBER.findall(text)


def words(spoken: str) -> list[str]:
    """The words of a text in sighted normal form; of Chinese the characters.

    >>> words("c++로 3개의 정렬 함수를 짜 주세요."), words("写一首诗。")
    (['c++', '로', '3', '개의', '정렬', '함수를', '짜', '주세요'], ['写', '一', '首', '诗'])
    """
    return _WORD.findall(spoken)
