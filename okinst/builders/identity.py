"""What a cache is named after: everything that can change a row, so that no change is answered with old rows."""

import ast
import hashlib
import sys
import tokenize
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from okinst.builders.errors import WrongCall
from okinst.builders.tables import DATASET


def digest(*parts: str) -> str:
    """A short name for all of these strings."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def code_of(*modules: str) -> str:
    """The code of some modules and of all they import from their own package: what decides what a row becomes.

    Read afresh, not through inspect: its line cache would still see the code that was first imported. A module without a
    file (a notebook) has no code to read, and changes nothing here. One that is imported inside a function counts before that
    function ran, too: or a set would have one name in one process, and another in the next.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = None if module in found else _file_of(module)
        if file is None or not Path(file).is_file():
            continue
        stat = Path(file).stat()
        found[module], imported = _code(module, file, stat.st_mtime_ns, stat.st_size)
        waiting += [name for name in imported if name.partition(".")[0] in (DATASET, module.partition(".")[0])]
    return "\0".join(found[module] for module in sorted(found))


def name_of(function: Callable[..., Any] | None) -> str:
    """A function of a module by its name and that module's code. Raises WrongCall for one that exists only while running."""
    if function is None:
        return ""
    name = getattr(function, "__qualname__", "<")
    if "<" in name or not isinstance(getattr(function, "__module__", None), str):
        raise WrongCall(f"{function!r} is no function of a module: it has no name that a cache could be called after.")
    return name + code_of(function.__module__)


def _file_of(module: str) -> str | None:
    """The file of a module, imported yet or not; None where there is no such module, or it has none."""
    if module in sys.modules:
        return getattr(sys.modules[module], "__file__", None)
    above, _, _ = module.rpartition(".")
    folders = getattr(sys.modules.get(above), "__path__", None)
    if folders is None and above:  # a package that is not imported yet, or no package: a class, a function
        package = Path(_file_of(above) or "")
        folders = [str(package.parent)] if package.name == "__init__.py" else None
    found = PathFinder.find_spec(module, folders) if folders is not None else None
    return found.origin if found and found.has_location else None


@lru_cache(maxsize=1024)
def _code(module: str, file: str, changed: int, size: int) -> tuple[str, tuple[str, ...]]:
    """The text of a module, and the modules it imports; `changed` and `size` tell an edited file from the cached one."""
    with tokenize.open(file) as source:
        text = source.read()
    imported = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            above = ".".join(module.split(".")[: -node.level]) if node.level else ""
            start = ".".join(filter(None, (above, node.module)))
            imported += [start, *(f"{start}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
    return text, tuple(imported)
