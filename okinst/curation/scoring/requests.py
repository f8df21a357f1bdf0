"""What is to be scored: a table of requests, and the keys by which the store knows them.

table = requests(["The moon is far."], contexts=["How far is the moon?"], languages=["en"])
keys(table)                                # one key of 16 bytes a row
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall

#: `text` is scored; `context` stands before it and is not ("" for none); `language` is BCP-47 ("" where nobody knows)
SCHEMA = pa.schema([("text", pa.string()), ("context", pa.string()), ("language", pa.string())])
#: bytes of a key: of 10^9 different rows, two share one with a chance of 10^-21
KEY = 16
#: rows whose keys are made at a time
_BATCH = 50_000


def requests(texts: Any, contexts: Any = None, languages: Any = None) -> pa.Table:
    """A table of requests from sequences or Arrow arrays of strings, one entry a row.

    No context, and a null in it, is "". Raises WrongCall where lengths differ, a text is null, or a value is no text.

    >>> requests(["달이 밝다.", "비가 온다."], languages=["ko", "ko"]).to_pylist()[1]
    {'text': '비가 온다.', 'context': '', 'language': 'ko'}
    """
    columns = {"text": texts, "context": contexts, "language": languages}
    rows = len(texts)
    for name, values in columns.items():
        if values is not None and len(values) != rows:
            raise WrongCall(
                f"requests: {rows:,} texts, but {len(values):,} of {name}. Give one for each text, or none."
            )
    return checked(pa.table({name: _strings(name, values, rows) for name, values in columns.items()}))


def checked(table: pa.Table) -> pa.Table:
    """A table of requests with the columns of `SCHEMA` alone, cast to them. Raises WrongCall where that cannot be."""
    absent = [name for name in SCHEMA.names if name not in table.column_names]
    if absent:
        raise WrongCall(
            f"requests: no column {', '.join(absent)}; there are {', '.join(table.column_names) or 'none'}. "
            f"okinst.curation.scoring.requests.requests(texts, contexts, languages) makes such a table."
        )
    table = table.select(SCHEMA.names)
    if table.schema != SCHEMA:
        try:
            table = table.cast(SCHEMA)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise WrongCall(f"requests: text, context and language are strings ({error}).") from error
    if table["text"].null_count:
        row = pc.index(pc.is_null(table["text"]), True).as_py()
        raise WrongCall(f'requests: row {row} has no text (null). Leave it out, or give "", which is flagged as empty.')
    for name in ("context", "language"):
        if table[name].null_count:
            table = table.set_column(table.column_names.index(name), SCHEMA.field(name), pc.fill_null(table[name], ""))
    return table


def keys(table: pa.Table, by_language: bool = False) -> pa.Array:
    """The keys of requests: fixed_size_binary(16), blake2b of context and text, and of the language if that decides, too.

    >>> one, other, same = keys(requests(["ab", "b", "ab"], contexts=["", "a", ""])).to_pylist()
    >>> one == same, one == other
    (True, False)
    """
    made = []
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [batch[name].cast(pa.binary()).to_pylist() for name in SCHEMA.names]
        for text, context, language in zip(*columns, strict=True):
            told = language if by_language else b""
            # the lengths come first, so that no piece of a text can be taken for the end of its context
            start = struct.pack("<QQ", len(told), len(context))
            made.append(hashlib.blake2b(start + told + context + text, digest_size=KEY).digest())
    return pa.Array.from_buffers(pa.binary(KEY), len(made), [None, pa.py_buffer(b"".join(made))])


def _strings(name: str, values: Sequence[str] | Any, rows: int) -> Any:
    if values is None:
        return pa.repeat(pa.scalar("", pa.string()), rows)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        row = next(row for row, value in enumerate(values) if not _is_text(value))
        raise WrongCall(f"requests: {name} of row {row} is no text: {values[row]!r:.80}.") from None


def _is_text(value: object) -> bool:
    try:
        return value is None or (isinstance(value, str) and value.encode() is not None)
    except UnicodeEncodeError:
        return False
