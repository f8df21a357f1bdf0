"""Real upstream files of the Chinese sources, where a machine has them; of some, one row stands where all should."""

import json
from collections import Counter
from pathlib import Path

import pytest

from okinst.builders import Row
from okinst.builders.source import SourceBuilder
from okinst.catalogue import SOURCES


def built(name: str, cache: Path, **options: object) -> SourceBuilder:
    builder = SOURCES[name].builder(config_name=name, cache_dir=str(cache), accept_drift=True, **options)
    builder.download_and_prepare()
    return builder


def only_row(name: str, mirror: Path, cache: Path, raw: bool = False) -> Row:
    rows = built(name, cache, mirror=str(mirror), raw=raw).as_dataset(split="train")
    assert rows.num_rows == 1
    return dict(rows[0])


def test_alpaca_gpt4_zh(real_mirror: Path, tmp_path: Path) -> None:
    builder = built("alpaca-gpt4-zh", tmp_path, mirror=str(real_mirror))
    (tally,) = builder.tallies()
    rows = builder.as_dataset(split="train")
    assert tally.read == 1_000
    assert rows.num_rows == 1_000 - tally.lost == 1_000
    assert not any(row["context"].startswith(("输入：", "输入:")) for row in rows)
    assert not any(row["messages"][1]["content"].startswith(("输出：", "输出:")) for row in rows)
    raw = built("alpaca-gpt4-zh", tmp_path, mirror=str(real_mirror), raw=True).as_dataset(split="train")
    assert sum(row["input"].startswith("输入：") for row in raw) == 94


def test_belle_seed(real_mirror: Path, tmp_path: Path) -> None:
    builder = built("belle-seed", tmp_path, mirror=str(real_mirror))
    rows = builder.as_dataset(split="train")
    assert rows.num_rows == 175
    assert sum(not row["context"] for row in rows) == 49


def test_belle_eval(real_mirror: Path, tmp_path: Path) -> None:
    builder = built("belle-eval", tmp_path, mirror=str(real_mirror))
    (tally,) = builder.tallies()
    rows = builder.as_dataset(split="test")
    assert tally.read == rows.num_rows == 1_000
    raw = built("belle-eval", tmp_path, mirror=str(real_mirror), raw=True).as_dataset(split="test")
    assert sum(not row["std_answer"] for row in raw) == 369
    assert Counter(row["class"] for row in raw)["closed\u00a0qa"] == 52
    for number, (row, upstream) in enumerate(zip(rows, raw, strict=True)):
        assert row["id"] == f"belle-eval/test/{number}"
        assert row["prompt"] == [{"role": "user", "content": upstream["question"].strip()}]


@pytest.mark.parametrize("name", ["belle-2m", "belle-school-math", "belle-generated-chat"])
def test_one_exchange_of_belle(name: str, real_mirror: Path, tmp_path: Path) -> None:
    upstream = only_row(name, real_mirror, tmp_path, raw=True)
    assert only_row(name, real_mirror, tmp_path)["messages"] == [
        {"role": "user", "content": upstream["instruction"].strip()},
        {"role": "assistant", "content": upstream["output"].strip()},
    ]


def test_one_dialogue_of_belle(real_mirror: Path, tmp_path: Path) -> None:
    upstream = only_row("belle-multiturn", real_mirror, tmp_path, raw=True)
    messages = only_row("belle-multiturn", real_mirror, tmp_path)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant"]
    first, reply, second, last = (message["content"] for message in messages)
    assert f"Human:{first}\nAssistant:{reply}\nHuman:{second}\nAssistant:" == upstream["instruction"]
    assert reply.count("\n") == 5
    assert last == upstream["output"]


def test_sample_rows_of_guanaco(real_mirror: Path, tmp_path: Path) -> None:
    """They lie under names of their own: put where the real files would be."""
    samples = real_mirror / "JosephusCheung" / "GuanacoDataset" / "_samples"
    single = [json.loads(line) for line in (samples / "alpaca_cot.jsonl").read_text(encoding="utf-8").splitlines()]
    columns = ("instruction", "input", "output")
    folder = tmp_path / "files"
    folder.mkdir()
    for file in SOURCES["guanaco"].variant.files["train"]:
        rows = [{column: row[column] for column in columns} for row in single]
        (folder / file.path.rpartition("/")[2]).write_text(json.dumps(rows), encoding="utf-8")
    builder = built("guanaco", tmp_path, data_dir=str(folder))
    assert {reason for tally in builder.tallies() for reason in tally.left_out} == {"empty output"}
    rows = builder.as_dataset(split="train")
    assert set(rows["language"]) == {"zh-Hant"}

    chat = [json.loads(line) for line in (samples / "chat_row.jsonl").read_text(encoding="utf-8").splitlines()]
    (folder / "guanaco_chat_all-utf8.json").write_text(json.dumps(chat), encoding="utf-8")
    (row,) = built("guanaco-chat", tmp_path, data_dir=str(folder)).as_dataset(split="train")
    assert row["language"] == "ja"
    assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * 3
    first, reply, second, another, third, last = (message["content"] for message in row["messages"])
    assert f"User:{first} Assistant:{reply} User:{second} Assistant:{another}" == chat[0]["instruction"]
    assert (f"User:{third}", last) == (chat[0]["input"], chat[0]["output"])
