"""What a recipe can have done to the rows of its parts: filter them, gate them by licence, and take out what is there twice
or is in an evaluation set. A step is a value; its work is done by `okinst.curation`."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall, licences
from okinst.builders.identity import code_of
from okinst.builders.schema import Shape
from okinst.catalogue import nearest
from okinst.curation import duplicates, filters, passages
from okinst.curation.passages import ON, On
from okinst.mixtures.rows import BATCH, Indices, Outcome, Rows

Keep = Literal["first", "longest"]
KEEP: tuple[Keep, ...] = get_args(Keep)


@dataclass(frozen=True)
class Doing:
    """What a step is told besides the rows: processes, the door that files come through, the names of the parts."""

    processes: int
    door: dict[str, Any]
    names: Sequence[str]


class Step(Protocol):
    """One line of a funnel."""

    @property
    def name(self) -> str:
        """What the funnel calls it."""

    def values(self) -> Any:
        """As a recipe writes it."""

    def inputs(self, doing: Doing) -> list[str]:
        """Names of all that can change its outcome besides its values and the rows."""

    def work(self, rows: Rows, doing: Doing) -> Outcome:
        """Which rows go, and which change."""
