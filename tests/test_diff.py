"""`okinst diff`: which rows came and went between two built folders, and why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import DamagedFile, WrongCall
from okinst.publishing import build
from okinst.publishing.compare import Diff, compare
from tests.conftest import okinst
from tests.own_files import asked, part
from tests.test_steps import TALKS


def made(tmp_path: Path, name: str, text: str, rows: Any = TALKS, **options: Any) -> Path:
    (tmp_path / "mine.jsonl").write_text(asked(rows), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    build(str(tmp_path / "mine.toml"), tmp_path / name, cache_dir=str(tmp_path / "cache"), sample=True, **options)
    return tmp_path / name


def both(tmp_path: Path, one: str, other: str, rows: Any = TALKS, rows_after: Any = TALKS) -> Diff:
    return compare(made(tmp_path, "one", one, rows), made(tmp_path, "other", other, rows_after))


def test_the_same_twice(tmp_path: Path) -> None:
    text = "dedup = true\n" + part("mine") + '[[parts]]\nsource = "hrc"\ntake = 5\n'
    found = both(tmp_path, text, text)
    assert found.same and found.same_rows and found.by_source() == []
    done = okinst("diff", tmp_path / "one", tmp_path / "other")
    assert done.returncode == 0 and "The same rows in the same order" in done.stdout


def test_a_step_a_part_and_a_size(tmp_path: Path) -> None:
    rows = [*TALKS, ("도와주세요.", "죄송하지만 AI 언어 모델이라 할 수 없습니다."), TALKS[0]]
    one = part("mine") + '[[parts]]\nsource = "hrc"\n'
    other = (
        'dedup = "exact"\nfilter = { refusals = "drop" }\n'
        + part("mine")
        + '[[parts]]\nsource = "kochatgpt-talk"\ntake = 4\n'
    )
    found = both(tmp_path, one, other, rows, rows)
    assert found.went["mine/train/15"] == "filter: refusal" and found.went["mine/train/16"] == "dedup: exact duplicate"
    assert {why for id, why in found.went.items() if id.startswith("hrc")} == {"its source is no part of it"}
    assert len(found.came) == 4 and set(found.came.values()) == {"its source is no part of it"}
    assert ("hrc", "went", "its source is no part of it", 18) in found.by_source()
    assert {"key": "filter.refusals", "one": None, "other": "drop"} in found.recipe
    assert {"key": "parts[kochatgpt-talk].take", "one": None, "other": 4} in found.recipe
    assert [change["file"].split()[0] for change in found.inputs] == ["hrc", "kochatgpt-talk"] and not found.versions
    back = compare(tmp_path / "other", tmp_path / "one")
    assert back.came["mine/train/15"] == "filter: refusal" and len(back.went) == 4
    done = okinst("diff", tmp_path / "one", tmp_path / "other", "--show", 2)
    assert done.returncode == 1 and "filter: refusal" in done.stdout and "more: --show" in done.stdout
    told = json.loads(okinst("diff", tmp_path / "one", tmp_path / "other", "--json").stdout)
    assert not told["same"] and {"id": "mine/train/15", "source": "mine", "why": "filter: refusal"} in told["went"]


def test_a_file_that_changed(tmp_path: Path) -> None:
    found = both(tmp_path, part("mine"), part("mine"), TALKS, [(TALKS[0][0], "다른 대답입니다."), *TALKS[1:]])
    assert found.changed == ["mine/train/0"] and not found.came and not found.went and not found.recipe
    (change,) = found.inputs
    assert change["file"].endswith("mine.jsonl") and change["one"] != change["other"]


def test_another_order_another_split_and_a_repetition(tmp_path: Path) -> None:
    found = both(tmp_path, "seed = 1\n" + part("mine"), "seed = 2\n" + part("mine"))
    assert found.reordered == ["train"] and not found.same_rows and not found.by_source()
    shutil.rmtree(tmp_path / "one"), shutil.rmtree(tmp_path / "other")
    found = both(tmp_path, part("mine", "repeat = 2"), "validation = 2\n" + part("mine"))
    assert set(found.moved.values()) == {"from train to validation"} and len(found.moved) == 2
    assert set(found.went.values()) == {"repeated less often"} and len(found.went) == 15


def test_raw_rows_and_views(tmp_path: Path) -> None:
    for name in ("one", "other"):
        build("hrc", tmp_path / name, sample=True, raw=True, cache_dir=str(tmp_path / "cache"))
    assert compare(tmp_path / "one", tmp_path / "other").same
    build("hrc", tmp_path / "alpaca", sample=True, layout="alpaca", cache_dir=str(tmp_path / "cache"))
    assert len(compare(tmp_path / "one", tmp_path / "alpaca").came) == 18


def test_folders_that_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match=r"has no provenance\.json"):
        compare(tmp_path, tmp_path)
    folder = made(tmp_path, "one", part("mine"))
    next((folder / "mine").glob("*.parquet")).write_bytes(b"PAR1")
    with pytest.raises(DamagedFile, match="cannot be read as a folder of okinst build"):
        compare(folder, folder)
    (folder / "provenance.json").write_text("{}")
    assert okinst("diff", folder, folder).returncode == 1
    assert okinst("diff", tmp_path, folder).returncode == 2


@pytest.mark.parametrize("width", ["80", "200"])
def test_build_prints_the_funnel_by_step(width: str, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(asked([*TALKS, TALKS[0]]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text("dedup = true\nvalidation = 2\n" + part("mine"), encoding="utf-8")
    done = okinst("build", tmp_path / "mine.toml", "--sample", "-o", tmp_path / "out", COLUMNS=width)
    assert done.returncode == 0, done.stderr
    for words in (
        "characters out",
        "dedup",
        "1 exact duplicate",
        "2 rows set aside",
        "train 13 rows, validation 2 rows",
    ):
        assert words in " ".join(done.stdout.split())
    told = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))
    assert told["written"]["dedup"] is True and told["recipe"]["dedup"]["kind"] == "near"
    assert told["rensa"] and told["numpy"] and "tokenizers" not in told
    assert told["inputs"][0]["for"] == "mine" and len(told["inputs"][0]["sha256"]) == 64
    plain = okinst("build", "hrc", "--sample", "-o", tmp_path / "plain")
    assert "rows in" not in plain.stdout


def test_provenance_names_evaluation_sets_and_the_tokenizer(tmp_path: Path) -> None:
    from tests.test_steps import tokenizer

    tokenizer(tmp_path)
    folder = made(tmp_path, "one", 'tokenizer = "tokenizer.json"\ndecontaminate = ["kobest-copa"]\n' + part("mine"))
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert {file["for"] for file in told["inputs"]} == {"mine", "decontaminate", "tokenizer"}
    assert all(len(file["sha256"]) == 64 for file in told["inputs"]) and told["tokenizers"]
