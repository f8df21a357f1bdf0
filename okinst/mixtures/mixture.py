"""A mixture is a value: parts of sources, and how they are put together."""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, cast

import datasets

from okinst import catalogue
from okinst.builders import Card, Hub, License, Row, SourceBuilder, Upstream, Variant, WrongCall
from okinst.builders.schema import Shape
from okinst.curation.filters import Filter
from okinst.curation.scoring.compute import Compute
from okinst.licences import Facts, facts_of_origin, joined
from okinst.mixtures import emptied
from okinst.mixtures.amounts import RATES, Rate, check_shares
from okinst.mixtures.selecting import Select
from okinst.mixtures.steps import Decontaminate, Dedup, Filtering, Gate
from okinst.mixtures.where import NOWHERE, Where, told

if TYPE_CHECKING:
    from okinst.mixtures.builder import MixtureBuilder


@dataclass(frozen=True)
class Tokens:
    """An amount in tokens of the mixture's tokenizer: of what is said in a row, without any chat template."""

    tokens: int

    def __post_init__(self) -> None:
        if isinstance(self.tokens, bool) or not isinstance(self.tokens, int) or self.tokens < 1:
            raise WrongCall(f"tokens = {self.tokens!r} is no number of tokens: write a whole number, 1 or more.")

    def __str__(self) -> str:
        return f"{self.tokens:,} tokens"


#: what a caller sets, and no recipe
CALLERS = ("mirror", "sample", "accept_drift", "compute")


@dataclass(frozen=True)
class Part:
    """So much of one source, or of another mixture.

    `take` is a number of rows (int), a share of the part (float between 0 and 1), Tokens, or None for all of it. Whole
    numbers are always rows, and 1.0 is always everything. It counts what is left after all cleaning.
    """

    source: Union[type[SourceBuilder], "Mixture"]
    config: str = ""
    take: int | float | Tokens | None = None
    split: str = "train"
    #: its share of the whole mixture, between 0 and 1; every part has one, or none has
    share: float | None = None
    #: how many times each row is used; where the mixture has a rate or shares, how many times it may be
    repeat: int = 1
    #: which of its rows are wanted, before the mixture's own filter
    filter: Filter | None = None
    #: the config of a part of one's own, which is in no list
    variant: Variant | None = None
    #: other upstream files than the config's own
    files: tuple[Upstream, ...] | None = None
    #: how the published set read an upstream row, in place of the source's mapping
    reading: Callable[[Row], Row] | None = None
    #: a rule on the upstream row: the reason why it is not wanted, or None
    rule: Callable[[Row], str | None] | None = None
    #: rows this part is known, or (rows_exact=False) thought, to have in the published set
    rows: int | None = None
    rows_exact: bool = True
    #: whether a filter may leave no row of it; refused otherwise
    may_be_empty: bool = False
    #: where a recipe names it, for messages
    where: Where = field(default=NOWHERE, compare=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.source, Mixture):
            object.__setattr__(self, "config", self.source.name)
            splits = self.source.splits
        elif self.variant is not None:
            object.__setattr__(self, "config", self.variant.name)
            splits = tuple(self.variant.files)
        else:
            names = [variant.name for variant in self.source.BUILDER_CONFIGS]
            if not self.config and len(names) == 1:
                object.__setattr__(self, "config", names[0])
            if self.config not in names:
                raise WrongCall(f"{self.source.__name__} has no config {self.config!r}; it has {', '.join(names)}.")
            splits = tuple(self.source.builder_configs[self.config].files)
        if self.split not in splits:
            raise WrongCall(f"{self.config} has no split {self.split!r}; it has {', '.join(splits)}.")
        check_take(self.config, self.take)
        if isinstance(self.repeat, bool) or not isinstance(self.repeat, int) or self.repeat < 1:
            raise WrongCall(f"{self.config}: repeat = {self.repeat!r} should be a whole number, 1 or more.")
        if self.filter is not None:
            self.filter.check(self.shape, self.config)
        if self.share is not None and self.may_be_empty:
            raise WrongCall(
                f"{self.config}: may_be_empty = true, and share = {self.share}: a share of nothing is nothing. Leave one of them "
                f"out."
            )

    @property
    def mixture(self) -> "Mixture | None":
        """The mixture it is, if it is one."""
        return cast("Mixture", self.source) if isinstance(self.source, Mixture) else None

    @property
    def name(self) -> str:
        """What it is called in a funnel: two splits of one source are two parts."""
        return self.config if self.split == "train" else f"{self.config}/{self.split}"

    @property
    def shape(self) -> Shape:
        """The shape of its rows."""
        return self.source.shape if isinstance(self.source, Mixture) else self.source.SHAPE

    @property
    def cards(self) -> list[Card]:
        """What is known of its rows: of a mixture, one card a part."""
        if isinstance(self.source, Mixture):
            return [card for part in self.source.parts for card in part.cards]
        return [getattr(self.variant, "card", None) or self.source.CARD]

    @property
    def licenses(self) -> list[License]:
        """Every licence that its rows can have."""
        if isinstance(self.source, Mixture):
            return [license for part in self.source.parts for license in part.licenses]
        if origin := getattr(self.variant, "origin", None):
            return list(dict.fromkeys(license for license, _ in origin.standings))
        return [*(card.license for card in self.cards), *self.source.ROW_LICENSES]

    @property
    def lots(self) -> list[tuple[str, str, str]]:
        """Every source, licence and making that its rows can bear."""
        if isinstance(self.source, Mixture):
            return [lot for part in self.source.parts for lot in part.lots]
        if self.variant is not None:
            (card,) = self.cards
            origin = getattr(self.variant, "origin", None)
            # what a recipe declares is of rows that do not say it themselves: generated ones all do
            return [(self.config, *each) for each in (origin.standings if origin else [(card.license, card.making)])]
        return [(self.config, license, making) for license, making in self.source.standings()]

    @property
    def languages(self) -> set[str]:
        """Every language that it is declared to be in."""
        declared: set[str] = {language for card in self.cards for language in card.languages}
        if isinstance(self.source, Mixture):
            return declared
        variant = self.variant or self.source.builder_configs[self.config]
        return declared | {file.language for files in variant.files.values() for file in files if file.language}

    @property
    def facts(self) -> dict[str, Facts]:
        """What a recipe declares of files of one's own, by the name their rows bear."""
        if isinstance(self.source, Mixture):
            return self.source.facts
        if self.variant is None:
            return {}
        (card,) = self.cards
        origin = getattr(self.variant, "origin", None)
        declared = {self.config: Facts(card.title, card.homepage, card.generators, card.translators)}
        return joined(declared, {self.config: facts_of_origin(origin)} if origin else {})

    @property
    def leaves(self) -> list[tuple[str, str]]:
        """The sources, or files of one's own, that its rows are from, each with its split; and those files by their place."""
        if isinstance(self.source, Mixture):
            return [leaf for part in self.source.parts for leaf in part.leaves]
        if self.variant is None:
            return [(self.config, self.split)]
        return [(self.config, self.split), (place_of(self.variant), self.split)]

    def places(self) -> dict[str, str]:
        """By leaf, with which the ids of its rows begin (`hrc/train`): where such rows are from, as a funnel calls it.

        >>> from okinst.catalogue import SOURCES
        >>> part = Part(SOURCES["hrc"].builder)
        >>> part.places(), Part(Mixture(name="inner", parts=(part,))).places()
        ({'hrc/train': 'hrc'}, {'hrc/train': 'inner/hrc'})
        """
        if not isinstance(self.source, Mixture):
            return {f"{self.config}/{self.split}": self.name}
        inner: dict[str, str] = {}
        for part in self.source.parts:
            for leaf, place in part.places().items():
                inner.setdefault(leaf, place)  # rows that are in two of its parts are told under the first
        return {leaf: f"{self.name}/{place}" for leaf, place in inner.items()}

    def builder(self, **options: Any) -> "SourceBuilder | MixtureBuilder":
        """The builder of this part's rows."""
        options = {key: value for key, value in options.items() if value is not None}
        if isinstance(self.source, Mixture):
            return self.source.builder(**options)
        source: type[SourceBuilder] = self.source
        own: dict[str, Any] = {"reading": self.reading, "rule": self.rule}
        if self.files is not None:
            own["files"] = {self.split: self.files}
        if self.variant is not None:
            own |= {each.name: getattr(self.variant, each.name) for each in dataclasses.fields(self.variant)}
            for name in ("name", "version", "data_files", "data_dir", *CALLERS):
                own.pop(name, None)  # a source scores nothing: it has no compute
            options = {key: value for key, value in options.items() if key != "data_dir"}
        return source(config_name=self.config, **options, **{key: value for key, value in own.items() if value})

    def __str__(self) -> str:
        return self.name if self.take is None else f"{self.name} ({self.take})"


def place_of(variant: Variant) -> str:
    """Where the file of a part of one's own is: the same for one file, however it is spelt."""
    (file,) = variant.files["train"]
    if isinstance(file.repo, Hub):
        return f"{file}@{file.repo.revision}"
    return str(Path(file.repo.id, re.sub(r"\[([*?[])\]", r"\1", file.path)).resolve())


def check_take(source: str, take: object) -> None:
    """Raise WrongCall for an amount that cannot be taken."""
    if take is None or isinstance(take, Tokens):
        return
    if isinstance(take, bool) or not isinstance(take, int | float):
        raise WrongCall(
            f"{source}: take = {take!r} is neither a number of rows (500) nor a share (0.5) nor {{tokens = 500000}}."
        )
    if isinstance(take, float) and not 0 < take <= 1:
        raise WrongCall(
            f"{source}: take = {take} is not a share: shares lie above 0 and at most at 1.0. For rows write a whole number."
        )
    if isinstance(take, int) and take < 1:
        raise WrongCall(f"{source}: take = {take} is no number of rows: write 1 or more, or leave the part out.")


@dataclass
class Mixture(datasets.BuilderConfig):
    """A named list of parts, in order, and what is done to their rows.

    The steps, in this order: what the filter says of personal data and credentials; each part's filter; the licence gate; the
    rest of the filter; deduplication; decontamination; the selection; then each part's take, the balance between the parts, the validation split, and the shuffle. The fields below `citations` are set by
    the caller: `load_dataset("okinst", NAME, sample=True)`.
    """

    parts: tuple[Part, ...] = ()
    #: mix the rows of all parts; False keeps part after part, each in its own order
    shuffle: bool = True
    seed: int = 0
    #: how the parts are balanced: as their takes say, in proportion to what they have, or by a temperature
    rate: Rate = "as given"
    #: 1 is proportional; the higher, the more alike the parts become
    temperature: float = 1.0
    #: rows, or Tokens, of the whole
    size: int | Tokens | None = None
    #: what counts tokens: a tokenizer.json or a folder with one, a Hub id, or "characters"
    tokenizer: str | None = None
    filter: Filter | None = None
    dedup: Dedup | None = None
    decontaminate: Decontaminate | None = None
    license: Gate | None = None
    #: which of the rows that are left are chosen, by their measures
    select: Select | None = None
    #: rows (int) or share of the distinct rows (float) set aside for validation: no near-duplicate of a row in train among them,
    #: nor another answer to a question that is asked there
    validation: int | float | None = None
    #: rows of the set as it was published
    rows: int | None = None
    rows_exact: bool = True
    citations: tuple[str, ...] = ()
    mirror: str | None = None
    sample: bool = False
    accept_drift: bool = False
    compute: Compute = field(default_factory=Compute)
    #: how the recipe wrote it, for provenance.json
    written: dict[str, Any] = field(default_factory=dict)
    #: what is known of generated files that the open door has in place of a source's
    generated: Mapping[str, Facts] = field(default_factory=dict, compare=False, repr=False)
    #: the recipe, for messages
    where: Where = field(default=NOWHERE, compare=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "parts", tuple(self.parts))
        self._check_parts()
        self._check_amounts()
        self._check_steps()

    def _check_parts(self) -> None:
        first: dict[tuple[str, str], Part] = {}
        for part in self.parts:
            before = first.setdefault((part.config, part.split), part)
            if before is not part:
                with told(part.where):
                    raise WrongCall(
                        f"{self.name}: {part.config} ({part.split}) is there twice{_first(before)}: its rows would be. Name it "
                        f"once, with repeat = 2 if you mean it; a file of your own may have a name = of its own."
                    )
        shapes: dict[Shape, list[Part]] = {}
        for part in self.parts:
            shapes.setdefault(part.shape, []).append(part)
        if len(shapes) < 2:
            return
        most = max(shapes, key=lambda shape: len(shapes[shape]))
        odd = next(part for part in self.parts if part.shape != most)
        fitting = [name for name, entry in catalogue.SOURCES.items() if most == entry.builder.SHAPE]
        listed = "; ".join(f"{shape}: {', '.join(part.name for part in parts)}" for shape, parts in shapes.items())
        with told(odd.where):
            raise WrongCall(
                f"{self.name}: only sources of one shape can be mixed. These have several: {listed}. Leave {odd.name} out; the "
                f"nearest of the shape {most} are {', '.join(catalogue.nearest(odd.config, fitting))}."
            )

    def _check_amounts(self) -> None:
        if self.rate not in RATES:
            raise WrongCall(f"{self.name}: rate = {self.rate!r} is none of {', '.join(RATES)}.")
        if self.rate != "temperature" and self.temperature != 1.0:
            raise WrongCall(f'{self.name}: temperature = {self.temperature} needs rate = "temperature".')
        if isinstance(self.temperature, bool) or not 1 <= self.temperature < float("inf"):
            raise WrongCall(f"{self.name}: temperature = {self.temperature} should be 1 (proportional) or more.")
        places = {part.name: part.where for part in self.parts}
        check_shares({part.name: part.share for part in self.parts}, self.name, places, self._changed_at)
        if any(part.share for part in self.parts) and self.rate != "as given":
            raise WrongCall(
                f"{self.name}: its parts have shares, and rate = {self.rate!r} would overrule them. Keep one."
            )
        counted = ["size"] if isinstance(self.size, Tokens) else []
        counted += [f"take of {part.config}" for part in self.parts if isinstance(part.take, Tokens)]
        if counted and not self.tokenizer:
            counted_at = [self.where / "size"] if isinstance(self.size, Tokens) else []
            counted_at += [part.where / "take" for part in self.parts if isinstance(part.take, Tokens)]
            with told(counted_at[0]):
                raise WrongCall(
                    f'{self.name}: {counted[0]} is a number of tokens, of which tokenizer? Name it: tokenizer = "tokenizer.json", a '
                    f'Hub id, or "characters".'
                )
        rows = self.size if isinstance(self.size, int) else 1
        if isinstance(self.size, bool) or not isinstance(self.size, int | Tokens | None) or rows < 1:
            raise WrongCall(f"{self.name}: size = {self.size!r} is neither a number of rows nor {{tokens = 1000000}}.")
        validation = self.validation
        if validation is not None:
            wrong = isinstance(validation, bool) or not isinstance(validation, int | float) or validation <= 0
            if wrong or (isinstance(validation, float) and validation >= 1):
                raise WrongCall(
                    f"{self.name}: validation = {validation!r} is neither a number of rows (500) nor a share below 1 (0.01)."
                )

    def _check_steps(self) -> None:
        if not self.parts:
            return
        if self.filter is not None:
            self.filter.check(self.shape, self.name)
        if self.select is not None:
            with told(self.where / "select"):
                self.select.check(self.shape, self.name)
        if self.dedup is None:
            self._check_leaves()
        for part in self.parts:
            emptied.expect_language(part, self)
            emptied.expect_agreement(part, self)
        gate = self.gate
        if gate is None:
            return
        refused = [part for part in self.parts if not any(gate.keeps(*lot) for lot in part.lots)]
        if len(refused) == len(self.parts) or any(part.share for part in refused):
            part = next((part for part in refused if part.share), refused[0])
            raise WrongCall(
                f"{self.name}: license = {gate.values()!r} keeps no row of {part.config} "
                f"({gate.why(*part.lots[0])}), and nothing would be left"
                f"{f' for its share of {part.share}' if part.share else ''}. Leave it out, or ask for less: okinst licence."
            )

    def _check_leaves(self) -> None:
        first: dict[tuple[str, str], Part] = {}
        for part in self.parts:
            for leaf, count in Counter(part.leaves).items():
                before = first.setdefault(leaf, part)
                if before is not part or count > 1:
                    with told(part.where):
                        raise WrongCall(
                            f"{self.name}: {leaf[0]} ({leaf[1]}) is in several parts{_first(before)}, so that its rows could be "
                            f'there twice. Leave one of the parts out, or add dedup = "exact".'
                        )

    @property
    def _changed_at(self) -> Where:
        """Where a recipe says what it takes from another one, for what is wrong with parts that it does not name."""
        return self.where / ("without" if self.where.has("without") else "extends")

    @property
    def facts(self) -> dict[str, Facts]:
        """What its recipe declares of files of one's own, by the name their rows bear."""
        return joined(*(part.facts for part in self.parts), self.generated)

    @property
    def gate(self) -> Gate | None:
        """Its licence gate, with what is known of files of one's own."""
        return self.license and dataclasses.replace(self.license, facts=self.facts)

    @property
    def shape(self) -> Shape:
        """The shape of its rows."""
        return self.parts[0].shape

    @property
    def splits(self) -> tuple[str, ...]:
        return ("train",) if self.validation is None else ("train", "validation")

    @property
    def steps(self) -> list[Any]:
        """What is done to the rows of all parts, in order."""
        leaks, rest = self.filter.apart() if self.filter else (None, None)
        # first of all: what a later step drops is kept aside, and no secret may stand there
        first: list[Filtering] = [Filtering(leaks, called="leaks")] if leaks else []
        parts = [Filtering(part.filter, number, part.config) for number, part in enumerate(self.parts) if part.filter]
        whole = Filtering(rest) if rest else None
        all_parts = (self.gate, whole, self.dedup, self.decontaminate, self.chosen)
        return [*first, *parts, *(step for step in all_parts if step)]

    @property
    def chosen(self) -> Select | None:
        """Its selection, with the seed of the whole; of the sample, one that fits it."""
        select = self.select and dataclasses.replace(self.select, seed=self.seed)
        return select.on_sample() if select and self.sample else select

    @property
    def is_worked_on(self) -> bool:
        """Whether anything is done to its rows besides choosing, for each part, how many."""
        parts = any(
            part.filter or part.share or part.repeat > 1 or isinstance(part.take, Tokens) for part in self.parts
        )
        return bool(parts or self.steps or self.tokenizer or self.size or self.rate != "as given" or self.validation)

    @property
    def has_amounts(self) -> bool:
        """Whether it says how many rows come out, of a part or of the whole."""
        of_parts = any(part.take is not None or part.share is not None or part.repeat > 1 for part in self.parts)
        return of_parts or self.size is not None or self.rate != "as given"

    def builder(self, **options: Any) -> "MixtureBuilder":
        """The builder of its rows."""
        from okinst.mixtures.builder import builder_of_mixture

        return builder_of_mixture(self, **options)

    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values, for provenance.json and for naming the cache."""
        amounts = {
            "rate": self.rate if self.rate != "as given" else None,
            "temperature": self.temperature if self.rate == "temperature" else None,
            "size": _plain(self.size),
            "tokenizer": self.tokenizer,
            **{
                name: step.values() if step is not None else None
                for name, step in (
                    ("filter", self.filter),
                    ("dedup", self.dedup),
                    ("decontaminate", self.decontaminate),
                    ("license", self.license),
                    ("select", self.chosen),
                )
            },
            "validation": self.validation,
        }
        return {
            "name": self.name,
            "seed": self.seed,
            "shuffle": self.shuffle,
            **{key: value for key, value in amounts.items() if value is not None},
            "parts": [_part_recipe(part) for part in self.parts],
        }


def _part_recipe(part: Part) -> dict[str, Any]:
    values: dict[str, Any] = {"source": part.config, "split": part.split, "take": _plain(part.take)}
    if isinstance(part.source, Mixture):
        values["source"] = part.source.recipe()
    if part.variant is not None:
        (file,) = part.variant.files["train"]
        values |= {"file": str(file), "license": part.licenses[0], "language": part.cards[0].languages[0]}
        values |= {"layout": getattr(part.variant, "layout", ""), "making": part.cards[0].making}
        if isinstance(file.repo, Hub):
            values["revision"] = file.repo.revision
        for key in ("generators", "translators"):
            if named := getattr(part.cards[0], key):
                values[key] = list(named)
        if origin := getattr(part.variant, "origin", None):
            values["origin"] = origin.as_json()
    if part.files is not None:
        values["files"] = [str(file) for file in part.files]
    for key, given in (("reading", part.reading), ("rule", part.rule)):
        if given:
            values[key] = " ".join((given.__doc__ or given.__name__).split())
    if part.share is not None:
        values["share"] = part.share
    if part.repeat > 1:
        values["repeat"] = part.repeat
    if part.filter is not None:
        values["filter"] = part.filter.values()
    if part.may_be_empty:
        values["may_be_empty"] = True
    return values


def _first(part: Part) -> str:
    """Where else, for messages."""
    return f" (first {part.where})" if part.where.file else ""


def _plain(amount: int | float | Tokens | None) -> Any:
    return {"tokens": amount.tokens} if isinstance(amount, Tokens) else amount
