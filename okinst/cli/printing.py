"""Tables, figures and JSON on the screen."""

import json
import sys
from collections.abc import Iterable
from typing import Any

#: of a table that nobody looks at, and the least that a table can be read at
WIDE, NARROW = 200, 100
#: what a table of few columns, or of sentences, fits into
NARROWEST = 80


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(
    heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], narrow: int = NARROW, folding: str = ""
) -> None:
    """A table as wide as the terminal, or as it needs to be in a pipe. A head that begins with > is of numbers.

    Without heads there is no line for them. `narrow` is the least width it can be read at; `folding` the one column that gives
    way where that is too little, otherwise all do but the first and the numbers.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=any(heads))
    for number, head in enumerate(heads):
        numbers = head.startswith(">")
        table.add_column(
            head.lstrip(">"),
            justify="right" if numbers else "left",
            no_wrap=head != folding if folding else numbers or not number,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    width = max(Console().width, narrow) if sys.stdout.isatty() else WIDE
    Console(width=width, markup=False, highlight=False).print(table)


def counted(count: int | None, exact: bool = True) -> str:
    return "" if count is None else f"{'' if exact else '~'}{count:,}"


def figure(value: float | None) -> str:
    """A score: some are beyond all reading.

    >>> figure(5.1234), figure(5e303), figure(None)
    ('5.123', '5.0e+303', '')
    """
    if value is None:
        return ""
    return f"{value:,.3f}" if value < 1e6 else f"{value:.1e}"
