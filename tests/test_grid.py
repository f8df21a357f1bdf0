"""Choices side by side: what the metrics say, that rows are scored once, and that the recipe's own choice is what a build takes."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.scoring.compute import Compute
from okinst.curation.scoring.store import Store
from okinst.curation.selection import compare
from okinst.mixtures.grid import BASELINE, CHOICES, GRID, OWN, TABLE, TOLD, UNIFORM, Axes, Grid, lay
from tests.conftest import okinst
from tests.own_files import asked, make, part
from tests.test_steps import TALKS

#: sixty rows, each of TALKS asked in four ways; the last of each is not Korean
WAYS = (
    "{}",
    "오늘 들은 말인데, {}",
    "짧게 답해 주세요. {} 이유도 알려 주세요.",
    "Please answer number {n} in one line.",
)
ROWS = [
    (way.format(question, n=number), answer if way is not WAYS[3] else f"The answer to number {number} is short.")
    for way in WAYS
    for number, (question, answer) in enumerate(TALKS)
]
RECIPE = (
    """
seed = 5
filter = { empty = "drop" }
dedup = "exact"
[select]
"""
    "share = 0.2\ngroups = 2\nclusters = 3\n" + part("talks")
)
SMALL = Axes(groups=(1, 2), clusters=(3, 5), shares=(0.2, 0.1), rules=("budget", "stride"))


def written(folder: Path, recipe: str = RECIPE) -> Path:
    """A recipe and its file."""
    if not (folder / "talks.jsonl").exists():  # written anew, it would be another file to the cache
        (folder / "talks.jsonl").write_text(asked([*ROWS, *ROWS[:2]]), encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(recipe, encoding="utf-8")
    return path


def laid(folder: Path, axes: Axes = SMALL, recipe: str = RECIPE) -> Grid:
    """A grid over them, with a cache and a store of their own."""
    compute = Compute(store=str(folder / "scores"))
    return lay(str(written(folder, recipe)), axes, cache_dir=str(folder / "cache"), compute=compute)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# -- metrics --------------------------------------------------------------------------------------------------------


def test_metrics_worked_out_by_hand() -> None:
    said = compare.Described.of(
        ["물이 끓나요?", "물이 끓나요", "Why?", "왜 abc"],
        ["네.", "네", "因为", "그냥 ok"],
        values=np.array([2.0, 8.0, np.nan, 4.0]),
        order=np.array([2.0, 8.0, np.nan, 4.0]),
        alike=np.array([0, 0, 1, 2]),
    )
    found = compare.summary(said, np.array([0, 1, 3]), np.array([0, 0, 2, 1]))
    assert found == {
        "rows": 3,
        "near_duplicates": 1,
        "hangul_instruction": round((1 + 1 + 1 / 4) / 3, 6),
        "hangul_answer": round((1 + 1 + 2 / 4) / 3, 6),
        "no_hangul_instruction": 0,
        "no_hangul_answer": 0,
        "length_instruction": round((7 + 6 + 5) / 3, 6),
        "length_answer": round((2 + 1 + 5) / 3, 6),
        "coverage": round(2 / 3, 6),
        "score": 4.0,  # the cube root of 2 x 8 x 4
        "rank": 0.5,
    }
    alone = compare.summary(said, np.array([2]), np.array([0, 0, -1, 1]))
    assert (alone["no_hangul_instruction"], alone["no_hangul_answer"]) == (1, 1)
    assert (alone["score"], alone["rank"], alone["coverage"]) == (None, None, 0.0)
    nothing = compare.summary(said, np.array([], np.int64))
    assert {nothing["rows"], nothing["near_duplicates"]} == {0}
    assert nothing["hangul_answer"] is nothing["coverage"] is None


@given(st.lists(st.sets(st.integers(0, 49)), max_size=6))
def test_rows_in_common_are_those_of_the_sets(choices: list[set[int]]) -> None:
    before, compare.BLOCK = compare.BLOCK, 7
    try:
        found = compare.in_common([np.array(sorted(each), np.int64) for each in choices], 50)
    finally:
        compare.BLOCK = before
    assert found.tolist() == [[len(one & other) for other in choices] for one in choices]


def test_the_baseline_is_of_the_eligible_rows_and_of_its_seed() -> None:
    eligible = np.arange(0, 1_000, 3)
    one, again, other = (compare.uniform(eligible, 50, seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist() != other.tolist()
    assert len(set(one.tolist())) == 50
    assert np.isin(one, eligible).all()
    assert compare.uniform(eligible, 0, 1).tolist() == []


# -- the grid -------------------------------------------------------------------------------------------------------


def test_the_recipes_own_choice_is_what_a_build_takes(tmp_path: Path) -> None:
    found = laid(tmp_path)
    made = make(
        tmp_path, RECIPE, talks=[*ROWS, *ROWS[:2]], options={"compute": Compute(store=str(tmp_path / "scores"))}
    )
    own = found.lines[0]
    assert (own["kind"], own["rule"], own["groups"], own["clusters"], own["share"]) == (OWN, "budget", 2, 3, 0.2)
    assert sorted(found.ids[row] for row in found.taken[0]) == sorted(made.ids)
    assert own["rows"] == len(made.rows) == 12
    assert own["overlap"] == 1.0


@pytest.mark.parametrize(
    "select",
    ["rows = 7\nclusters = 2", 'share = 0.5\nrule = "stride"\nbins = "quantile"', "share = 0.9\ndistinct = true"],
)
def test_so_it_is_for_other_selections(tmp_path: Path, select: str) -> None:
    recipe = f"seed = 2\n[select]\n{select}\n{part('talks')}"
    axes = Axes(groups=(1,), clusters=(2,), shares=(0.3,))
    if "clusters" not in select:
        recipe = recipe.replace("[select]\n", "[select]\nclusters = 4\n")
    found = laid(tmp_path, axes, recipe)
    options = {"compute": Compute(store=str(tmp_path / "scores"))}
    made = make(tmp_path, recipe, talks=[*ROWS, *ROWS[:2]], options=options)
    assert sorted(found.ids[row] for row in found.taken[0]) == sorted(made.ids)
    assert [line["kind"] for line in found.lines].count(OWN) == 1


def test_each_choice_is_there_once_with_a_baseline_of_its_size(tmp_path: Path) -> None:
    found = laid(tmp_path)
    tried = [
        (line["rule"], line["groups"], line["clusters"], line["share"])
        for line in found.lines
        if line["kind"] != BASELINE
    ]
    assert len(tried) == len(set(tried)) == 2 * 2 * 2 * 2
    assert [line["choice"] for line in found.lines] == list(range(len(found.lines)))
    baselines = {
        (line["groups"], line["clusters"], line["share"], line["rows"])
        for line in found.lines
        if line["rule"] == UNIFORM
    }
    wanted = {
        (line["groups"], line["clusters"], line["share"], line["rows"])
        for line in found.lines
        if line["rule"] != UNIFORM
    }
    assert baselines == wanted
    assert sum(line["kind"] == BASELINE for line in found.lines) == len(wanted)
    assert found.all_rows["rows"] == 60
    assert found.all_rows["no_hangul_instruction"] == 15


def test_overlaps_and_memberships_are_those_of_the_rows(tmp_path: Path) -> None:
    found = laid(tmp_path)
    (tmp_path / "out").mkdir()
    found.write(tmp_path / "out")
    told = json.loads((tmp_path / "out" / TOLD).read_text(encoding="utf-8"))
    sets = [set(rows.tolist()) for rows in found.taken]
    for one, other in combinations(range(len(sets)), 2):
        expected = round(len(sets[one] & sets[other]) / min(len(sets[one]), len(sets[other])), 6)
        assert told["overlaps"][one][other] == told["overlaps"][other][one] == expected
    members = pq.read_table(tmp_path / "out" / CHOICES).to_pylist()
    assert all(each["choices"] for each in members)
    by_choice = [{each["id"] for each in members if number in each["choices"]} for number in range(len(sets))]
    assert by_choice == [{found.ids[row] for row in rows} for rows in found.taken]
    lines = pq.read_table(tmp_path / "out" / GRID).to_pylist()
    assert lines == told["choices"]
    assert [line["rows"] for line in lines] == [len(rows) for rows in found.taken]
    text = (tmp_path / "out" / TABLE).read_text(encoding="utf-8")
    assert text.count("\n| ") == len(lines) + 2  # the heads, and all rows


def test_rows_are_scored_once_and_steps_done_once(tmp_path: Path) -> None:
    laid(tmp_path, SMALL)
    store = Store(tmp_path / "scores")
    # sixty different rows: each is embedded, and given to one scorer of likelihood, of which Kiwi reads 15 different answers alone
    assert {each.scorer: each.rows for each in store.contents()} == {"kiwi": 15, "ngram": 15, "tfidf": 60}
    scores, steps = files(tmp_path / "scores"), set((tmp_path / "cache").rglob("steps/*/changes.json"))
    assert len(steps) == 2
    laid(tmp_path, Axes(groups=(3,), clusters=(1, 2, 4), shares=(0.5,), rules=("low", "high", "random")))
    assert files(tmp_path / "scores") == scores
    assert set((tmp_path / "cache").rglob("steps/*/changes.json")) == steps


@pytest.mark.slow
def test_the_files_depend_on_nothing_else(tmp_path: Path) -> None:
    recipe = written(tmp_path)
    axes = ("--groups", "1,2", "--clusters", "3,5", "--share", "0.2,0.1", "--rule", "budget,random")
    for number in (1, 2):
        done = okinst(
            "grid", recipe, *axes, "-o", tmp_path / f"out{number}", "--store", tmp_path / f"store{number}", "--num-proc", number,
            OMP_NUM_THREADS=str(number), HF_DATASETS_CACHE=str(tmp_path / f"cache{number}"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out1") == files(tmp_path / "out2")
    assert set(files(tmp_path / "out1")) == {GRID, CHOICES, TOLD, TABLE}


@pytest.mark.parametrize("name", ["koquality", "koquality-exact"])
def test_the_sample_works_and_says_what_was_cut(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    done = okinst("grid", name, "--sample", "-o", out, "--store", tmp_path / "scores", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == json.loads((out / TOLD).read_text(encoding="utf-8"))
    assert told["notes"][0].startswith("The sample is small")
    assert told["axes"] == {
        "groups": [1, 5, 10, 20],
        "clusters": [10, 20, 50, 100],
        "shares": [0.1, 0.05, 0.01],
        "rules": [told["choices"][0]["rule"]],
    }
    assert all(line["rows"] for line in told["choices"])
    assert all(line["groups"] * line["clusters"] <= told["rows"] for line in told["choices"])
    build = okinst("build", name, "--sample", "-o", tmp_path / "built", OKINST_STORE=str(tmp_path / "scores"))
    assert build.returncode == 0, build.stderr
    rows = pq.read_table(next((tmp_path / "built" / name).glob("*.parquet")))
    members = pq.read_table(out / CHOICES).to_pylist()
    assert {each["id"] for each in members if 0 in each["choices"]} == set(rows["id"].to_pylist())


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--groups", "1,x"), "--groups 1,x: it should be a list of whole numbers"),
        (("--groups", "0"), "--groups: 0 should be a whole number, 1 or more"),
        (("--clusters", ","), "--clusters: name one value"),
        (("--share", "0.1,1.5"), "--share: 1.5 should be a share"),
        (("--share", "0"), "--share: 0.0 should be a share"),
        (("--rule", "budget,lowest"), "no rule 'lowest'. Did you mean 'low'?"),
        (("--engine", "spark"), "there is no such engine"),
        (("--address", "here:1"), "address and gpus are for engine = 'ray'"),
    ],
)
def test_wrong_calls_are_refused_before_any_work(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = okinst("grid", "koquality", "--sample", "-o", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("aulm-0809", "is a mixture without [select]"), ("hrc", "is a source: it has no [select]")],
)
def test_what_has_no_selection_is_refused(name: str, message: str) -> None:
    with pytest.raises(WrongCall) as refused:
        lay(name, SMALL, sample=True)
    assert message in str(refused.value)
    assert "koquality, koquality-exact" in str(refused.value)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"clusters": (3, 61)}, "--clusters: 61 is more than the 60 rows"),
        ({"groups": (1, 100)}, "--groups: 100 is more than the 60 rows"),
    ],
)
def test_more_groups_or_clusters_than_rows_are_refused(tmp_path: Path, axes: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCall, match=message):
        laid(tmp_path, Axes(**{"groups": (1,), "clusters": (3,), "shares": (0.2,), **axes}))


def test_more_clusters_than_a_group_has_rows_are_told(tmp_path: Path) -> None:
    found = laid(tmp_path, Axes(groups=(2,), clusters=(40,), shares=(0.2,)))
    assert any(note.startswith("L = 2, length group 0: ") and "not 40" in note for note in found.notes)
    assert max(line["clusters_made"] for line in found.lines) <= 60


def test_no_row_to_choose_from_is_said(tmp_path: Path) -> None:
    recipe = RECIPE.replace('empty = "drop"', "min_length = 5_000") + "may_be_empty = true\n"
    with pytest.raises(WrongCall, match="left no row to choose from"):
        laid(tmp_path, SMALL, recipe)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("내 것", encoding="utf-8")
    done = okinst("grid", "koquality", "--sample", "-o", tmp_path)
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert files(tmp_path) == {"mine.txt": "내 것".encode()}
