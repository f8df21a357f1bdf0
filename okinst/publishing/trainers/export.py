"""Write what a trainer reads: config files, and rows that it could not read as they are."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial as partial_of
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import jsonlines
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import Row, WrongCall, schema
from okinst.builders.doors import sha256
from okinst.builders.schema import Shape
from okinst.publishing.place import README, SET_ASIDE, appearing, check_output
from okinst.publishing.trainers import axolotl, llama_factory, ms_swift, trl
from okinst.publishing.trainers.source import Source, batches, opened
from okinst.publishing.trainers.trainer import Layout, Trainer, as_yaml

TRAINERS: dict[str, Trainer] = {
    "trl": trl,
    "axolotl": axolotl,
    "llama-factory": llama_factory,
    "ms-swift": ms_swift,
}
#: where rows are written that a trainer could not read as they are
DATA = "data"


@dataclass
class Exported:
    """What was written for a trainer, and what became of the rows."""

    trainer: str
    stage: str
    source: Source
    folder: Path
    files: list[str]
    command: str
    notes: list[str]
    #: rows it gets, by split
    rows: dict[str, int]
    #: rows it would have lost, or nobody should train on, by reason; they stand in set-aside.jsonl
    set_aside: Counter[str] = field(default_factory=Counter)
    #: columns of the set that the rows were written anew without
    columns_left_out: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "trainer": self.trainer,
            "stage": self.stage,
            "shape": self.source.shape,
            "dataset": self.source.where,
            "config": self.source.config,
            "folder": str(self.folder),
            "files": self.files,
            "command": self.command,
            "rows": self.rows,
            "set_aside": dict(self.set_aside),
            "columns_left_out": self.columns_left_out,
            "notes": self.notes,
        }


def export(trainer_name: str, name: str, folder: Path, config: str | None = None) -> Exported:
    """Write the config files of a trainer for a folder or a Hub id into a folder that is not there yet, or empty.

    Raises WrongCall for a trainer that is not there, and for a set of which it could take no row; and what
    `okinst.publishing.trainers.source.opened` raises.
    """
    if trainer_name not in TRAINERS:
        raise WrongCall(f"there is no trainer {trainer_name!r}; there are {', '.join(TRAINERS)}.")
    trainer = TRAINERS[trainer_name]
    folder = folder.expanduser().resolve()
    check_output(folder)
    source = opened(name, config)
    found = {split: _look(trainer, source, split) for split in source.splits}
    if not found[source.train].rows:
        flaws = found[source.train].flaws
        raise WrongCall(
            f"{name}: {trainer_name} could take no row of {source.train}{f' ({_counted(flaws)})' if flaws else ': there is none'}."
        )
    layout = trainer.layout(source.shape)
    kept, left_out = _columns(trainer, source, layout)
    flaws = sum((each.flaws for each in found.values()), Counter[str]())
    with appearing(folder) as partial:
        read = source
        if layout or left_out or flaws or (source.shape in trainer.NAMELESS and not source.alone):
            read = replace(source, where=str(folder / DATA), hub=False, alone=True)
            _write(trainer, source, layout, kept, partial)
        texts = trainer.files(read, folder)
        for file, text in texts.items():
            (partial / file).write_text(text, encoding="utf-8")
    notes = trainer.notes(read)
    if source.unused:
        notes = [f"Not used: the split {', '.join(source.unused)}.", *notes]
    if left_out:
        why = "has no place for them" if layout else "would give them a meaning of its own"
        notes = [f"Written without the columns {', '.join(left_out)}: {trainer_name} {why}.", *notes]
    command, stage = trainer.command(read, folder), trainer.STAGES[source.shape]
    rows = {split: each.rows for split, each in found.items()}
    return Exported(trainer_name, stage, read, folder, sorted(texts), command, notes, rows, flaws, left_out)


@dataclass
class _Look:
    """How many rows of a split a trainer takes, and how many it does not, by reason."""

    rows: int = 0
    flaws: Counter[str] = field(default_factory=Counter)


def _look(trainer: Trainer, source: Source, split: str) -> _Look:
    seen = _Look()
    for table in batches(source.rows[split]):
        reasons = [_flaw(trainer, source.shape, row) for row in table.to_pylist()]
        seen.flaws.update(filter(None, reasons))
        seen.rows += reasons.count(None)
    return seen


def _flaw(trainer: Trainer, shape: Shape, row: Row) -> str | None:
    """Why a row is set aside; in rows of others there may be nothing where messages should be."""
    for column in _MESSAGES[shape]:
        turns = row[column]
        if turns is None or any(turn is None or turn["role"] is None for turn in turns):
            return f"nothing in {column}" if turns is None else "a turn of nobody"
    return trainer.flaw(shape, row)


#: the columns of each shape that hold messages
_MESSAGES: dict[Shape, tuple[str, ...]] = {
    "conversation": ("messages",),
    "preference": ("prompt", "chosen", "rejected"),
    "prompt": ("prompt",),
}


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count:,} {why}" for why, count in reasons.most_common())


class _Columns(NamedTuple):
    """Columns of what is written anew, and those of the set that are not among them."""

    kept: datasets.Features
    left_out: list[str]


def _columns(trainer: Trainer, source: Source, layout: Layout | None) -> _Columns:
    own = schema.features(source.shape).keys()
    if layout:
        # which row it was, and under which licence, is never lost
        common = {name: kind for name, kind in source.columns.items() if name in schema.COMMON}
        kept = {**common, **layout.columns}
    else:
        misread = trainer.READS[source.shape]
        kept = {name: kind for name, kind in source.columns.items() if name in own or name.lower() not in misread}
    return _Columns(datasets.Features(kept), [name for name in source.columns if name not in own and name not in kept])


def _write(trainer: Trainer, source: Source, layout: Layout | None, kept: datasets.Features, partial: Path) -> None:
    """The rows that the trainer takes, as a dataset of their own, and those it does not, with the reason."""
    target = partial / DATA / source.config
    target.mkdir(parents=True)
    columns = kept.arrow_schema.remove_metadata()
    digests = []
    with jsonlines.open(partial / SET_ASIDE, "w", dumps=_DUMPS) as aside:
        for split in source.splits:
            path = target / f"{split}-00000-of-00001.parquet"
            with pq.ParquetWriter(path, columns, compression="zstd") as writer:
                for table in batches(source.rows[split]):
                    taken = []
                    for row in table.to_pylist():
                        if why := _flaw(trainer, source.shape, row):
                            aside.write({"reason": why, "split": split, "row": row})
                        else:
                            taken.append({**row, **layout.render(row)} if layout else row)
                    writer.write_table(pa.Table.from_pylist(taken, columns))
            digests.append(sha256(path))
    if not (partial / SET_ASIDE).stat().st_size:
        (partial / SET_ASIDE).unlink()
    entry = {
        "config_name": source.config,
        # load_dataset's cache knows a folder by its last name and by this: without it, rows of another export would come
        "description": f"rows for a trainer, sha256 {' '.join(digests)}",
        "data_files": [{"split": split, "path": f"{source.config}/{split}-*.parquet"} for split in source.splits],
    }
    text = as_yaml(f"rows of {source.where}, as a trainer reads them", {"configs": [entry]})
    (partial / DATA / README).write_text(f"---\n{text}---\n", encoding="utf-8")


#: dates, and what else JSON has no words for, as they are printed
_DUMPS = partial_of(json.dumps, ensure_ascii=False, default=str)
