"""Write what a trainer reads: config files, and rows that it could not read as they are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import datasets
import jsonlines
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import Row, WrongCall, schema
from okinst.publishing.folder import ROW_GROUP, SET_ASIDE
from okinst.publishing.place import README, appearing, check_output
from okinst.publishing.trainers import axolotl, llama_factory, ms_swift, trl
from okinst.publishing.trainers.source import Source, opened
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
    aside = {split: Counter(_flaws(trainer, source, split)) for split in source.splits}
    if sum(aside[source.train].values()) == len(source.rows[source.train]):
        raise WrongCall(
            f"{name}: {trainer_name} could take no row of {source.train}"
            f"{f' ({_counted(aside[source.train])})' if aside[source.train] else ': there is none'}."
        )
    layout = trainer.layout(source.shape)
    with appearing(folder) as partial:
        read = source
        if layout or any(aside.values()):
            read = replace(source, where=str(folder / DATA), hub=False)
            _write(trainer, source, layout, partial)
        texts = trainer.files(read, folder)
        for file, text in texts.items():
            (partial / file).write_text(text, encoding="utf-8")
    whole: Counter[str] = sum(aside.values(), Counter())
    rows = {split: len(source.rows[split]) - sum(aside[split].values()) for split in source.splits}
    notes = trainer.notes(read)
    if source.unused:
        notes = [f"Not used: the split {', '.join(source.unused)}.", *notes]
    command, stage = trainer.command(read, folder), trainer.STAGES[source.shape]
    return Exported(trainer_name, stage, read, folder, sorted(texts), command, notes, rows, whole)


def _batches(rows: datasets.Dataset) -> Iterator[list[Row]]:
    for table in rows.with_format("arrow").iter(ROW_GROUP):
        yield table.to_pylist()


def _flaws(trainer: Trainer, source: Source, split: str) -> Iterator[str]:
    for batch in _batches(source.rows[split]):
        for row in batch:
            if why := trainer.flaw(source.shape, row):
                yield why


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count:,} {why}" for why, count in reasons.most_common())


def _write(trainer: Trainer, source: Source, layout: Layout | None, partial: Path) -> None:
    """The rows that the trainer takes, as a dataset of their own, and those it does not, with the reason."""
    target = partial / DATA / source.config
    target.mkdir(parents=True)
    kept = source.rows[source.train].features
    if layout:
        # which row it was, and under which licence, is never lost
        common = {name: kind for name, kind in kept.items() if name in schema.COMMON}
        kept = datasets.Features({**common, **layout.columns})
    columns = kept.arrow_schema.remove_metadata()
    for split in source.splits:
        with pq.ParquetWriter(target / f"{split}-00000-of-00001.parquet", columns, compression="zstd") as writer:
            for batch in _batches(source.rows[split]):
                taken = []
                for row in batch:
                    if why := trainer.flaw(source.shape, row):
                        _set_aside(partial, split, why, row)
                    else:
                        taken.append({**row, **layout.render(row)} if layout else row)
                writer.write_table(pa.Table.from_pylist(taken, columns))
    data_files = [{"split": split, "path": f"{source.config}/{split}-*.parquet"} for split in source.splits]
    head = {"configs": [{"config_name": source.config, "data_files": data_files}]}
    text = as_yaml(f"rows of {source.where}, as a trainer reads them", head)
    (partial / DATA / README).write_text(f"---\n{text}---\n", encoding="utf-8")


def _set_aside(partial: Path, split: str, why: str, row: Row) -> None:
    with jsonlines.open(partial / SET_ASIDE, "a") as file:
        file.write({"reason": why, "split": split, "row": row})
