"""`oki`: open-korean-instructions' marked text. `<usr> ..`, `<bot> ..`, one blank behind the marker, one turn after another.

`<sys>` means two things: at the very start, without a blank, a document; after `<usr>`, with a blank, that question's
input. Nothing is escaped, so a text with a marker at the start of a line cannot be held.
"""

import re
from typing import Any

from okinst.builders import Row
from okinst.builders.formats import marked_turns
from okinst.builders.schema import join, upstream_features
from okinst.views.turns import CannotHold, place_of_context, question_without_context, roles_within

COLUMNS = dict(upstream_features({"text": "string"}))
MARKERS = {"<usr> ": "user", "<bot> ": "assistant", "<sys> ": "input", "<sys>": "document"}
MARKER = re.compile(r"^<(?:usr|bot|sys)>", re.MULTILINE)


def render(row: Row) -> dict[str, Any]:
    """
    >>> from okinst.builders import ask
    >>> render(ask("요약해 줘.", "짧다.", "긴 글"))["text"]
    '<usr> 요약해 줘.\\n<sys> 긴 글\\n<bot> 짧다.'
    """
    place, turns = place_of_context(row), row["messages"]
    head = []
    if place == "system":
        if row["context"].startswith(" "):
            raise CannotHold("a document that begins with a blank would be read back as a question's input")
        head, turns = [f"<sys>{_plain(row['context'])}"], turns[1:]
    roles_within(turns, ("user", "assistant"))
    if not head and not turns:
        raise CannotHold("it has no turns")
    lines = []
    for number, turn in enumerate(turns):
        if number == 0 and place == "user":
            lines += [f"<usr> {_plain(question_without_context(row))}", f"<sys> {_plain(row['context'])}"]
        else:
            lines.append(f"<{'usr' if turn['role'] == 'user' else 'bot'}> {_plain(turn['content'])}")
    return {"text": "\n".join(head + lines)}


def parse(rendered: dict[str, Any]) -> Row:
    messages: list[dict[str, str]] = []
    context = ""
    for role, text in marked_turns(rendered["text"], MARKERS):
        if role == "document" and not messages:
            context = text
            messages.append({"role": "system", "content": text})
        elif role == "input" and len(messages) == 1 and messages[0]["role"] == "user":
            context = text
            messages[0]["content"] = join(messages[0]["content"], text)
        elif role in ("user", "assistant"):
            messages.append({"role": role, "content": text})
        else:
            raise ValueError(f"a marked text has {role or 'unmarked text'} where a turn should be: {text[:40]!r}")
    return {"messages": messages, "context": context}


def _plain(text: str) -> str:
    if found := MARKER.search(text):
        raise CannotHold(f"a line of it begins with {found[0]}, which would be read back as a new turn")
    return text
