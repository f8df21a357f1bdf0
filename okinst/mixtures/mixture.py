"""A mixture is a value: parts of sources, and how they are put together."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import datasets

from okinst.builders import Row, SourceBuilder, Upstream, WrongCall


@dataclass(frozen=True)
class Part:
    """So much of one source.

    `take` is a number of rows (int), a share (float between 0 and 1), or None for all of it. Whole numbers are always
    rows, and 1.0 is always everything. The other fields are how published mixtures say what they once read.
    """

    source: type[SourceBuilder]
    config: str = ""
    take: int | float | None = None
    split: str = "train"
    #: other upstream files than the config's own
    files: tuple[Upstream, ...] | None = None
    #: how the published set read an upstream row, in place of the source's mapping
    reading: Callable[[Row], Row] | None = None
    #: a rule on the upstream row: the reason why it is not wanted, or None
    rule: Callable[[Row], str | None] | None = None
    #: rows this part is known, or (rows_exact=False) thought, to have in the published set
    rows: int | None = None
    rows_exact: bool = True

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.source.BUILDER_CONFIGS]
        if not self.config and len(names) == 1:
            object.__setattr__(self, "config", names[0])
        if self.config not in names:
            raise WrongCall(f"{self.source.__name__} has no config {self.config!r}; it has {', '.join(names)}.")
        splits = self.source.builder_configs[self.config].files
        if self.split not in splits:
            raise WrongCall(f"{self.config} has no split {self.split!r}; it has {', '.join(splits)}.")
        check_take(self.config, self.take)

    def builder(self, **options: Any) -> SourceBuilder:
        """The builder of this part's rows."""
        own: dict[str, Any] = {"reading": self.reading, "rule": self.rule}
        if self.files is not None:
            own["files"] = {self.split: self.files}
        return self.source(config_name=self.config, **options, **{key: value for key, value in own.items() if value})

    def count(self, available: int, capped: bool = False) -> int:
        """How many of the available rows are taken. `capped` takes what there is where too many are asked for."""
        if self.take is None:
            return available
        if isinstance(self.take, float):
            return round(self.take * available)
        if self.take > available and not capped:
            raise WrongCall(
                f"{self.config}: take = {self.take:,} rows were asked for, and there are {available:,}. "
                f"Ask for fewer, or leave take out for all of them."
            )
        return min(self.take, available)

    def __str__(self) -> str:
        name = self.config if self.split == "train" else f"{self.config}/{self.split}"
        return name if self.take is None else f"{name} ({self.take})"


def check_take(source: str, take: object) -> None:
    """Raise WrongCall for an amount that cannot be taken."""
    if take is None:
        return
    if isinstance(take, bool) or not isinstance(take, int | float):
        raise WrongCall(f"{source}: take = {take!r} is neither a number of rows (500) nor a share (0.5).")
    if isinstance(take, float) and not 0 < take <= 1:
        raise WrongCall(
            f"{source}: take = {take} is not a share: shares lie above 0 and at most at 1.0. For rows write a whole number."
        )
    if isinstance(take, int) and take < 1:
        raise WrongCall(f"{source}: take = {take} is no number of rows: write 1 or more, or leave the part out.")


@dataclass
class Mixture(datasets.BuilderConfig):
    """A named list of parts, in order.

    The fields below `citations` are set by the caller: `load_dataset("okinst", NAME, sample=True)`.
    """

    parts: tuple[Part, ...] = ()
    #: mix the rows of all parts; False keeps part after part, each in its own order
    shuffle: bool = True
    seed: int = 0
    #: rows of the set as it was published
    rows: int | None = None
    rows_exact: bool = True
    citations: tuple[str, ...] = ()
    mirror: str | None = None
    sample: bool = False
    accept_drift: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        shapes: dict[str, list[str]] = {}
        for part in self.parts:
            shapes.setdefault(part.source.SHAPE, []).append(part.config)
        twice = [key for key, count in Counter((part.config, part.split) for part in self.parts).items() if count > 1]
        if twice:
            raise WrongCall(
                f"{self.name}: {twice[0][0]} ({twice[0][1]}) is there twice: its rows would be. Name it once."
            )
        if len(shapes) > 1:
            told = "; ".join(f"{shape}: {', '.join(configs)}" for shape, configs in shapes.items())
            raise WrongCall(f"{self.name}: only sources of one shape can be mixed. These have several: {told}.")

    @property
    def is_plain(self) -> bool:
        """Whether it is just its parts, one after the other."""
        return not self.shuffle and all(part.take is None for part in self.parts)

    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values, for provenance.json and for naming the cache."""
        return {
            "name": self.name,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "parts": [
                {
                    "source": part.config,
                    "split": part.split,
                    "take": part.take,
                    **({"files": [str(file) for file in part.files]} if part.files is not None else {}),
                    **{
                        key: " ".join((given.__doc__ or given.__name__).split())
                        for key, given in (("reading", part.reading), ("rule", part.rule))
                        if given
                    },
                }
                for part in self.parts
            ],
        }
