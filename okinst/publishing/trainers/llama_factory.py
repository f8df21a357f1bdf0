"""LLaMA-Factory: `dataset_info.json`, and a YAML file for `llamafactory-cli train`.

Its converters count turns: after a system turn, user and assistant take turns, or a row is emptied and left out. A preference
has one message each for chosen and rejected, not a list; a prompt without an answer has no place in its dialogues, but in its
Alpaca layout. Rows in "openai" formatting would get a system prompt of its own ("detailed thinking off"): "sharegpt" it is,
with the names of the roles as tags.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from okinst.builders import Row, schema
from okinst.builders.schema import Message, Shape, upstream_features
from okinst.publishing.trainers.source import Source
from okinst.publishing.trainers.trainer import Layout, as_yaml

STAGES: Mapping[Shape, str] = {"conversation": "sft", "preference": "dpo", "prompt": "ppo"}
#: it reads the columns that dataset_info.json names, and no others
READS: Mapping[Shape, frozenset[str]] = dict.fromkeys(STAGES, frozenset())
NAMELESS: frozenset[Shape] = frozenset()
INFO = "dataset_info.json"
_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
_MESSAGE = {"role": "string", "content": "string"}
_READING: dict[Shape, dict[str, Any]] = {
    "conversation": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _TAGS},
    "preference": {
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "prompt", "chosen": "chosen", "rejected": "rejected"},
        "tags": _TAGS,
    },
    "prompt": {"columns": {"prompt": "instruction", "system": "system", "history": "history"}},
}


def flaw(shape: Shape, row: Row) -> str | None:
    if why := schema.flaw(shape, row):
        return why
    if shape == "conversation":
        return None if _alternate(row["messages"], "assistant") else "turns that do not alternate"
    if shape == "preference" and any([turn["role"] for turn in row[side]] != ["assistant"] for side in _SIDES):
        return "an answer of several turns"
    return None if _alternate(row["prompt"], "user") else "turns that do not alternate"


_SIDES = ("chosen", "rejected")


def _alternate(turns: list[Message], last: str) -> bool:
    """Whether user and assistant take turns, after a system turn or none, and who has the last word.

    >>> _alternate([{"role": role} for role in ("system", "user", "assistant", "user")], "user")
    True
    """
    roles = [turn["role"] for turn in turns]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    wanted = [("user", "assistant")[number % 2] for number in range(len(spoken))]
    return spoken == wanted and spoken[-1:] == [last]


def layout(shape: Shape) -> Layout | None:
    """
    >>> turns = ("짧게 답해.", "차는?", "녹차요.", "왜요?")
    >>> row = {"prompt": [{"role": role, "content": text} for role, text in zip(("system", "user", "assistant", "user"), turns)]}
    >>> layout("prompt").render(row)
    {'instruction': '왜요?', 'system': '짧게 답해.', 'history': [['차는?', '녹차요.']]}
    """
    if shape == "preference":
        columns = {"prompt": [_MESSAGE], "chosen": _MESSAGE, "rejected": _MESSAGE}
        return Layout(upstream_features(columns), _one_answer_each)
    if shape == "prompt":
        columns = {"instruction": "string", "system": "string", "history": [["string"]]}
        return Layout(upstream_features(columns), _last_question)
    return None


def _one_answer_each(row: Row) -> dict[str, Any]:
    return {"prompt": row["prompt"], **{side: row[side][0] for side in _SIDES}}


def _last_question(row: Row) -> dict[str, Any]:
    texts = [turn["content"] for turn in row["prompt"]]
    system = texts.pop(0) if row["prompt"][0]["role"] == "system" else ""
    *before, last = texts
    return {
        "instruction": last,
        "system": system,
        "history": [list(pair) for pair in zip(before[::2], before[1::2], strict=True)],
    }


def files(source: Source, folder: Path) -> dict[str, str]:
    names = dict(zip(source.splits, (source.config, f"{source.config}-{source.validation}"), strict=False))
    info = {name: _entry(source, split, folder) for split, name in names.items()}
    stage = STAGES[source.shape]
    settings = {
        "stage": stage,
        "do_train": True,
        "finetuning_type": "lora",
        "dataset_dir": str(folder),
        "dataset": names[source.train],
        "eval_dataset": names.get(source.validation or ""),
        "eval_strategy": "epoch" if source.validation else None,
        "output_dir": str(folder / "model"),
    }
    return {
        INFO: json.dumps(info, ensure_ascii=False, indent=2) + "\n",
        f"{stage}.yaml": as_yaml(command(source, folder), settings),
    }


def _entry(source: Source, split: str, folder: Path) -> dict[str, Any]:
    # a "script" is what load_dataset takes: a folder with configs and splits, where a "file" would be all files of a folder
    where = Path(source.where)
    inside = not source.hub and where.is_relative_to(folder)
    place = (
        {"hf_hub_url": source.where}
        if source.hub
        else {"script_url": str(where.relative_to(folder) if inside else where)}
    )
    return {**place, "subset": source.config, "split": split, **_READING[source.shape]}


def command(source: Source, folder: Path) -> str:
    reward = " reward_model=REWARD_MODEL" if source.shape == "prompt" else ""
    return f"llamafactory-cli train {folder / f'{STAGES[source.shape]}.yaml'} model_name_or_path=MODEL{reward}"


def notes(source: Source) -> list[str]:
    return [
        "LLaMA-Factory cuts what is longer than cutoff_len tokens (2,048 where it is not set), and takes the model's own chat "
        "template unless template=NAME is given; finetuning_type is lora, or full."
    ]
