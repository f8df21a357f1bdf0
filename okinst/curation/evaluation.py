"""What of an evaluation set must not stand in training data: its rows as items, by shape.

| shape | parts: one item each | the answer |
|---|---|---|
| choice | query | the right choice |
| span | question; context (once, where several questions share it) | |
| conversation, rated, prompt, preference | each turn of the user | the turn after it |
| labelled | text | |
| any other table | the first of prompt, query, question, instruction, text, content | |

An answer is used only where the part alone is too short to tell one text from another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from okinst.builders import WrongCall

#: the columns that a file of any other layout is read by: the first that is there
PLAIN = ("prompt", "query", "question", "instruction", "text", "content")
#: an answer that says something on its own; "yes" and "A" make no prompt longer
TELLING = 4


@dataclass(frozen=True)
class Item:
    """One text of an evaluation set: where it stands, and what it says."""

    set: str
    split: str
    id: str
    part: str
    text: str
    #: what follows it; "" where nothing does
    answer: str = ""


def scored(splits: Iterable[str]) -> list[str]:
    """The splits that a benchmark scores on: all but train, or all where a set has no other.

    >>> scored(["train", "validation", "test"]), scored(["train"])
    (['validation', 'test'], ['train'])
    """
    every = list(splits)
    return [split for split in every if split != "train"] or every


def items(rows: pa.Table, name: str, split: str) -> list[Item]:
    """The items of one split of a set, in the order of its rows.

    `rows` is a table of built rows of any shape (`okinst.builders.schema`), or one with a column of PLAIN. A row without an
    `id` is called by its number. Raises WrongCall where no column is known.
    """
    part = _part(set(rows.column_names))
    if part is None:
        raise WrongCall(
            f"{name}: rows with the columns {', '.join(rows.column_names)} are no evaluation set that okinst can read. It "
            f"reads its own shapes, and files with one of the columns {', '.join(PLAIN)}."
        )
    found: list[Item] = []
    contexts: set[str] = set()
    number = 0
    for batch in rows.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            id = str(row["id"]) if row.get("id") is not None else f"{name}/{split}/{number}"
            for kind, text, answer in _texts(row, part):
                if kind == "context":
                    if text in contexts:
                        continue
                    contexts.add(text)
                found.append(Item(name, split, id, kind, text, answer))
            number += 1
    return found


def _part(columns: set[str]) -> str | None:
    """The column that the items of a table come from."""
    if "messages" in columns:
        return "messages"
    if {"question", "context"} <= columns:
        return "question"
    if {"query", "choices"} <= columns:
        return "query"
    return next((name for name in PLAIN if name in columns), None)


def _texts(row: dict[str, Any], part: str) -> Iterator[tuple[str, str, str]]:
    """Part, text and answer of each item of a row."""
    value = row[part]
    if isinstance(value, list):
        yield from _turns(value)
        return
    if not isinstance(value, str | None):
        raise WrongCall(f"the column {part} of an evaluation set should be text, but holds {type(value).__name__}.")
    answer = ""
    if part == "query" and isinstance(row.get("choices"), list):
        place, choices = row.get("answer"), row["choices"]
        if isinstance(place, int) and 0 <= place < len(choices):
            answer = choices[place] or ""
    yield part, value or "", answer if len(answer) >= TELLING else ""
    if part == "question" and isinstance(row.get("context"), str) and row["context"]:
        yield "context", row["context"], ""


def _turns(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    asked = 0
    for place, message in enumerate(messages):
        if message.get("role") == "user":
            asked += 1
            after = messages[place + 1] if place + 1 < len(messages) else None
            answer = str(after.get("content") or "") if after and after.get("role") == "assistant" else ""
            yield f"turn {asked}", str(message.get("content") or ""), answer if len(answer) >= TELLING else ""
