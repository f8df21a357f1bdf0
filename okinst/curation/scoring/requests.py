"""What is to be scored: a table of requests, and the keys by which the store knows them.

table = requests(["The moon is far."], contexts=["How far is the moon?"])
keys(table)                                # one key of 16 bytes a row, in an array that sorts
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall

Array = np.ndarray[Any, Any]

#: `text` is scored; `context` stands before it and is not ("" for none)
#: (offsets of 64 bits: those of 32 end at 2 GB of text, which `take` would bring together)
SCHEMA = pa.schema([("text", pa.large_string()), ("context", pa.large_string())])
#: bytes of a key: of 10^9 different rows, two share one with a chance of 10^-21
KEY = 16
#: rows whose keys are made at a time
_BATCH = 50_000


def requests(texts: Any, contexts: Any = None) -> pa.Table:
    """A table of requests from sequences or Arrow arrays of strings, one entry a row.

    No context, and a null in it, is "", and so is a text or context of nothing but blanks. Raises WrongCall where lengths differ, a
    text is null, or a value is no text.

    >>> requests(["달이 밝다.", "비가 온다."]).to_pylist()[1]
    {'text': '비가 온다.', 'context': ''}
    """
    columns = {"text": texts, "context": contexts}
    rows = len(texts)
    for name, values in columns.items():
        if values is not None and len(values) != rows:
            raise WrongCall(
                f"requests: {rows:,} texts, but {len(values):,} of {name}. Give one for each text, or none."
            )
    return checked(pa.table({name: _strings(name, values, rows) for name, values in columns.items()}))


def checked(table: pa.Table) -> pa.Table:
    """A table of requests with the columns of `SCHEMA` alone, cast to them. Raises WrongCall where that cannot be.

    Nothing but blanks becomes "": here alone is decided what is empty, so that it is to every scorer.

    >>> checked(pa.table({"text": [" \\n", " 비가 온다."], "context": [None, "\\t"]})).to_pylist()
    [{'text': '', 'context': ''}, {'text': ' 비가 온다.', 'context': ''}]
    """
    absent = [name for name in SCHEMA.names if name not in table.column_names]
    if absent:
        raise WrongCall(
            f"requests: no column {', '.join(absent)}; there are {', '.join(table.column_names) or 'none'}. "
            f"okinst.curation.scoring.requests.requests(texts, contexts) makes such a table."
        )
    table = table.select(SCHEMA.names)
    if table.schema != SCHEMA:
        try:
            table = table.cast(SCHEMA)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise WrongCall(f"requests: text and context are strings ({error}).") from error
    if table["text"].null_count:
        row = pc.index(pc.is_null(table["text"]), True).as_py()
        raise WrongCall(f'requests: row {row} has no text (null). Leave it out, or give "", which is flagged as empty.')
    if table["context"].null_count:
        table = _with(table, "context", pc.fill_null(table["context"], ""))
    for name in SCHEMA.names:
        blank = pc.utf8_is_space(table[name])
        if pc.any(blank).as_py():
            table = _with(table, name, pc.if_else(blank, "", table[name]))
    return table


def without_contexts(table: pa.Table) -> pa.Table:
    """The same requests for a scorer that does not read what stands before a text.

    >>> without_contexts(requests(["비가 온다."], ["날씨는?"])).to_pylist()
    [{'text': '비가 온다.', 'context': ''}]
    """
    return _with(table, "context", _strings("context", None, table.num_rows))


def keys(table: pa.Table) -> Array:
    """The keys of requests, (n,) V16: blake2b of context and text. They sort, and are searched for, byte by byte.

    >>> one, other, same = keys(requests(["ab", "b", "ab"], contexts=["", "a", ""])).tolist()
    >>> one == same, one == other
    (True, False)
    """
    made = bytearray()  # not a list: an object a row would weigh three times its key
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [batch[name].cast(pa.large_binary()).to_pylist() for name in SCHEMA.names]
        for text, context in zip(*columns, strict=True):
            # the length comes first, so that no piece of a text can be taken for the end of its context
            start = struct.pack("<QQ", 0, len(context))
            made += hashlib.blake2b(start + context + text, digest_size=KEY).digest()
    return np.frombuffer(bytes(made), f"V{KEY}")


def _strings(name: str, values: Sequence[str] | Any, rows: int) -> Any:
    if values is None:
        return pa.repeat(pa.scalar("", pa.large_string()), rows)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    try:
        return pa.array(values, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        row = next(row for row, value in enumerate(values) if not _is_text(value))
        raise WrongCall(f"requests: {name} of row {row} is no text: {values[row]!r:.80}.") from None


def _with(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), values)


def _is_text(value: object) -> bool:
    try:
        return value is None or (isinstance(value, str) and value.encode() is not None)
    except UnicodeEncodeError:
        return False
