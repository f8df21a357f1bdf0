"""What a job works on: names of okinst list, files in every layout, each row under a key that holds its place and its words."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.generation import sources
from okinst.generation.job import Rejected
from okinst.generation.sources import Wanted, opened

ASKED, ANSWERED = "비누는 어떻게 만드나요?", "기름에 잿물을 섞어 굳힙니다."


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def rows(place: str, wanted: Wanted, **options: Any) -> list[dict[str, Any]]:
    return [item.row for item in opened(place, wanted, **options).items()]


def spoken(row: dict[str, Any]) -> list[str]:
    return [turn["content"] for turn in row["messages"]]


LAYOUTS = {
    "messages.jsonl": lines(
        {"messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWERED}]}
    ),
    "sharegpt.json": json.dumps(
        [{"conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWERED}]}]
    ),
    "alpaca.json": json.dumps([{"instruction": ASKED, "input": "", "output": ANSWERED}]),
    "koalpaca.jsonl": lines({"text": f"### 질문: {ASKED}\n\n### 답변: {ANSWERED}"}),
    "chip2.jsonl": lines({"user": ASKED, "chip2": ANSWERED, "index": 7}),
    "completion.jsonl": lines({"prompt": ASKED, "completion": ANSWERED}),
    "evolved.json": json.dumps([{"input": ASKED, "output": ANSWERED}]),
    "table.csv": f"question,answer\n{ASKED},{ANSWERED}\n",
    "table.tsv": f"answer\tquestion\n{ANSWERED}\t{ASKED}\n",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_says_by_its_columns_how_it_is_laid_out(tmp_path: Path, name: str) -> None:
    place = write(tmp_path, name, LAYOUTS[name])
    (row,) = rows(place, "conversation")
    assert spoken(row) == [ASKED, ANSWERED]
    assert rows(place, "instruction") == [{"instruction": ASKED}]


def test_parquet_is_read_as_well(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [ASKED], "b": [ANSWERED], "c": [1.5]}), tmp_path / "mine.parquet")
    place = str(tmp_path / "mine.parquet")
    with pytest.raises(WrongCall, match="nobody can tell which of its columns hold the conversations: a, b, c"):
        opened(place, "conversation")
    (row,) = rows(place, "conversation", columns=("a", "b"))
    assert spoken(row) == [ASKED, ANSWERED]
    assert rows(place, "passage", columns=("b",)) == [{"title": "", "context": ANSWERED}]
    for columns, told in ((("a",), "twice"), (("a", "z"), "no column 'z'")):
        with pytest.raises(WrongCall, match=told):
            opened(place, "conversation", columns=columns)


def test_an_instruction_keeps_its_input(tmp_path: Path) -> None:
    place = write(
        tmp_path,
        "open.jsonl",
        lines({"instruction": "요약해 줘.", "input": "긴 글"}, {"instruction": ASKED, "input": None}),
    )
    assert rows(place, "instruction") == [{"instruction": "요약해 줘.\n\n긴 글"}, {"instruction": ASKED}]


def test_passages_have_their_title(tmp_path: Path) -> None:
    place = write(
        tmp_path, "p.jsonl", lines({"title": "비누", "paragraph": ANSWERED, "id": 3}, {"paragraph": ANSWERED})
    )
    assert rows(place, "passage") == [{"title": "비누", "context": ANSWERED}, {"title": "", "context": ANSWERED}]


def test_a_row_that_cannot_be_read_is_an_item_with_its_reason(tmp_path: Path) -> None:
    place = write(
        tmp_path,
        "mine.jsonl",
        lines(
            {"user": ASKED, "chip2": ANSWERED},
            {"user": ASKED},
            {"user": ASKED, "chip2": 3},
            {"user": "", "chip2": ANSWERED},
        )
        + '{"user": "\\ud83d", "chip2": "x"}\n',
    )
    items = list(opened(place, "conversation").items())
    assert [item.number for item in items] == [0, 1, 2, 3, 4]
    assert len({item.key for item in items}) == 5
    reasons = []
    for item in items[1:]:
        with pytest.raises(Rejected) as rejected:
            sources.readable(item)
        reasons.append(rejected.value.reason)
    assert reasons == ["no 'chip2' in it", "int instead of text", "empty prompt", "half a character (a lone surrogate)"]


def test_sets_are_read_by_name() -> None:
    source = opened("oig-smallchip2-ko", "conversation", sample=True)
    first = next(source.items())
    assert first.key.startswith("oig-smallchip2-ko/train/0#") and len(spoken(first.row)) == 2
    passages = opened("korquad-1.0", "passage", sample=True)
    assert passages.split == "train" and all(item.row["context"] for item in passages.items())
    assert opened("korquad-1.0", "passage", split="validation", sample=True).split == "validation"
    assert next(opened("kochatgpt-ppo", "instruction", sample=True).items()).row["instruction"]
    assert next(opened("korquad-chat", "instruction", sample=True).items()).row["instruction"]


@pytest.mark.parametrize(
    ("place", "wanted", "options", "told"),
    [
        ("korquad-1.0", "conversation", {"sample": True}, "has no conversations"),
        ("koalpaca-v1.1", "passage", {"sample": True}, "has no passages"),
        ("korquad-1.0", "passage", {"sample": True, "split": "test"}, "has no split 'test'; it has train, validation"),
        ("koalpaca-v1.1", "conversation", {"sample": True, "layout": "alpaca"}, "--layout and --column are for files"),
        ("koalpca", "conversation", {}, "is no name of okinst list, and no file"),
        ("mine.jsonl", "conversation", {"sample": True}, "are for names of okinst list"),
        ("mine.jsonl", "conversation", {"layout": "chatml"}, "--layout chatml should be one of messages"),
        ("mine.jsonl", "conversation", {"layout": "alpaca", "columns": ("user", "chip2")}, "exclude each other"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, wanted: Wanted, options: dict[str, Any], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "mine.jsonl", LAYOUTS["chip2.jsonl"])
    with pytest.raises(WrongCall, match=told):
        opened(place, wanted, **options)


def test_files_that_are_not_there_or_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no file"):
        opened(str(tmp_path / "none.jsonl"), "conversation")
    with pytest.raises(DamagedFile, match="holds no rows"):
        opened(write(tmp_path, "empty.jsonl", ""), "conversation")
    with pytest.raises(WrongCall, match="is none of"):
        opened(write(tmp_path, "mine.txt", "네"), "conversation")
