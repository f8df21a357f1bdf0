"""What the layouts have in common: where the context of a row stands in its messages."""

from typing import Literal

from okinst.builders import OkinstError, Row
from okinst.builders.schema import JOINT, Message, join

Place = Literal["nowhere", "system", "user"]


class CannotHold(OkinstError, ValueError):
    """A layout cannot hold a row so that it could be read back; the message says why."""


def place_of_context(row: Row) -> Place:
    """Whether the context is a system turn of its own, part of the first user turn, or not there.

    Raises CannotHold where it is none of these: such a row was not made by okinst.
    """
    context, turns = row["context"], row["messages"]
    if not context:
        return "nowhere"
    if turns and turns[0] == {"role": "system", "content": context}:
        return "system"
    if turns and turns[0]["role"] == "user" and _question(turns[0]["content"], context) is not None:
        return "user"
    raise CannotHold("its context is neither its system turn nor the end of its first user turn")


def question_without_context(row: Row) -> str:
    """The first user turn without the context that was joined to it."""
    question = _question(row["messages"][0]["content"], row["context"])
    assert question is not None, "ask only where place_of_context says user"
    return question


def _question(content: str, context: str) -> str | None:
    if content == context:
        return ""
    question = content[: -len(JOINT + context)]
    return question if question and join(question, context) == content else None


def single_exchange(row: Row) -> tuple[str, str, str]:
    """Question, context and answer of a conversation of one exchange. Raises CannotHold for any other."""
    roles = [turn["role"] for turn in row["messages"]]
    if roles != ["user", "assistant"]:
        raise CannotHold("it holds one question and one answer and no more")
    asked, answer = (turn["content"] for turn in row["messages"])
    return (question_without_context(row) if place_of_context(row) == "user" else asked), row["context"], answer


def exchange(question: str, context: str, answer: str) -> Row:
    """The row of one exchange: what single_exchange took apart."""
    return {
        "messages": [
            {"role": "user", "content": join(question, context) if context else question},
            {"role": "assistant", "content": answer},
        ],
        "context": context,
    }


def roles_within(turns: list[Message], known: tuple[str, ...]) -> None:
    """Raise CannotHold for a speaker the layout has no word for."""
    for turn in turns:
        if turn["role"] not in known:
            raise CannotHold(f"it has no word for the role {turn['role']!r}")
