"""The languages that are written: their names, for prompts, and how to tell from a text's scripts which it is in.

A word in Latin letters tells a language where it is written in small letters: names, abbreviations, figures and what has a digit
in it stand in texts of every language. A character of another script counts as much as such a word, as in `okinst.builders.scripts`.
"""

import re
from collections import Counter
from collections.abc import Collection

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
_MEANT = {
    "ar": "ara",
    "cs": "cz",
    "da": "dk",
    "de": "deu ger",
    "el": "gr",
    "en": "eng gb us",
    "es": "mx spa",
    "fr": "fra fre",
    "he": "iw",
    "hi": "hin",
    "id": "in ind",
    "it": "ita",
    "ja": "jp jpn",
    "jv": "jw",
    "ko": "kor kp kr",
    "pt": "por",
    "ru": "rus",
    "th": "tha",
    "tr": "tur",
    "uk": "ua ukr",
    "vi": "vie vn",
    "zh": "chi cmn zho",
    "zh-Hans": "cn",
    "zh-Hant": "hk tw",
}
#: what is no language's code, or hardly ever meant as one, with what is meant: countries, codes of three letters that have one of two, names
MISTAKEN = {code: meant for meant, codes in _MEANT.items() for code in codes.split()} | {
    name.lower().replace(" ", "-"): code for code, name in NAMES.items()
}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
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
    "Armenian": re.compile("[\u0530-\u058f]"),
    "Bengali": re.compile("[\u0980-\u09ff]"),
    "Gurmukhi": re.compile("[\u0a00-\u0a7f]"),
    "Gujarati": re.compile("[\u0a80-\u0aff]"),
    "Tamil": re.compile("[\u0b80-\u0bff]"),
    "Telugu": re.compile("[\u0c00-\u0c7f]"),
    "Kannada": re.compile("[\u0c80-\u0cff]"),
    "Malayalam": re.compile("[\u0d00-\u0d7f]"),
    "Sinhala": re.compile("[\u0d80-\u0dff]"),
    "Lao": re.compile("[\u0e80-\u0eff]"),
    "Burmese": re.compile("[\u1000-\u109f]"),
    "Georgian": re.compile("[\u10a0-\u10ff]"),
    "Ethiopic": re.compile("[\u1200-\u139f]"),
    "Khmer": re.compile("[\u1780-\u17ff]"),
}
_CYRILLIC = "ab av ba be bg ce cv kk kv ky mk mn os ru sr tg tt uk"
#: what a language is written in, if not in Latin letters
WRITTEN = {
    **dict.fromkeys(_CYRILLIC.split(), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ps", "sd", "ug", "ur"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), ("Devanagari",)),
    **dict.fromkeys(("as", "bn"), ("Bengali",)),
    **dict.fromkeys(("am", "ti"), ("Ethiopic",)),
    **dict.fromkeys(("he", "yi"), ("Hebrew",)),
    "el": ("Greek",),
    "gu": ("Gujarati",),
    "hy": ("Armenian",),
    "ja": ("kana", "Han"),
    "ka": ("Georgian",),
    "km": ("Khmer",),
    "kn": ("Kannada",),
    "ko": ("Hangul",),
    "lo": ("Lao",),
    "ml": ("Malayalam",),
    "my": ("Burmese",),
    "pa": ("Gurmukhi",),
    "si": ("Sinhala",),
    "ta": ("Tamil",),
    "te": ("Telugu",),
    "th": ("Thai",),
    "zh": ("Han",),
}
LATIN = ("Latin",)
_ROMAN = (
    "aa af ak an ay az bi bm br bs ca ceb ch co cs cy da de ee en eo es et eu ff fi fil fj fo fr fy ga gd gl gn gv ha haw ho hr ht hu hz ia id ie "
    "ig ik io is it jv kg ki kj kl ku kw la lb lg li ln lt lu lv mg mh mi ms mt na nb nd ng nl nn no nr nv ny oc om pl pt qu rm rn ro rw sc se sg "
    "sh sk sl sm sn so sq ss st su sv sw tk tl tn to tr ts ty uz ve vi vo wa wo xh yo za zu"
)
#: and the languages of ISO 639-1, and three others, that are
IN_LATIN = frozenset(_ROMAN.split())
#: and where its code says so
_TAGGED = {
    "Arab": ("Arabic",),
    "Armn": ("Armenian",),
    "Beng": ("Bengali",),
    "Cyrl": ("Cyrillic",),
    "Deva": ("Devanagari",),
    "Ethi": ("Ethiopic",),
    "Geor": ("Georgian",),
    "Grek": ("Greek",),
    "Gujr": ("Gujarati",),
    "Guru": ("Gurmukhi",),
    "Hang": ("Hangul",),
    **dict.fromkeys(("Hani", "Hans", "Hant"), ("Han",)),
    "Hebr": ("Hebrew",),
    "Jpan": ("kana", "Han"),
    "Khmr": ("Khmer",),
    "Knda": ("Kannada",),
    "Kore": ("Hangul",),
    "Laoo": ("Lao",),
    "Latn": LATIN,
    "Mlym": ("Malayalam",),
    "Mymr": ("Burmese",),
    "Sinh": ("Sinhala",),
    "Taml": ("Tamil",),
    "Telu": ("Telugu",),
    "Thai": ("Thai",),
}
#: the share of small words that are little English ones, and how many different ones, from which on a text is English. Once, by
#: hand: of Debian 12's package descriptions, which are terse, with eight small words or more, 90 % of the English ones have both; of the Portuguese 0.35 %,
#: German 0.08 %, French 0.03 %, Spanish none of 2,850
ENGLISH_SHARE, ENGLISH_WORDS = 0.15, 2
#: so many small words are needed to tell
ENOUGH_WORDS = 8


def checked(language: str, option: str) -> str:
    """A language's code (BCP 47), written as it should be. Raises WrongCall for what is none, or where nothing tells what it is written in.

    >>> checked("ko", "--to"), checked("ZH_hant", "--to"), checked("pt-br", "--to"), checked("uz-Cyrl", "--to")
    ('ko', 'zh-Hant', 'pt-BR', 'uz-Cyrl')
    >>> checked("kr", "--to")
    Traceback (most recent call last):
    okinst.builders.errors.WrongCall: --to 'kr' should be the code of a language: did you mean ko?
    """
    plain, *more = re.split("[-_]", language)
    plain, more = (
        plain.lower(),
        [each.title() if len(each) == 4 else each.upper() if len(each) < 4 else each.lower() for each in more],
    )
    code, tagged = "-".join([plain, *more]), any(each in _TAGGED for each in more)
    told = f"{option} {language!r} should be the code of a language"
    meant = MISTAKEN.get(code.lower()) or (None if tagged else MISTAKEN.get(plain))
    if meant:
        raise WrongCall(f"{told}: did you mean {meant}?")
    if not _TAG.fullmatch(language):
        raise WrongCall(f"{told}, such as {', '.join(list(NAMES)[:6])}.")
    if not tagged and plain not in WRITTEN and plain not in IN_LATIN:
        raise WrongCall(
            f"{told}, and okinst does not know what {plain!r} is written in. If it is one, name its script, as in {plain}-Latn or {plain}-Hant."
        )
    return code


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


def in_scripts_but(known: Collection[str], text: str) -> list[str]:
    """The runs of a text in scripts other than those known, Latin left out, with the blanks and signs inside them.

    >>> in_scripts_but({"Hangul"}, "'Привет, мир' 라고 하면 こんにちは 입니다.")
    ['Привет, мир', 'こんにちは']
    """
    wanted = [pattern.pattern for name, pattern in _SCRIPTS.items() if name not in known]
    letters = "[" + "".join(each[1:-1] for each in wanted) + "]+"
    return re.findall(rf"{letters}(?:[\s,.!?'’、。，！？·~-]{{1,4}}{letters})*", text)


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
