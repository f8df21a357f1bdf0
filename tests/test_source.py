"""What a source may say beyond one row for one row: rows gathered, ids of upstream's own, rows left out on purpose."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import Hub, Row, SourceBuilder, TooManyLost, Unmapped, Unwanted, Variant, talk
from okinst.catalogue import SOURCES

REPO = Hub("me/mine", "0" * 40)


class Sentences(SourceBuilder):
    """One dialogue, a sentence a row upstream."""

    CARD = replace(SOURCES["hrc"].builder.CARD, title="Sentences")
    COLUMNS = {"dialogue": "string", "who": "string", "text": "string"}
    BUILDER_CONFIGS = [Variant(name="sentences", files={"train": (REPO / "rows.jsonl",)}, rows={"train": 1})]

    def gather(self, rows: Iterator[Row | Unmapped]) -> Iterator[Row | Unmapped]:
        dialogues: dict[str, list[Row]] = {}
        for row in rows:
            if isinstance(row, Unmapped):
                yield row
            else:
                dialogues.setdefault(row["dialogue"], []).append(row)
        for dialogue, sentences in dialogues.items():
            yield {"dialogue": dialogue, "sentences": sentences}

    def example(self, row: Row) -> Row:
        if row["dialogue"] == "advert":
            raise Unwanted("an advertisement")
        return {"id": row["dialogue"], **talk((turn["who"], turn["text"]) for turn in row["sentences"])}


def build(tmp_path: Path, *rows: tuple[str, str, str], **options: Any) -> SourceBuilder:
    lines = [json.dumps({"dialogue": dialogue, "who": who, "text": text}) for dialogue, who, text in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    builder = Sentences(data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"), **options)
    builder.download_and_prepare()
    return builder


TWO = [("a", "user", "1?"), ("b", "user", "2?"), ("a", "assistant", "1."), ("b", "assistant", "2.")]


def test_rows_are_gathered_and_keep_upstreams_ids(tmp_path: Path) -> None:
    builder = build(tmp_path, *TWO)
    assert [row["id"] for row in builder.as_dataset(split="train")] == ["sentences/train/a", "sentences/train/b"]
    (tally,) = builder.tallies()
    assert (tally.read, tally.kept) == (4, 2)


def test_raw_rows_are_not_gathered(tmp_path: Path) -> None:
    assert len(build(tmp_path, *TWO, raw=True).as_dataset(split="train")) == 4


def test_what_is_left_out_on_purpose_is_counted_and_no_loss(tmp_path: Path) -> None:
    adverts = [("advert", "user", "Buy!"), *TWO[::2]]
    (tally,) = build(tmp_path, *adverts).tallies()
    assert (tally.read, tally.kept, tally.lost) == (3, 1, 0)
    assert tally.ruled_out == {"an advertisement": 1}


def test_what_was_lost_still_is(tmp_path: Path) -> None:
    with pytest.raises(TooManyLost, match="2 of 2"):
        build(tmp_path, ("a", "user", "1?"), ("b", "user", "2?"))


class Letters(SourceBuilder):
    """One letter of a word; the third of each is no letter."""

    CARD = Sentences.CARD
    COLUMNS = {"dialogue": "string", "who": "string", "text": "string"}
    BUILDER_CONFIGS = [Variant(name="letters", files={"train": (REPO / "rows.jsonl",)}, rows={"train": 1})]

    def examples(self, row: Row) -> Iterator[Row | Unmapped]:
        for place, letter in enumerate(row["text"]):
            if letter == "!":
                raise KeyError("nothing")
            yield {"id": row["dialogue"], **talk([("user", letter), ("assistant", str(place))])}


def letters(tmp_path: Path, *words: tuple[str, str]) -> SourceBuilder:
    lines = [json.dumps({"dialogue": id, "who": "", "text": text}) for id, text in words]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    builder = Letters(data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    return builder


def test_what_came_before_an_error_is_kept(tmp_path: Path) -> None:
    builder = letters(tmp_path, ("1", "ab!c"), ("2", "def"))
    assert [row["messages"][0]["content"] for row in builder.as_dataset(split="train")] == list("abdef")
    assert builder.tallies()[0].left_out == {"no 'nothing' in it": 1}


def test_an_id_that_comes_twice_is_numbered_and_counted(tmp_path: Path) -> None:
    builder = letters(tmp_path, ("1", "ab"), ("1", "c"))
    ids = [row["id"] for row in builder.as_dataset(split="train")]
    assert ids == ["letters/train/1", "letters/train/1~0-1", "letters/train/1~1-0"]
    assert builder.tallies()[0].mended == {"an id that was there before, numbered": 2}


def test_a_reason_may_stand_for_several_rows() -> None:
    from okinst.builders.tally import Tally

    count = Tally("demo", "train", {"path": "a"}, "folder")
    count.leave_out("a passage without questions", 3, rows=40)
    assert count.lost == 40 and count.first == {"a passage without questions": 3}


def test_where_all_is_left_out_on_purpose_something_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(TooManyLost, match=r"sentences: no row of .* is wanted: 1 an advertisement"):
        build(tmp_path, ("advert", "user", "Buy!"))
