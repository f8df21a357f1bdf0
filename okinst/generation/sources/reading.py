"""What a row says, as a job asks for it."""

import itertools
from collections.abc import Callable
from typing import Literal

from okinst.builders import Row, Unmapped, clean
from okinst.generation.sources.source import Unread

#: what a job asks of a row: `messages`; `title` and `context`; `instruction`
Wanted = Literal["conversation", "passage", "instruction"]
Reading = Callable[[Row], Row]


def first_question(messages: list[dict[str, str]]) -> str:
    """All that is said before somebody answers: a document before the question belongs to it. Raises Unmapped where it is empty."""
    head = itertools.takewhile(lambda turn: turn["role"] != "assistant", messages)
    return text_of("\n\n".join(turn["content"] for turn in head), "instruction")


def text_of(value: object, what: str) -> str:
    """A value that is text; `what` it is, for the reason. Raises Unmapped for an empty one."""
    text = clean(value)
    if not text:
        raise Unmapped(f"empty {what}")
    return text


def read(reading: Reading, row: Row) -> Row | Unmapped:
    """What a row says, or why nobody can tell, with the row."""
    try:
        return reading(row)
    except Unmapped as why:
        return Unread(str(why), row)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, KeyError):
            return Unread(f"no {error} in it", row)
        return Unread(f"not laid out as it should be ({error})", row)
