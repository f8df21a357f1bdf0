"""TRL: `trl sft|dpo|grpo --config FILE`. It reads okinst's conversations, preferences and prompts as they are."""

from collections.abc import Mapping
from pathlib import Path

from okinst.builders import Row, schema
from okinst.builders.schema import Shape
from okinst.publishing.trainers.source import Source
from okinst.publishing.trainers.trainer import Layout, as_yaml

STAGES: Mapping[Shape, str] = {"conversation": "sft", "preference": "dpo", "prompt": "grpo"}
_PICTURES = frozenset(("image", "images"))
_OF_TEMPLATES = frozenset(("tools", "chat_template_kwargs"))
#: What it takes for tokens that are ready, for a prompt and its completion, for arguments of a chat template, or for pictures.
#: Whether a row is a dialogue at all it asks of one column of these, whichever comes first.
READS: Mapping[Shape, frozenset[str]] = {
    "conversation": _PICTURES
    | _OF_TEMPLATES
    | {"prompt", "completion", "chosen", "rejected", "conversations"}
    | {"input_ids", "labels", "completion_mask", "assistant_masks", "seq_lengths"},
    "preference": _PICTURES | _OF_TEMPLATES | {"messages", "completion", "ref_chosen_logps", "ref_rejected_logps"},
    # any other column is an argument of the reward's function
    "prompt": _PICTURES | {"messages", "completion", "chosen", "rejected", "prompts", "completions", "completion_ids"},
}
NAMELESS: frozenset[Shape] = frozenset()


def flaw(shape: Shape, row: Row) -> str | None:
    return schema.flaw(shape, row)


def layout(shape: Shape) -> Layout | None:
    return None


def files(source: Source, folder: Path) -> dict[str, str]:
    stage = STAGES[source.shape]
    settings = {
        "dataset_name": source.where,
        "dataset_config": source.config,
        "dataset_train_split": source.train,
        "dataset_test_split": source.validation,
        "eval_strategy": "epoch" if source.validation else None,
        "assistant_only_loss": True if stage == "sft" else None,
        "output_dir": str(folder / "model"),
    }
    return {f"{stage}.yaml": as_yaml(command(source, folder), settings)}


def command(source: Source, folder: Path) -> str:
    stage = STAGES[source.shape]
    reward = " --reward_funcs MODULE.FUNCTION" if stage == "grpo" else ""
    return f"trl {stage} --config {folder / f'{stage}.yaml'} --model_name_or_path MODEL{reward}"


def notes(source: Source) -> list[str]:
    found = ["A machine without a GPU needs --use_cpu true."]
    if source.shape == "prompt":
        found.append("TRL cuts answers after max_completion_length tokens: --max_completion_length N.")
    else:
        found.append("TRL cuts what is longer than max_length tokens (1,024 where it is not set): --max_length N.")
    if source.shape == "conversation":
        found.append(
            "assistant_only_loss needs a chat template with {% generation %}: TRL knows those of common models; for another "
            "name one with --chat_template_path, or train on the whole text with --assistant_only_loss false."
        )
    if source.shape == "prompt":
        found.append(
            "GRPO needs a reward: a function of yours, or --reward_model_name_or_path; rloo takes the same file."
        )
    return found
