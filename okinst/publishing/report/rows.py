"""The rows that can be read in the page: which of them, and how one of any shape is laid out for reading.

A row becomes blocks, one a turn, an answer or another column: [kind, label, text, marks?]. `kind` is what it is drawn as (user,
assistant, system, chosen, rejected, choice, right, context, field, evidence); `marks` are stretches of the text to highlight, in UTF-16
units, which is what a browser counts in.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from okinst.builders import schema
from okinst.builders.schema import Row
from okinst.mixtures.aside import READ

Array = np.ndarray[Any, Any]
#: characters of a text that are shown: the first of these with which the page is small enough
CAPS = (20_000, 8_000, 4_000, 2_000, 1_200, 800, 500, 300, 150)
#: blocks of a row that are shown: a conversation may have thousands of turns
BLOCKS = 60
#: rows of a group (a source; a step and reason) that are drawn, where it has so many
LEAST = 20


class Block(NamedTuple):
    """A text of a row as the page draws it."""

    kind: str
    label: str
    text: str
    #: stretches to highlight: start and end in characters
    marks: tuple[tuple[int, int], ...] = ()

    def told(self, cap: int) -> list[Any]:
        """As the page reads it; of a text that is cut, how many characters are missing stands last."""
        text = self.text[:cap]
        marks = [[_units(text[:start]), _units(text[:end])] for start, end in self.marks if end <= cap]
        missing = len(self.text) - len(text)
        return [self.kind, self.label, text, *([marks] if marks or missing else []), *([missing] if missing else [])]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def draw(groups: Sequence[Any] | Array, count: int, seed: int) -> Array:
    """The places of `count` rows, in order: of each group as its share is, but at least LEAST where it has them.

    >>> draw(["a"] * 3 + ["b"], 9, seed=0).tolist()
    [0, 1, 2, 3]
    >>> len(draw(["a"] * 1000 + ["b"] * 30, 100, seed=0))
    100
    """
    labels = np.asarray(groups)
    if len(labels) <= count:
        return np.arange(len(labels))
    _, of_group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    least = np.minimum(sizes, min(LEAST, max(1, count // len(sizes))))
    exact = least + (sizes - least) * max(0, count - least.sum()) / max(1, (sizes - least).sum())
    wanted = np.floor(exact).astype(int)
    # what rounding left over goes to the largest remainders
    wanted[np.argsort(wanted - exact, kind="stable")[: max(0, count - wanted.sum())]] += 1
    order = np.random.default_rng(seed).permutation(len(labels))
    # the rows of each group together, each group in the order of the lots: the first of them are drawn
    order = order[np.argsort(of_group[order], kind="stable")]
    place_in_group = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(order[place_in_group < np.repeat(wanted, sizes)])[:count]


def blocks(row: Row) -> list[Block]:
    """A row of any shape, view or upstream layout, for reading; the columns that every row has stand elsewhere.

    >>> from okinst.builders import prefer
    >>> [tuple(each)[:3] for each in blocks(prefer("왜?", "그래서.", "몰라."))]
    [('user', 'user', '왜?'), ('chosen', 'chosen', '그래서.'), ('rejected', 'rejected', '몰라.')]
    """
    left = {name: value for name, value in row.items() if name not in schema.COMMON and value is not None}
    found: list[Block] = []
    for name, kind in (("prompt", ""), ("messages", ""), ("chosen", "chosen"), ("rejected", "rejected")):
        if _is_turns(left.get(name)):
            turns = left.pop(name)
            found += [
                Block(
                    kind or str(turn["role"]),
                    kind if kind and len(turns) == 1 else str(turn["role"]),
                    _text(turn["content"]),
                )
                for turn in turns
            ]
    if {"query", "choices", "answer"} <= left.keys():
        found.append(Block("user", "query", _text(left.pop("query"))))
        right = left.pop("answer")
        found += [
            Block("right" if number == right else "choice", str(number + 1), _text(choice))
            for number, choice in enumerate(left.pop("choices") or ())
        ]
    if {"question", "answers", "context"} <= left.keys():
        found += _span(left)
    grounding = left.get("context")
    if not grounding or any(grounding in block.text for block in found):
        left.pop("context", None)  # stands in a turn
    found += [Block("field", name, _text(value)) for name, value in left.items() if value not in ("", [], {})]
    return _fewer(found)


def _is_turns(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value)
    )


def _span(left: Row) -> list[Block]:
    context, answers = _text(left.pop("context")), left.pop("answers") or {}
    texts, starts = answers.get("text") or [], answers.get("answer_start") or []
    marks = tuple((start, start + len(text)) for text, start in zip(texts, starts, strict=False) if start >= 0)
    return [
        Block("context", "context", context, marks),
        Block("user", "question", _text(left.pop("question"))),
        *(Block("assistant", "answer", _text(text)) for text in dict.fromkeys(texts)),
    ]


def _fewer(found: list[Block]) -> list[Block]:
    if len(found) <= BLOCKS:
        return found
    return [*found[:BLOCKS], Block("more", str(len(found) - BLOCKS), "")]


def of_dropped(row: Row) -> list[Block]:
    """A row of dropped.parquet: the row as far as it is there, and what shows why it went."""
    own = {name: value for name, value in row.items() if name not in ("step", "reason", "evidence", "part")}
    found = blocks(own)
    upstream = _upstream(row["evidence"]) if row["step"] == READ else None
    if upstream is not None:
        return _fewer(
            [Block("field", name, _text(value)) for name, value in upstream.items() if value not in ("", None)]
        )
    if row["evidence"]:
        found.append(Block("evidence", "evidence", _text(row["evidence"])))
    return found


def _upstream(evidence: str | None) -> Row | None:
    """The upstream row of one that was left out while its source was read; None where there is none to be shown."""
    try:
        found = json.loads(evidence or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) and found else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def cut(rows: Iterable[list[Block]], cap: int) -> int:
    """How many texts are longer than the cap."""
    return sum(len(block.text) > cap for row in rows for block in row)
