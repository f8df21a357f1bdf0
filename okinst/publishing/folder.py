"""Write a set as a Hub dataset folder: Parquet, a README.md with `configs:`, and provenance.json.

    DIR/README.md
    DIR/provenance.json
    DIR/<name>/<split>-00000-of-00001.parquet

The Parquet bytes depend on the rows alone: row groups of a fixed size, no timestamps, no number of processes.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets
import jsonlines
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import SourceBuilder, WrongCall, schema
from okinst.builders.doors import sha256
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder
from okinst.mixtures.builder import step
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import card
from okinst.publishing.inputs import inputs, versions
from okinst.publishing.naming import builder_of
from okinst.publishing.place import PROVENANCE, README, SET_ASIDE, appearing, check_output, readable
from okinst.version import VERSION
from okinst.views import CannotHold, view

ROW_GROUP = 10_000
#: a shard of the Hub's usual size; counted before compression
SHARD_BYTES = 500 * 1024 * 1024
#: what the rows of a set are counted by, for its provenance
BY = ("source", "language", "license", "making")


@dataclass
class Built:
    """What was written, and what became of every row on the way."""

    name: str
    folder: Path
    rows: dict[str, int]
    #: what went in and came out, part by part
    funnel: list[dict[str, Any]]
    #: what each step of a recipe let through and dropped, by source
    steps: list[dict[str, Any]] = field(default_factory=list)
    #: rows the view cannot hold, by reason; they stand in set-aside.jsonl
    set_aside: Counter[str] = field(default_factory=Counter)
    files: list[dict[str, Any]] = field(default_factory=list)
    #: rows by split, source, language, licence and making, counted in what was written
    composition: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "folder": str(self.folder),
            "rows": self.rows,
            "funnel": self.funnel,
            "steps": self.steps,
            "set_aside": dict(self.set_aside),
            "files": self.files,
        }


def build(
    name_or_recipe: str | Mixture,
    folder: Path,
    *,
    layout: str | None = None,
    num_proc: int | None = None,
    replace: str | None = None,
    **options: Any,
) -> Built:
    """Build a set and write it as a folder.

    `layout` is the name of a view; `replace` the name of a set from the sample that may stand in the folder now and is
    given up; `options` are the builder's: mirror, sample, data_dir, accept_drift, raw, cache_dir, token.
    """
    folder = Path(folder).expanduser().resolve()
    check_output(folder, replace)
    builder = builder_of(name_or_recipe, **options)
    if layout and builder_shape(builder) != "conversation":
        raise WrongCall(f"{builder.config.name} holds {builder_shape(builder)} rows; views are for conversations.")
    chosen = view(layout) if layout else None
    builder.download_and_prepare(num_proc=num_proc)
    sets = builder.as_dataset()
    with appearing(folder, replace) as partial:
        built = Built(builder.config.name, folder, {}, funnel(builder), steps(builder))
        for split, rows in sets.items():
            write_split(rows, split, partial, built, chosen)
        if isinstance(builder, MixtureBuilder):
            for beside in filter(None, (builder.dropped(), *builder.notes())):
                shutil.copyfile(beside, partial / beside.name)
                built.files.append(file_entry(partial, partial / beside.name))
        if built.set_aside:
            built.files.append(file_entry(partial, partial / SET_ASIDE))
        told = {**_provenance(builder, built, layout), "files": built.files}
        (partial / README).write_text(card(BuiltFolder(partial, told)), encoding="utf-8")
        told["files"] = [*built.files, file_entry(partial, partial / README)]
        (partial / PROVENANCE).write_bytes(readable(told))
    return built


def builder_shape(builder: SourceBuilder | MixtureBuilder) -> str:
    """The shape of a builder's rows, or "raw"."""
    if isinstance(builder, MixtureBuilder):
        return builder.config.shape
    return "raw" if builder.config.raw else builder.SHAPE


def funnel(builder: SourceBuilder | MixtureBuilder) -> list[dict[str, Any]]:
    """What went in and what came out, for a source split by split, for a mixture part by part."""
    if isinstance(builder, MixtureBuilder):
        return builder.funnel()
    return [step(builder, split) for split in builder.config.files]


def steps(builder: SourceBuilder | MixtureBuilder) -> list[dict[str, Any]]:
    """What each step of a recipe let through and dropped; nothing for a source."""
    return builder.steps() if isinstance(builder, MixtureBuilder) else []


def write_split(rows: datasets.Dataset, split: str, partial: Path, built: Built, layout: ModuleType | None) -> None:
    """Write the rows of a split as Parquet files below `partial`, and count them in `built`."""
    tables = rows.with_format("arrow").iter(ROW_GROUP)
    columns: Callable[[pa.Table], pa.Table] = _Laid(layout, built, partial) if layout else lambda table: table
    groups = max(1, ceil(len(rows) / ROW_GROUP))
    groups_a_shard = ceil(groups / max(1, ceil(rows.data.nbytes / SHARD_BYTES)))
    shards = ceil(groups / groups_a_shard)
    target = partial / built.name
    target.mkdir(exist_ok=True)
    built.rows[split] = 0
    for shard in range(shards):
        path = target / f"{split}-{shard:05d}-of-{shards:05d}.parquet"
        writer = None
        try:
            for _, table in zip(range(groups_a_shard), tables, strict=False):
                laid = columns(table.replace_schema_metadata(None).combine_chunks())
                writer = writer or pq.ParquetWriter(path, laid.schema, compression="zstd")
                writer.write_table(laid, row_group_size=ROW_GROUP)
                built.rows[split] += len(laid)
                built.composition.update(_composition(laid, split))
        finally:
            if writer:
                writer.close()
        built.files.append(file_entry(partial, path))


def file_entry(partial: Path, path: Path) -> dict[str, Any]:
    """What provenance.json says of a file."""
    return {"path": path.relative_to(partial).as_posix(), "bytes": path.stat().st_size, "sha256": sha256(path)}


def _composition(table: pa.Table, split: str) -> Counter[tuple[str, ...]]:
    if not set(BY) <= set(table.column_names):  # raw rows have upstream's columns only
        return Counter()
    counts = table.select(list(BY)).group_by(list(BY)).aggregate([([], "count_all")]).to_pylist()
    return Counter({(split, *(row[column] for column in BY)): row["count_all"] for row in counts})


class _Laid:
    """Tables of conversations in another layout; what it cannot hold goes into set-aside.jsonl with the reason."""

    def __init__(self, layout: ModuleType, built: Built, partial: Path) -> None:
        self.layout, self.built, self.path = layout, built, partial / SET_ASIDE
        columns = datasets.Features({**schema.COMMON, **layout.COLUMNS})
        self.schema = columns.arrow_schema.remove_metadata()

    def __call__(self, table: pa.Table) -> pa.Table:
        rendered, aside = [], []
        for row in table.to_pylist():
            try:
                rendered.append({**{name: row[name] for name in schema.COMMON}, **self.layout.render(row)})
            except CannotHold as why:
                self.built.set_aside[str(why)] += 1
                aside.append({"reason": str(why), **row})
        if aside:
            with jsonlines.open(self.path, "a") as file:
                file.write_all(aside)
        return pa.Table.from_pylist(rendered, schema=self.schema)


def _provenance(builder: SourceBuilder | MixtureBuilder, built: Built, layout: str | None) -> dict[str, Any]:
    config = builder.config
    return {
        "name": built.name,
        "description": str(builder.info.description or ""),
        "citation": str(builder.info.citation or ""),
        "okinst": VERSION,
        **versions(builder),
        "published": config.name in MIXTURES,
        "recipe": config.recipe() if isinstance(config, Mixture) else {"source": config.name, "raw": config.raw},
        **({"written": config.written} if isinstance(config, Mixture) and config.written else {}),
        "view": layout or "okinst",
        "door": next((part["door"] for part in built.funnel if part["door"]), None),
        "rows": built.rows,
        "composition": [
            {**dict(zip(("split", *BY), group, strict=True)), "rows": count}
            for group, count in built.composition.items()
        ],
        "inputs": inputs(builder, built.funnel),
        "funnel": built.funnel,
        "steps": built.steps,
        "set_aside": dict(built.set_aside),
    }
