"""TRL for real: what `okinst export trl` writes, trained on for a few steps by tiny models, and KoQuality's training step."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from okinst.publishing import build
from okinst.publishing.trainers import export
from tests.conftest import ROOT

pytest.importorskip("torch", reason="pip install torch, then pip install '.[train]'")
trl = pytest.importorskip("trl", reason="pip install '.[train]'")

tiny_models = pytest.importorskip("tests.tiny_models")  # which skips without torch and transformers

#: a chat template that says what was answered
TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)
QUICK: dict[str, Any] = {
    "per_device_train_batch_size": 4,
    "learning_rate": 1e-2,
    "lr_scheduler_type": "constant",
    "logging_steps": 1,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "seed": 1,
}


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set of each shape that is trained on, from the sample."""
    root = tmp_path_factory.mktemp("sets")
    for name in ("koalpaca-v1.1", "korquad-chat", "kochatgpt-rm", "kochatgpt-ppo"):
        build(name, root / name, sample=True)
    return root


@pytest.fixture(scope="module")
def model(sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny GPT-NeoX with a tokenizer that knows the sample, in a folder."""
    rows = datasets.load_dataset(str(sets / "koalpaca-v1.1"), split="train")
    tokenizer = tiny_models.bpe((turn["content"] for row in rows for turn in row["messages"]), 600, 256)
    tokenizer.pad_token = "<unk>"
    tokenizer.chat_template = TEMPLATE
    folder = tmp_path_factory.mktemp("model")
    tiny_models.neox(len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def exported(source: Path, to: Path) -> dict[str, Any]:
    done = export("trl", str(source), to)
    return yaml.safe_load((to / f"{done.stage}.yaml").read_text(encoding="utf-8"))


def losses(trainer: Any) -> list[float]:
    trainer.train()
    return [line["loss"] for line in trainer.state.log_history if "loss" in line]


def test_sft_learns_the_answers_and_their_ends_only(sets: Path, model: Path, tmp_path: Path) -> None:
    told = exported(sets / "koalpaca-v1.1", tmp_path / "out")
    rows = datasets.load_dataset(told["dataset_name"], told["dataset_config"])[told["dataset_train_split"]]
    settings = trl.SFTConfig(
        str(tmp_path / "run"), max_steps=12, max_length=256, assistant_only_loss=told["assistant_only_loss"], **QUICK
    )
    trainer = trl.SFTTrainer(str(model), settings, train_dataset=rows)
    tokenizer = trainer.processing_class
    whole, learned = set(), set()  # a text that was cut may end within a character
    for batch in trainer.get_train_dataloader():
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            whole.add(tokenizer.decode([id for id in ids if id != tokenizer.pad_token_id]).rstrip("\ufffd"))
            learned.add(
                tokenizer.decode([id for id, label in zip(ids, labels, strict=True) if label != -100]).rstrip("\ufffd")
            )
    answers = {
        "".join(turn["content"] + tokenizer.eos_token for turn in row["messages"] if turn["role"] == "assistant")
        for row in rows
    }
    texts = [tokenizer.apply_chat_template(row["messages"], tokenize=False) for row in rows]
    assert all(any(text.startswith(seen) for text in texts) for seen in whole)
    assert all(any(text.startswith(seen) for text in answers) for seen in learned), "answers and ends, and nothing else"
    assert learned & answers, "to the last end, where the text was short enough"
    course = losses(trainer)
    assert sum(course[-3:]) < 0.9 * sum(course[:3])


def test_dpo_prefers_what_was_chosen(sets: Path, model: Path, tmp_path: Path) -> None:
    told = exported(sets / "kochatgpt-rm", tmp_path / "out")
    rows = datasets.load_dataset(told["dataset_name"], told["dataset_config"])[told["dataset_train_split"]]
    trainer = trl.DPOTrainer(
        str(model), args=trl.DPOConfig(str(tmp_path / "run"), max_steps=8, max_length=128, **QUICK), train_dataset=rows
    )
    course = losses(trainer)
    assert course[0] == pytest.approx(0.693, abs=0.01), "log 2: the model is its own reference"
    assert sum(course[-3:]) < 0.9 * sum(course[:3])


#: columns of somebody else's rows that TRL takes for something of its own
BESIDE: dict[str, Any] = {
    "prompt": "차는?",
    "prompt_id": "a1",
    "images": None,
    "tools": "{",
    "chat_template_kwargs": {"chat_template": "{{ 1 }}"},
}


def of_somebody(folder: Path, row: dict[str, Any], beside: Iterable[str] = BESIDE) -> Path:
    folder.mkdir()
    pq.write_table(
        pa.Table.from_pylist([{**{name: BESIDE[name] for name in beside}, **row}] * 4), folder / "train.parquet"
    )
    return folder


@pytest.mark.parametrize("beside", [("prompt", "prompt_id"), tuple(BESIDE)])
def test_sft_on_rows_of_somebody_with_messages_and_a_prompt(
    beside: tuple[str, ...], model: Path, tmp_path: Path
) -> None:
    """The layout of UltraChat: the first question stands in a column of its own, too, which TRL would read first."""
    turns = [{"role": "user", "content": "차는?"}, {"role": "assistant", "content": "녹차요."}]
    told = exported(of_somebody(tmp_path / "set", {"messages": turns}, beside), tmp_path / "out")
    rows = datasets.load_dataset(told["dataset_name"], told["dataset_config"])[told["dataset_train_split"]]
    assert rows.column_names == ["prompt_id", "messages"]
    settings = trl.SFTConfig(
        str(tmp_path / "run"), max_steps=2, max_length=256, assistant_only_loss=told["assistant_only_loss"], **QUICK
    )
    trainer = trl.SFTTrainer(str(model), settings, train_dataset=rows)
    (batch,) = trainer.get_train_dataloader()
    tokenizer = trainer.processing_class
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        assert tokenizer.decode([id for id in ids if id != tokenizer.pad_token_id]) == (
            f"<user>차는?\n<assistant>녹차요.{tokenizer.eos_token}"
        )
        learned = [id for id, label in zip(ids, labels, strict=True) if label != -100]
        assert tokenizer.decode(learned) == f"녹차요.{tokenizer.eos_token}"
    assert len(losses(trainer)) == 2


def test_dpo_on_rows_of_somebody_with_messages_too(model: Path, tmp_path: Path) -> None:
    def said(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    pair = {
        "prompt": said("user", "차는?"),
        "chosen": said("assistant", "녹차요."),
        "rejected": said("assistant", "몰라요."),
    }
    told = exported(of_somebody(tmp_path / "set", {**pair, "messages": "차는? 녹차요."}), tmp_path / "out")
    rows = datasets.load_dataset(told["dataset_name"], told["dataset_config"])[told["dataset_train_split"]]
    assert set(rows.column_names) == {"prompt_id", *pair}
    settings = trl.DPOConfig(str(tmp_path / "run"), max_steps=2, max_length=128, **QUICK)
    assert len(losses(trl.DPOTrainer(str(model), args=settings, train_dataset=rows))) == 2


def test_grpo_samples_answers_to_prompts(sets: Path, model: Path, tmp_path: Path) -> None:
    told = exported(sets / "kochatgpt-ppo", tmp_path / "out")
    rows = datasets.load_dataset(told["dataset_name"], told["dataset_config"])[told["dataset_train_split"]]
    asked = []

    def shortness(prompts: list[Any], completions: list[Any], **_: Any) -> list[float]:
        asked.extend(prompts)
        return [-float(len(completion[0]["content"])) for completion in completions]

    settings = trl.GRPOConfig(str(tmp_path / "run"), max_steps=1, num_generations=4, max_completion_length=8, **QUICK)
    trl.GRPOTrainer(str(model), reward_funcs=shortness, args=settings, train_dataset=rows).train()
    assert asked
    assert all(prompt in rows["prompt"][:] for prompt in asked)


def test_the_command_line_takes_the_file_as_it_is(sets: Path, model: Path, tmp_path: Path) -> None:
    done = export("trl", str(sets / "koalpaca-v1.1"), tmp_path / "out")
    words = done.command.replace("MODEL", str(model)).split()
    run = ["--max_steps", "1", "--max_length", "64", "--use_cpu", "true", "--report_to", "none"]
    ran = subprocess.run(
        [Path(sys.executable).with_name("trl"), *words[1:], *run, "--output_dir", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert (tmp_path / "run" / "config.json").is_file()


def example() -> Any:
    spec = importlib.util.spec_from_file_location("train_koquality", ROOT / "examples" / "train_koquality.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_koquality_s_step_with_separators_ends_and_answers_only(
    sets: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train = example()
    published = train.config(str(tmp_path), bf16=False, use_cpu=True)
    assert (published.learning_rate, published.num_train_epochs, published.max_length) == (5e-5, 2, 1024)
    assert published.per_device_train_batch_size * published.gradient_accumulation_steps == 256
    tokenizer = train.tokenizer_of(str(model))
    assert tokenizer.pad_token != tokenizer.eos_token
    turns = [{"role": "user", "content": "떡국은?"}, {"role": "assistant", "content": "설날에 먹어요."}]
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    assert text == "### 질문: 떡국은?\n\n### 답변: 설날에 먹어요.<|endoftext|>"
    assert text in (ROOT / "docs" / "TRAINING.md").read_text(encoding="utf-8"), (
        "what docs/TRAINING.md shows is what is seen"
    )
    encoded = tokenizer.apply_chat_template(turns, return_dict=True, return_assistant_tokens_mask=True)
    learned = [id for id, wanted in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if wanted]
    assert tokenizer.decode(learned) == " 설날에 먹어요.<|endoftext|>"
    prompt = tokenizer.apply_chat_template(turns[:1], add_generation_prompt=True)["input_ids"]
    assert encoded["input_ids"] == [*prompt, *learned], "the prompt in use is the one in training, token by token"
    words = [str(sets / "koalpaca-v1.1"), "--output", str(tmp_path / "run"), "--model", str(model)]
    monkeypatch.setattr(sys, "argv", ["train", *words, "--max-steps", "1", "--max-length", "64", "--batch", "64"])
    train.main()
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert capsys.readouterr().out.startswith("### 질문: ")


def test_koquality_s_step_on_one_of_several_sets(
    sets: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `okinst push` makes of a repository: each set a config."""
    configs, unlike = [], str(tmp_path)  # see tests/test_trainers.py
    for name in ("koalpaca-v1.1", "korquad-chat"):
        shutil.copytree(sets / name / name, tmp_path / "both" / name)
        files = [{"split": "train", "path": f"{name}/train-*.parquet"}]
        configs.append({"config_name": name, "description": unlike, "data_files": files})
    (tmp_path / "both" / "README.md").write_text(f"---\n{yaml.safe_dump({'configs': configs})}---\n")
    train = example()
    words = ["train", str(tmp_path / "both"), "--output", str(tmp_path / "run"), "--model", str(model)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        train.main()
    assert "holds koalpaca-v1.1, korquad-chat: name one with --config" in capsys.readouterr().err
    few = ["--max-steps", "1", "--max-length", "64", "--batch", "64"]
    monkeypatch.setattr(sys, "argv", [*words, "--config", "korquad-chat", *few])
    train.main()
    assert capsys.readouterr().out.startswith("### 맥락: ")
    assert (tmp_path / "run" / "model.safetensors").is_file()
