"""Engines: they run a scorer over shards of requests, on this machine (`local`) or on a Ray cluster (`rays`)."""

import pickle
import time
import traceback
from collections.abc import Generator, Iterable
from typing import NamedTuple, Protocol

import pyarrow as pa

from okinst.builders import OkinstError
from okinst.curation.scoring.scorer import Loaded, Progress, Scorer
from okinst.curation.scoring.shards import tokens as tokens_of

#: a shard's name, and its requests
Shard = tuple[str, pa.Table]


class Scored(NamedTuple):
    """A shard that is done."""

    name: str
    #: one row a request, in order
    scores: pa.Table
    #: that its scoring took, without opening the model
    seconds: float


class Engine(Protocol):
    """What runs a scorer."""

    def run(
        self, scorer: Scorer, shards: Iterable[Shard], progress: Progress | None = None
    ) -> Generator[Scored, None, None]:
        """Score shards, each as a whole, and give them as they get done, in any order. `progress` is told on the way. Closing the
        generator ends all processes that it started."""


def score(loaded: Loaded, shard: Shard, progress: Progress | None = None) -> Scored:
    """Score one shard, and take the time. `progress` is told of every row, also where the scorer does not tell."""
    name, requests = shard
    told_rows = told_tokens = 0

    def count(rows: int, tokens: int) -> None:
        nonlocal told_rows, told_tokens
        told_rows, told_tokens = told_rows + rows, told_tokens + tokens
        if progress:
            progress(rows, tokens)

    started = time.perf_counter()
    scores = loaded.score(requests, count)
    seconds = time.perf_counter() - started
    count(max(scores.num_rows - told_rows, 0), max(tokens_of(scores) - told_tokens, 0))
    return Scored(name, scores, seconds)


def close(loaded: Loaded) -> None:
    """Free what a loaded scorer holds, where it knows how to."""
    closing = getattr(loaded, "close", None)
    if closing is not None:
        closing()


def packed(table: pa.Table) -> bytes:
    """A table as bytes, to send: pickling a slice of one would send the whole of it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpacked(data: bytes) -> pa.Table:
    """The table that was packed."""
    return pa.ipc.open_stream(pa.py_buffer(data)).read_all()


class _There(Exception):
    """The traceback of another process, to be read as the cause of what it raised."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def carried(error: BaseException) -> bytes:
    """An exception, to send to another process; one that cannot be sent goes as an OkinstError with its name and message."""
    told = "".join(traceback.format_exception(error))
    try:
        data = pickle.dumps((error, told))
        if isinstance(error, Exception) and str(pickle.loads(data)[0]) == str(error):
            return data
    except (
        Exception
    ):  # pickling runs the exception's own code, which may raise anything: it goes as an OkinstError below
        pass
    return pickle.dumps((OkinstError(f"{type(error).__name__}: {error}"), told))


def thrown(data: bytes) -> Exception:
    """The exception that was carried here, to be raised."""
    error: Exception
    error, told = pickle.loads(data)
    error.__cause__ = _There(told)
    return error
