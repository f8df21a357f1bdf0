"""Every source by name: the one place that imports the three rooms of sources."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from okinst import chinese_instructions, eval_sets, korean_instructions
from okinst.builders import SourceBuilder, Variant, WrongCall

ROOMS = {
    "korean_instructions": korean_instructions.SOURCES,
    "chinese_instructions": chinese_instructions.SOURCES,
    "eval_sets": eval_sets.SOURCES,
}


@dataclass(frozen=True)
class Entry:
    """One name of the catalogue."""

    room: str
    builder: type[SourceBuilder]
    variant: Variant

    @property
    def name(self) -> str:
        return str(self.variant.name)

    @property
    def overlaps(self) -> tuple[str, ...]:
        """The names that share rows with this one, as its Card and itself say."""
        return (*self.builder.CARD.overlaps, *self.variant.overlaps)


SOURCES: dict[str, Entry] = {
    variant.name: Entry(room, builder, variant)
    for room, builders in ROOMS.items()
    for builder in builders
    for variant in builder.BUILDER_CONFIGS
}


def evaluation_sets() -> list[str]:
    """The names of all evaluation sets."""
    return [name for name, entry in SOURCES.items() if entry.room == "eval_sets"]


def source(name: str) -> Entry:
    """The entry of one source. Raises WrongCall, with the three nearest names, where there is none."""
    if name in SOURCES:
        return SOURCES[name]
    raise unknown(name, SOURCES)


def unknown(name: str, names: Iterable[str]) -> WrongCall:
    """The error for a name that is not among these."""
    return WrongCall(
        f"okinst has no {name!r}. The nearest names are {', '.join(nearest(name, names))}. All: okinst list"
    )


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The three names most like this one.

    >>> nearest("KoAlpaca v1.1", SOURCES)[0]
    'koalpaca-v1.1'
    """
    wanted = name.lower().replace(" ", "-").replace("_", "-")
    return difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.0)
