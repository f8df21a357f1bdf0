"""Processors, and worker processes: none outlives the one that started it, and one that is killed is an error, not an endless wait."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from okinst.builders import LostProcess


def processors() -> int:
    """How many processors this process may use: what PYTHON_CPU_COUNT says, which later Pythons go by, too, or those there are."""
    said = os.environ.get("PYTHON_CPU_COUNT", "")
    if said.isdecimal() and int(said):
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def pool(
    processes: int,
    doing: str,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
    method: str | None = None,
) -> Iterator[ProcessPoolExecutor]:
    """So many workers, each of which calls `begin(*given)` first. `doing` is for the message; `method` is how they are started.

    Raises LostProcess where one of them was killed.
    """
    try:
        with ProcessPoolExecutor(processes, get_context(method), _begin, (begin, given)) as made:
            yield made
    except BrokenProcessPool as error:
        raise LostProcess(
            f"{doing}: one of {processes} worker processes was killed before it was done; mostly the system does so when memory "
            f"runs out. Nothing of this step was written. Try again with fewer processes (--num-proc {max(1, processes // 2)}), or "
            f"with more memory."
        ) from error


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    Thread(target=_end_with_the_parent, daemon=True).start()
    if begin is not None:
        begin(*given)


def _end_with_the_parent() -> None:
    """A build that is killed leaves no worker behind: a forked one would hold its locks, and the next build would wait."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
