"""What can come of a request but an answer. Messages hold what the server said, without keys."""

import functools
import re
from collections.abc import Iterable, Mapping

#: of what a server says
LONGEST = 400
TOO_LONG, FILTERED, NO_TEXT, REFUSED = "too long", "content filter", "no Unicode text", "refused"
_SECRETS = re.compile(
    r"(?i)\bbearer\s+\S+|\bsk-[\w*-]{4,}|\bAIza[\w-]{20,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::fx)?"
    r"|(?<=://)[^/@\s]+@"
)
#: what stands behind such a name, in an address or a header
_NAMED = re.compile(
    r"(?i)([?&][\w.-]*(?:key|token|secret|password|signature|sig)=)[^&\s#]+"
    r"|((?:api|subscription|auth)[-_]?key[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+"
)
MASK = "***"
#: as HTML calls them
_NAMED_SIGNS = {'"': "&quot;", "'": "&apos;", "<": "&lt;", ">": "&gt;", "&": "&amp;"}
#: what the libraries beneath the clients call a connection that did not come about
_UNREACHED = {"ConnectError", "ConnectTimeout", "NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
#: characters of a key that is looked for anywhere; what servers of one's own are given (EMPTY, ollama, x) is a word like others
LONG = 16


class Trouble(Exception):
    """A request that brought no answer; the message is what happened, in words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said
        #: the requests that it took, where one goes in chunks, and what those that were answered are billed
        self.requests, self.characters = 1, 0


class Busy(Trouble):
    """Another attempt may be answered: too many requests, an error over there, a cut line, no answer in time, garbage.

    `worked`: the server may have done the work, and bill it. `there` is False where nobody took the connection.
    """

    def __init__(
        self,
        said: str,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        worked: bool = False,
        there: bool = True,
    ) -> None:
        super().__init__(said)
        self.worked, self.there = worked, there
        self.status = status
        self.headers = headers or {}


class Unanswerable(Trouble):
    """This request will never be answered, others may: it is too long, or the server's rules forbid it."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


class Refused(Trouble):
    """The server does not take this request. Whether it takes others shows when they are asked; `halt` says what to do if not.

    `at_once`: where none was answered yet, there is no need to ask others.
    """

    def __init__(self, said: str, halt: str, *, at_once: bool = False) -> None:
        super().__init__(said)
        self.halt, self.at_once = halt, at_once


class Learnt(Trouble):
    """The server does not know an option. The same request goes without it from here on."""


class Halt(Trouble):
    """No request will be answered until a person has done something; the message says what."""


class Stopped(Exception):
    """The run makes no new request."""


def unreached(error: BaseException | None) -> bool:
    """Whether an error of a client comes of a connection that nobody took."""
    while error is not None:
        if type(error).__name__ in _UNREACHED:
            return True
        error = error.__cause__ or error.__context__
    return False


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text that is kept (an answer, an id) without these secrets, and else as it came: a short key is a word like others.

    >>> hidden("이것은 test 입니다", ["test"]), hidden("It is 0123456789abcdef", ["0123456789abcdef"])
    ('이것은 test 입니다', 'It is ***')
    """
    for secret in secrets:
        if len(secret) >= LONG:
            text = re.sub(_spelt(secret), MASK, text)
    return text


@functools.cache
def _spelt(secret: str) -> str:
    r"""A pattern of all ways that a server may spell a secret: as it is, escaped in JSON (twice, even), in an address or in HTML.

    >>> all(re.fullmatch(_spelt('a"/b'), said) for said in ('a"/b', r'a\"\/b', r"a\\\"\u002fb", "a%22%2Fb", "a&quot;&#47;b"))
    True
    """

    def one(sign: str) -> str:
        if sign.isascii() and sign.isalnum():
            return sign
        code = f"{ord(sign):02x}"
        coded = (
            rf"\\{{1,4}}u(?i:00{code})",
            f"%(?i:{code})",
            f"&#0*{ord(sign)};",
            f"&#[xX]0*(?i:{code});",
            _NAMED_SIGNS.get(sign, "(?!)"),
        )
        return f"(?:{'|'.join(coded)}|\\\\{{0,4}}{re.escape(sign)})"

    return "".join(map(one, secret))


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """A message without these secrets, or anything that looks like a key. A short key is masked where it stands alone.

    >>> masked("Incorrect API key provided: sk-abcd1234efgh. See http://me:pw@proxy/", ["hunter2"])
    'Incorrect API key provided: ***. See http://***proxy/'
    >>> masked("Authorization: Bearer hunter2", ["hunter2"]), masked("http://host/v1?api_key=hunter2&a=1")
    ('Authorization: ***', 'http://host/v1?api_key=***&a=1')
    """
    for secret in filter(None, secrets):
        whole = _spelt(secret) if len(secret) >= LONG else rf"(?<!\w){_spelt(secret)}(?!\w)"
        text = re.sub(whole, MASK, text)
    return _NAMED.sub(lambda found: f"{found[1] or found[2]}{MASK}", _SECRETS.sub(MASK, text))


def short(text: str, secrets: Iterable[str] = ()) -> str:
    """What a server said, on one line, of a length to be read, and without secrets."""
    told = " ".join(masked(text, secrets).split())
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."
