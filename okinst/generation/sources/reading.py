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
    # a document before it belongs to it
    head = itertools.takewhile(lambda turn: turn["role"] != "assistant", messages)
    return text_of("\n\n".join(turn["content"] for turn in head), "instruction")


def text_of(value: object, what: str) -> str:
    text = clean(value)
    if not text:
        raise Unmapped(f"empty {what}")
    return text


def read(reading: Reading, row: Row) -> Row | Unmapped:
    try:
        return reading(row)
    except Unmapped as why:
        return Unread(str(why), row)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, KeyError):
            return Unread(f"no {error} in it", row)
        return Unread(f"not laid out as it should be ({error})", row)
