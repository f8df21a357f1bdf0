"""The rows of whatever a person names: a set of the catalogue, a recipe, a folder that okinst built, a file of their own."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from okinst import catalogue
from okinst.builders import DamagedFile, MissingFile, Unmapped, WrongCall, formats
from okinst.mixtures import MIXTURES, recipe
from okinst.publishing.built import BuiltFolder
from okinst.publishing.naming import builder_of

#: the files that are read, and the split they are taken for where their name says none
PARQUET, LINES = ".parquet", (".jsonl", ".json")
SPLITS = ("train", "validation", "test")


def check(name: str, **door: Any) -> None:
    """Raise what `tables` would, so far as it can be told without reading or building anything."""
    path = _own(name)
    if path is None:
        builder_of(name, **door)
    elif not path.exists():
        raise _missing(path)


def tables(name: str, **door: Any) -> dict[str, pa.Table]:
    """The rows of a set, by split: of a name of the catalogue, a recipe, a folder that okinst built, or a file.

    Raises WrongCall for what is none of these, DamagedFile for a file that cannot be read.
    """
    if path := _own(name):
        return _folder(path) if path.is_dir() else {_split(path): _file(path)}
    builder = builder_of(name, **door)
    builder.download_and_prepare()
    return {str(split): rows.data.table for split, rows in builder.as_dataset().items()}


def _own(name: str) -> Path | None:
    """The folder or file that a name is; None where it is another kind of name."""
    if name in catalogue.SOURCES or name in MIXTURES or recipe.is_recipe(name):
        return None
    path = Path(name).expanduser()
    return path if path.is_dir() or path.suffix == PARQUET or path.suffix in LINES else None


def _missing(path: Path) -> MissingFile:
    return MissingFile(f"there is no file {path}.")


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
        raise _missing(path)
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
