"""That every row is accounted for: what goes is counted under a reason, and stands in dropped.parquet; and what is kept of steps."""

import json
import os
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall, tally
from okinst.curation.contamination import Index
from okinst.curation.duplicates import joined
from okinst.curation.evaluation import Item
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.work import UNUSED
from tests.own_files import Made, make, part
from tests.test_steps import KEY, PHONE, TALKS, adds_up

# -- validation ---------------------------------------------------------------------------------------------------------


def asked(made: Made, split: str) -> set[str]:
    return {row["messages"][0]["content"] for row in made.builder.as_dataset(split=split)}


@pytest.mark.parametrize("seed", range(3))
def test_a_question_is_asked_on_one_side_only(seed: int, tmp_path: Path) -> None:
    """Whatever is answered, and however it is punctuated."""
    others = [
        (question.replace("?", " ?"), f"다르게 말하면 {number}번입니다.") for number, (question, _) in enumerate(TALKS)
    ]
    made = make(tmp_path, f"seed = {seed}\nvalidation = 8\n" + part("mine"), mine=[*TALKS, *others])
    train, held = (
        {question.replace(" ?", "?") for question in asked(made, split)} for split in ("train", "validation")
    )
    assert not train & held and len(train | held) == len(TALKS)
    assert made.steps["validation"]["set aside"] == 8
    adds_up(made)


@pytest.mark.parametrize("instruction", ["다음 문장을 요약하세요.", "왜?"])
def test_an_instruction_that_is_no_question_joins_nothing(instruction: str, tmp_path: Path) -> None:
    """One whose matter stands elsewhere, in many rows; and one that says too little, in a few."""
    answers = [answer for _, answer in TALKS]
    rows = [(instruction, f"{one} {other}") for one, other in pairwise(answers)]
    rows += [(instruction, f"{other} {one}") for one, other in zip(answers, answers[4:], strict=False)]
    made = make(tmp_path, "validation = 4\n" + part("mine"), mine=rows if len(instruction) > 2 else rows[:9])
    assert asked(made, "train") == asked(made, "validation") == {instruction}
    adds_up(made)


def test_answers_to_one_question_cannot_be_parted(tmp_path: Path) -> None:
    rows = [(TALKS[0][0], answer) for _, answer in TALKS[:9]]
    with pytest.raises(WrongCall, match=r"of 9 there are 9 .* answers to one question\. .* dedup = "):
        make(tmp_path, "validation = 2\n" + part("mine"), mine=rows)


def test_a_group_that_is_too_large_stays_in_train(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [*((TALKS[0][0], answer) for _, answer in TALKS[:9]), TALKS[9]]
    made = make(tmp_path, "validation = 4\n" + part("mine"), mine=rows)
    assert asked(made, "validation") == {TALKS[9][0]} and len(made.rows) == 9
    assert "validation has 1 of the 4 rows asked for" in caplog.text


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    )
)
def test_chains_are_joined(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, links = case
    groups = [{row} for row in range(count)]
    for one, other in links:
        if groups[one] is not groups[other]:
            groups[one] |= groups[other]
            for row in groups[other]:
                groups[row] = groups[one]
    found = joined(count, np.array(links, np.int64).reshape(-1, 2)).tolist()
    assert [[a == b for b in found] for a in found] == [[b in groups[a] for b in range(count)] for a in range(count)]


# -- the funnel -----------------------------------------------------------------------------------------------------------

PARTS = st.fixed_dictionaries(
    {},
    optional={
        "repeat": st.integers(2, 3),
        "take": st.one_of(st.integers(1, 4), st.sampled_from([0.5, 1.0])),
        "filter": st.sampled_from(["{ max_answer = 40 }", '{ refusals = "drop" }']),
    },
)
RECIPES = st.fixed_dictionaries(
    {"seed": st.integers(0, 9), "tokenizer": st.just('"characters"')},
    optional={
        "validation": st.sampled_from(["1", "0.3"]),
        "dedup": st.sampled_from(["true", '"exact"']),
        "filter": st.sampled_from(['{ pii = "mask" }', '{ pii = "drop" }']),
        "size": st.integers(5, 9),
        "rate": st.sampled_from(['"proportional"']),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECIPES, PARTS, PARTS)
def test_every_line_adds_up(whole: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> None:
    """With repeats, amounts, validation, duplicates and filters in any combination, a mixture in the mixture included."""

    def written(values: dict[str, Any]) -> str:
        return "".join(f"{key} = {value}\n" for key, value in values.items())

    rows = [*TALKS[:6], TALKS[2], ("누구에게 물어볼까요?", f"{PHONE}으로 전화해 물어보세요."), ("비었나요?", "")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "inner.toml").write_text(part("two") + part("three"), encoding="utf-8")
        text = written(whole) + part("one", written(one)) + '[[parts]]\nrecipe = "inner.toml"\n' + written(other)
        try:
            made = make(folder, text, one=rows, two=TALKS[4:9], three=[*TALKS[9:], TALKS[9]])
        except WrongCall:  # too much was asked for
            return
        adds_up(made)
        held = made.builder.as_dataset() if "validation" in whole else {}
        assert not {row["id"].partition("#")[0] for row in held.get("validation", ())} & {
            id.partition("#")[0] for id in made.ids
        }


def test_copies_of_what_is_set_aside_have_a_reason(tmp_path: Path) -> None:
    made = make(tmp_path, "validation = 2\n" + part("mine", "repeat = 3"), mine=TALKS[:5])
    line = made.steps["validation"]["sources"]["mine"]
    assert line["reasons"] == {"set aside for validation": 2, "copy of a row set aside": 4}
    assert (line["rows_in"], line["rows_out"]) == (15, 9)
    assert made.steps["take"]["sources"]["mine"]["added"] == {"used again": 10}


INNER = 'dedup = "exact"\n' + part("one") + part("closed", license="unstated")


def test_a_mixture_in_the_mixture_is_told_by_its_sources(tmp_path: Path) -> None:
    (tmp_path / "inner.toml").write_text(INNER, encoding="utf-8")
    (tmp_path / "outer.toml").write_text('[[parts]]\nrecipe = "inner.toml"\n', encoding="utf-8")
    text = 'license = "open"\n[[parts]]\nrecipe = "outer.toml"\n' + part("two")
    made = make(tmp_path, text, one=[*TALKS[:3], TALKS[0], ("왜?", "")], closed=TALKS[4:6], two=TALKS[8:])
    told = made.steps["license"]["sources"]["outer"]
    assert {source: (line["rows_in"], line["rows_out"]) for source, line in told["sources"].items()} == {
        "inner/one": (3, 3),
        "inner/closed": (2, 0),
    }
    assert not told["sources"]["inner/one"]["reasons"] and sum(told["sources"]["inner/closed"]["reasons"].values()) == 2
    assert list(told["sources"]) == ["inner/one", "inner/closed"]  # in the order of the parts
    assert "sources" not in made.steps["license"]["sources"]["two"]
    assert Counter((row["part"], row["step"]) for row in made.dropped) == {
        ("outer/inner/one", "read"): 1,
        ("outer/inner/one", "outer: inner: dedup"): 1,
        ("outer/inner/closed", "license"): 2,
    }
    adds_up(made)


# -- rows that were left out while their source was read ----------------------------------------------------------------------


@pytest.mark.parametrize("nested", [False, True])
def test_what_leaks_is_masked_in_rows_left_out_while_reading(nested: bool, tmp_path: Path) -> None:
    """Also right behind a line break, which JSON writes as a letter."""
    (tmp_path / "inner.toml").write_text(part("mine"), encoding="utf-8")
    text = 'filter = { pii = "mask" }\n' + ('[[parts]]\nrecipe = "inner.toml"\n' if nested else part("mine"))
    made = make(tmp_path, text, mine=[*TALKS, (f"토큰은\n{KEY}\n이고 전화는 {PHONE}입니다.", "")])
    (gone,) = made.dropped
    assert gone["step"] == "read" and KEY not in gone["evidence"] and PHONE not in gone["evidence"]
    assert json.loads(gone["evidence"])["instruction"].startswith("토큰은\n")


def test_what_leaks_is_masked_in_what_shows_a_step(tmp_path: Path) -> None:
    """An evaluation item was found around it: what stands between its two halves is kept aside, too."""
    asked = "어느 겨울 아침 마당에 눈이 소복이 쌓였고 아이들은 커다란 눈사람을 만들었다. 해가 뜨자 눈사람은 조금씩 녹기 시작했는데 그 까닭은 무엇인가?"
    Index.of([Item("mine", "test", "x", "prompt", asked, "")]).save(tmp_path / "mine.index")
    row = (f"{asked[:40]} {KEY} {asked[40:]}", "더워서요.")
    made = make(tmp_path, 'decontaminate = { index = "mine.index" }\n' + part("mine"), mine=[*TALKS, row])
    (gone,) = made.dropped
    assert gone["step"] == "decontaminate" and "눈사람" in gone["evidence"] and KEY not in str(gone)


def test_the_first_rows_under_each_reason_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST", 3)
    made = make(tmp_path, part("mine"), mine=[*TALKS, *((f"빈 대답 {number}?", "") for number in range(7))])
    assert made.builder.funnel()[0]["left_out"] == {"empty output": 7}
    assert [row["id"] for row in made.dropped] == [f"mine/train/{number}" for number in (15, 16, 17)]


# -- what is kept of steps ----------------------------------------------------------------------------------------------------


def results(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (cache / "okinst" / "steps").iterdir() if path.suffix != ".lock"}


def test_force_redownload_does_the_steps_again(tmp_path: Path) -> None:
    text = 'dedup = true\ntokenizer = "characters"\nvalidation = 2\n' + part("mine")
    make(tmp_path, text, mine=TALKS)
    cache = tmp_path / "cache"
    before = results(cache)
    assert len(before) == 3  # deduplication, what rows weigh, and which are alike
    for mode, again in (("reuse_cache_if_exists", False), ("force_redownload", True)):
        for path in (cache / "okinst" / "steps").glob("*/changes.json"):
            path.write_text('{"planted": 1}', encoding="utf-8")
        builder = builder_of_mixture(recipe.read(tmp_path / "mine.toml"), cache_dir=str(cache))
        builder.download_and_prepare(download_mode=mode)
        changed = [line.get("changed") for line in builder.steps() if line["step"] == "dedup"]
        assert changed == [None if again else {"planted": 1}]


def test_what_rows_weigh_is_counted_once(tmp_path: Path) -> None:
    """Whatever the steps are: they change no row that was weighed before them."""
    head = 'tokenizer = "characters"\n'
    make(tmp_path, head + part("mine"), mine=TALKS)
    (weights,) = results(tmp_path / "cache")
    path = tmp_path / "cache" / "okinst" / "steps" / weights
    np.save(path, np.full(len(TALKS), 7))
    made = make(tmp_path, head + 'dedup = "exact"\n' + part("mine"))
    assert made.steps["dedup"]["characters_in"] == 7 * len(TALKS)


def test_results_that_nobody_used_for_long_are_removed(tmp_path: Path) -> None:
    make(tmp_path, "dedup = true\n" + part("mine"), mine=TALKS)
    steps = tmp_path / "cache" / "okinst" / "steps"
    for name in ("old", "held"):
        (steps / name).mkdir()
        (steps / name / "changes.json").write_text("{}", encoding="utf-8")
    (steps / "old.npy.incomplete").write_bytes(b"half")
    (steps / "new.npy").write_bytes(b"whole")
    ago = time.time() - UNUSED - 60
    before = results(tmp_path / "cache").keys() - {"old", "held", "new.npy", "old.npy.incomplete"}
    for path in steps.iterdir():
        if path.name != "new.npy":
            os.utime(path, (ago, ago))
    with FileLock(steps / "held.lock"):
        # what an old build left and this one uses stays
        make(tmp_path, "dedup = true\nseed = 4\n" + part("mine"))
        assert results(tmp_path / "cache").keys() == before | {"held", "new.npy"}
