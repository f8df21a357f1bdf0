"""Rows that nobody reads to the end: what reads them is closed while the interpreter is still whole.

A stream that is left early and still held when Python exits would be closed when the names of its modules are gone: what it does on
its way out then fails, on the screen.
"""

import atexit
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

_G = TypeVar("_G", bound=Generator[Any, None, None])
_OPEN: WeakSet[Generator[Any, None, None]] = WeakSet()


def closed_at_exit(rows: _G) -> _G:
    """The same generator; it is closed at the interpreter's exit where it is still there.

    >>> rows = closed_at_exit(each for each in "ab")
    >>> next(rows), rows in _OPEN
    ('a', True)
    """
    _OPEN.add(rows)
    return rows


@atexit.register
def _close() -> None:
    for rows in list(_OPEN):
        with suppress(ValueError):  # it is just running, in another thread
            rows.close()
