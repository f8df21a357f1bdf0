"""What every trainer is asked: which shapes it takes, which rows it would lose, and what its config files say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import datasets
import yaml

from okinst.builders import Row
from okinst.builders.schema import Shape
from okinst.publishing.trainers.source import Source


@dataclass(frozen=True)
class Layout:
    """Columns that a trainer reads, where it cannot read those of a shape."""

    columns: datasets.Features
    render: Callable[[Row], dict[str, Any]]


class Trainer(Protocol):
    """One trainer: a module."""

    #: what it calls the training that each shape is for
    STAGES: Mapping[Shape, str]
    #: Columns that it would give a meaning of its own where they stand beside those of a shape, in lower case: the rows of
    #: another's dataset may have them.
    READS: Mapping[Shape, frozenset[str]]
    #: Shapes of which it takes a dataset without the name of a config: one of several is written anew, alone.
    NAMELESS: frozenset[Shape]

    def flaw(self, shape: Shape, row: Row) -> str | None:
        """Why the trainer would leave a row out, learn nothing from it or stop at it; None for a row that it takes."""

    def layout(self, shape: Shape) -> Layout | None:
        """How rows of a shape have to be laid out for it; None where it reads them as they are."""

    def files(self, source: Source, folder: Path) -> dict[str, str]:
        """The text of each config file, by its name in `folder`, where all of them will stand."""

    def command(self, source: Source, folder: Path) -> str:
        """How it is run; MODEL is to be filled in."""

    def notes(self, source: Source) -> list[str]:
        """What else has to be said or known before it runs."""


def as_yaml(heading: str, settings: dict[str, Any]) -> str:
    """A YAML file under a comment of one line.

    >>> print(as_yaml("for SFT", {"name": "질문", "split": None}), end="")
    # for SFT
    name: 질문
    """
    given = {key: value for key, value in settings.items() if value is not None}
    return f"# {heading}\n{yaml.dump(given, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)}"


class _Plain(yaml.SafeDumper):
    """YAML without references: what is said twice is written twice, for people to edit."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
