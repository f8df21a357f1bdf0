"""Credentials that leaked into a text, found by detect-secrets' patterns of known forms, and by the names they are given.

Its guesses by entropy stay off (they take every hash in a block of code for a password), and so does its verification over the
network; of its detector by names the words are used (`okinst.curation.filters.assigned`). A few well-known forms that it lacks are
added in its own way. A secret is never shown: evidence is its first characters, four at most and a third at most.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from okinst.curation.filters import assigned
from okinst.curation.filters.texts import Flags

#: detectors by pattern that find no credential
NO_CREDENTIAL = frozenset(("Public IP (ipv4)",))
#: forms that detect-secrets 1.5 lacks, from their makers' own documentation
FURTHER = {
    "Google API key": r"(?<![A-Za-z0-9_-])AIza[0-9A-Za-z_-]{35}(?![A-Za-z0-9_-])",
    "Google OAuth token": r"(?<![A-Za-z0-9])ya29\.[0-9A-Za-z_-]{30,300}",
    "Hugging Face token": r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{34}(?![A-Za-z0-9])",
    "OpenAI key": r"(?<![A-Za-z0-9_-])sk-(?:proj-|svcacct-)?[A-Za-z0-9_]{20,200}(?![A-Za-z0-9_-])",
    "Anthropic key": r"(?<![A-Za-z0-9_-])sk-ant-[A-Za-z0-9_-]{30,200}",
    "Facebook token": r"(?<![A-Za-z0-9+/])EAA[A-Za-z0-9]{30,400}(?![A-Za-z0-9+/=])",
    "NPM token": r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    "PyPI token": r"(?<![A-Za-z0-9_-])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,250}",
    "Groq key": r"(?<![A-Za-z0-9_])gsk_[A-Za-z0-9]{40,60}(?![A-Za-z0-9])",
    "Replicate token": r"(?<![A-Za-z0-9_])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])",
    "Notion token": r"(?<![A-Za-z0-9_])ntn_[A-Za-z0-9]{40,50}(?![A-Za-z0-9])",
    "Google private key id": r"[\"']private_key_id[\"']\s{0,3}:\s{0,3}[\"']([0-9a-f]{40})[\"']",
    "GitHub fine-grained token": r"(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{60,100}",
}
#: keys and tokens with these in them are examples
_EXAMPLE = re.compile(
    r"example|sample|your|dummy|change-?me|placeholder|x{5}|\*{3}|\.{3}|123456789|abcdefgh|(.)\1{6}|<[a-z_ -]+>|\$\{|\{\{",
    re.IGNORECASE,
)
#: passwords in addresses that guard nothing
_PASSWORDS = re.compile(
    r"(?:your|my|the|db|user)?[-_]?(?:pass(?:word|wd|phrase)?|pwd?|pw|secret|token|key|postgres|root|admin|guest|test|mysql|mongo|user|username|port|id|비밀번호|密码|密碼)\d{0,4}|[\[<{$%*].*",
    re.IGNORECASE,
)
# A header alone is a lesson in PEM; a key has its bytes behind it.
# The body ends at two hyphens: headers one after the other cost one pass.
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\sA-Za-z0-9+/=:,.()\\]|-(?!-)){64,20000}"
    r"(?:-----END [A-Z0-9 ]{1,40}-----)?"
)
_SIGNATURE = re.compile(r"(?<=\.)[A-Za-z0-9_-]{8,1000}=*")
_LOOK = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.|\([^()]*\))*\)")
# lines are what detect-secrets looks at; a long one is cut into pieces that overlap by more than any secret is long
_AROUND = " =:\"'\t"
_PIECE, _OVERLAP = 4000, 1200


@functools.cache
def detectors() -> tuple[Any, ...]:
    """detect-secrets' detectors of known forms, and ours in the same way."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    class Further(RegexBasedDetector):
        secret_type = ""
        denylist: Iterable[re.Pattern[str]] = ()

        def __init__(self, name: str, pattern: str) -> None:
            self.secret_type, self.denylist = name, (re.compile(pattern, re.ASCII),)

    known: dict[str, Any] = get_mapping_from_secret_type_to_class()
    found = [
        kind()
        for name, kind in sorted(known.items())
        if issubclass(kind, RegexBasedDetector) and name not in NO_CREDENTIAL and name != "Private Key"
    ]
    for detector in found:
        # \w with Hangul and Han in it would take a particle right behind a token ("...입니다") for more of it
        detector.denylist = tuple(
            re.compile(pattern.pattern, pattern.flags & ~re.UNICODE | re.ASCII) for pattern in detector.denylist
        )
    return (*found, *(Further(name, pattern) for name, pattern in FURTHER.items()))


@functools.cache
def _hints() -> tuple[str, ...]:
    """RE2 patterns that find all that the detectors find and more: theirs, without looking around, which RE2 cannot."""
    wide = ["PRIVATE KEY", assigned.hint()]
    for detector in detectors():
        for pattern in detector.denylist:
            # RE2 also counts to 1,000 at most
            plain = re.sub(r",\d{4,}\}", ",}", _LOOK.sub("", pattern.pattern))
            wide.append(f"(?i:{plain})" if pattern.flags & re.IGNORECASE else f"(?:{plain})")
    usable = [pattern for pattern in wide if _is_re2(pattern)]
    if len(usable) < len(wide):  # a pattern of a later release that RE2 cannot have at all: everything is a candidate
        return ("",)
    together = "|".join(usable)
    return (together,) if _is_re2(together) else tuple(usable)


def _is_re2(pattern: str) -> bool:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return False
    return True


def candidates(texts: pa.Array) -> Flags:
    """Which of n texts may hold a secret."""
    found = functools.reduce(pc.or_, (pc.match_substring_regex(texts, hint) for hint in _hints()))
    flags: Flags = found.to_numpy(zero_copy_only=False).astype(bool)
    return flags


def secrets(text: str) -> list[tuple[int, int, str]]:
    """Where a text holds credentials: (start, end, kind of credential), in order, none inside another.

    >>> text = "export GITHUB=ghp_" + "a1B2c3D4e5F6" * 3
    >>> [(text[start : start + 4], kind) for start, end, kind in secrets(text)]
    [('ghp_', 'GitHub Token')]
    >>> secrets("예: AKIAIOSFODNN7EXAMPLE, postgres://user:password@localhost/db")
    []
    """
    spans = [(*match.span(), "Private Key") for match in _PEM.finditer(text) if not _EXAMPLE.search(match[0][:200])]
    spans += [span for span in assigned.assigned(text) if not _is_example(text[span[0] : span[1]], span[2])]
    for start, piece in _pieces(text):
        for detector in detectors():
            believed = set(detector.analyze_string(piece))
            for match in (
                chain.from_iterable(pattern.finditer(piece) for pattern in detector.denylist) if believed else ()
            ):
                first, last = _secret_span(match, detector.secret_type)
                secret = piece[first:last]
                if believed.intersection((match[0], *match.groups())) and not _is_example(secret, detector.secret_type):
                    spans.append((start + first, start + last, detector.secret_type))
    found: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if found and start < found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end, found[-1][2])
        else:
            found.append((start, end, kind))
    return found


def redacted(secret: str) -> str:
    """What may be shown of a secret.

    >>> redacted("ghp_abcdefgh"), redacted("mK7!vq2Z")
    ('ghp_…', 'mK…')
    """
    return secret[: min(4, len(secret) // 3)] + "…"


def _secret_span(match: re.Match[str], kind: str) -> tuple[int, int]:
    """The secret within a match. A pattern's group is the secret, or only its prefix: then the whole match is."""
    groups = [match.span(number) for number in range(1, (match.re.groups or 0) + 1) if match[number]]
    long = [span for span in groups if span[1] - span[0] >= 16 or kind == "Basic Auth Credentials"]
    start, end = long[0] if long else match.span()
    if kind == "JSON Web Token":  # detect-secrets' pattern ends before the signature
        signature = _SIGNATURE.match(match.string, end)
        end = signature.end() if signature else end
    text = match.string[start:end]
    bare = text.strip(_AROUND)
    start += len(text) - len(text.lstrip(_AROUND))
    # npm's pattern takes the rest of the line with it
    ended = re.search(r"[\s\"'`,;<>]", bare)
    return start, start + (ended.start() if ended else len(bare))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text and where they begin; of a long line, pieces."""
    begin = 0
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), _PIECE - _OVERLAP) if len(line) > _PIECE else (0,):
            yield begin + start, line[start : start + _PIECE].rstrip("\r\n")
        begin += len(line)


def _is_example(secret: str, kind: str) -> bool:
    if kind == "Basic Auth Credentials":
        return bool(_PASSWORDS.fullmatch(secret)) or len(secret) < 4
    bare = secret.strip(" =:\"'")
    if _EXAMPLE.search(bare) or len(set(bare)) < 8:
        return True
    # words in capitals, and identifiers in letters alone, are none
    return not any(char.isdigit() for char in bare) and kind in (
        "Artifactory Credentials",
        "OpenAI key",
        "Cloudant Credentials",
        "NPM tokens",
        "Facebook token",
    )
