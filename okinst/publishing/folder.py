"""Write a set as a Hub dataset folder: Parquet, a README.md with `configs:`, and provenance.json.

    DIR/README.md
    DIR/provenance.json
    DIR/<name>/<split>-00000-of-00001.parquet

The folder appears whole or not at all: it is written beside its place under another name, and renamed when it is done.
The Parquet bytes depend on the rows alone: row groups of a fixed size, no timestamps, no number of processes.
"""

import importlib.metadata
import json
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from okinst.builders import SourceBuilder, WrongCall, schema
from okinst.builders.doors import sha256
from okinst.builders.source import disk_full
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder, RecipeBuilder, recipe
from okinst.mixtures.builder import step
from okinst.mixtures.meta import builder_class
from okinst.version import VERSION
from okinst.views import CannotHold, view

ROW_GROUP = 10_000
#: a shard of the Hub's usual size; counted before compression
SHARD_BYTES = 500 * 1024 * 1024
#: what the rows of a set are counted by, for its README and provenance
BY = ("source", "language", "license", "making")
PROVENANCE = "provenance.json"
README = "README.md"
INCOMPLETE = ".incomplete-"


@dataclass
class Built:
    """What was written, and what became of every row on the way."""

    name: str
    folder: Path
    rows: dict[str, int]
    #: what went in and came out, part by part
    funnel: list[dict[str, Any]]
    #: rows the view cannot hold, by reason, and where they were put
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
            "set_aside": dict(self.set_aside),
            "files": self.files,
        }


def builder_of(name_or_recipe: str, **options: Any) -> SourceBuilder | MixtureBuilder:
    """The builder of a source, a published mixture, or a recipe file."""
    if name_or_recipe.endswith(recipe.SUFFIX):
        return recipe_builder(recipe.read(Path(name_or_recipe)), **options)
    return builder_class(name_or_recipe)(config_name=name_or_recipe, **options)


def recipe_builder(mixture: Mixture, **options: Any) -> MixtureBuilder:
    """The builder of a mixture that is not published."""
    return RecipeBuilder(
        config_name=mixture.name,
        description=mixture.description,
        parts=mixture.parts,
        seed=mixture.seed,
        shuffle=mixture.shuffle,
        **options,
    )


def build(
    name_or_recipe: str,
    folder: Path,
    *,
    layout: str | None = None,
    num_proc: int | None = None,
    replace: bool = False,
    **options: Any,
) -> Built:
    """Build a set and write it as a folder.

    `layout` is the name of a view; `replace` gives up what okinst wrote into the folder before; `options` are the
    builder's: mirror, sample, data_dir, accept_drift, raw, cache_dir, token.
    """
    check_output(folder, replace)
    builder = builder_of(name_or_recipe, **options)
    if layout and builder_shape(builder) != "conversation":
        raise WrongCall(f"{builder.config.name} holds {builder_shape(builder)} rows; views are for conversations.")
    chosen = view(layout) if layout else None
    builder.download_and_prepare(num_proc=num_proc)
    sets = builder.as_dataset()
    with appearing(folder, replace) as partial:
        built = Built(builder.config.name, folder, {}, funnel(builder))
        for split, rows in sets.items():
            _write_split(rows, split, partial, built, chosen)
        provenance = _provenance(builder, built, layout)
        _write_text(partial / PROVENANCE, json.dumps(provenance, ensure_ascii=False, indent=2) + "\n")
        _write_text(partial / README, _readme(builder, built))
    return built


def builder_shape(builder: SourceBuilder | MixtureBuilder) -> str:
    """The shape of a builder's rows, or "raw"."""
    if isinstance(builder, MixtureBuilder):
        return builder.config.parts[0].source.SHAPE
    return "raw" if builder.config.raw else builder.SHAPE


def funnel(builder: SourceBuilder | MixtureBuilder) -> list[dict[str, Any]]:
    """What went in and what came out, for a source split by split, for a mixture part by part."""
    if isinstance(builder, MixtureBuilder):
        return builder.funnel()
    return [
        step(builder, split, expected=builder.config.rows.get(split), expected_exact=builder.config.rows_exact)
        for split in builder.config.files
    ]


def check_output(folder: Path, replace: bool) -> None:
    """Raise WrongCall where the folder holds something already."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() and not (replace and (folder / PROVENANCE).is_file()):
        what = "is not empty" if folder.is_dir() else "is not a folder"
        raise WrongCall(f"{folder} {what}. Name another folder, or remove it first.")


@contextmanager
def appearing(folder: Path, replace: bool = False) -> Iterator[Path]:
    """A folder to write into that takes its name only when everything is written."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in folder.parent.glob(f".{folder.name}{INCOMPLETE}*"):
        if not _runs(stale.name.rpartition(INCOMPLETE)[2]):
            shutil.rmtree(stale, ignore_errors=True)
    partial = folder.with_name(f".{folder.name}{INCOMPLETE}{os.getpid()}")
    partial.mkdir()
    try:
        yield partial
        with _undisturbed():
            check_output(folder, replace)  # once more: another build may have been quicker
            if folder.is_dir():
                shutil.rmtree(folder)
            partial.rename(folder)
    except OSError as error:
        raise disk_full(error, str(folder)) or error from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _runs(pid: str) -> bool:
    """Whether the process that left a folder behind is still at work on it."""
    if os.name == "nt":  # where signal 0 is no question but Ctrl-C
        return True
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C for the moment between removing the old folder and naming the new one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _write_split(rows: datasets.Dataset, split: str, partial: Path, built: Built, layout: Any) -> None:
    tables = rows.with_format("arrow").iter(ROW_GROUP)
    columns: Callable[[pa.Table], pa.Table] = (lambda table: table) if layout is None else _Laid(layout, built, partial)
    groups = max(1, ceil(len(rows) / ROW_GROUP))
    groups_a_shard = ceil(groups / max(1, ceil(rows.data.nbytes / SHARD_BYTES)))
    shards = ceil(groups / groups_a_shard)
    target = partial / built.name
    target.mkdir(exist_ok=True)
    written = 0
    for shard in range(shards):
        path = target / f"{split}-{shard:05d}-of-{shards:05d}.parquet"
        writer = None
        for _, table in zip(range(groups_a_shard), tables, strict=False):
            laid = columns(table.replace_schema_metadata(None).combine_chunks())
            writer = writer or pq.ParquetWriter(path, laid.schema, compression="zstd")
            writer.write_table(laid, row_group_size=ROW_GROUP)
            written += len(laid)
            built.composition.update(_composition(laid, split))
        if writer:
            writer.close()
    made = sorted(target.glob(f"{split}-*.parquet"))
    built.rows[split] = written
    built.files += [
        {"path": f"{built.name}/{path.name}", "bytes": path.stat().st_size, "sha256": sha256(path)} for path in made
    ]


def _composition(table: pa.Table, split: str) -> Counter[tuple[str, ...]]:
    if not set(BY) <= set(table.column_names):  # raw rows have upstream's columns only
        return Counter()
    counts = table.select(list(BY)).group_by(list(BY)).aggregate([([], "count_all")]).to_pylist()
    return Counter({(split, *(row[column] for column in BY)): row["count_all"] for row in counts})


class _Laid:
    """Tables of conversations in another layout; what it cannot hold goes into set-aside.jsonl with the reason."""

    def __init__(self, layout: Any, built: Built, partial: Path) -> None:
        self.layout, self.built, self.path = layout, built, partial / "set-aside.jsonl"
        columns = datasets.Features({**schema.COMMON, **layout.COLUMNS})
        self.schema = columns.arrow_schema.remove_metadata()

    def __call__(self, table: pa.Table) -> pa.Table:
        rendered = []
        for row in table.to_pylist():
            try:
                rendered.append({**{name: row[name] for name in schema.COMMON}, **self.layout.render(row)})
            except CannotHold as why:
                self.built.set_aside[str(why)] += 1
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"reason": str(why), **row}, ensure_ascii=False) + "\n")
        return pa.Table.from_pylist(rendered, schema=self.schema)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _provenance(builder: SourceBuilder | MixtureBuilder, built: Built, layout: str | None) -> dict[str, Any]:
    config = builder.config
    made = config.recipe() if isinstance(config, Mixture) else {"source": config.name, "raw": config.raw}
    return {
        "name": built.name,
        "okinst": VERSION,
        "datasets": importlib.metadata.version("datasets"),
        "pyarrow": importlib.metadata.version("pyarrow"),
        "published": config.name in MIXTURES,
        "recipe": made,
        "view": layout or "okinst",
        "door": next((part["door"] for part in built.funnel if part.get("door")), None),
        "rows": built.rows,
        "composition": [
            {**dict(zip(("split", *BY), group, strict=True)), "rows": count}
            for group, count in built.composition.items()
        ],
        "funnel": built.funnel,
        "set_aside": dict(built.set_aside),
        "files": built.files,
    }


def _readme(builder: SourceBuilder | MixtureBuilder, built: Built) -> str:
    groups = built.composition or Counter(
        {
            (part["split"], part["source"], part["languages"][0], part["license"], part["making"]): part["taken"]
            for part in built.funnel
        }
    )
    licenses = {group[3] for group in groups}
    head = {
        "language": sorted({group[2].partition("-")[0] for group in groups}),
        # the Hub has a word for one licence, and none for several
        "license": licenses.pop() if len(licenses) == 1 and "unstated" not in licenses else "other",
        "configs": [
            {
                "config_name": built.name,
                "data_files": [{"split": split, "path": f"{built.name}/{split}-*.parquet"} for split in built.rows],
            }
        ],
        "tags": ["okinst"],
    }
    lines = [
        "---",
        yaml.safe_dump(head, allow_unicode=True, sort_keys=False).strip(),
        "---",
        f"# {built.name}",
        "",
        str(builder.info.description),
        "",
        f"Built by okinst {VERSION}; provenance.json says from which files, by which recipe, and what became of every row.",
        "",
        "| split | source | language | licence | making | rows |",
        "|---|---|---|---|---|---:|",
        *(f"| {' | '.join(group)} | {count:,} |" for group, count in groups.items()),
        "",
        f"Rows: {', '.join(f'{split} {count:,}' for split, count in built.rows.items())}.",
    ]
    if citation := str(builder.info.citation or ""):
        lines += ["", "```bibtex", citation, "```"]
    return "\n".join(lines) + "\n"
