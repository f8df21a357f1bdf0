"""What `okinst contamination` and `okinst index` do: from names and files to texts and items, and from hits to a report."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from okinst import catalogue
from okinst.builders import DamagedFile, MissingFile, NoNetwork, Unmapped, WrongCall, formats
from okinst.curation import passages
from okinst.curation.contamination import Hits, Index
from okinst.curation.evaluation import Item, items, scored
from okinst.mixtures import MIXTURES, recipe
from okinst.publishing.built import BuiltFolder
from okinst.publishing.folder import builder_of

#: the files that are read, and the split they are taken for where their name says none
PARQUET, LINES = ".parquet", (".jsonl", ".json")
SPLITS = ("train", "validation", "test")


def index(names: Sequence[str], **door: Any) -> Index:
    """The index of some evaluation sets: names of the catalogue, or files; without any, every set of the room eval_sets.

    Of each set the splits that a benchmark scores on: all but train, or train where there is no other. A set that cannot be
    had is an error.
    """
    found: list[Item] = []
    for name in names or catalogue.evaluation_sets():
        try:
            splits = tables(name, **door)
        except (MissingFile, NoNetwork) as error:
            raise type(error)(
                f"{error} No set is passed over: where this one should not be looked for, name the others (okinst list --room "
                "eval_sets)."
            ) from error
        for split in scored(splits):
            found += items(splits[split], name, split)
    return Index.of(found)


def tables(name: str, **door: Any) -> dict[str, pa.Table]:
    """The rows of a set, by split: of a name of the catalogue, a recipe, a folder that okinst built, or a file.

    Raises WrongCall for what is none of these, DamagedFile for a file that cannot be read.
    """
    if name not in catalogue.SOURCES and name not in MIXTURES and not recipe.is_recipe(name):
        path = Path(name).expanduser()
        if path.is_dir():
            return _folder(path)
        if path.suffix == PARQUET or path.suffix in LINES:
            return {_split(path): _file(path)}
    builder = builder_of(name, **door)
    builder.download_and_prepare()
    return {str(split): rows.data.table for split, rows in builder.as_dataset().items()}


def texts(rows: pa.Table) -> list[str]:
    """One text a row: what was asked and answered, or all strings of a row that has none of okinst's shapes."""
    try:
        return passages.whole(rows)
    except (WrongCall, KeyError, TypeError, pa.ArrowException):
        return ["\n".join(_strings(row)) for batch in rows.to_batches(10_000) for row in batch.to_pylist()]


def report(name: str, split: str, rows: pa.Table, hits: Hits) -> dict[str, Any]:
    """What was found in one split of a set, for people and machines."""
    flagged = hits.rows()
    ids = rows["id"].take(pa.array(flagged, pa.int64())).to_pylist() if "id" in rows.column_names else flagged
    id_of = dict(zip(flagged, ids, strict=True))
    rows_by_set = Counter(name for _, name in {(hit.row, hit.item.set) for hit in hits})
    return {
        "name": name,
        "split": split,
        "rows": hits.searched,
        "flagged": len(flagged),
        "rows by evaluation set": dict(sorted(rows_by_set.items())),
        "hits": [
            {
                "row": hit.row,
                "id": str(id_of[hit.row]),
                "set": hit.item.set,
                "split": hit.item.split,
                "item": hit.item.id,
                "part": hit.item.part,
                "score": round(hit.score, 4),
                "evidence": hit.evidence,
            }
            for hit in hits
        ],
    }


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _folder(folder: Path) -> dict[str, pa.Table]:
    """The Parquet files of a folder, those of one split together."""
    found: dict[str, list[pa.Table]] = {}
    for path in BuiltFolder(folder, {}).files:
        found.setdefault(_split(path), []).append(_file(path))
    if not found:
        raise WrongCall(
            f"{folder} holds no Parquet file. Name a folder that okinst build made, a file, or a set of okinst list."
        )
    try:
        return {split: pa.concat_tables(parts) for split, parts in found.items()}
    except pa.ArrowInvalid as error:
        raise WrongCall(f"the Parquet files in {folder} have different columns: name one of them.") from error


def _split(path: Path) -> str:
    return next((split for split in SPLITS if path.stem.startswith(split)), SPLITS[0])


def _file(path: Path) -> pa.Table:
    if not path.is_file():
        raise MissingFile(f"there is no file {path}.")
    try:
        if path.suffix == PARQUET:
            return pq.read_table(path)
        with path.open("rb") as file:
            kind: formats.Format = "JSON Lines"
            rows = []
            for number, row in enumerate(formats.READERS[kind](file, str(path))):
                if isinstance(row, Unmapped):
                    raise DamagedFile(f"{path}: row {number:,} is {row}. Every line should be a JSON object.")
                rows.append(row)
        columns = dict.fromkeys(column for row in rows for column in row)
        return pa.table({column: [row.get(column) for row in rows] for column in columns})
    except (pa.ArrowException, UnicodeEncodeError) as error:
        raise DamagedFile(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error
