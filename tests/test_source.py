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
