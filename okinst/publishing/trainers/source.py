"""The set that is to be trained on: a folder, or a dataset on the Hub, opened as trainers open it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
from datasets.exceptions import DatasetNotFoundError

from okinst.builders import DamagedFile, MissingFile, NoNetwork, WrongCall, schema
from okinst.builders.schema import Shape
from okinst.publishing.folder import ROW_GROUP

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
#: what is evaluated on while training: the first of these that a set has
HELD_OUT = ("validation", "test")
#: shapes that nobody trains on, and what their rows are
_MEASURING: dict[Shape, str] = {
    "choice": "questions with choices",
    "span": "questions whose answer stands in a text",
    "labelled": "sentences with labels",
    "rated": "dialogues with people's ratings",
}


@dataclass(frozen=True)
class Source:
    """A config of a dataset: what `load_dataset(where, config)` gives."""

    #: an absolute path, or owner/name
    where: str
    hub: bool
    config: str
    #: whether it is the only one
    alone: bool
    shape: Shape
    #: names of the splits; rows of no others are used
    train: str
    validation: str | None
    columns: datasets.Features
    #: Streams, by split: straight from the files. What load_dataset keeps of a folder it knows again by the folder's last name, and
    #: by README.md, so that another folder's rows may come from its cache.
    rows: Mapping[str, datasets.IterableDataset]

    @property
    def splits(self) -> list[str]:
        """The splits that are used."""
        return [split for split in (self.train, self.validation) if split]

    @property
    def unused(self) -> list[str]:
        """Splits that are there, and that nothing is done with."""
        return [split for split in self.rows if split not in self.splits]


def opened(name: str, config: str | None = None) -> Source:
    """The source that a folder or Hub id is.

    Raises WrongCall for what is neither, for a config that is not there or not named among several, and for rows that are not
    there to be trained on; MissingFile, NoNetwork or DamagedFile where it cannot be read.
    """
    path = Path(name).expanduser()
    hub = not path.exists()
    if hub and not _HUB_ID.fullmatch(name):
        raise WrongCall(
            f"there is no folder {name}, and it is no dataset on the Hub (owner/name). A set of okinst list is built first: "
            f"okinst build {name} -o DIR"
        )
    if not hub and not path.is_dir():
        raise WrongCall(f"{name} is no folder. Name the one that okinst build wrote, with README.md in it.")
    where = name if hub else str(path.resolve())
    configs = _loading(where, hub, lambda: datasets.get_dataset_config_names(where))
    config = _config(where, configs, config)
    rows = _read(where, hub, config)
    columns = _columns(where, rows)
    shape = _shape(name, columns)
    train = _train(where, list(rows))
    validation = next((split for split in HELD_OUT if split in rows and split != train), None)
    return Source(where, hub, config, len(configs) == 1, shape, train, validation, columns, rows)


def _config(where: str, configs: list[str], asked: str | None) -> str:
    if asked is None and len(configs) > 1:
        raise WrongCall(f"{where} has {len(configs)} configs: {', '.join(configs)}. Name one with --config.")
    if asked is not None and asked not in configs:
        raise WrongCall(f"{where} has no config {asked!r}; it has {', '.join(configs)}.")
    return asked or str(configs[0])


def _read(where: str, hub: bool, config: str) -> Mapping[str, datasets.IterableDataset]:
    found = _loading(where, hub, lambda: datasets.load_dataset(where, config, streaming=True))
    return {str(split): rows for split, rows in found.items()}


def _columns(where: str, rows: Mapping[str, datasets.IterableDataset]) -> datasets.Features:
    """The columns, which Parquet files name, and other files show in their first rows."""
    for stream in rows.values():
        if stream.features:
            return stream.features
        for table in batches(stream):
            return datasets.Features.from_arrow_schema(table.schema)
    raise WrongCall(f"{where} holds no row.")


def batches(rows: datasets.IterableDataset) -> Iterator[pa.Table]:
    """The rows of a stream, some thousand at a time."""
    try:
        yield from rows.with_format("arrow").iter(ROW_GROUP)
    except pa.ArrowInvalid as error:
        # datasets cannot stream a Parquet file without rows: it asks pyarrow for batches of none
        raise DamagedFile(
            f"a file of the set is damaged, or has no rows: {_first_line(error)}. Build it anew."
        ) from error


def _loading(where: str, hub: bool, load: Any) -> Any:
    """What `load` gives, and what can go wrong in words."""
    try:
        return load()
    except DatasetNotFoundError as error:
        raise MissingFile(
            f"there is no folder {where}, and the Hub shows no dataset of that name: {_first_line(error)}. Check both; a "
            f"private one needs a token (hf auth login, or HF_TOKEN)."
            if hub
            else f"{where} cannot be read: {_first_line(error)}."
        ) from error
    except ConnectionError as error:
        raise NoNetwork(
            f"there is no folder {where}, and the Hub could not be reached for a dataset of that name: {_first_line(error)}. "
            f"Name a folder that okinst build wrote, or try again."
        ) from error
    except FileNotFoundError as error:
        raise WrongCall(
            f"{where} holds no dataset: {_first_line(error)}. Name the folder that okinst build wrote."
        ) from error
    except (datasets.exceptions.DatasetGenerationError, ValueError, OSError) as error:
        cause = error.__cause__ or error
        raise DamagedFile(f"{where} cannot be read: {_first_line(cause)}. Build it, or download it, anew.") from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")


def _train(where: str, splits: list[str]) -> str:
    if "train" in splits:
        return "train"
    if len(splits) == 1:
        return splits[0]
    raise WrongCall(f"{where} has no split train; it has {', '.join(splits)}. Build a set with a train split.")


def _shape(name: str, columns: datasets.Features) -> Shape:
    """The shape of rows, by their columns. Another's dataset may lack the common ones, and have more of its own."""
    names = set(columns)
    spoken = {field.name for field in columns.arrow_schema if _is_messages(field.type)}
    if "messages" in spoken and ("context" in names or not schema.COMMON.keys() <= names):
        return "conversation"
    if {"prompt", "chosen", "rejected"} <= spoken:
        return "preference"
    if "prompt" in spoken and not {"chosen", "rejected", "completion"} & names:
        return "prompt"
    for shape, what in _MEASURING.items():
        if schema.features(shape).keys() <= names:
            raise WrongCall(
                f"{name} holds {shape} rows, {what}: they measure a model, and none is trained on them. To keep them out of "
                f"what is trained on, name the set under decontaminate in a recipe."
            )
    raise WrongCall(
        f"{name} has the columns {', '.join(columns)}, which are no shape of okinst to train on. A set of okinst is built "
        f"without --raw and --view; of another's dataset a recipe makes one, with hub = ... and layout = ..."
    )


def _is_messages(kind: pa.DataType) -> bool:
    """Whether a column holds lists of messages whose content is text.

    polars writes lists and texts with offsets of 64 bits. Content that is a list, of texts and pictures, is no text.
    """
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return False
    fields = {field.name: field.type for field in kind.value_type}
    return "role" in fields and fields.get("content") in (pa.string(), pa.large_string())
