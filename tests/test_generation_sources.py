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


def test_what_was_read_of_a_row_is_kept_though_it_cannot_be_worked_on(tmp_path: Path) -> None:
    whole = {"user": ASKED, "chip2": 3, "when": "어제"}
    place = write(tmp_path, "mine.jsonl", lines({"user": ASKED, "chip2": ANSWERED}, whole, {"user": "", "chip2": "네"}))
    _, *others = opened(place, "conversation").items()
    assert [item.row["read"] for item in others] == [whole, {"user": "", "chip2": "네"}]
    again = list(sources.once(opened(place, "conversation", columns=("user", "user")).items(), "asked before"))
    assert len(again) == 3 and again[1].row["unreadable"] == "asked before"
    assert spoken(again[1].row["read"]) == [ASKED, ASKED]


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.json"])
def test_one_broken_line_costs_itself_alone(name: str, tmp_path: Path) -> None:
    good = {"user": ASKED, "chip2": ANSWERED}
    broken = ['{"user": "비누는', "[1, 2]", '{"user": "\\ud83d", "chip2": "x"}']
    place = write(tmp_path, name, "\n".join([broken[0], json.dumps(good), *broken[1:], "", json.dumps(good)]))
    with Path(place).open("ab") as file:
        file.write(b'\n{"user": "\xba\xf1", "chip2": "x"}\r\n')
    items = list(opened(place, "conversation").items())
    assert [item.number for item in items] == list(range(6)) and len({item.key for item in items}) == 6
    assert spoken(items[1].row) == spoken(items[4].row) == [ASKED, ANSWERED]
    told = []
    for item in (items[0], items[2], items[3], items[5]):
        with pytest.raises(Rejected) as rejected:
            sources.readable(item)
        told.append((rejected.value.reason, rejected.value.detail.partition(" (")[0]))
    assert told == [
        ("a line that is no JSON object", "line 1 is not JSON"),
        ("a line that is no JSON object", "line 3 is a list, not an object with named columns"),
        ("half a character (a lone surrogate)", "line 4"),
        ("a line that is no JSON object", "line 7 is not JSON"),
    ]
    assert [items[place].row["read"] for place in (0, 2, 3)] == broken
    assert items[5].row["read"] == '{"user": "\\xba\\xf1", "chip2": "x"}', "bytes that are no text are told, too"


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("mine.csv", "cp949", LAYOUTS["table.csv"]),
        ("mine.tsv", "utf-16", LAYOUTS["table.tsv"]),
        ("mine.jsonl", "cp949", LAYOUTS["chip2.jsonl"]),
        ("mine.json", "cp949", json.dumps([{"input": ASKED, "output": ANSWERED}], ensure_ascii=False)),
        ("mine.csv", "gb18030", "question,answer\n肥皂是怎么做的？,把油和碱水混在一起，等它变硬。\n"),
    ],
)
def test_a_file_in_another_encoding_says_which(name: str, encoding: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    with pytest.raises(
        DamagedFile, match=f"is not UTF-8; it reads as {encoding}. .*iconv -f {encoding} -t utf-8 {name}"
    ):
        opened(str(tmp_path / name), "conversation")


def test_a_file_that_is_damaged_says_so_as_before(tmp_path: Path) -> None:
    for name, data in (("a.csv", "질문,답\n".encode() + b"\xff\xfe,x\n"), ("a.parquet", b"PAR1\x00\xba\xf1")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DamagedFile, match=r"damaged at row|not a whole Parquet file"):
            list(opened(str(tmp_path / name), "instruction", columns=("질문",)).items())
    with pytest.raises(DamagedFile, match="looks like one JSON array"):
        opened(write(tmp_path, "array.jsonl", "[\n1]"), "conversation")


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
        ("koalpca", "conversation", {}, "and no set: .*The nearest names are koalpaca-v1.1"),
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
