"""Which scripts a text is written in, counted.

A character of Chinese, Japanese or Korean counts as much as a word of letters. The ranges stand here once, for the row by row
reading of a source (`language_of`) and for whole columns (`okinst.curation.filters.language`).
"""

import functools
import re

# without the middle dot between them, which Chinese borrows for foreign names
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
WORD = re.compile("[a-zà-öø-ÿ]+")
# letters of Korean, Cyrillic, Greek, Arabic, Hebrew, Thai and the rest
OTHER = re.compile("[\u0370-\u1cff\u1f00-\u1fff\u3131-\u318e\uac00-\ud7a3]")
ENGLISH = re.compile(r"\b(?:the|and|of|to|is|are|in|that|it|for|with|you|this|was|what|how|can|an|my|on|as|be|do)\b")
GERMAN = re.compile(
    r"\b(?:der|die|das|und|ist|sind|nicht|ein|eine|zu|den|mit|von|auf|ich|sie|es|wie|für|im|dem|auch)\b"
)
#: the share of a text that must be in one language
MOST = 0.7
#: and of Han and kana together, the share of kana that makes them Japanese
KANA_SHARE = 0.1


def language_of(text: str) -> str:
    """The language of a text, from the shares of its scripts; "mul" where it is mixed, or cannot be told.

    A Chinese or Japanese character counts as much as a word of letters. Chinese is traditional where more of its characters
    are in Big5 alone than in GB 2312 alone.

    >>> language_of("请解释 machine learning 是什么。"), language_of("請用三句話介紹臺灣的夜市。")
    ('zh-Hans', 'zh-Hant')
    >>> language_of("今日の天気を教えてください。"), language_of("Was ist der Sinn des Lebens?")
    ('ja', 'de')
    >>> language_of("What is the meaning of life?"), language_of("翻译：Good morning, dear friends 早上好")
    ('en', 'mul')
    """
    lower = text.lower()
    words, han, kana = WORD.findall(lower), HAN.findall(text), len(KANA.findall(text))
    other = len(OTHER.findall(text))
    total = len(words) + len(han) + kana + other
    if len(words) > MOST * total:
        english, german = len(ENGLISH.findall(lower)), len(GERMAN.findall(lower))
        return "en" if english > german else "de" if german > english else "mul"
    if len(han) + kana <= MOST * total:
        return "mul"
    if kana:
        return "ja" if 10 * kana >= len(han) + kana else "mul"
    return "zh-Hant" if sum(map(traditional, han)) > 0 else "zh-Hans"


@functools.cache
def traditional(character: str) -> int:
    """1 for a character of traditional Chinese alone, -1 for one of simplified Chinese alone, 0 for one of both.

    >>> traditional("國"), traditional("国"), traditional("人")
    (1, -1, 0)
    """
    return len(character.encode("big5", "ignore")) // 2 - len(character.encode("gb2312", "ignore")) // 2
