"""What KorQuAD and AI-Hub share: SQuAD's JSON. One upstream row is a document, one row of ours a question about it."""

from collections.abc import Iterator
from typing import IO, Any

from okinst.builders import Row, Unmapped, find, formats

#: of SQuAD v1.1
DOCUMENT = {
    "title": "string",
    "paragraphs": [
        {
            "context": "string",
            "qas": [
                {
                    "id": "string",
                    "question": "string",
                    "answers": [{"text": "string", "answer_start": "int64"}],
                }
            ],
        }
    ],
}


def documents(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The documents of one file, one at a time: what stands beside `data` (version, creator) is passed over."""
    for row in formats.json_array(file, name, within="data"):
        yield row if isinstance(row, Unmapped) else settled(row)


def settled(value: Any, key: str = "") -> Any:
    """A document whose ids are strings and whose offsets are numbers, whichever way upstream wrote them.

    >>> settled({"id": 7, "answers": [{"text": "2", "answer_start": "12"}]})
    {'id': '7', 'answers': [{'text': '2', 'answer_start': 12}]}
    """
    if isinstance(value, dict):
        return {name: settled(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [settled(each, key) for each in value]
    if key == "id" and type(value) is int:
        return str(value)
    if key.endswith("answer_start") and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value


def paragraphs(document: Row) -> Iterator[Row | Unmapped]:
    """The questions about every paragraph of a document."""
    for paragraph in document["paragraphs"]:
        yield from questions(document["title"], paragraph, "answers")


def questions(title: object, passage: object, answers: str) -> Iterator[Row | Unmapped]:
    """The questions about one context; `answers` is what a question calls its answers, or its one answer.

    What is not laid out so is named with what is there instead: a question at a time, so that one spoils no other.
    """
    if not isinstance(passage, dict):
        yield Unmapped(f"a passage that is a {type(passage).__name__}")
        return
    context, asked = passage.get("context"), passage.get("qas")
    if not isinstance(context, str) or not isinstance(asked, list):
        yield Unmapped(f"a passage without context and qas, with {', '.join(passage)}")
        return
    for each in asked:
        try:
            given = each[answers] if isinstance(each[answers], list) else [each[answers]]
            row = find(title, context, each["question"], [one["text"] for one in given], list(map(_start, given)))
            if not given:
                raise Unmapped("no answer")
            yield row | ({"id": each["id"]} if each.get("id") else {})
        except KeyError as missing:
            yield Unmapped(f"a question without {missing}, with {', '.join(each)}")
        except (TypeError, AttributeError):
            yield Unmapped("a question that is not laid out as it should be")
        except Unmapped as why:
            yield why


def _start(answer: Row) -> int:
    start = answer["answer_start"]
    if type(start) is not int or not isinstance(answer["text"], str):
        raise Unmapped("an answer_start that is no number, or a text that is none")
    return start
