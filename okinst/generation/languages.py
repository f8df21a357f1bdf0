"""The languages that are written: their names, for prompts, and how to tell from a text's scripts which it is in.

A word in Latin letters tells a language where it is written in small letters: names, abbreviations, figures and what has a digit
in it stand in texts of every language. A character of another script counts as much as such a word, as in `okinst.builders.scripts`.
"""

import re
from collections import Counter

from okinst.builders import WrongCall, scripts

NAMES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pt": "Portuguese",
    "ru": "Russian",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "zh-Hans": "Simplified Chinese",
    "zh-Hant": "Traditional Chinese",
}
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_SMALL = re.compile(r"(?<![\w'’.@/_-])[a-zß-öø-ÿ][a-zß-öø-ÿ'’-]+(?![\w@/_]|\.\w)")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ'’-]+")
_SCRIPTS = {
    "Hangul": scripts.HANGUL,
    "kana": scripts.KANA,
    "Han": scripts.HAN,
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
}
#: what a language is written in; a language that is not here in Latin letters
WRITTEN = {
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "uk"), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("Devanagari",)),
    "el": ("Greek",),
    "he": ("Hebrew",),
    "ja": ("kana", "Han"),
    "ko": ("Hangul",),
    "th": ("Thai",),
    "zh": ("Han",),
}
LATIN = ("Latin",)
#: and where its code says so
_TAGGED = {"Arab": ("Arabic",), "Cyrl": ("Cyrillic",), "Deva": ("Devanagari",), "Latn": LATIN}
#: the share of small words that are little English ones, and how many different ones, from which on a text is English. Once, by
#: hand: of Debian 12's package descriptions, which are terse, with eight small words or more, 90 % of the English ones have both; of the Portuguese 0.35 %,
#: German 0.08 %, French 0.03 %, Spanish none of 2,850
ENGLISH_SHARE, ENGLISH_WORDS = 0.15, 2
#: so many small words are needed to tell
ENOUGH_WORDS = 8


def checked(language: str, option: str) -> str:
    """A language's code as it was given. Raises WrongCall for what is none."""
    if not _TAG.fullmatch(language):
        raise WrongCall(
            f"{option} {language!r} should be the code of a language, such as {', '.join(list(NAMES)[:6])}."
        )
    return language


def name_of(language: str) -> str:
    """A language's name in English; of one that is not known its code, which models know.

    >>> name_of("ko"), name_of("zh-Hans"), name_of("pt-BR"), name_of("xh")
    ('Korean', 'Simplified Chinese', 'Portuguese (pt-BR)', 'xh')
    """
    plain = language.partition("-")[0]
    return NAMES.get(language) or (f"{NAMES[plain]} ({language})" if plain in NAMES else language)


def written(language: str) -> tuple[str, ...]:
    """The scripts of a language.

    >>> written("zh-Hant"), written("ja"), written("nl"), written("sr"), written("sr-Latn")
    (('Han',), ('kana', 'Han'), ('Latin',), ('Cyrillic',), ('Latin',))
    """
    plain, *more = language.split("-")
    return next((_TAGGED[tag] for tag in more if tag in _TAGGED), WRITTEN.get(plain, LATIN))


def counted(text: str) -> Counter[str]:
    """How many characters of each script, and how many small words in Latin letters, a text has.

    >>> sorted(counted("GPT-4는 large language model입니다, v2.0 of Apple's iOS.").items())
    [('Hangul', 4), ('Latin', 3)]
    """
    found = Counter({name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()})
    found["Latin"] = len(_SMALL.findall(text))
    return +found


def share(text: str, language: str) -> float | None:
    """The share of a text that is in the scripts of a language; None where nothing tells.

    Of a language in Latin letters all words count. Han without kana is no Japanese where there is much of it.

    >>> share("지금 바로 open the door", "ko"), share("3.14, GPT-4", "ko"), share("수도는 Seoul", "en")
    (0.5714285714285714, None, 0.25)
    """
    found = counted(text)
    if written(language) == LATIN:
        found["Latin"] = len(_WORD.findall(text))
    own = sum(found[script] for script in written(language))
    return own / total if (total := sum(found.values())) else None


def script_of(text: str) -> tuple[str, ...] | None:
    """The scripts that most of a text is in, as `written` has them; None where they are mixed, or nothing tells.

    >>> script_of("Сьогодні йде дощ."), script_of("天気がいい。"), script_of("天气很好。"), script_of("Il pleut."), script_of("42")
    (('Cyrillic',), ('kana', 'Han'), ('Han',), ('Latin',), None)
    """
    found = counted(text)
    most = scripts.MOST * sum(found.values())
    if (characters := found["Han"] + found["kana"]) > most:
        return WRITTEN["ja"] if found["kana"] >= scripts.KANA_SHARE * characters else WRITTEN["zh"]
    return next(((script,) for script, count in found.items() if count > most), None)


def likely(text: str) -> str | None:
    """The language of most of a text where its script is of one language alone: ko, ja, zh, ...; "en" where it is English; else None.

    >>> likely("오늘은 비가 온다."), likely("天気がいい。"), likely("天气很好。"), likely("It is raining, and the wind is cold today.")
    ('ko', 'ja', 'zh', 'en')
    >>> likely("Il pleut."), likely("Сьогодні йде дощ."), likely("42")
    (None, None, None)
    """
    found = script_of(text)
    if found == LATIN:
        return "en" if is_english(text) else None
    alike = [language for language, written_in in WRITTEN.items() if written_in == found]
    return alike[0] if len(alike) == 1 else None


def foreign(text: str, language: str) -> bool:
    """Whether a text is in another language, as far as its scripts tell. Of Latin letters only English is told from other languages.

    >>> foreign("Сьогодні йде дощ.", "uk"), foreign("Сьогодні йде дощ.", "ko"), foreign("Il pleut.", "de")
    (False, True, False)
    """
    found = script_of(text)
    if found == LATIN:
        return is_english(text) and language.partition("-")[0] != "en"
    return found is not None and found != written(language)


def is_english(text: str) -> bool:
    """Whether a text in Latin letters is English, by its little words; not for few words, which do not tell."""
    lower = text.lower()
    words, little = len(_SMALL.findall(lower)), scripts.ENGLISH.findall(lower)
    return words >= ENOUGH_WORDS and len(little) >= ENGLISH_SHARE * words and len(set(little)) >= ENGLISH_WORDS
