"""`okinst export`: what is written for each trainer, from folders and from the Hub, and what is refused or set aside."""

import datetime
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from okinst.builders import DamagedFile, WrongCall, ask, prefer, request, schema, talk
from okinst.builders.schema import Row, Shape
from okinst.publishing import build
from okinst.publishing.trainers import TRAINERS, export
from tests.conftest import okinst, python
from tests.hub_double import Repo, serving

GOOD = {
    "conversation": ask("비 오는 날엔 뭘 먹지?", "파전이 어울려요."),
    "preference": prefer("김치는 왜 시어지나요?", "젖산균이 당을 젖산으로 바꾸어서요.", "몰라요."),
    "prompt": request("바다는 왜 짠가요?"),
}


def put(folder: Path, shape: Shape, splits: dict[str, list[Row]], config: str = "mine") -> Path:
    """A dataset folder like those of okinst build, with these rows."""
    common = {"source": config, "language": "ko", "license": "mit", "making": "human"}
    (folder / config).mkdir(parents=True)
    for split, rows in splits.items():
        ids = [f"{config}/{split}/{number}" for number in range(len(rows))]
        pq.write_table(
            schema.table(ids, rows, schema.features(shape), common), folder / config / f"{split}-00000-of-00001.parquet"
        )
    files = [{"split": split, "path": f"{config}/{split}-*.parquet"} for split in splits]
    unlike = str(
        folder
    )  # or load_dataset would give the rows of another test: see okinst/publishing/trainers/export.py
    readme = folder / "README.md"
    before = yaml.safe_load(readme.read_text().strip("-\n"))["configs"] if readme.exists() else []
    head = {"configs": [*before, {"config_name": config, "description": unlike, "data_files": files}]}
    readme.write_text(f"---\n{yaml.safe_dump(head)}---\n")
    return folder


def settings(folder: Path) -> dict[str, Any]:
    (file,) = folder.glob("*.yaml")
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def read(trainer: str, folder: Path) -> dict[str, datasets.Dataset]:
    """The rows that the config files lead to, by what they are used for, read as each trainer does."""
    told = settings(folder)
    if trainer == "trl":
        found = datasets.load_dataset(told["dataset_name"], name=told["dataset_config"])
        splits = {"train": told["dataset_train_split"]}
        if "dataset_test_split" in told:
            assert told["eval_strategy"] != "no"  # or it would not be looked at
            splits["held out"] = told["dataset_test_split"]
        return {use: found[split] for use, split in splits.items()}
    if trainer == "axolotl":
        entries = {"train": told["datasets"][0], "held out": (told.get("test_datasets") or [None])[0]}
        return {
            use: datasets.load_dataset(each["path"], name=each["name"], split=each["split"])
            for use, each in entries.items()
            if each
        }
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    if trainer == "llama-factory":
        names = {"train": told["dataset"], "held out": told.get("eval_dataset")}
        return {
            use: datasets.load_dataset(
                os.path.join(told["dataset_dir"], info[name]["script_url"]),  # noqa: PTH118 - its own join
                name=info[name]["subset"],
                split=info[name]["split"],
            )
            for use, name in names.items()
            if name
        }
    (entry,) = info
    subsets = {each["name"]: each for each in entry["subsets"]}
    names = {"train": told["dataset"], "held out": told.get("val_dataset")}
    found = {}
    for use, name in names.items():
        if name:
            path, _, subset = name[0].partition(":")
            assert path == entry["dataset_path"]
            found[use] = datasets.load_dataset(
                path, name=subsets[subset]["subset"], split=subsets[subset]["split"][0]
            ).rename_columns(subsets[subset].get("columns", {}))
    return found


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("shape", GOOD)
def test_what_is_written_leads_to_all_rows_of_both_splits(trainer: str, shape: Shape, tmp_path: Path) -> None:
    source = put(
        tmp_path / "set", shape, {"train": [GOOD[shape]] * 3, "validation": [GOOD[shape]], "extra": [GOOD[shape]] * 2}
    )
    done = export(trainer, str(source), tmp_path / "out")
    found = read(trainer, tmp_path / "out")
    assert {use: len(rows) for use, rows in found.items()} == {"train": 3, "held out": 1}
    assert done.rows == {"train": 3, "validation": 1}
    assert not done.set_aside
    assert any("extra" in note for note in done.notes)
    assert "question" not in found["train"].column_names
    if shape == "conversation":
        assert found["train"][0]["messages"] == GOOD[shape]["messages"]
    # what a trainer reads as it is lies where it lay
    assert (tmp_path / "out" / "data").exists() == bool(TRAINERS[trainer].layout(shape))


def test_layouts_of_preferences_and_prompts(tmp_path: Path) -> None:
    pair = put(tmp_path / "pair", "preference", {"train": [GOOD["preference"]]})
    export("llama-factory", str(pair), tmp_path / "lf")
    row = read("llama-factory", tmp_path / "lf")["train"][0]
    assert row["chosen"] == GOOD["preference"]["chosen"][0], "a message, not a list: else it is read as a dialogue"
    assert (row["license"], row["id"]) == ("mit", "mine/train/0")
    export("ms-swift", str(pair), tmp_path / "swift")
    row = read("ms-swift", tmp_path / "swift")["train"][0]
    assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
    assert row["rejected_response"] == "몰라요."
    prompts = put(tmp_path / "prompts", "prompt", {"train": [GOOD["prompt"]]})
    export("ms-swift", str(prompts), tmp_path / "grpo")
    assert read("ms-swift", tmp_path / "grpo")["train"][0]["messages"] == GOOD["prompt"]["prompt"]
    export("llama-factory", str(prompts), tmp_path / "ppo")
    assert read("llama-factory", tmp_path / "ppo")["train"][0]["instruction"] == "바다는 왜 짠가요?"


TALKS = [
    talk(
        [
            ("system", "짧게 답해."),
            ("user", "차는?"),
            ("assistant", "녹차요."),
            ("user", "왜?"),
            ("assistant", "순해서요."),
        ]
    ),
    talk([("user", "하나"), ("user", "둘"), ("assistant", "셋이요.")]),
    talk([("assistant", "어서 오세요."), ("user", "네."), ("assistant", "앉으세요.")]),
    talk([("user", "누구?"), ("narrator", "문이 열린다."), ("assistant", "저예요.")]),
    talk([("user", "비었나?"), ("assistant", "")]),
    talk(
        [("user", "조용히 해."), ("assistant", "네."), ("system", "속삭여."), ("user", "지금?"), ("assistant", "네.")]
    ),
]


@pytest.mark.parametrize(
    ("trainer", "kept"),
    [("trl", [0, 1, 2, 5]), ("axolotl", [0, 1, 2, 5]), ("llama-factory", [0]), ("ms-swift", [0, 1, 2])],
)
def test_rows_a_trainer_would_lose_are_set_aside_and_counted(trainer: str, kept: list[int], tmp_path: Path) -> None:
    source = put(tmp_path / "set", "conversation", {"train": TALKS})
    done = export(trainer, str(source), tmp_path / "out")
    rows = read(trainer, tmp_path / "out")["train"]
    assert rows["id"][:] == [f"mine/train/{number}" for number in kept]
    lines = [
        json.loads(line) for line in (tmp_path / "out" / "set-aside.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert sum(done.set_aside.values()) == len(lines) == len(TALKS) - len(kept)
    assert {line["reason"] for line in lines} == set(done.set_aside)
    assert {line["row"]["id"] for line in lines}.isdisjoint(rows["id"])


def test_a_set_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    source = put(tmp_path / "set", "conversation", {"train": TALKS[1:3]})
    with pytest.raises(WrongCall, match=r"llama-factory could take no row of train \(2 turns that do not alternate\)"):
        export("llama-factory", str(source), tmp_path / "out")
    empty = put(tmp_path / "empty", "prompt", {"train": []})
    with pytest.raises(DamagedFile, match="has no rows"):
        export("trl", str(empty), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["kobest-boolq", "hulic", "korquad-1.0"])
def test_what_measures_is_not_trained_on(name: str, tmp_path: Path) -> None:
    build(name, tmp_path / "set", sample=True)
    for trainer in TRAINERS:
        with pytest.raises(WrongCall, match=r"they measure a model.*decontaminate"):
            export(trainer, str(tmp_path / "set"), tmp_path / "out")


def test_another_layout_is_refused_with_what_to_do(tmp_path: Path) -> None:
    build("koalpaca-v1.1", tmp_path / "set", sample=True, layout="alpaca")
    with pytest.raises(WrongCall, match="without --raw and --view"):
        export("trl", str(tmp_path / "set"), tmp_path / "out")


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, told in {
        "koquality": "okinst build koquality -o DIR",
        str(tmp_path / "empty"): "holds no dataset",
        str(tmp_path / "file"): "is no folder",
    }.items():
        with pytest.raises(WrongCall, match=told):
            export("trl", name, tmp_path / "out")
    with pytest.raises(WrongCall, match="there are trl, axolotl, llama-factory, ms-swift"):
        export("unsloth", str(tmp_path), tmp_path / "out")


def test_one_of_several_configs(tmp_path: Path) -> None:
    source = put(tmp_path / "set", "conversation", {"train": [GOOD["conversation"]]}, "talks")
    put(source, "preference", {"train": [GOOD["preference"]] * 2}, "pairs")
    with pytest.raises(WrongCall, match=r"2 configs: talks, pairs\. Name one with --config"):
        export("trl", str(source), tmp_path / "out")
    with pytest.raises(WrongCall, match="has no config 'pears'; it has talks, pairs"):
        export("trl", str(source), tmp_path / "out", "pears")
    done = export("axolotl", str(source), tmp_path / "out", "pairs")
    assert (done.stage, len(read("axolotl", tmp_path / "out")["train"])) == ("dpo", 2)
    entry = settings(tmp_path / "out")["datasets"][0]
    assert len(datasets.load_dataset(entry["path"], split=entry["split"])) == 2, "its DPO drops the name of the config"


def test_only_a_test_split_is_trained_on_and_of_several_none_is_guessed(tmp_path: Path) -> None:
    source = put(tmp_path / "one", "prompt", {"test": [GOOD["prompt"]]})
    assert export("trl", str(source), tmp_path / "out").rows == {"test": 1}
    source = put(tmp_path / "two", "prompt", {"test": [GOOD["prompt"]], "validation": [GOOD["prompt"]]})
    with pytest.raises(WrongCall, match="no split train; it has"):
        export("trl", str(source), tmp_path / "out2")


def test_a_path_that_ms_swift_would_misread(tmp_path: Path) -> None:
    source = put(tmp_path / "a#1", "conversation", {"train": [GOOD["conversation"]]})
    with pytest.raises(WrongCall, match="ms-swift gives : and # in a path a meaning"):
        export("ms-swift", str(source), tmp_path / "out")


def test_relative_paths_work_from_anywhere(tmp_path: Path) -> None:
    put(tmp_path / "set", "conversation", {"train": [GOOD["conversation"]]})
    done = okinst("export", "trl", "set", "-o", "out", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["dataset"] == str(tmp_path / "set")
    assert told["command"].startswith(f"trl sft --config {tmp_path / 'out' / 'sft.yaml'}")
    done = okinst("export", "trl", "set", "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "out is not empty" in done.stderr


def test_the_rows_of_an_export_are_never_those_of_another(tmp_path: Path) -> None:
    for number in (1, 2):
        here = tmp_path / str(number)
        source = put(here / "set", "conversation", {"train": [TALKS[0]] * number + [TALKS[1]]})
        if number == 2:  # as another build of the same recipe writes it
            (source / "README.md").write_text((tmp_path / "1" / "set" / "README.md").read_text())
        assert export("llama-factory", str(source), here / "out").rows == {"train": number}
        assert len(read("llama-factory", here / "out")["train"]) == number


def test_another_s_dataset_with_messages_only(tmp_path: Path) -> None:
    for trainer in TRAINERS:
        source = another_s(tmp_path / trainer, messages=[TURNS], score=[1])
        assert export(trainer, source, tmp_path / "out" / trainer).rows == {"train": 1}
        assert not (tmp_path / "out" / trainer / "data").exists()


def another_s(folder: Path, **columns: Any) -> str:
    """A dataset folder of somebody else."""
    folder.mkdir()
    pq.write_table(pa.table(columns), folder / "train.parquet")
    return str(folder)


TURNS = GOOD["conversation"]["messages"]
#: columns beside `messages`, of which each trainer would make something else of a row
BESIDE: dict[str, Any] = {
    "prompt": ["비 오는 날엔 뭘 먹지?"],
    "Prompt_id": ["a1"],
    "system": ["짧게 답해."],
    "tools": ["[]"],
    "label": [True],
    "input_ids": [[1, 2]],
}


@pytest.mark.parametrize(
    ("trainer", "left_out"),
    [
        ("trl", ["prompt", "tools", "input_ids"]),
        ("axolotl", ["system", "tools", "input_ids"]),
        ("llama-factory", []),
        ("ms-swift", ["system", "tools", "label"]),
    ],
)
def test_columns_that_a_trainer_would_read_in_the_rows_stead(trainer: str, left_out: list[str], tmp_path: Path) -> None:
    source = another_s(tmp_path / "set", messages=[TURNS], **BESIDE)
    done = export(trainer, source, tmp_path / "out")
    row = read(trainer, tmp_path / "out")["train"][0]
    assert row["messages"] == TURNS
    assert row["Prompt_id"] == "a1", "what has no meaning for it stays"
    assert BESIDE.keys() - row.keys() == set(left_out) == set(done.columns_left_out)
    assert (tmp_path / "out" / "data").exists() == bool(left_out)
    assert not (tmp_path / "out" / "set-aside.jsonl").exists()
    assert not left_out or f"without the columns {', '.join(left_out)}: {trainer} would" in done.notes[0]


def test_columns_that_a_layout_has_no_place_for_are_told(tmp_path: Path) -> None:
    turns = {name: [GOOD["preference"][name]] for name in ("prompt", "chosen", "rejected")}
    source = another_s(tmp_path / "set", **turns, score=[0.5], license=["mit"])
    done = export("ms-swift", source, tmp_path / "out")
    assert done.columns_left_out == ["score"]
    assert any("ms-swift has no place for them" in note for note in done.notes)
    assert read("ms-swift", tmp_path / "out")["train"][0]["license"] == "mit"


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("shape", GOOD)
def test_lists_and_texts_with_offsets_of_64_bits(trainer: str, shape: Shape, tmp_path: Path) -> None:
    """As polars writes them."""
    message = pa.struct({"role": pa.large_string(), "content": pa.large_string()})
    names = [name for name in GOOD[shape] if name != "context"]
    source = another_s(
        tmp_path / "set", **{name: pa.array([GOOD[shape][name]] * 2, pa.large_list(message)) for name in names}
    )
    assert export(trainer, source, tmp_path / "out").rows == {"train": 2}
    row = read(trainer, tmp_path / "out")["train"][0]
    if not TRAINERS[trainer].layout(shape) and trainer != "ms-swift":
        assert {name: row[name] for name in names} == {name: GOOD[shape][name] for name in names}


def test_rows_are_set_aside_whatever_columns_they_have(tmp_path: Path) -> None:
    when = datetime.datetime(2024, 2, 9, 8, 30)
    messages = [TURNS, TURNS[:1], None, [{"role": None, "content": "누구지?"}]]
    source = another_s(
        tmp_path / "set", messages=messages, when=[when] * 4, price=[Decimal("3.50")] * 4, raw=[b"\xff"] * 4
    )
    done = export("trl", source, tmp_path / "out")
    assert done.set_aside == {"no answer": 1, "nothing in messages": 1, "a turn of nobody": 1}
    lines = [json.loads(line) for line in (tmp_path / "out" / "set-aside.jsonl").read_text("utf-8").splitlines()]
    assert [line["row"]["messages"] for line in lines] == messages[1:]
    assert lines[0]["row"]["when"] == "2024-02-09 08:30:00"
    assert lines[0]["row"]["price"] == "3.50"
    kept = read("trl", tmp_path / "out")["train"][0]
    assert (kept["when"], kept["price"], kept["raw"]) == (when, Decimal("3.50"), b"\xff")


def test_content_that_is_no_text_is_no_conversation(tmp_path: Path) -> None:
    parts = [[{"role": "user", "content": [{"type": "text", "text": "이 사진은?"}]}]]
    with pytest.raises(WrongCall, match="no shape of okinst to train on"):
        export("trl", another_s(tmp_path / "set", messages=parts), tmp_path / "out")


# -- the documented formats ---------------------------------------------------------------------------------------------

TEXT, NUMBER, SWITCH = {"type": "string"}, {"type": "number"}, {"type": "boolean"}


def keys(needed: dict[str, Any], others: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of an object with these keys, and maybe those, and no more."""
    known = {**needed, **(others or {})}
    return {"type": "object", "properties": known, "required": [*needed], "additionalProperties": False}


def some(each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": each, "minItems": 1}


def one_of(*words: str) -> dict[str, Any]:
    return {"enum": [*words]}


_AXOLOTL_ENTRY = keys(
    {"path": TEXT, "name": TEXT, "split": TEXT},
    {
        "type": one_of("chat_template", "chat_template.default"),
        "field_messages": TEXT,
        "roles_to_train": some(TEXT),
        "train_on_eos": one_of("all", "turn", "last"),
    },
)
_FACTORY_COLUMNS = ("prompt", "query", "response", "history", "messages", "system", "tools", "chosen", "rejected")
_FACTORY_TAGS = ("role_tag", "content_tag", "user_tag", "assistant_tag", "system_tag")
_FACTORY_ENTRY = keys(
    {"subset": TEXT, "split": TEXT, "columns": keys({}, dict.fromkeys(_FACTORY_COLUMNS, TEXT))},
    {
        "script_url": TEXT,
        "hf_hub_url": TEXT,
        "formatting": one_of("alpaca", "sharegpt", "openai"),
        "ranking": SWITCH,
        "tags": keys({}, dict.fromkeys(_FACTORY_TAGS, TEXT)),
    },
)
_SWIFT_SUBSET = keys(
    {"name": TEXT, "subset": TEXT, "split": some(TEXT)}, {"columns": keys({"prompt": one_of("messages")})}
)
_WHEN = one_of("no", "steps", "epoch")
#: The schema of each trainer's files, from its documentation. LLaMA-Factory 0.9.5: data/README.md, and the examples' arguments;
#: axolotl 0.19.0: config-reference and dataset-formats; ms-swift 4.6.0: Custom-dataset and Command-line-parameters; TRL 1.16:
#: ScriptArguments and SFTConfig.
FORMATS: dict[str, dict[str, dict[str, Any]]] = {
    "trl": {
        "*.yaml": keys(
            {"dataset_name": TEXT, "dataset_config": TEXT, "dataset_train_split": TEXT, "output_dir": TEXT},
            {"dataset_test_split": TEXT, "eval_strategy": _WHEN, "assistant_only_loss": SWITCH},
        )
    },
    "axolotl": {
        "config.yaml": keys(
            {
                "chat_template": one_of("tokenizer_default"),
                "datasets": some(_AXOLOTL_ENTRY),
                "dataset_prepared_path": TEXT,
                "output_dir": TEXT,
                "sequence_len": NUMBER,
                "micro_batch_size": NUMBER,
                "gradient_accumulation_steps": NUMBER,
                "num_epochs": NUMBER,
                "learning_rate": NUMBER,
            },
            {"rl": one_of("dpo", "grpo"), "test_datasets": some(_AXOLOTL_ENTRY)},
        )
    },
    "llama-factory": {
        "*.yaml": keys(
            {
                "stage": one_of("sft", "dpo", "ppo"),
                "do_train": SWITCH,
                "finetuning_type": one_of("lora", "full", "freeze", "oft"),
                "dataset_dir": TEXT,
                "dataset": TEXT,
                "output_dir": TEXT,
            },
            {"eval_dataset": TEXT, "eval_strategy": _WHEN},
        ),
        "dataset_info.json": {
            "type": "object",
            "additionalProperties": {
                **_FACTORY_ENTRY,
                "oneOf": [{"required": ["script_url"]}, {"required": ["hf_hub_url"]}],
            },
        },
    },
    "ms-swift": {
        "*.yaml": keys(
            {"custom_dataset_info": some(TEXT), "dataset": some(TEXT), "output_dir": TEXT},
            {"rlhf_type": one_of("dpo", "grpo"), "val_dataset": some(TEXT)},
        ),
        "dataset_info.json": some(
            {
                **keys({"subsets": some(_SWIFT_SUBSET)}, {"dataset_path": TEXT, "hf_dataset_id": TEXT}),
                "oneOf": [{"required": ["dataset_path"]}, {"required": ["hf_dataset_id"]}],
            }
        ),
    },
}


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("shape", GOOD)
def test_every_file_is_of_the_documented_format(trainer: str, shape: Shape, tmp_path: Path) -> None:
    source = put(tmp_path / "set", shape, {"train": [GOOD[shape]], "validation": [GOOD[shape]]})
    done = export(trainer, str(source), tmp_path / "out")
    assert len(done.files) == len(FORMATS[trainer])
    for pattern, schema_of_file in FORMATS[trainer].items():
        (path,) = (tmp_path / "out").glob(pattern)
        jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema_of_file)  # YAML is JSON, and more


# -- the trainers' own code ----------------------------------------------------------------------------------------------

#: what each shape's row has to come to, whoever reads it: the turns, and the answers
MEANT = {
    "conversation": (TURNS[:1], ["파전이 어울려요."]),
    "preference": (GOOD["preference"]["prompt"], ["젖산균이 당을 젖산으로 바꾸어서요.", "몰라요."]),
    "prompt": (GOOD["prompt"]["prompt"], []),
}


def several(folder: Path, shape: Shape) -> tuple[str, str | None]:
    """One of two configs, with a validation split."""
    rows = [GOOD[shape]] * 3
    other: Shape = "prompt" if shape == "conversation" else "conversation"
    put(folder, other, {"train": [GOOD[other]]}, "another")
    return str(put(folder, shape, {"train": rows, "validation": rows[:1]})), "mine"


def theirs(folder: Path, shape: Shape) -> tuple[str, str | None]:
    """Rows of somebody else, with columns of their own."""
    turns = {name: [GOOD[shape][name]] * 3 for name in GOOD[shape] if name != "context"}
    beside = {name: each * 3 for name, each in BESIDE.items() if name not in turns}
    return another_s(folder, **turns, **beside), None


@pytest.mark.parametrize("source", [several, theirs])
@pytest.mark.parametrize("shape", GOOD)
def test_llama_factory_s_own_parser_and_converters(
    shape: Shape, source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")  # its rows do not depend on the version of transformers
    try:
        from llamafactory.data.loader import _get_merged_dataset
        from llamafactory.hparams import get_train_args
    except ImportError as error:
        pytest.skip(f"LLaMA-Factory cannot be imported ({error}): pip install llamafactory==0.9.5")
    export("llama-factory", *set_and_output(source, shape, tmp_path))
    given = {**settings(tmp_path / "out"), "model_name_or_path": "tiny", "report_to": "none", "use_cpu": True}
    if shape == "prompt":
        given["reward_model"] = "tiny"
    model, data, training, *_ = get_train_args(given)
    stage = {"conversation": "sft", "preference": "rm", "prompt": "ppo"}[shape]
    rows = _get_merged_dataset(data.dataset, model, data, training, stage)
    assert len(rows) == 3
    for row in rows:
        assert (row["_prompt"], [turn["content"] for turn in row["_response"]]) == MEANT[shape]
        assert not any(row[name] for name in ("_system", "_tools", "_images"))


@pytest.mark.parametrize("source", [several, theirs])
@pytest.mark.parametrize("shape", GOOD)
def test_ms_swift_s_own_registry_and_loader(shape: Shape, source: Any, tmp_path: Path) -> None:
    try:
        from swift.arguments import RLHFArguments, SftArguments
        from swift.dataset import load_dataset, register_dataset_info
    except ImportError as error:
        pytest.skip(f"ms-swift cannot be imported ({error}): pip install ms-swift==4.6.0")
    export("ms-swift", *set_and_output(source, shape, tmp_path))
    given = settings(tmp_path / "out")
    assert given.keys() <= (RLHFArguments if "rlhf_type" in given else SftArguments).__dataclass_fields__.keys()
    for file in given["custom_dataset_info"]:
        register_dataset_info(file)
    rows, _ = load_dataset(given["dataset"], strict=True)
    assert len(rows) == 3
    for row in rows:
        turns, answers = MEANT[shape]
        assert row["messages"][: len(turns)] == turns
        assert [turn["content"] for turn in row["messages"][len(turns) :]] == answers[:1]
        assert row.get("rejected_response") == (answers[1] if len(answers) > 1 else None)
        assert not row.get("tools") and row.get("label") is None


@pytest.mark.parametrize("source", [several, theirs])
@pytest.mark.parametrize("shape", GOOD)
def test_axolotl_s_own_schema_and_prompts(shape: Shape, source: Any, tmp_path: Path) -> None:
    try:
        from axolotl.prompt_strategies import dpo, load
        from axolotl.utils.config import validate_config
        from axolotl.utils.data.shared import load_dataset_with_config
        from axolotl.utils.dict import DictDefault
    except ImportError as error:
        pytest.skip(f"axolotl cannot be imported ({error}): pip install axolotl==0.19.0")
    from tests import tiny_models

    export("axolotl", *set_and_output(source, shape, tmp_path))
    known = validate_config(DictDefault({**settings(tmp_path / "out"), "base_model": "tiny"}))
    entry = DictDefault(known.datasets[0])
    rows = load_dataset_with_config(entry, use_auth_token=False)
    assert len(rows) == 3
    tokenizer = tiny_models.bpe([turn["content"] for turn in TURNS], 400, 256)
    tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content + eos_token }}{% endfor %}"
    end, (turns, answers) = tokenizer.eos_token, MEANT[shape]
    for row in rows:
        if shape == "conversation":
            read_as = load(entry.type, tokenizer, known, entry).tokenize_prompt(row)
            pairs = zip(read_as["input_ids"], read_as["labels"], strict=True)
            assert tokenizer.decode([id for id, label in pairs if label != -100]) == answers[0] + end
            assert (
                tokenizer.decode(read_as["input_ids"])
                == f"<user>{turns[0]['content']}{end}<assistant>{answers[0]}{end}"
            )
        elif shape == "preference":
            transform, _ = dpo.load(entry.type, known, dataset_idx=0)
            read_as = transform(row, tokenizer=tokenizer)
            assert read_as["prompt"].startswith(f"<user>{turns[0]['content']}")
            assert [read_as["chosen"], read_as["rejected"]] == [answer + end for answer in answers]
        else:
            assert row["prompt"] == turns


def set_and_output(source: Any, shape: Shape, tmp_path: Path) -> tuple[str, Path, str | None]:
    """What `export` is called with."""
    name, config = source(tmp_path / "set", shape)
    return name, tmp_path / "out", config


EXPORT_ALL = """
import json, sys
from pathlib import Path
from okinst.publishing.trainers import TRAINERS, export
names = [(trainer, name) for trainer in TRAINERS for name in ("talks", "pairs")]
folders = {"-".join(each): Path(sys.argv[1], "-".join(each)) for each in names}
done = {f"{t}-{n}": export(t, f"someone/{n}", folders[f"{t}-{n}"]).rows for t, n in names}
print(json.dumps(done))
"""


def test_a_dataset_on_the_hub(tmp_path: Path) -> None:
    files = {}
    for shape in ("conversation", "preference"):
        folder = put(tmp_path / shape, shape, {"train": [GOOD[shape]], "validation": [GOOD[shape]]})
        there = [path for path in folder.rglob("*") if path.is_file()]
        files[shape] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in there}
    with serving() as hub:
        hub.repos |= {"someone/talks": Repo(files["conversation"]), "someone/pairs": Repo(files["preference"])}
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
        rows = json.loads(python(EXPORT_ALL, tmp_path, **environment))
        assert len(rows) == 2 * len(TRAINERS)
        assert all(each == {"train": 1, "validation": 1} for each in rows.values())
        done = okinst("export", "trl", "someone/nothing", "-o", tmp_path / "no", **environment)
        assert done.returncode == 1
        assert "the Hub shows no dataset of that name" in done.stderr
    assert settings(tmp_path / "trl-talks")["dataset_name"] == "someone/talks"
    assert settings(tmp_path / "axolotl-pairs")["datasets"][0]["path"] == "someone/pairs"
    assert settings(tmp_path / "ms-swift-talks")["dataset"] == ["hf::someone/talks:train"]
    (swift,) = json.loads((tmp_path / "ms-swift-talks" / "dataset_info.json").read_text())
    assert swift["hf_dataset_id"] == "someone/talks"
    factory = json.loads((tmp_path / "llama-factory-talks" / "dataset_info.json").read_text())
    assert factory["mine"]["hf_hub_url"] == "someone/talks"
    # what has to be laid out anew lies here
    assert read("llama-factory", tmp_path / "llama-factory-pairs")["train"][0]["rejected"]["content"] == "몰라요."
