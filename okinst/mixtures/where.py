"""Where in a recipe something stands, for messages: its file, and the line of a key, which tomllib does not tell."""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from okinst.builders import MissingFile, NoNetwork, WrongCall

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_TEXT = re.compile(r'"""|' + "'''")
_NAME = re.compile(r"[\w-]+|\"([^\"]*)\"|'([^']*)'")


@dataclass(frozen=True)
class Where:
    """A place in a recipe: its file, and the path of a key in it. `where / key` is a place inside it."""

    file: str
    lines: dict[tuple[Any, ...], int] = dataclasses.field(default_factory=dict)
    path: tuple[Any, ...] = ()

    def __truediv__(self, key: Any) -> "Where":
        return dataclasses.replace(self, path=(*self.path, key))

    def has(self, key: Any) -> bool:
        """Whether a key stands in it, on a line of its own."""
        return (*self.path, key) in self.lines

    @property
    def line(self) -> int | None:
        """The line it stands on, where it is known."""
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]  # a key of an inline table stands on the line of the table
        return self.lines.get(path)

    def __str__(self) -> str:
        line = self.line
        part = f", part {self.path[1] + 1}" if len(self.path) > 1 and self.path[0] == "parts" else ""
        return self.file + (f", line {line}" if line else "") + part


#: where what Python says stands: in no recipe
NOWHERE = Where("")


@contextmanager
def told(where: Where, keys: Iterable[str] = (), said: str = "") -> Iterator[None]:
    """Say where in a recipe a value stands that something deeper refused: on the line of the first of these keys that its
    message names. `said` is how the message begins where it tells a place itself. What stands in no recipe is told as it is."""
    try:
        yield
    except (WrongCall, MissingFile, NoNetwork) as error:
        text = str(error).removeprefix(said)
        if not where.file or text.startswith(where.file):
            raise
        raise type(error)(f"{_narrowed(where, keys, text)}: {text}") from error.__cause__


def _narrowed(where: Where, keys: Iterable[str], text: str) -> Where:
    known = [key for key in keys if key != "parts"]
    for mark in (r" = ", r"(?!\w)"):  # as a value first: a word may stand in any sentence
        places = {key: found.start() for key in known if (found := re.search(rf"(?<!\w){re.escape(key)}{mark}", text))}
        if places:
            return where / min(places, key=lambda key: places[key])
    return where


def lines(text: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The line of every key that stands at the start of one.

    >>> list(lines('seed = 1\\n[[parts]]\\nsource = "hrc"\\n[parts.filter]\\ncode = "drop"'))[1:]
    [(('parts', 0), 2), (('parts', 0, 'source'), 3), (('parts', 0, 'filter'), 4), (('parts', 0, 'filter', 'code'), 5)]
    """
    path: tuple[Any, ...] = ()
    part, inside = -1, False
    for number, line in enumerate(text.splitlines(), 1):
        marks = len(_TEXT.findall(line))
        if inside:  # of a text of several lines nothing is a key
            inside = marks % 2 == 0
            continue
        if header := _HEADER.match(line):
            names = _names(header[1])
            part += names == ["parts"]
            path = ("parts", part, *names[1:]) if names[0] == "parts" else tuple(names)
            yield path, number
        elif key := _KEY.match(line):
            names = _names(key[1])
            yield from (((*path, *names[:count]), number) for count in range(1, len(names) + 1))
        inside = marks % 2 == 1


def _names(dotted: str) -> list[str]:
    return [found[1] or found[2] or found[0] for found in _NAME.finditer(dotted)] or [dotted]
