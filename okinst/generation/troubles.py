"""What can come of a request but an answer. Messages hold what the server said, without keys."""

import re
from collections.abc import Iterable, Mapping

#: of what a server says
LONGEST = 400
TOO_LONG, FILTERED, NO_TEXT = "too long", "content filter", "no Unicode text"
_SECRETS = re.compile(
    r"(?i)\bbearer\s+\S+|\bsk-[\w*-]{4,}|\bAIza[\w-]{20,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::fx)?"
    r"|(?<=[?&]key=)[^&\s]+|(?<=://)[^/@\s]+@"
)
MASK = "***"


class Trouble(Exception):
    """A request that brought no answer; the message is what happened, in words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Busy(Trouble):
    """Another attempt may be answered: too many requests, an error over there, a cut line, no answer in time, garbage."""

    def __init__(self, said: str, status: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(said)
        self.status = status
        self.headers = headers or {}


class Unanswerable(Trouble):
    """This request will never be answered, others may: it is too long, or the server's rules forbid it."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


class Halt(Trouble):
    """No request will be answered until a person has done something; the message says what."""


class Stopped(Exception):
    """The run makes no new request."""


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without these secrets, or anything that looks like a key.

    >>> masked("Incorrect API key provided: sk-abcd1234efgh. See http://me:pw@proxy/", ["hunter2"])
    'Incorrect API key provided: ***. See http://***proxy/'
    >>> masked("Authorization: Bearer hunter2", ["hunter2"])
    'Authorization: ***'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return _SECRETS.sub(MASK, text)


def short(text: str, secrets: Iterable[str] = ()) -> str:
    """What a server said, on one line, of a length to be read, and without secrets."""
    told = " ".join(masked(text, secrets).split())
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."
