"""ms-swift: `dataset_info.json`, and a YAML file for `swift sft` or `swift rlhf`.

A split has no place in its names of datasets: each is registered as a subset of the name of the split. A preference is a
conversation with the chosen answer, and `rejected_response`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from okinst.builders import Row, WrongCall, schema
from okinst.builders.schema import Shape, upstream_features
from okinst.publishing.trainers.source import Source
from okinst.publishing.trainers.trainer import Layout, as_yaml

STAGES: Mapping[Shape, str] = {"conversation": "sft", "preference": "dpo", "prompt": "grpo"}
_PAIRED = ("messages", "images", "videos", "audios", "tools", "objects")
#: Its standard columns, and those that it renames to one of them, in upper case or lower. A column system becomes a turn, and
#: rejected_messages another answer.
_STANDARD = frozenset((
    *_PAIRED, *(f"{side}_{name}" for side in ("rejected", "positive", "negative") for name in _PAIRED),
    "conversation", "conversations", "system", "system_prompt", "image", "video", "audio", "rejected_response", "label", "channel",
    "margin", "teacher_prompt", "teacher_images", "chat_template_kwargs", "ref_audios", "audio_codes",
))  # fmt: skip
READS: Mapping[Shape, frozenset[str]] = dict.fromkeys(STAGES, _STANDARD)
NAMELESS: frozenset[Shape] = frozenset()
INFO = "dataset_info.json"
#: what its names of datasets have a meaning for
_MARKS = (":", "#")


def flaw(shape: Shape, row: Row) -> str | None:
    if why := schema.flaw(shape, row):
        return why
    turns = row["messages" if shape == "conversation" else "prompt"]
    if any(turn["role"] == "system" for turn in turns[1:]):
        return "a system turn after the first"
    if shape == "preference" and any(
        [turn["role"] for turn in row[side]] != ["assistant"] for side in ("chosen", "rejected")
    ):
        return "an answer of several turns"
    return None


def layout(shape: Shape) -> Layout | None:
    if shape != "preference":
        return None
    columns = {"messages": [{"role": "string", "content": "string"}], "rejected_response": "string"}
    return Layout(upstream_features(columns), _rejected)


def _rejected(row: Row) -> dict[str, Any]:
    return {"messages": [*row["prompt"], *row["chosen"]], "rejected_response": row["rejected"][0]["content"]}


def files(source: Source, folder: Path) -> dict[str, str]:
    if not source.hub and any(mark in source.where for mark in _MARKS):
        raise WrongCall(
            f"{source.where}: ms-swift gives {' and '.join(_MARKS)} in a path a meaning. Rename the folder."
        )
    place = {"hf_dataset_id" if source.hub else "dataset_path": source.where}
    # a subset reads its own columns only: those beside the list of subsets would go unread
    columns = {"columns": {"prompt": "messages"}} if source.shape == "prompt" else {}
    subsets = [{"name": split, "subset": source.config, "split": [split], **columns} for split in source.splits]
    info = {**place, "subsets": subsets}
    stage = STAGES[source.shape]
    prefix = "hf::" if source.hub else ""
    settings = {
        "rlhf_type": stage if stage != "sft" else None,
        "custom_dataset_info": [str(folder / INFO)],
        "dataset": [f"{prefix}{source.where}:{source.train}"],
        "val_dataset": [f"{prefix}{source.where}:{source.validation}"] if source.validation else None,
        "output_dir": str(folder / "model"),
    }
    return {
        INFO: json.dumps([info], ensure_ascii=False, indent=2) + "\n",
        f"{stage}.yaml": as_yaml(command(source, folder), settings),
    }


def command(source: Source, folder: Path) -> str:
    stage = STAGES[source.shape]
    reward = " --reward_funcs NAME" if stage == "grpo" else ""
    return f"swift {'sft' if stage == 'sft' else 'rlhf'} {folder / f'{stage}.yaml'} --model MODEL{reward}"


def notes(source: Source) -> list[str]:
    found = [
        "ms-swift leaves out what is longer than max_length tokens (the model's own where it is not set): --max_length N."
    ]
    if source.hub:
        found.append("MODEL comes from ModelScope unless --use_hf true is given; the dataset comes from the Hub.")
    return found
