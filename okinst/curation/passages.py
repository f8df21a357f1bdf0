"""The texts of built rows that a step of curation looks at: what was asked, what was answered, or both.

Worked out on Arrow's buffers, a batch at a time: no row becomes a Python dict. One string a row, in the order of the rows,
as it stands in the set (normalise it with `okinst.curation.normal`); "" where a shape has no such text.

| shape | instruction | answer |
|---|---|---|
| conversation | user turns, after the grounding document | assistant turns |
| rated | user turns | assistant turns |
| preference | user turns of the prompt | the chosen answer |
| prompt | user turns of the prompt | "" |
| choice | query | the right choice |
| span | question | the answers |
| labelled | text | "" |

*Both* is the turns in the order they were spoken, or the instruction and then the answer. Pieces are joined by a line break.

A system turn counts where it is the row's `context`, a document that the question is about. Any other one (a standing order
such as "You are a helpful assistant") is left out: it would make short questions under it look alike. The paragraph of
a span row is left out for the same reason: the questions on one paragraph are different questions.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall

On = Literal["instruction", "answer", "both"]
ON: tuple[On, ...] = get_args(On)
#: what is not for comparing alone: all of a row, and what both leaves out
Selection = Literal["instruction", "answer", "both", "whole", "beside"]
#: between the turns of one text
JOINT = "\n"
#: rows at a time: what is copied on the way stays small, and Arrow's 2 GB a string column are never reached
BATCH = 20_000


def instructions(table: pa.Table) -> list[str]:
    """What was asked, row by row.

    >>> import pyarrow as pa
    >>> from okinst.builders import ask, talk
    >>> rows = pa.Table.from_pylist([ask("요약해 줘.", "짧다.", context="긴 글"), talk([("user", "왜?"), ("bot", "그냥.")])])
    >>> instructions(rows), answers(rows), both(rows)[1]
    (['요약해 줘.\\n\\n긴 글', '왜?'], ['짧다.', '그냥.'], '왜?\\n그냥.')
    """
    return texts(table, "instruction")


def answers(table: pa.Table) -> list[str]:
    """What was answered, row by row."""
    return texts(table, "answer")


def both(table: pa.Table) -> list[str]:
    """What was asked and answered, row by row."""
    return texts(table, "both")


def texts(table: pa.Table, on: Selection) -> list[str]:
    """One string a row. Raises WrongCall for another `on`, or a table that has none of the shapes (raw rows)."""
    if on not in get_args(Selection):
        raise WrongCall(f"on={on!r}: there is no such text. There are {', '.join(ON)}.")
    read = _reader(table.column_names)
    found: list[str] = []
    for batch in table.to_batches(max_chunksize=BATCH):
        found += pc.fill_null(read(batch, on), "").to_pylist()
    return found


def lengths(table: pa.Table, on: Selection = "both") -> "np.ndarray[Any, np.dtype[np.int64]]":
    """How many characters the text of each row has; no string is made of it.

    >>> import pyarrow as pa
    >>> from okinst.builders import talk
    >>> lengths(pa.Table.from_pylist([talk([("user", "왜?"), ("bot", "그냥.")])])).tolist()
    [6]
    """
    read = _reader(table.column_names)
    found = [pc.fill_null(pc.utf8_length(read(batch, on)), 0) for batch in table.to_batches(max_chunksize=BATCH)]
    return np.concatenate([np.empty(0, np.int64), *(each.to_numpy(zero_copy_only=False) for each in found)])


def whole(table: pa.Table) -> list[str]:
    """All that is said in a row, row by row: system turns, rejected answers, wrong choices and paragraphs, too."""
    return texts(table, "whole")


def said(table: pa.Table) -> list[str]:
    """All that is said in a row of any layout, row by row: `whole`, or all strings of a row that has none of okinst's shapes.

    >>> import pyarrow as pa
    >>> said(pa.Table.from_pylist([{"conversations": [{"from": "human", "value": "왜?"}], "stars": 3}]))
    ['human\\n왜?']
    """
    try:
        return whole(table)
    except (WrongCall, KeyError, TypeError, pa.ArrowException):
        return ["\n".join(_strings(row)) for batch in table.to_batches(BATCH) for row in batch.to_pylist()]


def beside(table: pa.Table) -> list[str]:
    """What a row says besides `both`: rows that differ in it are different rows, however alike the rest.

    >>> import pyarrow as pa
    >>> from okinst.builders import prefer
    >>> beside(pa.Table.from_pylist([prefer("왜?", "그래서.", "몰라.")]))
    ['몰라.']
    """
    return texts(table, "beside")


def _reader(columns: list[str]) -> Callable[[pa.RecordBatch, Selection], pa.Array]:
    for needed, read in _READERS:
        if needed <= set(columns):
            return read
    raise WrongCall(
        f"rows with the columns {', '.join(columns)} have none of okinst's shapes: build them without raw=True."
    )


_ASKS, _ANSWERS = ("user",), ("assistant",)


def _conversation(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    names = rows.schema.names
    grounded = pc.not_equal(pc.fill_null(rows["context"], ""), "") if "context" in names else None
    if on == "whole":
        return _joined([_turns(rows["messages"], None)])
    if on == "beside":
        standing = pc.equal(pc.fill_null(rows["context"], ""), "") if "context" in names else pa.repeat(True, len(rows))
        return _joined([_turns(rows["messages"], (), standing)])
    roles = {"instruction": _ASKS, "answer": _ANSWERS, "both": _ASKS + _ANSWERS}[on]
    return _joined([_turns(rows["messages"], roles, None if on == "answer" else grounded)])


def _preference(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    rejected = _turns(rows["rejected"], None)
    if on == "whole":
        return _joined([_turns(rows["prompt"], None), _turns(rows["chosen"], None), rejected])
    if on == "beside":
        return _joined([rejected])
    asked = _turns(rows["prompt"], _ASKS if on == "instruction" else _ASKS + _ANSWERS)
    chosen = _turns(rows["chosen"], _ANSWERS)
    return _joined({"instruction": [asked], "answer": [chosen], "both": [asked, chosen]}[on])


def _prompt(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    if on == "whole":
        return _joined([_turns(rows["prompt"], None)])
    roles = {"instruction": _ASKS, "answer": (), "both": _ASKS + _ANSWERS, "beside": ()}[on]
    return _joined([_turns(rows["prompt"], roles)])


def _choice(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    choices, query = rows["choices"], rows["query"]
    if on in ("whole", "beside"):
        every = pc.fill_null(pc.binary_join(choices, JOINT), "")
        return every if on == "beside" else pc.binary_join_element_wise(pc.fill_null(query, ""), every, JOINT)
    count = _lengths(choices)
    right = pc.fill_null(rows["answer"], -1).to_numpy(zero_copy_only=False)
    there = (right >= 0) & (right < count)  # -1 marks the hidden answer of a test split
    place = np.where(there, _offsets(count)[:-1] + right, 0)
    answer = choices.flatten().take(pa.array(place, mask=~there))
    return _pair(query, answer, on)


def _span(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    answers = pc.binary_join(pc.struct_field(rows["answers"], "text"), JOINT)
    if on in ("whole", "beside"):
        page = pc.binary_join_element_wise(pc.fill_null(rows["title"], ""), pc.fill_null(rows["context"], ""), JOINT)
        if on == "beside":
            return page
        return pc.binary_join_element_wise(page, pc.fill_null(rows["question"], ""), pc.fill_null(answers, ""), JOINT)
    return _pair(rows["question"], answers, on)


def _labelled(rows: pa.RecordBatch, on: Selection) -> pa.Array:
    return pa.repeat("", len(rows)) if on in ("answer", "beside") else rows["text"]


#: the columns that give a shape away, and how it is read; a preference has a prompt, too
_READERS: tuple[tuple[set[str], Callable[[pa.RecordBatch, Selection], pa.Array]], ...] = (
    ({"messages"}, _conversation),
    ({"prompt", "chosen"}, _preference),
    ({"prompt"}, _prompt),
    ({"query", "choices", "answer"}, _choice),
    ({"question", "answers"}, _span),
    ({"text", "labels"}, _labelled),
)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _lengths(lists: pa.Array) -> "np.ndarray[Any, np.dtype[np.int64]]":
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.asarray(lengths, dtype=np.int64)


def _offsets(lengths: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
    return np.concatenate(([0], np.cumsum(lengths)))


def _turns(messages: pa.Array, roles: tuple[str, ...] | None, grounded: pa.Array | None = None) -> pa.Array:
    """The contents of the turns of some speakers (None: all), as lists; the system's, too, in the rows that are `grounded`."""
    lengths = _lengths(messages)
    turns = messages.flatten()
    speaker = pc.struct_field(turns, "role")
    if roles is None:
        wanted = np.ones(len(turns), bool)
    else:
        wanted = pc.is_in(speaker, pa.array(roles, pa.string())).to_numpy(zero_copy_only=False)
    if grounded is not None:
        system = pc.fill_null(pc.equal(speaker, "system"), False).to_numpy(zero_copy_only=False)
        wanted |= system & np.repeat(grounded.to_numpy(zero_copy_only=False), lengths)
    contents = pc.fill_null(pc.struct_field(turns, "content"), "").filter(pa.array(wanted))
    kept = _offsets(wanted)[_offsets(lengths)]
    return pa.ListArray.from_arrays(pa.array(kept, pa.int32()), contents)


def _joined(parts: list[pa.Array]) -> pa.Array:
    texts = [pc.binary_join(part, JOINT) for part in parts]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, JOINT)


def _pair(asked: pa.Array, answered: pa.Array, on: Selection) -> pa.Array:
    asked, answered = pc.fill_null(asked, ""), pc.fill_null(answered, "")
    if on == "both":
        return pc.binary_join_element_wise(asked, answered, JOINT)
    return asked if on == "instruction" else answered
