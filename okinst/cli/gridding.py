"""What `okinst grid` is called with, and where it writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from okinst.builders import WrongCall
from okinst.mixtures.grid import Axes, Grid, lay
from okinst.publishing.place import appearing, check_output

Value = TypeVar("Value", int, float, str)


def axes(groups: str, clusters: str, share: str, rule: str | None) -> Axes:
    """From lists as they are typed: 1,5,10. Raises WrongCall.

    >>> axes("1,5", "10", "0.1, 0.05", None)
    Axes(groups=(1, 5), clusters=(10,), shares=(0.1, 0.05), rules=())
    """
    return Axes(
        _listed(groups, "--groups", int, "whole numbers: 1,5,10"),
        _listed(clusters, "--clusters", int, "whole numbers: 10,50,100"),
        _listed(share, "--share", float, "shares: 0.1,0.05,0.01"),
        _listed(rule, "--rule", str, "rules: stride,budget") if rule is not None else (),
    )


def make(name: str, output: Path, axes: Axes, **options: Any) -> Grid:
    """Try all choices, and write the folder whole or not at all. Raises WrongCall for a folder that holds something."""
    folder = output.expanduser().resolve()
    check_output(folder)
    found = lay(name, axes, **options)
    with appearing(folder) as partial:
        found.write(partial)
    return found


def _listed(typed: str, option: str, kind: Callable[[str], Value], what: str) -> tuple[Value, ...]:
    try:
        return tuple(kind(each.strip()) for each in typed.split(",") if each.strip())
    except ValueError:
        raise WrongCall(f"{option} {typed}: it should be a list of {what}.") from None
