"""The texts of a table's rows as one flat column, and a table again from texts that were changed.

Flat, because one pass of a regular expression over one Arrow column costs a hundredth of a Python call a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: what a text is to its row
SYSTEM, USER, ANSWER, REJECTED, CONTEXT, OTHER = range(6)
_ROLES = {"system": SYSTEM, "user": USER, "assistant": ANSWER}
#: the columns that hold messages, and what an assistant's message in them is
_MESSAGE_COLUMNS = {"messages": ANSWER, "prompt": OTHER, "chosen": ANSWER, "rejected": REJECTED}
#: the other columns that hold text, in the order in which they stand
_TEXT_COLUMNS = ("title", "query", "choices", "question", "dialogue", "text")


@dataclass(frozen=True)
class Texts:
    """n texts of some rows, in the rows' order within each column.

    `text` is an Arrow string array, `row` the index of each text's row, `part` what it is to it.
    """

    text: pa.Array
    row: Rows
    part: npt.NDArray[np.int8]

    def where(self, *parts: int) -> "Texts":
        """The texts that are one of these parts."""
        return self.take(np.isin(self.part, parts))

    def take(self, chosen: Flags) -> "Texts":
        """The chosen texts."""
        if chosen.all():
            return self
        return Texts(self.text.filter(pa.array(chosen)), self.row[chosen], self.part[chosen])

    def matching(self, pattern: str, ignore_case: bool = False) -> "Texts":
        """The texts in which an RE2 pattern is found."""
        found = pc.match_substring_regex(self.text, pattern, ignore_case=ignore_case)
        return self.take(found.to_numpy(zero_copy_only=False).astype(bool))

    def asked(self) -> Rows:
        """For each text, the index of the user's text that it follows in its row: the last one before it, else of all; or -1."""
        here = np.arange(len(self))
        users = np.where(self.part == USER, here, -1)
        before = np.maximum.accumulate(users) if len(self) else users
        last = np.full(int(self.row.max()) + 1 if len(self) else 0, -1)
        last[self.row[users >= 0]] = here[users >= 0]
        same = (before >= 0) & (self.row[before] == self.row)
        return np.where(same, before, last[self.row])

    def __len__(self) -> int:
        return len(self.row)


def texts(table: pa.Table) -> Texts:
    """Every text of every row. `context` of a conversation repeats a piece of its messages: only masking reads it.

    >>> row = {"messages": [{"role": "user", "content": "왜?"}, {"role": "assistant", "content": "그냥."}], "context": ""}
    >>> texts(pa.Table.from_pylist([row])).text.to_pylist()
    ['왜?', '그냥.', '']
    """
    columns: list[tuple[pa.Array, Rows, npt.NDArray[np.int8]]] = []
    for name in table.column_names:
        if name in _MESSAGE_COLUMNS:
            column = _one(table[name])
            messages = column.flatten()
            part = np.full(len(messages), OTHER, np.int8)
            roles = messages.field("role")
            for role, meaning in _ROLES.items():
                same = pc.fill_null(pc.equal(roles, role), False).to_numpy(zero_copy_only=False).astype(bool)
                part[same] = _MESSAGE_COLUMNS[name] if meaning == ANSWER else meaning
            row = np.repeat(np.arange(len(column)), _lengths(column))
            columns.append((_strings(messages.field("content")), row, part))
        elif name in _TEXT_COLUMNS or name == "context":
            column, row = _one(table[name]), np.arange(table.num_rows)
            if name == "choices":
                column, row = column.flatten(), np.repeat(row, _lengths(column))
            # a span's context is a text of its own; a conversation's is part of its messages
            part = np.full(
                len(row), CONTEXT if name == "context" and "messages" in table.column_names else USER, np.int8
            )
            columns.append((_strings(column), row, part))
    return Texts(
        pa.concat_arrays([text for text, _, _ in columns]),
        np.concatenate([row for _, row, _ in columns]).astype(np.int64),
        np.concatenate([part for _, _, part in columns]),
    )


def changed(table: pa.Table, new: Mapping[int, Mapping[str, str]]) -> pa.Table:
    """The table with texts exchanged: for a row, old texts and the new ones, wherever the row has them."""
    if not new:
        return table
    for number, name in enumerate(table.column_names):
        if name not in _MESSAGE_COLUMNS and name != "context":
            continue
        pieces: list[Any] = []
        field, start = table.schema.field(name), 0
        for row in sorted(new):
            pieces += [table[name].slice(start, row - start), _changed(table[name][row].as_py(), new[row], field.type)]
            start = row + 1
        pieces.append(table[name].slice(start))
        chunks = [
            chunk for piece in pieces for chunk in (piece.chunks if isinstance(piece, pa.ChunkedArray) else [piece])
        ]
        table = table.set_column(number, field, pa.chunked_array([pa.concat_arrays(chunks)], field.type))
    return table


def _changed(value: Any, new: Mapping[str, str], kind: pa.DataType) -> pa.Array:
    if isinstance(value, list):
        value = [message | {"content": new.get(message["content"], message["content"])} for message in value]
    else:
        value = new.get(value, value)
    return pa.array([value], kind)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _lengths(column: pa.Array) -> Rows:
    lengths: Rows = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return lengths


def _strings(column: pa.Array) -> pa.Array:
    # 64-bit offsets: all the texts of a large table can pass 2 GB together
    return pc.fill_null(column, "").cast(pa.large_string())
