"""axolotl: `axolotl train FILE`. It reads okinst's conversations, preferences and prompts as they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from okinst.builders import Row, schema
from okinst.builders.schema import Shape
from okinst.publishing.trainers import trl
from okinst.publishing.trainers.source import Source
from okinst.publishing.trainers.trainer import Layout, as_yaml

STAGES: Mapping[Shape, str] = {"conversation": "sft", "preference": "dpo", "prompt": "grpo"}
#: a column system becomes a turn; for preferences and prompts it calls TRL
READS: Mapping[Shape, frozenset[str]] = {
    **trl.READS,
    "conversation": frozenset(("system", "tools", "images", "input_ids", "attention_mask", "labels")),
}
#: its schema of preference sets knows no name of a config, and drops it in silence
NAMELESS: frozenset[Shape] = frozenset(("preference",))
#: tokens of a row
SEQUENCE = 4096
#: How each stage reads a row. Its DPO takes `chosen` and `rejected` by their names; GRPO without a type takes `prompt` as it is.
_READING: dict[str, dict[str, Any]] = {
    "sft": {
        "type": "chat_template",
        "field_messages": "messages",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    },
    "dpo": {"type": "chat_template.default", "field_messages": "prompt"},
    "grpo": {},
}


def flaw(shape: Shape, row: Row) -> str | None:
    if shape == "preference" and any(len(row[side]) > 1 for side in ("chosen", "rejected")):
        return "an answer of several turns"  # it takes the last one
    return schema.flaw(shape, row)


def layout(shape: Shape) -> Layout | None:
    return None


def files(source: Source, folder: Path) -> dict[str, str]:
    stage = STAGES[source.shape]
    settings = {
        "rl": stage if stage != "sft" else None,
        "chat_template": "tokenizer_default",
        "datasets": [_entry(source, source.train)],
        "test_datasets": [_entry(source, source.validation)] if source.validation else None,
        "dataset_prepared_path": str(folder / "prepared"),
        "output_dir": str(folder / "model"),
        # what is longer is left out, and its own default is 512
        "sequence_len": SEQUENCE,
        # it has no defaults for these
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 16,
        "num_epochs": 2,
        "learning_rate": 5e-5,
    }
    return {"config.yaml": as_yaml(command(source, folder), settings)}


def _entry(source: Source, split: str) -> dict[str, Any]:
    return {"path": source.where, "name": source.config, "split": split, **_READING[STAGES[source.shape]]}


def command(source: Source, folder: Path) -> str:
    return f"axolotl train {folder / 'config.yaml'} --base-model MODEL"


def notes(source: Source) -> list[str]:
    found = [
        f"axolotl leaves out what is longer than sequence_len tokens, which config.yaml sets to {SEQUENCE:,}: raise it if your model "
        f"reads more."
    ]
    if source.shape == "prompt":
        found.append("GRPO needs a reward: add trl: {reward_funcs: [MODULE.FUNCTION]} to config.yaml.")
    return found
