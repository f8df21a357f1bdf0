"""Layouts that conversations are exchanged in: each renders a row and parses it back, or says that it cannot hold it.

A view is a module with `COLUMNS`, `render(row)` and `parse(rendered)`. `parse(render(row))` gives back `messages` and
`context` exactly; where that is impossible `render` raises CannotHold instead of writing something ambiguous.
"""

from types import ModuleType
from typing import Any

from okinst.builders import Row, WrongCall
from okinst.views import alpaca, aulm, koalpaca, messages, oki, prompt_completion, sharegpt
from okinst.views.turns import CannotHold

VIEWS: dict[str, ModuleType] = {
    "messages": messages,
    "alpaca": alpaca,
    "sharegpt": sharegpt,
    "aulm": aulm,
    "oki": oki,
    "prompt-completion": prompt_completion,
    "koalpaca": koalpaca,
}


def view(name: str) -> ModuleType:
    """A view by name."""
    if name not in VIEWS:
        raise WrongCall(f"there is no view {name!r}; there are {', '.join(VIEWS)}.")
    return VIEWS[name]


def render(row: Row, name: str) -> dict[str, Any]:
    """One conversation in a layout. Raises CannotHold where the layout cannot hold it."""
    if not {"messages", "context"} <= row.keys():
        raise CannotHold("it is no conversation: it has no messages and context")
    rendered: dict[str, Any] = view(name).render(row)
    return rendered


def parse(rendered: dict[str, Any], name: str) -> Row:
    """The `messages` and `context` of a row in a layout. Raises ValueError for what is not laid out so."""
    try:
        row: Row = view(name).parse(rendered)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no {name} row ({type(error).__name__}: {error}).") from error
    return row


__all__ = ["VIEWS", "CannotHold", "parse", "render", "view"]
