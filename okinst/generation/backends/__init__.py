"""Who answers: a chat model behind an OpenAI-compatible server, DeepL, Google, or a model on this machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from okinst.builders import WrongCall
from okinst.generation.job import Answer, Ask

#: tokens or characters that one request may be said to have had: many times what any model reads
MOST = 10**9
NAMES = ("openai", "deepl", "google", "local")


@dataclass(frozen=True)
class Reply:
    """An answer, and what the server said with it."""

    answer: Answer
    request_id: str = ""
    model: str = ""  # as the server calls it
    tokens_in: int = 0
    tokens_out: int = 0
    characters: int = 0  # what a translator bills
    requests: int = 1  # a translator takes long texts in several
    counted: bool = True  # the server said how many tokens
    headers: Mapping[str, str] = field(default_factory=dict)
    varied: Mapping[str, Any] = field(default_factory=dict)  # of the settings, because the request was answered before


def count_of(said: object) -> int | None:
    """How many of something a server says there were; None where it does not say, or says what cannot be.

    >>> count_of(12), count_of(None), count_of(-3), count_of(float("inf")), count_of(10**15)
    (12, None, None, None, None)
    """
    if not isinstance(said, int | float | str):
        return None
    try:
        count = int(said)
    except (ValueError, OverflowError):
        return None
    return count if 0 <= count <= MOST else None


class Backend(Protocol):
    """One who answers. It makes one attempt a call: waiting and trying again is the engine's."""

    #: what decides an answer, JSON; it goes into the ledger, so no keys
    settings: dict[str, Any]
    #: the model or translator, as cards name it
    machine: str
    #: what it is called in messages
    told: str
    #: answers Ask.texts, not messages; is paid by the character
    translator: bool
    #: gives the same request the same answer
    steady: bool

    async def answer(self, ask: Ask) -> Reply:
        """One attempt. Raises a Trouble, whose message holds no key."""
        ...

    def requests(self, ask: Ask) -> int:
        """How many requests such an attempt takes."""
        ...

    async def close(self) -> None:
        """Let go of connections, threads, memory."""
        ...


@dataclass(frozen=True)
class Options:
    """What can be said of a backend."""

    model: str | None = None
    base_url: str | None = None
    source: str | None = None  # language of what a translator reads; None: it finds out
    target: str | None = None  # and of what it writes
    temperature: float = 0.0
    top_p: float | None = None
    seed: int | None = None
    timeout: float = 120.0  # seconds a request
    concurrency: int = 8
    device: str | None = None  # of a local model
    asking: bool = True  # a dry run asks nothing, and needs no key


def opened(name: str, options: Options) -> Backend:
    """The backend of a name. Raises WrongCall where a package, a key or a model is missing."""
    if name == "openai":
        from okinst.generation.backends.openai_chat import OpenAIChat

        return OpenAIChat(options)
    if name == "deepl":
        from okinst.generation.backends.deepl import DeepL

        return DeepL(options)
    if name == "google":
        from okinst.generation.backends.google import Google

        return Google(options)
    if name == "local":
        from okinst.generation.backends.local import Local

        return Local(options)
    raise WrongCall(f"--backend {name}: there is no such backend. There are {', '.join(NAMES)}.")


def usable(key: str, name: str) -> str:
    """A key as the environment has it. Raises WrongCall for one that no header can hold, without saying it."""
    if not re.fullmatch(r"[!-~]*", key):
        raise WrongCall(
            f"the key in {name} holds a blank, a line end or a character that is not ASCII, so it is none that a server gave. Copy it "
            f"again."
        )
    return key
