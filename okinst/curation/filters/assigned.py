"""Credentials known by their name: `client_secret=...`, `비밀번호: ...`, `Authorization: Bearer ...`.

detect-secrets has a detector for these (KeywordDetector), and its words are used. Its values are not: with quotes required it passes
over what is not code, without them it takes the rest of the line, and it knows no token and no Korean or Chinese. Of 142,351 texts
of the mirror it found 21 places, all of them placeholders. Here the value has to look like one: a key or token is long and mixes
digits and letters as words do not, a password has eight characters or more with letters and digits among them.
"""

import functools
import re
from collections.abc import Iterator
from itertools import pairwise

#: names that detect-secrets' list lacks
_FURTHER_KEYS = (
    "access_?key(?:_?id)?",
    "encryption_?key",
    "signing_?key",
    "(?:access|auth|refresh|bearer|session|bot|api|user|private|security)_?token",
    "token",
    "session_?id|sess_?id|phpsessid|jsessionid",
    "credentials?",
    "(?:API|인증|비밀|액세스|접근|엑세스) ?(?:키|토큰)",
    "시크릿 ?키",
    "密钥|密鑰|金鑰|令牌|訪問令牌",
)
_PASSWORDS = ("password", "passwd", "pwd", "passphrase", "db_?pass", "database_?pass", "key_?pass")
_PASSWORDS_SAID = "비밀 ?번호|패스워드|비번|密码|密碼|口令"
# which token it is says that it opens nothing: of a page, of a parser
_NO_KEY = r"(?<!page_)(?<!page)(?<!next_)(?<!eos_)(?<!bos_)(?<!pad_)(?<!csrf_)(?<!csrf)"
_SUFFIX = r"(?:_(?!id|name|type|ur[li]|path|file|hash|policy|len|field|expir|ttl|input|confirm)[A-Za-z0-9]{1,20})?"
_SIGN = r"[\"'`\])）*]{0,4}[ \t]{0,3}(?::=|=>|={1,3}|[:：]|는|은|是|为|為|[ \t]is[ \t])[ \t]{0,3}[*`]{0,3}"
_KEY_VALUE = r"[A-Za-z0-9+/_=.~-]{16,512}"
_PASSWORD_VALUE = r"[A-Za-z0-9!@#$%^&*+_~?./=-]{8,64}"
#: a value in quotes ends with them, another where its characters end; what is called, indexed or looked up is no value
_QUOTED = r"[\"'](?P<quoted>[^\s\"'`<>(){{}}\[\]]{{{least},{most}}})[\"']|(?=(?P<bare>{value}))(?P=bare)(?![(\[{{<%])"
_PLACEHOLDER = re.compile(
    r"example|sample|your|dummy|change|placeholder|insert|replace|x{4}|\*{2}|\.{3}|…|123456|abcdef|qwerty|asdf|(.)\1{4}|todo|fake|none|null|undefined|"
    r"^\$[A-Z_{(]|process\.env|environ|getenv|config\.|settings\.|secrets?\.",
    re.IGNORECASE,
)
# what lessons set for a password
_LESSON = re.compile(
    r"p[a@4][s5$]{2}|pwd|passwd|secret|admin|root|test|user|guest|demo|login|hello|welcome|letmein|hunter2|token|1234|abc|foo|bar|tr0ub4dor|correct",
    re.IGNORECASE,
)


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    from detect_secrets.plugins.keyword import DENYLIST

    keys = [word for word in DENYLIST if word not in _PASSWORDS and "contrase" not in word]
    named = "|".join((*keys, *_FURTHER_KEYS)).replace("_?", "[_ -]?")
    passwords = "|".join((*_PASSWORDS, *(word for word in DENYLIST if "contrase" in word))).replace("_?", "[_ -]?")
    key_value = _QUOTED.format(least=16, most=512, value=_KEY_VALUE)
    password_value = _QUOTED.format(least=8, most=64, value=_PASSWORD_VALUE)
    return (
        (
            "Key or token by its name",
            re.compile(rf"{_NO_KEY}(?:{named}){_SUFFIX}{_SIGN}(?:{key_value})", re.IGNORECASE),
        ),
        (
            "Password",
            re.compile(rf"(?:(?:{passwords}){_SUFFIX}|{_PASSWORDS_SAID}){_SIGN}(?:{password_value})", re.IGNORECASE),
        ),
        (
            "Bearer token",
            re.compile(rf"\bbearer[ ]+(?=(?P<bare>{_KEY_VALUE}))(?P=bare)(?![(\[{{<%])(?P<quoted>)", re.IGNORECASE),
        ),
    )


@functools.cache
def hint() -> str:
    """RE2: what every text with one of these has."""
    from detect_secrets.plugins.keyword import DENYLIST

    names = "|".join((*DENYLIST, *_FURTHER_KEYS, *_PASSWORDS, _PASSWORDS_SAID)).replace("_?", "[_ -]?")
    return rf"(?i:(?:{names})\w{{0,21}}{_SIGN}[\"']?[!-~]{{8}}|bearer +[!-~]{{16}})"


def assigned(text: str) -> Iterator[tuple[int, int, str]]:
    """Where values stand that their name makes a credential: (start, end, kind).

    >>> [text[a:b] for text in ["client_secret=q8Zt2Lk9Vw4Rn5Hc3Mf6", "비밀번호: mK7!vq2Zr입니다"] for a, b, _ in assigned(text)]
    ['q8Zt2Lk9Vw4Rn5Hc3Mf6', 'mK7!vq2Zr']
    >>> list(assigned("api_key = 'YOUR_API_KEY', token=get_access_token(user), password: 최소 8자"))
    []
    """
    for kind, pattern in _patterns():
        for match in pattern.finditer(text):
            group = "quoted" if match["quoted"] else "bare"
            value = match[group]
            if group == "bare":
                value = value.rstrip(".,?")
            believed = _is_password(value) if kind == "Password" else _is_random(value)
            if believed and not _PLACEHOLDER.search(value):
                yield match.start(group), match.start(group) + len(value), kind


def _is_random(value: str) -> bool:
    """Whether a value mixes digits, small and capital letters as no word or name does.

    >>> _is_random("b7c2d9e4f8a5b3c6d1e0f7a2b9c4d8e5"), _is_random("access_token_of_user_22"), _is_random("getAccessTokenV2")
    (True, False, False)
    """
    kinds = [
        "digit" if char.isdigit() else "capital" if char.isupper() else "small" for char in value if char.isalnum()
    ]
    turns = sum(one != other for one, other in pairwise(kinds))
    return kinds.count("digit") >= 2 and len(set(value)) >= 8 and len(kinds) >= 16 and turns >= 0.2 * len(kinds)


def _is_password(value: str) -> bool:
    digits, letters = sum(map(str.isdigit, value)), sum(map(str.isalpha, value))
    # a path, an address, or a name with a number behind it ("version2.0") guards nothing
    named = (
        re.fullmatch(r"[A-Za-z]+(?:[._/-][A-Za-z]+)*[._-]?\d{0,3}(?:\.\d+)?", value) or "://" in value or "/" in value
    )
    return (
        len(value) >= 8
        and bool(digits and letters)
        and len(set(value)) >= 6
        and not named
        and not _LESSON.search(value)
    )
