"""A real file that differs from the catalogue: one line that says how, and how to report it or go on."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import DamagedFile, Drift, GitHub, TooManyLost, WrongCall
from okinst.builders.tally import Tally
from okinst.catalogue import SOURCES
from okinst.mixtures.meta import builder_for
from tests.conftest import okinst

GOOD = {"instruction": "질문", "output": "답", "url": ""}


def v11(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "KoAlpaca_v1.1.jsonl").write_text(lines, encoding="utf-8")
    return folder


def built(name: str, folder: Path, **options: Any) -> tuple[list[dict[str, Any]], list[Tally]]:
    builder = builder_for(name, data_dir=str(folder), cache_dir=str(folder.with_name("cache")), **options)
    builder.download_and_prepare()
    return [row for rows in builder.as_dataset().values() for row in rows], builder.tallies()


def test_a_renamed_column(tmp_path: Path) -> None:
    folder = v11(tmp_path / "data", {"instruction": "질문", "answer": "답", "url": ""})
    with pytest.raises(DamagedFile) as error:
        built("koalpaca-v1.1", folder)
    message = str(error.value)
    assert "\n" not in message
    for words in ("koalpaca-v1.1: row 0", "no column 'output'", "it has instruction, answer, url", "please report it",
                  "rename={FOUND: 'output'}", "--rename FOUND=output"):  # fmt: skip
        assert words in message
    (row,), (tally,) = built("koalpaca-v1.1", folder, rename={"answer": "output"})
    assert row["messages"][1]["content"] == "답"
    assert tally.drift == "answer read as output"
    done = okinst("build", "koalpaca-v1.1", "--data-dir", folder, "-o", tmp_path / "out", "--rename", "answer=output")
    assert done.returncode == 0, done.stderr
    assert "answer read as output" in (tmp_path / "out" / "provenance.json").read_text(encoding="utf-8")


def test_a_column_is_renamed_in_raw_form_too(tmp_path: Path) -> None:
    folder = v11(tmp_path / "data", {"instruction": "질문", "answer": "답", "url": ""})
    (row,), _ = built("koalpaca-v1.1", folder, rename={"answer": "output"}, raw=True)
    assert row == GOOD


@pytest.mark.parametrize("rename", [{"answer": "reply"}, "answer=output"])
def test_a_name_the_catalogue_does_not_know(rename: Any, tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="instruction, output, url"):
        built("koalpaca-v1.1", v11(tmp_path / "data", GOOD), rename=rename)


def test_only_the_file_that_changed_is_read_under_another_name(tmp_path: Path, mirror: Path) -> None:
    folder = Path(shutil.copytree(mirror / "nlpai-lab/openassistant-guanaco-ko", tmp_path / "flat"))
    rows, _ = built("guanaco-ko", folder)
    path = next(folder.glob("*eval*"))
    path.write_text(path.read_text(encoding="utf-8").replace('"text": ', '"body": '), encoding="utf-8")
    with pytest.raises(DamagedFile, match="--rename FOUND=text"):
        built("guanaco-ko", folder)
    again, tallies = built("guanaco-ko", folder, rename={"body": "text"})
    assert again == rows
    assert [tally.drift for tally in tallies] == ["body read as text", None]


def test_a_column_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    folder = v11(tmp_path / "data", {**GOOD, "answer": "다른 답"})
    with pytest.raises(DamagedFile, match="has a column output of its own"):
        built("koalpaca-v1.1", folder, rename={"answer": "output"})


def test_a_known_column_that_never_comes_beside_an_unknown_one(tmp_path: Path) -> None:
    """A column that is not in every row would be taken for one that nobody filled in."""
    rows = [{"instruction": "질문", "output": "답", "link": "x"}]
    with pytest.raises(Drift, match=r"does not know \(link\), and never has url\. .*--rename FOUND=KNOWN"):
        built("koalpaca-v1.1", v11(tmp_path / "data", *rows))
    assert len(built("koalpaca-v1.1", v11(tmp_path / "data", *rows), accept_drift=True)[0]) == 1


def test_a_speaker_that_was_renamed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    turns = [{"from": "human", "value": "질문"}, {"from": "claude", "value": "답"}]
    rows = [{"id": str(number), "conversations": turns} for number in range(12)]
    (folder / "ko_dataset_2.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(TooManyLost, match=r"please report it.*--role FOUND=user"):
        built("sharegpt-deepl-ko", folder)
    (row, *_), (tally,) = built("sharegpt-deepl-ko", folder, roles={"claude": "assistant"})
    assert row["messages"][1]["role"] == "assistant" and tally.drift == "role claude read as assistant"
    with pytest.raises(WrongCall, match="assistant, system, user"):
        built("sharegpt-deepl-ko", folder, roles={"claude": "helper"})


@pytest.mark.parametrize(
    "names",
    [
        ("train-00000-of-00001-aaaa.parquet", "train-00000-of-00001-bbbb.parquet"),
        ("train-00000-of-00002-aaaa.parquet",),
        ("train-00000-of-00002-aaaa.parquet", "train-00001-of-00003-aaaa.parquet"),
        ("train-a.parquet", "train-a (1).parquet"),
    ],
)
def test_shards_that_are_no_whole_set(names: tuple[str, ...], mirror: Path, tmp_path: Path) -> None:
    (shard,) = (mirror / "HAERAE-HUB/KoInstruct-QA").rglob("*.parquet")
    folder = tmp_path / "flat"
    folder.mkdir()
    for name in names:
        shutil.copy(shard, folder / name)
    with pytest.raises(Drift, match=r"not one whole set of shards|downloaded again"):
        built("koinstruct-qa", folder)


def test_a_file_that_is_a_pointer(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (folder / "KoAlpaca_v1.1.jsonl").write_bytes(pointer)
    with pytest.raises(DamagedFile, match=r"koalpaca-v1.1: .*Git LFS pointer.*git lfs pull"):
        built("koalpaca-v1.1", folder)


def test_fewer_rows_than_upstream_has_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    built("koalpaca-v1.1", v11(tmp_path / "data", GOOD, GOOD))
    assert "koalpaca-v1.1/train: these files hold 2 of upstream's 21,155 rows" in caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {"accept_drift": "no"},
        {"raw": "yes"},
        {"rename": {1: "output"}},
        {"data_dir": ""},
        {"data_dir": 5},
        {"mirror": ""},
    ],
)
def test_options_of_the_wrong_kind(options: dict[str, Any]) -> None:
    with pytest.raises(WrongCall, match=next(iter(options))):
        builder_for("koalpaca-v1.1", **options)


@pytest.mark.parametrize("pair", ["answer", "=output", "answer="])
def test_half_a_rename(pair: str, tmp_path: Path) -> None:
    done = okinst(
        "build", "koalpaca-v1.1", "--data-dir", v11(tmp_path / "d", GOOD), "-o", tmp_path / "o", "--rename", pair
    )
    assert done.returncode == 2 and "FOUND=KNOWN" in done.stderr


def test_a_mixture_renames_nothing() -> None:
    with pytest.raises(WrongCall, match="rename is for sources"):
        builder_for("aulm-0809", sample=True, rename={"a": "output"})


def test_a_new_role_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    dialogues = [[("human", "질문"), ("claude", "답")]] * 12
    rows = [
        {"id": str(number), "conversations": [{"from": who, "value": said} for who, said in turns]}
        for number, turns in enumerate(dialogues)
    ]
    (folder / "ko_dataset_2.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(TooManyLost, match=r"sharegpt-deepl-ko: 12 of 12 .*unknown role 'claude'.*raw=True"):
        built("sharegpt-deepl-ko", folder)


@pytest.mark.parametrize(
    ("name", "folder", "more"),
    [
        ("kobest-copa", "SKT-LSL/KoBEST_datarepo/v1.0/COPA", "eval.tsv"),
        ("koinstruct-qa", "HAERAE-HUB/KoInstruct-QA/data", "test-00000-of-00001-0a1b.parquet"),
        ("guanaco-ko", "nlpai-lab/openassistant-guanaco-ko", "openassistant_best_replies_valid_ko.jsonl"),
    ],
)
def test_one_more_split(name: str, folder: str, more: str, mirror: Path, tmp_path: Path) -> None:
    known = next(path for path in sorted((mirror / folder).iterdir()) if path.suffix == Path(more).suffix)
    shutil.copy(known, mirror / folder / more)
    builder = SOURCES[name].builder(config_name=name, mirror=str(mirror), cache_dir=str(tmp_path))
    with pytest.raises(Drift) as error:
        builder.download_and_prepare()
    message = str(error.value)
    assert "\n" not in message and message.startswith(f"{name}: upstream has one more split") and more in message
    assert "Please report it; accept_drift=True (--accept-drift)" in message
    builder = SOURCES[name].builder(config_name=name, mirror=str(mirror), cache_dir=str(tmp_path), accept_drift=True)
    builder.download_and_prepare()
    assert all(tally.drift and more in tally.drift for tally in builder.tallies())


def test_a_split_is_looked_for_in_a_flat_folder(tmp_path: Path, mirror: Path) -> None:
    folder = Path(shutil.copytree(mirror / "nlpai-lab/openassistant-guanaco-ko", tmp_path / "flat"))
    rows, _ = built("guanaco-ko", folder)
    shutil.copy(next(folder.glob("*eval*")), folder / "openassistant_best_replies_dev_ko.jsonl")
    with pytest.raises(Drift, match="replies_dev_ko"):
        built("guanaco-ko", folder)
    assert built("guanaco-ko", folder, accept_drift=True)[0] == rows


def test_unknown_columns_deep_down_are_not_lost_in_raw_form(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "conversations": [{"from": "human", "value": "질문", "lang": "ko"}, {"from": "gpt", "value": "답"}],
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ko_dataset_2.json").write_text(json.dumps([row]), encoding="utf-8")
    with pytest.raises(DamagedFile, match=r"row 0 .* does not know: conversations\.lang"):
        built("sharegpt-deepl-ko", tmp_path / "data", raw=True)


def test_github_lists_no_folders() -> None:
    with pytest.raises(ValueError, match="one by one"):
        GitHub("me/mine", "0" * 40) / "data/*.json"
