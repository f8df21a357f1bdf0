"""The seven shapes a row can have, and the helpers that make one.

Every row begins with `id`, `source`, `language`, `license` and `making`, all strings; then come the columns of its shape.
A helper returns only the columns of the shape; `SourceBuilder` adds the common ones. A helper cleans (strips) text, joins
what belongs together, and never judges: whether a row is fit to come through is the question of `flaw`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any, Literal, get_args

import datasets
import pyarrow as pa

from okinst.builders.errors import Unmapped

Shape = Literal["conversation", "preference", "prompt", "choice", "span", "labelled", "rated"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
Row = dict[str, Any]
Message = dict[str, str]

#: what upstream calls the speakers, and what the trainers call them
ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "bot": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
}
SPEAKERS = frozenset(("system", "user", "assistant"))
#: an Alpaca input joins the user turn behind this
JOINT = "\n\n"
#: what no reader sees at the end of a text: blanks, and the invisible characters (zero-width, direction marks, Hangul fillers)
#: that str.strip() leaves
BLANK = "".join(char for char in map(chr, range(0x10000)) if char.isspace())
BLANK += "\u00ad\u115f\u1160\u200b\u200c\u200d\u200e\u200f\u2060\u2800\u3164\ufeff\uffa0"

_STRING = datasets.Value("string")
# A Python list, not datasets.List or Sequence: the one spelling that means list-of-struct on 3.6, 4 and 5.
_MESSAGES = [{"role": _STRING, "content": _STRING}]
COMMON: dict[str, Any] = dict.fromkeys(("id", "source", "language", "license", "making"), _STRING)
_COLUMNS: dict[Shape, dict[str, Any]] = {
    "conversation": {"messages": _MESSAGES, "context": _STRING},
    "preference": {"prompt": _MESSAGES, "chosen": _MESSAGES, "rejected": _MESSAGES},
    "prompt": {"prompt": _MESSAGES},
    "choice": {"query": _STRING, "choices": [_STRING], "answer": datasets.Value("int32"), "task": _STRING},
    "span": {
        "title": _STRING,
        "context": _STRING,
        "question": _STRING,
        "answers": {"text": [_STRING], "answer_start": [datasets.Value("int32")]},
    },
    "labelled": {
        "dialogue": _STRING,
        "speaker": _STRING,
        "text": _STRING,
        "labels": [_STRING],
        "intensity": datasets.Value("float32"),
    },
    "rated": {"messages": _MESSAGES},
}


def features(
    shape: Shape, *, labels: Sequence[str] = (), ratings: Mapping[str, Any] | None = None
) -> datasets.Features:
    """The columns of a shape, in the order they have everywhere.

    `labels` names the classes of a labelled set; `ratings` gives one feature per human rating of a rated one.
    """
    columns = {**COMMON, **_COLUMNS[shape]}
    if shape == "labelled" and labels:
        columns["labels"] = [datasets.ClassLabel(names=list(labels))]
    if shape == "rated":
        columns |= ratings or {}
    return datasets.Features(columns)


def upstream_features(columns: Mapping[str, Any]) -> datasets.Features:
    """The features of upstream columns, as a source writes them down: names of Arrow types, in lists and dicts.

    >>> upstream_features({"id": "string", "ranking": ["int64"]})["id"].dtype
    'string'
    """

    def feature(kind: Any) -> Any:
        if isinstance(kind, str):
            return datasets.Value(kind)
        return {key: feature(value) for key, value in kind.items()} if isinstance(kind, dict) else [feature(kind[0])]

    return datasets.Features({name: feature(kind) for name, kind in columns.items()})


def beyond(row: Mapping[str, Any], columns: Mapping[str, Any]) -> set[str]:
    """The columns of an upstream row, nested ones included, that its source does not know.

    >>> beyond({"id": 1, "turns": [{"text": "네", "time": 3}]}, {"id": "int64", "turns": [{"text": "string"}]})
    {'turns.time'}
    """
    unknown = set(row.keys() - columns.keys())
    for name, column in columns.items():
        inner, value = column[0] if isinstance(column, list) else column, row.get(name)
        if isinstance(inner, dict):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    unknown |= {f"{name}.{below}" for below in beyond(each, inner)}
    return unknown


def clean(value: object) -> str:
    """A string without the blank and invisible characters at its ends; "" for None.

    >>> clean(" 네.\\u200b\\u3000\\n"), clean(None)
    ('네.', '')
    """
    if type(value) is str:
        return value.strip(BLANK)
    if value is None:
        return ""
    raise Unmapped(f"{type(value).__name__} instead of text")


def join(question: str, context: str) -> str:
    """The user turn of a question about a context.

    >>> join("요약해 줘.", "긴 글"), join("", "긴 글")
    ('요약해 줘.\\n\\n긴 글', '긴 글')
    """
    return JOINT.join(part for part in (question, context) if part)


def ask(question: object, answer: object, context: object = "") -> Row:
    """A conversation of one exchange.

    >>> ask("더하면?", "셋", context="하나와 둘")["messages"][0]
    {'role': 'user', 'content': '더하면?\\n\\n하나와 둘'}
    """
    context = clean(context) if context else ""
    asked = clean(question)
    return {
        "messages": [
            {"role": "user", "content": join(asked, context) if context else asked},
            {"role": "assistant", "content": clean(answer)},
        ],
        "context": context,
    }


def talk(turns: Iterable[tuple[str, object]], document: object = "") -> Row:
    """A conversation of (speaker, text) turns, grounded in a document or not. An unknown speaker keeps its name.

    >>> talk([("human", "누구세요?"), ("gpt", "저예요.")], document="초인종이 울렸다.")["messages"][0]
    {'role': 'system', 'content': '초인종이 울렸다.'}
    """
    context = clean(document)
    messages = [{"role": "system", "content": context}] if context else []
    for speaker, text in turns:
        messages.append({"role": ROLES.get(speaker, speaker), "content": clean(text)})
    return {"messages": messages, "context": context}


def request(prompt: object) -> Row:
    """A prompt that waits for an answer, for PPO and GRPO."""
    return {"prompt": [{"role": "user", "content": clean(prompt)}]}


def prefer(prompt: object, chosen: object, rejected: object) -> Row:
    """Two answers to one prompt, one chosen over the other: TRL's explicit-prompt form."""
    return {
        **request(prompt),
        "chosen": [{"role": "assistant", "content": clean(chosen)}],
        "rejected": [{"role": "assistant", "content": clean(rejected)}],
    }


def choose(query: str, choices: Sequence[str], answer: int, task: str) -> Row:
    """A question with the index of its right choice. `query` and `choices` are what a model is shown: nothing is stripped."""
    return {"query": query, "choices": list(choices), "answer": answer, "task": task}


def find(title: object, context: str, question: object, texts: Sequence[str], starts: Sequence[int]) -> Row:
    """SQuAD's row: where in a context the answer stands. `context` keeps every character: the offsets count them."""
    return {
        "title": clean(title),
        "context": context,
        "question": clean(question),
        "answers": {"text": list(texts), "answer_start": list(starts)},
    }


def label(dialogue: str, speaker: object, text: object, labels: Sequence[str | int], intensity: float | None) -> Row:
    """One sentence of a dialogue with the classes people gave it."""
    return {
        "dialogue": dialogue,
        "speaker": clean(speaker),
        "text": clean(text),
        "labels": list(labels),
        "intensity": intensity,
    }


def rate(turns: Iterable[tuple[str, object]], **ratings: Any) -> Row:
    """A conversation and what people thought of it, one column a rating."""
    return {"messages": talk(turns)["messages"], **ratings}


def _silent(messages: list[Message], reason: str) -> str | None:
    return None if messages and all(message["content"] for message in messages) else reason


def _conversation_flaw(row: Row) -> str | None:
    role, asked = None, False
    for message in row["messages"]:
        role = message["role"]
        if role == "user":
            asked = True
        elif role not in SPEAKERS:
            return f"unknown role {role[:20]!r}"
        if not message["content"]:
            return "empty output" if role == "assistant" else "empty prompt" if role == "user" else "empty system turn"
    if role == "assistant":
        return None if asked else "no question"
    return "no answer" if role else "no turns"


def _preference_flaw(row: Row) -> str | None:
    return (
        _silent(row["prompt"], "empty prompt")
        or _silent(row["chosen"], "empty chosen")
        or _silent(row["rejected"], "empty rejected")
        or ("chosen equals rejected" if row["chosen"] == row["rejected"] else None)
    )


def _prompt_flaw(row: Row) -> str | None:
    return _silent(row["prompt"], "empty prompt")


def _choice_flaw(row: Row) -> str | None:
    if not row["query"].strip():
        return "empty query"
    return None if 0 <= row["answer"] < len(row["choices"]) else "answer outside the choices"


def _span_flaw(row: Row) -> str | None:
    answers = row["answers"]
    for text, start in zip(answers["text"], answers["answer_start"], strict=True):
        if not text:
            return "empty answer"
        if start < 0 or row["context"][start : start + len(text)] != text:  # a slice from -1 would count from the end
            return "answer not where it should be"
    return None if row["question"] else "empty question"


def _labelled_flaw(row: Row) -> str | None:
    return None if row["text"] else "empty text"


def _rated_flaw(row: Row) -> str | None:
    return _silent(row["messages"], "empty turn")


FLAWS: dict[Shape, Callable[[Row], str | None]] = {
    "conversation": _conversation_flaw,
    "preference": _preference_flaw,
    "prompt": _prompt_flaw,
    "choice": _choice_flaw,
    "span": _span_flaw,
    "labelled": _labelled_flaw,
    "rated": _rated_flaw,
}


def flaw(shape: Shape, row: Row) -> str | None:
    """Why a row should not come through, or None.

    >>> flaw("conversation", ask("왜?", " "))
    'empty output'
    """
    return FLAWS[shape](row)


def cut_dangling(row: Row) -> bool:
    """Cut the question nobody answered off the end of a conversation; False where nothing would be left.

    >>> row = talk([("user", "안녕?"), ("assistant", "안녕!"), ("user", "또 봐.")])
    >>> cut_dangling(row), len(row["messages"])
    (True, 2)
    """
    messages = row["messages"]
    end = len(messages)
    while end and messages[end - 1]["role"] == "user":
        end -= 1
    if not end:
        return False
    del messages[end:]
    return True


def _message_lists(column: list[list[Message]]) -> pa.Array:
    # Flattened by hand: three flat buffers cost a third of what a list of dicts costs pyarrow to walk.
    offsets = pa.array([0, *accumulate(map(len, column))], pa.int32())
    flat = list(chain.from_iterable(column))
    turns = pa.StructArray.from_arrays(
        [
            pa.array(list(map(itemgetter("role"), flat)), pa.string()),
            pa.array(list(map(itemgetter("content"), flat)), pa.string()),
        ],
        names=["role", "content"],
    )
    return pa.ListArray.from_arrays(offsets, turns)


def table(
    ids: Sequence[str], rows: Sequence[Row], columns: datasets.Features, common: Mapping[str, str] | None
) -> pa.Table:
    """An Arrow table of rows as the helpers make them, their ids, and the common columns that a row does not set itself.

    Without `common` the rows are upstream's, and have all their columns.
    """
    filled = common or {}
    alike = len(columns) - len(filled) - 1
    own = set(map(len, rows)) != {alike}
    if own and common and (unknown := {name for row in rows for name in row} - columns.keys()):
        raise TypeError(f"rows have columns that their shape has not: {', '.join(sorted(unknown))}")
    arrays = []
    for field in columns.arrow_schema:
        name = field.name
        if name == "id" and common:
            arrays.append(pa.array(ids, field.type))
        elif name in filled and not own:
            arrays.append(pa.repeat(filled[name], len(rows)))
        elif name in filled:
            arrays.append(pa.array([row.get(name, filled[name]) for row in rows], field.type))
        elif columns[name] == _MESSAGE_LIST:
            arrays.append(_message_lists([row[name] for row in rows]))
        else:
            arrays.append(pa.array([row[name] for row in rows], field.type))
    return pa.Table.from_arrays(arrays, schema=columns.arrow_schema.remove_metadata())


_MESSAGE_LIST = datasets.Features({"messages": _MESSAGES})["messages"]
