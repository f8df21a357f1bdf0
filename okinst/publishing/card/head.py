"""The YAML head of a card: what the Hub reads to list a set, to show its columns, and to find its files."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq

from okinst import catalogue
from okinst.builders.upstream import Hub
from okinst.licences import LICENCES, Whole
from okinst.publishing.built import BuiltFolder

#: the columns that give a shape away
_SHAPES = (
    ("rated", {"messages", "rating"}),
    ("conversation", {"messages", "context"}),
    ("preference", {"prompt", "chosen", "rejected"}),
    ("choice", {"query", "choices", "answer"}),
    ("span", {"question", "answers", "context"}),
    ("labelled", {"text", "labels"}),
    ("rated", {"messages"}),
    ("prompt", {"prompt"}),
)
#: what the Hub calls the tasks of each
_TASKS = {
    "conversation": ("text-generation",),
    "preference": ("text-generation", "reinforcement-learning"),
    "prompt": ("text-generation",),
    "choice": ("multiple-choice", "question-answering"),
    "span": ("question-answering",),
    "labelled": ("text-classification",),
    "rated": ("text-classification",),
}
_TAGS = {
    "conversation": ("instruction-tuning",),
    "preference": ("preference", "dpo"),
    "prompt": ("prompts",),
}
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
#: the name of a licence that is several
MIXED = "every-row-its-own"


def head(built: BuiltFolder, languages: Iterable[str], whole: Whole) -> dict[str, Any]:
    """The keys and values of the head, in the order they are written in."""
    rows = built.provenance["rows"]
    features = columns(built)
    shape = shape_of(built)
    info: dict[str, Any] = {"config_name": built.name}
    if features is not None:
        info["features"] = features._to_yaml_list()
    info |= sizes(built)
    from_hub = hub_sources(built)
    return {
        "pretty_name": built.name,
        "language": sorted({language.partition("-")[0] for language in languages}),
        **_licence(whole),
        "size_categories": [size(sum(rows.values()))],
        "task_categories": list(_TASKS.get(shape, ("text-generation",))),
        **({"source_datasets": from_hub} if from_hub else {}),
        "tags": ["okinst", *_TAGS.get(shape, ())],
        "configs": [
            {
                "config_name": built.name,
                **_fingerprint(built),
                "data_files": [{"split": split, "path": f"{built.name}/{split}-*.parquet"} for split in rows],
            }
        ],
        "dataset_info": info,
    }


def sizes(built: BuiltFolder) -> dict[str, Any]:
    """Rows and bytes of each split. `datasets` warns, and reads none of it, where a word of these is missing."""
    rows = built.provenance["rows"]
    unpacked = {
        split: sum(group.total_byte_size for path in paths for group in _row_groups(path))
        for split, paths in built.splits.items()
    }
    return {
        "splits": [
            {"name": split, "num_bytes": unpacked[split], "num_examples": count} for split, count in rows.items()
        ],
        "download_size": sum(path.stat().st_size for paths in built.splits.values() for path in paths),
        "dataset_size": sum(unpacked.values()),
    }


def _row_groups(path: Path) -> Iterator[pq.RowGroupMetaData]:
    told = pq.read_metadata(path)
    for number in range(told.num_row_groups):
        yield told.row_group(number)


def _fingerprint(built: BuiltFolder) -> dict[str, str]:
    """What tells this set's files from others': load_dataset's cache knows a folder by its last name and by this entry, and would
    answer with the rows of another build of the same name."""
    files = sorted(
        each["sha256"] for each in built.provenance.get("files", ()) if each["path"].startswith(f"{built.name}/")
    )
    if not files:
        return {}
    return {"description": f"files {hashlib.sha256(' '.join(files).encode()).hexdigest()[:16]}"}


def size(rows: int) -> str:
    """The Hub's word for a number of rows.

    >>> size(0), size(1_000), size(2_000_000)
    ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    return next((word for below, word in _SIZES if rows < below), "100M<n<1B")


def columns(built: BuiltFolder) -> datasets.Features | None:
    """The columns of the rows, as the files have them; None where there is no file."""
    first: Path | None = next((path for paths in built.splits.values() for path in paths), None)
    return datasets.Features.from_arrow_schema(pq.read_schema(first)) if first else None


def shape_of(built: BuiltFolder) -> str:
    """The shape of the rows; "view" for another layout, "raw" for upstream's own columns."""
    if built.provenance.get("view", "okinst") != "okinst":
        return "view"
    found = columns(built)
    names = set(found or ())
    if "license" not in names:
        return "raw"
    return next((shape for shape, needed in _SHAPES if needed <= names), "raw")


def hub_sources(built: BuiltFolder) -> list[str]:
    """The datasets of the Hub that rows are from, so far as the catalogue or the recipe says that a repository is there."""
    ids = set()
    for line in _lines(built.funnel):
        if line.get("origins"):
            continue  # generated here, whatever set it is laid out as
        entry = catalogue.SOURCES.get(line["source"])
        if entry is None:
            ids |= {file["repo"] for file in line.get("files", ()) if file.get("repo") and file.get("revision")}
            continue
        if line["taken"]:
            ids |= {
                each.repo.id for files in entry.variant.files.values() for each in files if isinstance(each.repo, Hub)
            }
    return sorted(ids)


def _lines(funnel: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for line in funnel:
        yield from _lines(line["parts"]) if line.get("parts") else (line,)


def _licence(whole: Whole) -> dict[str, str]:
    """One licence that the Hub has a word for; else "other", with a name that says why."""
    if whole.hub != "other":
        return {"license": whole.hub}
    if len(whole.licenses) != 1:
        return {"license": "other", "license_name": MIXED}
    only = LICENCES[next(iter(whole.licenses))]
    return {"license": "other", "license_name": only.id, "license_link": only.url}
