"""What a job is to the engine that runs it: items to work on, the next request of each, and what an answer makes of it.

A job knows nothing of servers, keys, money or files; the engine knows nothing of languages or prompts. All that a job keeps of
an item is its state, a dictionary of JSON values that `read` makes anew from the answers in the ledger: a run that was killed goes on
from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from okinst.builders import Row

if TYPE_CHECKING:
    from okinst.generation.sources import Source

State = dict[str, Any]
#: each turn translated; an answer written to what somebody else asked; all of it written anew
Way = Literal["translated", "answered", "written"]
TRIED = "tried"
#: an answer that has no room; where the next request is for fewer texts, it was no try
NO_ROOM = ("cut off", "too long")


@dataclass(frozen=True)
class Item:
    """One row to work on."""

    number: int  # its place in the source: the output stands in this order
    key: str  # "<source>/<split>/<id, or times that a file said the same before>#<first 16 hex digits of the SHA-256 of what is worked on>"
    row: Row
    license: str = "unstated"  # of the row, and how it came to be
    making: str = "unstated"


@dataclass(frozen=True)
class Ask:
    """One request."""

    messages: tuple[dict[str, str], ...]  # for a chat model
    texts: Mapping[str, str] = field(
        default_factory=dict
    )  # for a translator, by key; empty where only a chat model can answer
    json: bool = False  # a JSON object is wanted
    max_tokens: int | None = None
    again: int = (
        0  # how often this very request was answered before, and the answer rejected: a backend that can draws another
    )


@dataclass(frozen=True)
class Answer:
    """What a backend made of an Ask."""

    text: str = ""  # of a chat model
    texts: Mapping[str, str] = field(default_factory=dict)  # of a translator, by the keys of the Ask
    finish: str = "stop"  # or length, content_filter, ...


class Rejected(Exception):
    """An answer, or an item, that cannot be used, and why."""

    def __init__(self, reason: str, detail: str = "", state: State | None = None):
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason  # short, to be counted
        self.detail = detail  # what exactly, for the one who looks at the row
        self.state = state  # with what was accepted nevertheless; None: as before


@dataclass(frozen=True)
class UpstreamFile:
    """The file that is written, in the format of a set that okinst reads."""

    set_name: str  # as in `okinst list`
    name: str  # upstream's, relative to data_dir, as in "gen_data/evol_instruct.json"
    array: bool  # one JSON array, not JSON Lines


class OfSource:
    """A job over the rows of a source, as most are."""

    source: Source
    steps = 1

    @property
    def left_out(self) -> Mapping[str, int]:
        return self.source.left_out

    def others(self) -> tuple[UpstreamFile, ...]:
        return ()


class Job(Protocol):
    """Translate, dialogue, answers or evolve, over one source."""

    name: str
    way: Way  # what is done to a row
    source: Source
    settings: dict[str, Any]  # JSON: all that decides an answer but the backend; a run goes on only with the same

    @property
    def language(self) -> str:
        """Of what comes of it."""
        ...

    @property
    def steps(self) -> int:
        """Requests that an item takes at least."""
        ...

    @property
    def left_out(self) -> Mapping[str, int]:
        """Rows of the source that never became items, by reason; complete once `items` has come to its end."""
        ...

    def items(self) -> Iterator[Item]:
        """The rows to work on, in order, lazily; the same on every call."""
        ...

    def start(self, item: Item) -> State:
        """The state before the first request; Rejected for an item that cannot be worked on."""
        ...

    def ask(self, item: Item, state: State) -> Ask | None:
        """The next request; None when all is answered. `state["tried"]` are the reasons why answers to this step were rejected."""
        ...

    def read(self, item: Item, state: State, answer: Answer) -> State:
        """The state after an answer, a new dictionary; Rejected where it cannot be used. The same for the same arguments."""
        ...

    def row(self, item: Item, state: State) -> Row:
        """The row in the upstream format, once `ask` has nothing more to ask."""
        ...

    def file(self) -> UpstreamFile:
        """The file that rows are written to, and the set that reads it."""
        ...

    def others(self) -> tuple[UpstreamFile, ...]:
        """What would have been the file, had the rows of the source been others."""
        ...


def advance(job: Job, item: Item, state: State, answer: Answer) -> tuple[State, Rejected | None]:
    """What an answer makes of a state, live and when a ledger is replayed: the next state, and why the answer was rejected.

    Reasons gather in `state["tried"]` while one step is asked again, and go when it is done.
    """
    try:
        after = job.read(item, state, answer)
    except Rejected as rejected:
        kept = state if rejected.state is None else rejected.state
        return {**kept, TRIED: [*state.get(TRIED, ()), rejected.reason]}, rejected
    return {key: value for key, value in after.items() if key != TRIED}, None
