"""Write evaluation sets as a folder of tasks that `lm_eval --include_path` reads, with no network and no okinst.

DIR/README.md, provenance.json
DIR/okinst_<task>.yaml         one a set, and one a group
DIR/utils.py                   what they call
DIR/rows/<set>/<split>.parquet
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from okinst.builders import DamagedFile
from okinst.publishing.folder import file_entry, funnel
from okinst.publishing.harness import tasks
from okinst.publishing.inputs import inputs, versions
from okinst.publishing.naming import builder_of
from okinst.publishing.place import PROVENANCE, README, appearing, check_output
from okinst.version import VERSION

#: columns that are not a task's business: whose rows these are, and under which licence, README.md says
_BESIDE = ("source", "language", "license", "making", "task")


@dataclass(frozen=True)
class Task:
    """One task: the set it asks, its rows by split, and how many of upstream's rows did not come through, by reason."""

    name: str
    set: str
    rows: dict[str, int]
    left_out: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "task": self.name,
            "set": self.set,
            "rows": self.rows,
            "left_out": self.left_out,
            "as_the_harness": tasks.asks_as_the_harness(self.set),
        }


@dataclass
class TaskFolder:
    """A folder of tasks."""

    folder: Path
    tasks: list[Task] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "tasks": [task.as_json() for task in self.tasks], "groups": self.groups}


def write(folder: Path, sets: Iterable[str] = (), **options: Any) -> TaskFolder:
    """Write the tasks of some sets or families, or of all there are, as a folder that is whole or not there.

    `options` are the builders': mirror, sample, data_dir, accept_drift, cache_dir, token. Raises WrongCall for names that are none and
    a folder that holds something, and whatever the builders raise.
    """
    names = tasks.chosen(sets or tasks.families())
    folder = Path(folder).expanduser().resolve()
    check_output(folder)
    written = TaskFolder(folder)
    provenance: dict[str, Any] = {
        "name": "harness",
        "okinst": VERSION,
        "tasks": [],
        "inputs": [],
        "funnel": [],
        "files": [],
    }
    cards: dict[str, tuple[str, str, str]] = {}
    with appearing(folder) as partial:
        for name in names:
            builder = builder_of(name, **options)
            builder.download_and_prepare()
            steps = funnel(builder)
            task = _write_rows(name, builder.as_dataset(), steps, partial)
            written.tasks.append(task)
            _write_yaml(partial, task.name, tasks.config(name, task.name))
            provenance |= {"door": steps[0]["door"], **versions(builder)}
            provenance["inputs"] += inputs(builder, steps)
            provenance["funnel"] += steps
            card = builder.card
            cards[card.title] = (card.license, card.license_note, card.warning)
        groups = tasks.groups({task.set: task.name for task in written.tasks})
        for group, content in groups.items():
            _write_yaml(partial, group, content)
        written.groups += groups
        shutil.copyfile(Path(__file__).with_name("utils.py"), partial / "utils.py")
        (partial / README).write_text(_readme(written, cards), encoding="utf-8")
        provenance["tasks"] = [task.as_json() for task in written.tasks]
        provenance["files"] = [file_entry(partial, path) for path in sorted(partial.rglob("*")) if path.is_file()]
        (partial / PROVENANCE).write_text(json.dumps(provenance, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return written


def _write_rows(name: str, splits: Any, steps: list[dict[str, Any]], partial: Path) -> Task:
    target = partial / "rows" / name
    target.mkdir(parents=True)
    task, rows = name, {}
    for split, dataset in splits.items():
        table: pa.Table = dataset.data.table.combine_chunks().replace_schema_metadata(None)
        if "task" in table.column_names:
            found = table["task"].unique().to_pylist()
            if len(found) != 1:
                raise DamagedFile(f"{name}: its rows are of the tasks {', '.join(found)}, where one is known.")
            task = found[0]
        aside = _BESIDE if tasks.may_be_told_apart(name) else (*_BESIDE, "id")
        table = table.drop_columns([column for column in aside if column in table.column_names])
        pq.write_table(table, target / f"{split}.parquet", compression="zstd")
        rows[str(split)] = len(table)
    left_out: dict[str, int] = {}
    for step in steps:
        # rows of another category are another task's
        for reason, count in step["left_out"].items():
            left_out[reason] = left_out.get(reason, 0) + count
    return Task(tasks.name_of(task.replace("-", "_")), name, rows, left_out)


def _write_yaml(partial: Path, name: str, content: dict[str, Any]) -> None:
    text = yaml.dump(content, Dumper=tasks.Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    (partial / f"{name}.yaml").write_text(text, encoding="utf-8")


def _readme(written: TaskFolder, cards: dict[str, tuple[str, str, str]]) -> str:
    first = written.tasks[0].name
    lines = [
        "# Korean evaluation sets for lm-evaluation-harness",
        "",
        f"Written by okinst {VERSION}. The folder needs no network and no okinst, and may be moved:",
        "",
        "```sh",
        "pip install 'lm-eval[hf]>=0.4.13'",
        f"lm_eval --include_path . --model hf --model_args pretrained=MODEL --tasks {first} --num_fewshot 5",
        "```",
        "",
        f"Groups: {', '.join(written.groups) or 'none (a group is written where all its tasks are)'}.",
        "",
        "| task | set | rows | left out | as the harness's own |",
        "|---|---|---|---|---|",
        *(
            f"| {task.name} | {task.set} | {', '.join(f'{split} {count:,}' for split, count in task.rows.items())} | "
            f"{', '.join(f'{count:,} {reason}' for reason, count in task.left_out.items())} | "
            f"{'yes' if tasks.asks_as_the_harness(task.set) else 'no'} |"
            for task in written.tasks
        ),
        "",
        "Yes in the last column: over the same rows the harness's own task sends the same requests, draws the same examples and counts the "
        "same. A row that was left out here is asked there.",
        "",
        "- HAE-RAE's examples are drawn from its test rows, the asked one excepted; CSAT-QA's from all test rows, so that a question may be "
        "shown with its own answer. Both are the harness's way: read scores of CSAT-QA with examples with care.",
        "- KorQuAD is scored by its official formula (F1 counts characters), from 0 to 1, over the validation split: the test split is hidden.",
        "",
        "Licences, and what else restricts the rows. They are not ours to pass on: keep the folder to yourself.",
        "",
        *(
            f"- {title}: {license}. {note}{f' **{warning}**' if warning else ''}"
            for title, (license, note, warning) in cards.items()
        ),
        "",
    ]
    return "\n".join(lines)
