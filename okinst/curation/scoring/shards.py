"""One shard of the store: a Parquet file of keys and their scores, written whole or not at all."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from okinst.curation.scoring.requests import KEY

Array = np.ndarray[Any, Any]

#: what a file is called while it is written
INCOMPLETE = ".incomplete"
_FACTS = b"okinst"


class Damaged(Exception):
    """A shard is not what was written. Holds its path and why."""

    def __init__(self, path: Path, why: object) -> None:
        super().__init__(path, " ".join(str(why).split())[:200])
        self.path = path
        self.why = self.args[1]


def name_of(keys: Array) -> str:
    """The name of the shard with these keys (V16), in this order."""
    return hashlib.blake2b(keys.tobytes(), digest_size=8).hexdigest()


def encoded(keys: Array, scores: pa.Table) -> bytes:
    """A shard as bytes, which depend on keys and scores alone: no clock, no host."""
    column = pa.Array.from_buffers(pa.binary(KEY), len(keys), [None, pa.py_buffer(keys.tobytes())])
    table = scores.add_column(0, pa.field("key", column.type), column)
    facts = json.dumps({"rows": len(keys), "tokens": tokens(scores)})
    sink = pa.BufferOutputStream()
    # checksums, because a bit that flips in a number would go unnoticed; no dictionary for what hardly repeats
    pq.write_table(
        table.replace_schema_metadata({_FACTS: facts}),
        sink,
        compression="zstd",
        use_dictionary=[field.name for field in scores.schema if pa.types.is_string(field.type)],
        write_page_checksum=True,
    )
    return bytes(sink.getvalue())


def tokens(scores: pa.Table) -> int:
    """How many tokens were scored."""
    return int(pc.sum(scores["tokens"]).as_py() or 0) if "tokens" in scores.column_names else 0


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Columns of a shard (None: all scores). Raises Damaged."""
    with _whole(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
        wanted = [name for name in file.schema_arrow.names if name != "key"] if columns is None else list(columns)
        return file.read(columns=wanted, use_threads=False).replace_schema_metadata(None)


def keys_of(path: Path) -> Array:
    """The keys of a shard (V16), compared with its name. Raises Damaged."""
    column = read(path, ["key"])["key"].combine_chunks()
    if column.type != pa.binary(KEY) or column.null_count:
        raise Damaged(path, "its keys are none")
    keys = np.frombuffer(column.buffers()[1], f"V{KEY}", len(column), column.offset * KEY)
    if name_of(keys) != path.stem:
        raise Damaged(path, "its name is not that of its keys")
    return keys


def facts_of(path: Path) -> tuple[int, int]:
    """Rows and tokens of a shard, from its footer. Raises Damaged."""
    with _whole(path):
        facts = json.loads(pq.read_metadata(path).metadata[_FACTS])
        return int(facts["rows"]), int(facts["tokens"])


def schema_of(path: Path) -> pa.Schema:
    """The columns of a shard's scores. Raises Damaged."""
    with _whole(path):
        schema = pq.read_schema(path).remove_metadata()
        return schema.remove(schema.get_field_index("key"))


def write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, whatever is killed or pulled out meanwhile."""
    partial = path.with_name(path.name + INCOMPLETE)
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:  # Ctrl-C, too, leaves nothing half-written; it goes on
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    with contextlib.suppress(OSError):  # some file systems know no such thing
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Tell a damaged file from a disk that cannot be read: the system's errors have a number, those of Parquet none."""
    try:
        yield
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Damaged(path, error) from error
