"""The builder of mixtures: a builder whose files are other builders."""

import dataclasses
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import SourceBuilder, WrongCall, bibliography, schema
from okinst.builders.identity import code_of, digest
from okinst.builders.origin import Origin
from okinst.builders.tables import DATASET, TableBuilder, plain_disk_errors
from okinst.curation.scoring.compute import Compute
from okinst.licences import Facts, facts_of_origin, joined
from okinst.mixtures import aside, pins, streaming, tokens
from okinst.mixtures.arrange import SET_ASIDE, Order, arrange
from okinst.mixtures.aulm_0809 import AULM_0809, AULM_0809_DOCUMENTED
from okinst.mixtures.koquality import KOQUALITY, KOQUALITY_EXACT
from okinst.mixtures.mixture import CALLERS, Mixture, Part, Tokens
from okinst.mixtures.open_korean_instructions import OPEN_KOREAN_INSTRUCTIONS, OPEN_KOREAN_INSTRUCTIONS_DOCUMENTED
from okinst.mixtures.places import Places
from okinst.mixtures.rows import Outcome, Rows
from okinst.mixtures.selecting import CLUSTERS, SELECTION
from okinst.mixtures.steps import Doing
from okinst.mixtures.where import told
from okinst.mixtures.work import Work, libraries, tidy

logger = logging.getLogger("okinst")

FUNNEL = "funnel.json"
STEPS = "steps.json"
#: rows of a table where a mixture is streamed
RANGE = 2_000


@dataclass(frozen=True)
class Plan:
    """All rows of all parts, and which of them come out, in which order."""

    rows: Rows
    places: Places
    orders: dict[str, Order]
    #: what went in and came out: by part, and by step
    funnel: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    #: by step
    dropped: list[tuple[str, Outcome]]

    def table(self, split: str, start: int, stop: int) -> pa.Table:
        """The rows from start to stop of a split."""
        order = self.orders[split]
        table = self.rows.take(order.rows[start:stop])
        if order.copy is None or not order.copy[start:stop].any():
            return table
        copies = order.copy[start:stop]
        return streaming.numbered(table, copies)


class MixtureBuilder(TableBuilder):
    """Prepare each part with its own builder, then put them together.

    Which rows are taken depends on the seed, the part's name and the number of its rows; the order of the whole on the
    seed. Nothing depends on the number of processes: each gets a stretch of the one order.

    As a stream (`streaming=True`), rows come on the fly where the recipe lets them: filters, the licence gate, decontamination and
    shares do (see `okinst.mixtures.streaming`). Where it has take, size, rate, dedup, select or validation, the parts are prepared first
    (a warning names the keys), and the stream gives the very rows that it would have without streaming.
    """

    BUILDER_CONFIG_CLASS = Mixture
    BUILDER_CONFIGS: ClassVar[list[Mixture]] = [
        AULM_0809,
        AULM_0809_DOCUMENTED,
        KOQUALITY,
        KOQUALITY_EXACT,
        OPEN_KOREAN_INSTRUCTIONS,
        OPEN_KOREAN_INSTRUCTIONS_DOCUMENTED,
    ]

    config: Mixture
    #: while the whole is being prepared
    _plan: Plan | None = None
    #: while it is streamed
    _sieve: streaming.Sieve | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._cache_of_parts = kwargs.get("cache_dir")
        self._prepare_options: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def _create_builder_config(self, *args: Any, **kwargs: Any) -> tuple[Mixture, str]:
        config, _ = super()._create_builder_config(*args, **kwargs)
        if not config.parts:
            raise WrongCall(f"{config.name}: a mixture needs at least one part.")
        if not isinstance(config.compute, Compute):
            raise WrongCall(
                f"{config.name}: compute = {config.compute!r} should be a Compute: from okinst.curation.scoring.compute import Compute; "
                f'compute=Compute(engine="ray").'
            )
        builders = self._parts(config)
        generated = joined(*map(facts, builders))
        if generated:
            config = dataclasses.replace(config, generated=generated)
        pins.pin(config, self._door(config))
        with told(config.where / "tokenizer"):
            tokenizer = tokens.identity(config.tokenizer, self.token)
        inputs = []
        for step in config.steps:
            with told(config.where / step.name):
                inputs += step.inputs(self._doing(config))
        self.hash: str = digest(
            code_of(__name__),
            json.dumps(config.recipe(), ensure_ascii=False),
            *(("sample",) if config.sample else ()),  # where less is there, amounts take less
            *_inputs(config, builders),
            *inputs,
            *((libraries(), tokenizer) if config.is_worked_on else ()),
        )
        return config, config.name

    def _door(self, config: Mixture) -> dict[str, Any]:
        return {
            "cache_dir": self._cache_of_parts,
            "token": self.token,
            "mirror": config.mirror,
            "sample": config.sample or None,
            "accept_drift": config.accept_drift or None,
        }

    def _doing(self, config: Mixture) -> Doing:
        names = [part.name for part in config.parts]
        return Doing(self._prepare_options.get("num_proc") or 1, self._door(config), names, config.compute)

    def _part(self, part: Part, config: Mixture) -> "SourceBuilder | MixtureBuilder":
        own = {"compute": config.compute} if part.mixture else {}
        return part.builder(data_dir=config.data_dir, **own, **self._door(config))

    def door_of_parts(self) -> dict[str, Any]:
        """The options that parts and evaluation sets are opened with."""
        return self._door(self.config)

    def parts(self) -> "list[SourceBuilder | MixtureBuilder]":
        """The builders of the parts, in order."""
        return self._parts(self.config)

    def _parts(self, config: Mixture) -> "list[SourceBuilder | MixtureBuilder]":
        return [self._part(part, config) for part in config.parts]

    def _info(self) -> datasets.DatasetInfo:
        cards = [card for part in self.config.parts for card in part.cards]
        citations = dict.fromkeys([*self.config.citations, *(key for card in cards for key in card.citations)])
        return datasets.DatasetInfo(
            description=self.config.description,
            features=schema.features(self.config.shape),
            license=", ".join(dict.fromkeys(license for part in self.config.parts for license in part.licenses)),
            citation=bibliography.bibtex(citations),
        )

    def download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        # the parts are prepared the way the whole is
        self._prepare_options = {key: kwargs[key] for key in ("num_proc", "download_mode") if key in kwargs}
        try:
            super().download_and_prepare(*args, **kwargs)
            if self._plan is not None:
                tidy(self._steps)
        finally:
            # the plan keeps the files of all parts mapped: in memory beside the whole, once that is read
            self._plan = None

    def _is_forced(self) -> bool:
        """Whether everything is to be done anew."""
        mode = self._prepare_options.get("download_mode") or datasets.DownloadMode.REUSE_DATASET_IF_EXISTS
        return datasets.DownloadMode(mode) is datasets.DownloadMode.FORCE_REDOWNLOAD

    @property
    def _steps(self) -> Path:
        """Where the results of steps are kept, of all mixtures."""
        return Path(self._cache_dir_root, DATASET, "steps")

    def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
        splits = self.config.splits
        if downloads.is_streaming:
            return [
                datasets.SplitGenerator(
                    name=split, gen_kwargs={"split": split, "streams": self._streams(), "ranges": None}
                )
                for split in splits
            ]
        self._plan = plan = self.plan()
        for name, lines in ((FUNNEL, plan.funnel), (STEPS, plan.steps)):
            with self._fs.open(f"{self._output_dir}/{name}", "w", encoding="utf-8") as file:
                file.write(json.dumps(lines, ensure_ascii=False, indent=2))
        aside.write(Path(self._output_dir, aside.DROPPED), self._aside(plan))
        for _, outcome in plan.dropped:
            for name, table in outcome.notes.items():
                pq.write_table(table, Path(self._output_dir, name), compression="zstd")
        plan.dropped.clear()  # the plan goes to every process
        return [
            datasets.SplitGenerator(
                name=split,
                gen_kwargs={
                    "split": split,
                    "streams": None,
                    "ranges": _ranges(len(plan.orders[split]), plan.rows.at_once),
                },
            )
            for split in splits
        ]

    def _generate_tables(
        self, split: str, streams: list[list[int]] | None, ranges: list[tuple[int, int]] | None
    ) -> Iterator[tuple[int, pa.Table]]:
        if streams is None:
            plan = self._plan or self.plan()
            wanted = _ranges(len(plan.orders[split])) if ranges is None else ranges
            tables = (plan.table(split, start, stop) for start, stop in wanted)
        else:
            tables = (table for numbers in streams for table in self._streamed(numbers))
        yield from enumerate(tables)

    def _streams(self) -> list[list[int]] | None:
        """The parts of each shard of a stream, interleaved in it; None where all rows must be there before the first."""
        if needed := streaming.needs_all(self.config):
            logger.warning(
                "%s: streaming needs all rows first, because of %s: its parts are prepared, and then its rows are streamed, the "
                "same as without streaming. Leave that out, and rows come at once.",
                self.config.name,
                "; ".join(needed),
            )
            return None
        numbers = list(range(len(self.config.parts)))
        return [numbers] if self.config.shuffle else [[number] for number in numbers]

    def _streamed(self, numbers: list[int]) -> Iterator[pa.Table]:
        parts = [self.config.parts[number] for number in numbers]
        self._sieve = self._sieve or streaming.Sieve.of(self.config, self._doing(self.config))
        tables = [self._sifted(number, self._sieve) for number in numbers]
        if len(parts) == 1:
            return tables[0]
        shares = any(part.share for part in parts)
        return streaming.interleaved(tables, [streaming.weight(part) for part in parts], self.config.seed, shares)

    def _sifted(self, number: int, sieve: streaming.Sieve) -> Iterator[pa.Table]:
        part, columns = self.config.parts[number], self.info.features.arrow_schema.remove_metadata()
        count = 0
        for time in range(part.repeat):
            for table in self._stream(part):
                kept = sieve.through(table.replace_schema_metadata(None).cast(columns), number)
                count += len(kept)
                yield streaming.numbered(kept, time)
        if part.share and not count:
            with told(part.where / "share"):
                raise WrongCall(
                    f"{self.config.name}: nothing is left of {part.config}, and it has a share of {part.share}. Leave the part out, "
                    f"or ask for less of its rows."
                )

    def _stream(self, part: Part) -> Iterator[pa.Table]:
        builder = self._part(part, self.config)
        if isinstance(builder, MixtureBuilder):
            for generator in builder._split_generators(_Streaming()):
                if generator.name == part.split:
                    yield from (table for _, table in builder._generate_tables(**generator.gen_kwargs))
            return
        for _, table in builder._generate_tables(files=list(builder.config.files[part.split]), split=part.split):
            yield table

    def plan(self) -> Plan:
        """Prepare the parts, do what the recipe says to their rows, and decide which come out in which order."""
        config = self.config
        builders, rows, work = self._begun()
        steps, dropped = work.do(rows, config)
        orders, chosen, more = arrange(rows, config, work, sampled=config.sample)
        funnel = [
            step(
                builder,
                part.split,
                beside=_beside(number, config.parts),
                taken=count,
                asked=str(part.take) if isinstance(part.take, Tokens) else part.take,
                expected=part.rows,
                expected_exact=part.rows_exact,
                **({"share": part.share} if part.share is not None else {}),
            )
            for number, (part, builder, count) in enumerate(zip(config.parts, builders, chosen, strict=True))
        ]
        return Plan(rows, work.places, orders, funnel, [*steps, *more], dropped)

    def candidates(self, num_proc: int | None = None) -> tuple[Rows, list[dict[str, Any]]]:
        """The rows that the recipe's selection has to choose from, and the lines of the steps before it.

        What an earlier build has done is taken up, and what is done here serves a later one.
        """
        self._prepare_options = {"num_proc": num_proc}
        _, rows, work = self._begun()
        with plain_disk_errors(f"{self.config.name} to {self._steps}"):
            steps, _ = work.do(rows, dataclasses.replace(self.config, select=None))
        return rows, steps

    def _begun(self) -> "tuple[list[SourceBuilder | MixtureBuilder], Rows, Work]":
        """Prepare the parts; nothing is done to their rows yet."""
        config = self.config
        # before any work: what cannot be had may not be found missing after an hour of it
        with told(config.where / "tokenizer"):
            weigh = tokens.weigher(config.tokenizer, self.token)
        if select := config.chosen:
            with told(config.where / "select"):
                select.ready(self._doing(config))
        if config.decontaminate:
            with told(config.where / "decontaminate"):
                config.decontaminate.ready(self._doing(config))
        builders, prepared = self.parts(), []
        for part, builder in zip(config.parts, builders, strict=True):
            with told(part.where):
                builder.download_and_prepare(**self._prepare_options)
            prepared.append(builder.as_dataset(split=part.split))
        rows = Rows(prepared)
        work = Work(
            doing=self._doing(config),
            places=Places.of(config.parts, rows),
            cache=self._steps,
            inputs=_inputs(config, builders),
            weigh=weigh if config.is_worked_on else None,
            tokenizer=config.tokenizer,
            redo=self._is_forced(),
        )
        return builders, rows, work

    def _aside(self, plan: Plan) -> Iterator[pa.Table]:
        """The rows that did not come through."""
        yield from aside.of_parts(self.config, self.parts(), self.info.features.arrow_schema.remove_metadata())
        names = np.array(plan.places.names, object)
        # selection.parquet names the rows that were not chosen
        dropped = [(name, outcome) for name, outcome in plan.dropped if not outcome.notes]
        yield from aside.of_steps(
            dropped, plan.rows, lambda rows: names[plan.places.of_row[rows]].tolist(), self.config.shape
        )

    def funnel(self) -> list[dict[str, Any]]:
        """What went in and what came out, part by part; nothing before the mixture is built."""
        return self._told(FUNNEL)

    def steps(self) -> list[dict[str, Any]]:
        """What each step of the recipe let through and dropped, by source; nothing before the mixture is built."""
        return self._told(STEPS)

    def dropped(self) -> Path | None:
        """The Parquet file of the rows that did not come through, if there are any."""
        path = Path(self._output_dir, aside.DROPPED)
        return path if path.is_file() else None

    def notes(self) -> list[Path]:
        """The Parquet files of what a selection measured, if there was one."""
        return [path for name in (SELECTION, CLUSTERS) if (path := Path(self._output_dir, name)).is_file()]

    def _told(self, name: str) -> list[dict[str, Any]]:
        path = Path(self._output_dir, name)
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


class RecipeBuilder(MixtureBuilder):
    """A mixture of one's own: its config is not in a list, it is given."""

    BUILDER_CONFIGS: ClassVar[list[Mixture]] = []


def builder_of_mixture(mixture: Mixture, *args: Any, **options: Any) -> MixtureBuilder:
    """The builder of a mixture, published or not."""
    if mixture.name in MixtureBuilder.builder_configs:
        return MixtureBuilder(*args, config_name=mixture.name, **options)
    own = {each.name: getattr(mixture, each.name) for each in dataclasses.fields(mixture)}
    for name in ("name", "version", "data_files", "data_dir", *CALLERS):
        own.pop(name)
    return RecipeBuilder(*args, config_name=mixture.name, **own, **options)


@dataclass(frozen=True)
class _Streaming:
    """What a part that is a mixture is asked with, where the whole is streamed."""

    is_streaming: bool = True


def _inputs(config: Mixture, builders: "Sequence[SourceBuilder | MixtureBuilder]") -> list[str]:
    """What decides the rows of the parts, in order."""
    return [f"{builder.hash} {part.split}" for part, builder in zip(config.parts, builders, strict=True)]


def _ranges(count: int, size: int = RANGE) -> list[tuple[int, int]]:
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def step(
    builder: "SourceBuilder | MixtureBuilder", split: str, beside: Sequence[str] | None = (), **known: Any
) -> dict[str, Any]:
    """One line of a funnel: what was read, what came through, what did not and why, and of which files.

    `beside` are the splits of the same mixture that are told in lines of their own; None where one before this tells of its
    parts and steps. `known` adds what the caller knows besides: how many rows were taken, asked for and expected.
    """
    if isinstance(builder, MixtureBuilder):
        return _step_of_mixture(builder, split, beside, **known)
    card = builder.card
    tallies = [tally for tally in builder.tallies() if tally.split == split]
    reasons = {
        kind: dict(sum((getattr(tally, kind) for tally in tallies), Counter[str]()))
        for kind in ("left_out", "ruled_out", "mended")
    }
    kept = sum(tally.kept for tally in tallies)
    return {
        "source": builder.config.name,
        "split": split,
        "licenses": builder.own_licenses,
        "license_note": card.license_note,
        "warning": card.warning,
        "making": card.making,
        "languages": list(card.languages),
        "upstream_rows": (
            builder.config.rows.get(split) if builder.config.rows_exact and not builder.origins else None
        ),
        "door": next((tally.door for tally in tallies), None),
        "read": sum(tally.read for tally in tallies),
        **reasons,
        "kept": kept,
        "taken": kept,
        "files": [
            {
                **tally.file,
                "bytes": tally.bytes,
                "sha256": tally.sha256,
                "rows": tally.read,
                "verified": tally.verified,
                "drift": tally.drift,
            }
            for tally in tallies
        ],
        **({"origins": [each.as_json() for each in builder.origins]} if builder.origins else {}),
        **known,
    }


def facts(builder: "SourceBuilder | MixtureBuilder") -> dict[str, Facts]:
    """What is known of rows that are no source's of the catalogue: of files of one's own, and of generated ones."""
    if isinstance(builder, MixtureBuilder):
        return joined(builder.config.facts, facts_told(builder.funnel()))
    return joined(*({each.name: facts_of_origin(each)} for each in builder.origins))


def facts_told(funnel: Iterable[Mapping[str, Any]]) -> dict[str, Facts]:
    """The same of generated rows, as a funnel tells it."""
    found = list[Mapping[str, Facts]]()
    for line in funnel:
        found.append(facts_told(line.get("parts", ())))
        found += [{each["name"]: facts_of_origin(Origin.of(each))} for each in line.get("origins", ())]
    return joined(*found)


def _beside(number: int, parts: Sequence[Part]) -> list[str] | None:
    """The splits of a part's mixture that are parts as well; None where the first of them comes before it."""
    same = [
        (place, part.split) for place, part in enumerate(parts) if part.mixture and part.config == parts[number].config
    ]
    if same and same[0][0] < number:
        return None
    return [split for place, split in same if place != number]


def _step_of_mixture(builder: MixtureBuilder, split: str, beside: Sequence[str] | None, **known: Any) -> dict[str, Any]:
    """What was read for its parts, less what they left out, ruled out and what its own steps `dropped`, and with what they
    `added`, is what was kept (sources that make several rows of one aside). What was read for splits `beside` is told in
    their lines.
    """
    whole, kept = builder.funnel(), builder.info.splits[split].num_examples
    parts = whole if beside is not None else []
    others = {other: builder.info.splits[other].num_examples for other in beside or ()}
    dropped, added = Counter[str](), Counter[str]()
    for part in parts:
        dropped.update(part.get("dropped", {}))
        added.update(part.get("added", {}))
    for line in builder.steps() if parts else ():
        for place in line["sources"].values():
            dropped.update(place["reasons"])
            added.update(place.get("added", {}))
    if parts and split != "train":
        dropped["not in this split"] = builder.info.splits["train"].num_examples - others.get("train", 0)
    aside = kept if split != "train" else sum(others.values())
    dropped[SET_ASIDE] -= aside
    reasons = {
        kind: dict(sum((Counter(part[kind]) for part in parts), Counter[str]()))
        for kind in ("left_out", "ruled_out", "mended")
    }
    return {
        "source": builder.config.name,
        "split": split,
        "licenses": list(dict.fromkeys(license for part in whole for license in part["licenses"])),
        "license_note": "A mixture: those of its parts.",
        "warning": "",
        "making": "a mixture of sources",
        "languages": list(dict.fromkeys(language for part in whole for language in part["languages"])),
        "upstream_rows": None,
        "door": next((part["door"] for part in whole if part["door"]), None),
        "read": sum(part["read"] for part in parts) - sum(others.values()) if parts else kept,
        **reasons,
        "dropped": dict(+dropped),
        **({"added": dict(added)} if added else {}),
        "kept": kept,
        "taken": kept,
        "files": [],
        "parts": parts,
        "steps": builder.steps() if parts else [],
        **known,
    }
