"""The builder of mixtures: a builder whose files are other builders."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import datasets
import numpy as np
import pyarrow as pa

from okinst.builders import SourceBuilder, WrongCall, bibliography, schema
from okinst.builders.identity import code_of, digest
from okinst.builders.tables import TableBuilder
from okinst.mixtures.aulm_0809 import AULM_0809, AULM_0809_DOCUMENTED
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.open_korean_instructions import OPEN_KOREAN_INSTRUCTIONS, OPEN_KOREAN_INSTRUCTIONS_DOCUMENTED

FUNNEL = "funnel.json"
#: rows handed to a process at a time, and written as one table
RANGE = 2_000


@dataclass(frozen=True)
class Plan:
    """All rows of all parts, and which of them come out, in which order; None where it is just all of them."""

    rows: datasets.Dataset
    order: np.ndarray[Any, Any] | None
    funnel: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.rows) if self.order is None else len(self.order)

    def table(self, start: int, stop: int) -> pa.Table:
        """The rows from start to stop of what comes out."""
        chosen = slice(start, stop) if self.order is None else self.order[start:stop]
        found: pa.Table = self.rows.with_format("arrow")[chosen]
        return found


class MixtureBuilder(TableBuilder):
    """Prepare each part with its own builder, then put them together.

    Which rows are taken depends on the seed, the part's name and the number of its rows; the order of the whole on the
    seed. Nothing depends on the number of processes: each gets a stretch of the one order.
    """

    BUILDER_CONFIG_CLASS = Mixture
    BUILDER_CONFIGS: ClassVar[list[Mixture]] = [
        AULM_0809,
        AULM_0809_DOCUMENTED,
        OPEN_KOREAN_INSTRUCTIONS,
        OPEN_KOREAN_INSTRUCTIONS_DOCUMENTED,
    ]

    config: Mixture
    #: while the whole is being prepared
    _plan: Plan | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._cache_of_parts = kwargs.get("cache_dir")
        self._prepare_options: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def _create_builder_config(self, *args: Any, **kwargs: Any) -> tuple[Mixture, str]:
        config, _ = super()._create_builder_config(*args, **kwargs)
        if not config.parts:
            raise WrongCall(f"{config.name}: a mixture needs at least one part.")
        self.hash = digest(
            code_of(__name__),
            json.dumps(config.recipe(), ensure_ascii=False),
            *(str(self._part(part, config).hash) for part in config.parts),
        )
        return config, config.name

    def _part(self, part: Part, config: Mixture) -> SourceBuilder:
        return part.builder(
            cache_dir=self._cache_of_parts,
            token=self.token,
            data_dir=config.data_dir,
            mirror=config.mirror,
            sample=config.sample or None,
            accept_drift=config.accept_drift or None,
        )

    def parts(self) -> list[SourceBuilder]:
        """The builders of the parts, in order."""
        return [self._part(part, self.config) for part in self.config.parts]

    def _info(self) -> datasets.DatasetInfo:
        cards = [part.source.CARD for part in self.config.parts]
        citations = dict.fromkeys([*self.config.citations, *(key for card in cards for key in card.citations)])
        return datasets.DatasetInfo(
            description=self.config.description,
            features=schema.features(self.config.parts[0].source.SHAPE),
            license=", ".join(dict.fromkeys(each for part in self.config.parts for each in part.source.licenses())),
            citation=bibliography.bibtex(citations),
        )

    def download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        # the parts are prepared the way the whole is
        self._prepare_options = {key: kwargs[key] for key in ("num_proc", "download_mode") if key in kwargs}
        try:
            super().download_and_prepare(*args, **kwargs)
        finally:
            # the plan keeps the files of all parts mapped: in memory beside the whole, once that is read
            self._plan = None

    def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
        if downloads.is_streaming:
            # A plain mixture streams part by part; any other must know its parts' sizes before its first row.
            wanted: list[Any] = list(range(len(self.config.parts))) if self.config.is_plain else [None]
            return [datasets.SplitGenerator(name="train", gen_kwargs={"streams": wanted, "ranges": None})]
        self._plan = plan = self.plan()
        with self._fs.open(f"{self._output_dir}/{FUNNEL}", "w", encoding="utf-8") as file:
            file.write(json.dumps(plan.funnel, ensure_ascii=False, indent=2))
        ranges = [(start, min(start + RANGE, len(plan))) for start in range(0, len(plan), RANGE)]
        return [datasets.SplitGenerator(name="train", gen_kwargs={"streams": None, "ranges": ranges})]

    def _generate_tables(
        self, streams: list[int | None] | None, ranges: list[tuple[int, int]] | None
    ) -> Iterator[tuple[int, pa.Table]]:
        if ranges is not None:
            plan = self._plan or self.plan()
            tables = (plan.table(start, stop) for start, stop in ranges)
        elif streams == [None]:
            plan = self.plan()
            tables = (plan.table(start, start + RANGE) for start in range(0, len(plan), RANGE))
        else:
            tables = (table for number in streams or () for table in self._stream(self.config.parts[number or 0]))
        yield from enumerate(tables)

    def _stream(self, part: Part) -> Iterator[pa.Table]:
        builder = self._part(part, self.config)
        for _, table in builder._generate_tables(files=list(builder.config.files[part.split]), split=part.split):
            yield table

    def plan(self) -> Plan:
        """Prepare the parts, and decide which rows come out in which order."""
        prepared, chosen, funnel, offset = [], [], [], 0
        for part in self.config.parts:
            builder = self._part(part, self.config)
            builder.download_and_prepare(**self._prepare_options)
            rows = builder.as_dataset(split=part.split)
            count = part.count(len(rows), capped=self.config.sample)
            if count < len(rows):
                # of its own: that a part comes or goes changes nothing about which rows of the others are taken
                rng = np.random.default_rng([self.config.seed, zlib.crc32(f"{part.config}/{part.split}".encode())])
                taken = np.sort(rng.permutation(len(rows))[:count])
            else:
                taken = np.arange(len(rows))
            prepared.append(rows)
            chosen.append(taken + offset)
            offset += len(rows)
            funnel.append(
                step(
                    builder,
                    part.split,
                    taken=count,
                    asked=part.take,
                    expected=part.rows,
                    expected_exact=part.rows_exact,
                )
            )
        order = np.concatenate(chosen)
        if not len(order):
            raise WrongCall(f"{self.config.name}: no rows come out; its shares are too small for its parts.")
        if self.config.shuffle:
            order = np.random.default_rng(self.config.seed).permutation(order)
        whole = datasets.concatenate_datasets(prepared)
        return Plan(whole, order if self.config.shuffle or len(order) < len(whole) else None, funnel)

    def funnel(self) -> list[dict[str, Any]]:
        """What went in and what came out, part by part; nothing before the mixture is built."""
        path = Path(self._output_dir, FUNNEL)
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


class RecipeBuilder(MixtureBuilder):
    """A mixture of one's own: its config is not in a list, it is given."""

    BUILDER_CONFIGS: ClassVar[list[Mixture]] = []


def step(builder: SourceBuilder, split: str, **known: Any) -> dict[str, Any]:
    """One line of a funnel: what was read, what came through, what did not and why, and of which files.

    `known` adds what the caller knows besides: how many rows were taken, asked for and expected.
    """
    card = builder.CARD
    tallies = [tally for tally in builder.tallies() if tally.split == split]
    reasons = {
        kind: dict(sum((getattr(tally, kind) for tally in tallies), Counter[str]()))
        for kind in ("left_out", "ruled_out", "mended")
    }
    kept = sum(tally.kept for tally in tallies)
    return {
        "source": builder.config.name,
        "split": split,
        "licenses": list(builder.licenses()),
        "license_note": card.license_note,
        "warning": card.warning,
        "making": card.making,
        "languages": list(card.languages),
        "upstream_rows": builder.config.rows.get(split) if builder.config.rows_exact else None,
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
        **known,
    }
