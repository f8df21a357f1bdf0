"""AI-Hub's text ethics: wherever a person put the six files, however they are spelt, and what is said where one is missing."""

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import DamagedFile, MissingFile
from okinst.builders.tally import Tally
from okinst.catalogue import SOURCES
from okinst.eval_sets.aihub_ethics import FILES, REPO, VALIDATION
from tests.conftest import SAMPLE

UPSTREAM = [file for files in FILES.values() for file in files]
NAMES = [file.path.rpartition("/")[2] for file in UPSTREAM]


def build(name: str, folder: Path, cache: Path, **options: Any) -> dict[str, list[dict[str, Any]]]:
    builder = SOURCES[name].builder(config_name=name, data_dir=str(folder), cache_dir=str(cache), **options)
    builder.download_and_prepare()
    return {split: list(rows) for split, rows in builder.as_dataset().items()}


def tallies(name: str, folder: Path, **options: Any) -> list[Tally]:
    builder = SOURCES[name].builder(config_name=name, data_dir=str(folder), cache_dir=str(folder / "cache"), **options)
    builder.download_and_prepare()
    return builder.tallies()


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """The six files of the sample side by side."""
    return Path(shutil.copytree(SAMPLE / "aihub" / "558", tmp_path / "flat"))


def rewrite(folder: Path, name: str, change: Any) -> None:
    rows = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(change(rows), ensure_ascii=False), encoding="utf-8")


def placed(folder: Path, paths: list[str], form: str = "NFC") -> Path:
    for name, path in zip(NAMES, paths, strict=True):
        target = folder / unicodedata.normalize(form, path)  # type: ignore[arg-type]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE / "aihub" / "558" / name, target)
    return folder


PLAIN = [file.path for file in UPSTREAM]
LAYOUTS = {
    "tree": PLAIN,
    "tree without its root": [path.partition("/")[2] for path in PLAIN],
    "mirror": [f"{REPO.id}/{path}" for path in PLAIN],
    "one folder more": [path.replace(VALIDATION, f"{VALIDATION}/VL1_aihub") for path in PLAIN],
    "flat": NAMES,
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_wherever_they_lie_the_rows_are_the_same(layout: str, form: str, flat: Path, tmp_path: Path) -> None:
    folder = placed(tmp_path / "data", LAYOUTS[layout], form)
    assert build("ai-ethics", folder, tmp_path / "a") == build("ai-ethics", flat, tmp_path / "b")


def test_the_validation_split_is_file_six(flat: Path, tmp_path: Path) -> None:
    rows = build("ai-ethics-dialogues", flat, tmp_path)
    assert [len(rows[split]) for split in ("train", "validation")] == [15, 3]
    assert all(row["id"].startswith("ai-ethics-dialogues/validation/sample-6") for row in rows["validation"])


@pytest.mark.parametrize("name", ["ai-ethics", "ai-ethics-dialogues"])
def test_third_party_spellings_are_read_the_same(name: str, flat: Path, tmp_path: Path) -> None:
    rewrite(flat, NAMES[1], lambda rows: _labelled(rows, ["HATE"]))
    before = build(name, flat, tmp_path / "before")
    rewrite(flat, NAMES[1], lambda rows: {"version": "1", "talksets": _labelled(rows, ["HATRED"])})
    assert build(name, flat, tmp_path / "after") == before


def _labelled(rows: list[Any], types: object) -> list[Any]:
    rows[0]["sentences"][0]["types"] = types
    return rows


@pytest.mark.parametrize("name", ["ai-ethics", "ai-ethics-dialogues"])
def test_a_label_nobody_knows_is_an_error(name: str, flat: Path) -> None:
    rewrite(flat, NAMES[2], lambda rows: _labelled(rows, ["CENSURE", "RUDENESS"]))
    with pytest.raises(DamagedFile, match=r"row 0 of .*talksets-train-3.json .*'RUDENESS' is none of CENSURE, HATE"):
        tallies(name, flat, accept_drift=True)


@pytest.mark.parametrize(("value", "told"), [(3.5, "3.5"), ("high", "'high'"), (True, "True")])
def test_an_intensity_that_is_none_is_an_error(value: object, told: str, flat: Path) -> None:
    def change(rows: list[Any]) -> list[Any]:
        rows[1]["sentences"][0]["intensity"] = value
        return rows

    rewrite(flat, NAMES[5], change)
    with pytest.raises(DamagedFile, match=rf"row 1 of .*talksets-train-6.json .*intensity is {told}"):
        tallies("ai-ethics", flat)


def test_sentences_that_say_nothing_are_counted(flat: Path) -> None:
    def change(rows: list[Any]) -> list[Any]:
        rows[0]["sentences"][0]["text"] = " "
        rows[1]["sentences"][1]["types"] = []
        return rows

    rewrite(flat, NAMES[0], change)
    assert tallies("ai-ethics", flat)[0].left_out == {"empty text": 1, "a sentence without types": 1}


def test_a_column_that_is_gone_is_named(flat: Path) -> None:
    rewrite(flat, NAMES[3], lambda rows: [{"id": row["id"], "talks": row["sentences"]} for row in rows])
    with pytest.raises(DamagedFile, match=r"no column 'sentences'; it has id, talks"):
        tallies("ai-ethics", flat)


def test_raw_has_the_original_text_and_the_votes(flat: Path, tmp_path: Path) -> None:
    rewrite(flat, NAMES[1], lambda rows: [without_votes(row) for row in rows])
    rows = build("ai-ethics", flat, tmp_path, raw=True)
    first = rows["train"][0]["sentences"][0]
    assert first["origin_text"] and json.loads(first["votes"])[0]["voter"] == {"gender": "F", "age": 30}
    assert rows["train"][3]["sentences"][0]["votes"] is None, "votes are optional"


def without_votes(row: dict[str, Any]) -> dict[str, Any]:
    for sentence in row["sentences"]:
        del sentence["votes"]
    return row


def test_a_missing_file_says_where_to_get_all_of_them(flat: Path) -> None:
    (flat / NAMES[4]).unlink()
    with pytest.raises(MissingFile) as error:
        tallies("ai-ethics", flat)
    for words in ("ai-ethics: ", REPO.page, REPO.download, str(flat), "data_dir=", "aihub/558/", *PLAIN):
        assert words in str(error.value)


def test_no_network_is_asked(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"not to be had from any network.*placed by hand"):
        SOURCES["ai-ethics"].builder(config_name="ai-ethics", cache_dir=str(tmp_path)).download_and_prepare()
