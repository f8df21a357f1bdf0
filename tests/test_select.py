"""[select]: what a recipe may say, that every row is accounted for, and that the same rows are chosen however it is run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from okinst.builders import WrongCall
from okinst.curation.scoring.compute import Compute
from okinst.curation.scoring.store import Store
from okinst.curation.selection.choice import Choice
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.koquality import KOQUALITY, KOQUALITY_EXACT, joined
from okinst.mixtures.selecting import CLUSTERS, SELECTION, Select
from tests.conftest import ROOT, okinst, python
from tests.own_files import Made, make, part
from tests.test_steps import TALKS, adds_up

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'okinst[curation]'")
pytest.importorskip("kiwipiepy", reason="needs Kiwi: pip install 'okinst[curation]'")


def korean(count: int) -> list[tuple[str, str]]:
    """So many different questions and answers, of many lengths."""
    places = ("부엌", "마당", "옥상", "시장", "강가", "도서관", "체육관", "버스 정류장")
    things = ("화분", "자전거", "우산", "찌개", "기타", "의자", "달력", "라디오", "장갑")
    asks = (
        "{0}에서 {1} 고르는 법 {2}가지만 알려 주세요.",
        "{0}에 둔 {1}, {2}일마다 어떻게 돌보나요?",
        "{2}번째 질문입니다. 왜 {0}마다 {1} 이야기가 나올까요? 아이도 알아듣게 짧게 설명해 주시면 고맙겠습니다.",
    )
    answers = (
        "{1}부터 살펴보세요. {0}에서는 그것이 가장 쉽습니다.",
        "{2}일에 한 번이면 넉넉해요.",
        "{0}에 {1} 있으면 사람들이 모이고, 모이면 {2}시간은 이야기하니까요. 저도 그렇게 배웠습니다.",
    )
    found = []
    for number in range(count):
        words = places[number % 8], things[number // 8 % 9], number // 72 + 2
        found.append((asks[number % 3].format(*words), answers[(number // 3) % 3].format(*words)))
    return found


def chinese(count: int) -> list[tuple[str, str]]:
    things = ("雨伞", "面团", "银杏", "吉他", "水壶", "日历", "自行车")
    return [
        (
            f"第{number}天怎样照看{things[number % 7]}？" + "请说得简单些。" * (number % 4),
            f"把{things[number % 7]}放在窗边，{number}小时看一次。",
        )
        for number in range(count)
    ]


def english(count: int) -> list[tuple[str, str]]:
    things = ("kettle", "ferry", "ladder", "pier", "lantern")
    return [
        (
            f"How do I mend the {things[number % 5]} number {number}?",
            f"Dry the {things[number % 5]} for {number + 1} hours, then oil it" + " twice" * (number % 3) + ".",
        )
        for number in range(count)
    ]


def selected(folder: Path, select: str, *, text: str = "", compute: Compute | None = None, **files: Any) -> Made:
    """Build a recipe whose [select] is this."""
    files = files or ({} if text else {"mine": chinese(120)})
    parts = text or "".join(part(name) for name in files)
    options = {"compute": compute or Compute(store=str(folder / "store"))}
    return make(folder, f"seed = 3\n{parts}[select]\n{select}\n", options=options, **files)


def table(made: Made) -> pa.Table:
    """selection.parquet."""
    return pq.read_table(made.builder.notes()[0])


def accounted(made: Made) -> list[dict[str, Any]]:
    """Every row that was there stands in selection.parquet once, and what is chosen is what was built; clusters agree."""
    adds_up(made)
    rows, clusters = table(made).to_pylist(), pq.read_table(made.builder.notes()[1]).to_pylist()
    line = made.steps["select"]
    assert len({row["id"] for row in rows}) == len(rows) == line["rows_in"]
    assert sorted(row["id"] for row in rows if row["chosen"]) == sorted(made.ids)
    assert [cluster["cluster"] for cluster in clusters] == list(range(len(clusters)))
    for cluster in clusters:
        own = [row for row in rows if row["cluster"] == cluster["cluster"]]
        assert {row["group"] for row in own} == {cluster["group"]}
        assert cluster["size"] == len(own) and cluster["chosen"] == sum(row["chosen"] for row in own)
        of_one = len({row["scorer"] for row in rows}) == 1
        assert cluster["mean_value"] == (pytest.approx(np.mean([row["value"] for row in own])) if of_one else None)
        assert cluster["mean_order"] == pytest.approx(np.mean([row["order"] for row in own]))
        assert {each["id"] for each in cluster["examples"]} <= {row["id"] for row in own}
        assert len(cluster["examples"]) == min(3, len(own))
    for row in rows:
        scored = row["value"] is not None
        assert scored == (row["order"] is not None) == (row["cluster"] >= 0) == (row["group"] >= 0)
        assert scored or not row["chosen"]
        assert scored or row["flag"]
        assert row["value"] is None or row["nll"] is not None
    reasons = sum((Counter(each["reasons"]) for each in line["sources"].values()), Counter[str]())
    told = Counter(
        f"no score: {row['flag']}" if row["value"] is None else "not chosen" for row in rows if not row["chosen"]
    )
    assert reasons == told
    assert line["select"]["clusters made"] == len(clusters)
    assert Counter(row["scorer"] for row in rows) == line["select"]["scored by"]
    return rows


# -- what a recipe may say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("share = 0.1\nclustres = 4", r"line 7: select has no key 'clustres'\. Did you mean 'clusters'\? There are share, rows,"),
        ("share = 0.1\nrows = 5", r"line 5: select has share and rows: say how much it takes"),
        ('rule = "low"', r"line 5: select has neither share nor rows"),
        ("share = 0", r"line 6: select share = 0 should be a share: more than 0, at most 1"),
        ("share = 1.01", r"line 6: select share = 1.01 should be a share"),
        ("share = nan", r"select share = nan should be a share"),
        ("share = true", r"select share = True should be a number"),
        ("rows = 0", r"line 6: select rows = 0 should be a whole number, 1 or more"),
        ("rows = 1.5", r"select rows = 1.5 should be a whole number"),
        ("share = 0.1\ngroups = 0", r"line 7: select groups = 0 should be a whole number, 1 or more"),
        ("share = 0.1\nclusters = 0", r"select clusters = 0 should be a whole number, 1 or more"),
        ("share = 0.1\nclusters = true", r"select clusters = True should be a whole number"),
        ("share = 0.1\ndistinct = 1", r"select distinct = 1 should be true or false"),
        ('share = 0.1\nrule = "midle"', r"select rule = 'midle' should be one of .*Did you mean 'middle'"),
        ('share = 0.1\nbins = "equals"', r"bins = 'equals' .*Did you mean 'equal'"),
        ('share = 0.1\nsearch = "referense"', r"search = 'referense' .*Did you mean 'reference'"),
        ('share = 0.1\nscore = "answers"', r"score = 'answers' .*Did you mean 'answer'"),
        ('share = 0.1\nscorer = "embeded"', r"select scorer = 'embeded' should be \"embedded\", or name a model"),
        ("share = 0.1\nscorer = { bos = true }", r"should be \"embedded\", or name a model"),
        ('share = 0.1\nscorer = { model = "" }', r"should be \"embedded\", or name a model"),
        ('share = 0.1\nscorer = { model = "a/b", trust_remote_code = true }', r"cannot turn trust_remote_code on"),
        ("share = 0.1\ntrust_remote_code = true", r"cannot turn trust_remote_code on"),
        ('share = 0.1\nscorer = { model = "a/b", pooling = "cls" }', r"select scorer has no key 'pooling'"),
        ('share = 0.1\nembedder = { model = "a/b", pooling = "clss" }', r"pooling = 'clss' .*Did you mean 'cls'"),
        ('share = 0.1\nembedder = { model = "a/b", dtype = "float64" }', r"dtype = 'float64' should be one of float32"),
        ('share = 0.1\nembedder = { model = 3 }', r"select embedder model = 3 should be text"),
    ],
)  # fmt: skip
def test_recipes_that_are_refused(written: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[parts]]\nsource = "hrc"\n\n# which rows\n[select]\n' + written, encoding="utf-8")
    with pytest.raises(WrongCall, match=message) as error:
        recipe.read(path)
    assert str(error.value).startswith(f"{path}, line ")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "either share .* or rows"),
        ({"share": 0.1, "rows": 5}, "either share .* or rows"),
        ({"share": 1.5}, "share = 1.5 of a choice should be a share"),
        ({"rows": 0}, "rows = 0 of a choice"),
        ({"rows": 2.5}, "rows = 2.5 of a choice"),
        ({"share": 0.1, "rule": "best"}, "rule = 'best' of a choice should be one of stride, budget"),
        ({"share": 0.1, "bins": "wide"}, "bins = 'wide'"),
        ({"share": 0.1, "search": "long"}, "search = 'long'"),
        ({"share": 0.1, "groups": 0}, "groups = 0"),
        ({"share": 0.1, "clusters": True}, "clusters = True"),
    ],
)
def test_choices_that_are_refused_where_they_are_made(values: dict[str, Any], message: str) -> None:
    """Not after all rows were measured."""
    with pytest.raises(WrongCall, match=message):
        Choice(**values)


def test_a_score_and_a_compute_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="select score = 'likelihood' should be one of instruction"):
        Select(Choice(share=0.1), score="likelihood")  # type: ignore[arg-type]
    with pytest.raises(WrongCall, match=r"compute = 'ray' should be a Compute: from okinst"):
        datasets.load_dataset("okinst", "koquality", sample=True, compute="ray", cache_dir=str(tmp_path))
    for values, message in (
        ({"shard": 0}, "shard = 0"),
        ({"engine": "ray", "gpus": 1.5}, "gpus = 1.5"),
        ({"gpus": 1}, "are for engine"),
    ):
        with pytest.raises(WrongCall, match=message):
            Compute(**values)


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = '[[parts]]\nsource = "hrc"\n[select]\n'
    path.write_text(text + 'rows = 7\nrule = "high"\ngroups = 2\nbins = "quantile"\nclusters = 9\nsearch = "reference"\ndistinct = true\n'
                    'score = "ifd"\nscorer = { model = "a/b", revision = "v1", max_tokens = 99, bos = true }\n'
                    'embedder = { model = "c/d", pooling = "mean", normalised = false, dtype = "float32" }\n')  # fmt: skip
    values = recipe.read(path).select.values()  # type: ignore[union-attr]
    assert values == {
        "rule": "high", "rows": 7, "groups": 2, "bins": "quantile", "clusters": 9, "search": "reference", "distinct": True,
        "score": "ifd", "scorer": {"model": "a/b", "revision": "v1", "max_tokens": 99, "bos": True},
        "embedder": {"model": "c/d", "dtype": "float32", "pooling": "mean", "normalised": False}, "seed": 0,
    }  # fmt: skip


SHAPES = [("kochatgpt-ppo", "prompt"), ("ai-ethics", "labelled")]


@pytest.mark.parametrize(("source", "shape"), SHAPES)
def test_a_score_of_answers_where_there_are_none(source: str, shape: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for score in ("", 'score = "answer"', 'score = "ifd"', 'score = "instruction"'):
        path.write_text(f'[[parts]]\nsource = "{source}"\n[select]\nshare = 0.5\n{score}\n', encoding="utf-8")
        if "instruction" in score:
            assert recipe.read(path).select
            continue
        with pytest.raises(
            WrongCall,
            match=rf"mine.toml, line 3: .*is about answers, and {shape} rows have none.*score = \"instruction\"",
        ):
            recipe.read(path)


@pytest.mark.parametrize(
    ("source", "score"), [("kochatgpt-ppo", "instruction"), ("kobest-boolq", "given"), ("vaiv-rm", "answer"), ("korquad-1.0", "ifd")]
)  # fmt: skip
def test_rows_of_every_shape_that_has_the_score(source: str, score: str, tmp_path: Path) -> None:
    text = f'[[parts]]\nsource = "{source}"\n[select]\nshare = 0.5\nscore = "{score}"\ngroups = 2\nclusters = 3\n'
    options = {"sample": True, "compute": Compute(store=str(tmp_path / "store"))}
    made = make(tmp_path, text, options=options)
    rows = accounted(made)
    scored = sum(row["value"] is not None for row in rows)
    assert scored and sum(row["chosen"] for row in rows) == round(0.5 * scored)


def test_more_rows_than_there_are(tmp_path: Path) -> None:
    """Of those with a score: a row that has none cannot be chosen. The recipe's line is told."""
    with pytest.raises(
        WrongCall, match=r"mine.toml, line \d+: rows = 13: there are 12 rows with a score to choose from"
    ):
        selected(tmp_path, "rows = 13\nclusters = 2", mine=english(12))
    assert len(selected(tmp_path, "rows = 12\nclusters = 2").rows) == 12


# -- every row is accounted for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["stride", "budget", "high", "low", "middle", "random"])
def test_every_rule_adds_up(rule: str, tmp_path: Path) -> None:
    made = selected(
        tmp_path, f'share = 0.13\nrule = "{rule}"\ngroups = 3\nclusters = 4\nscore = "answer"', mine=english(90)
    )
    rows = accounted(made)
    chosen = sum(row["chosen"] for row in rows)
    if rule == "stride":
        sizes = Counter(row["cluster"] for row in rows)
        assert chosen == sum(-(-size // 7) for size in sizes.values())
        for cluster in sizes:
            own = [row for row in rows if row["cluster"] == cluster]
            assert min(own, key=lambda row: row["order"])["chosen"]
    else:
        assert chosen == round(0.13 * 90)


def test_the_mixed_corpus_is_compared_by_ranks(tmp_path: Path) -> None:
    """Kiwi counts morphemes and the n-gram model characters: each row is placed among those of its own scorer."""
    files = {"ko": korean(60), "zh": chinese(40), "en": english(20)}
    made = selected(tmp_path, 'share = 0.2\ngroups = 2\nclusters = 3\nscore = "given"', **files)
    rows = accounted(made)
    assert Counter((row["source"], row["scorer"]) for row in rows) == {
        ("ko", "kiwi"): 60,
        ("zh", "ngram"): 40,
        ("en", "ngram"): 20,
    }
    for scorer in ("kiwi", "ngram"):
        own = [row for row in rows if row["scorer"] == scorer]
        assert all(0 < row["order"] < 1 for row in own)
        assert np.mean([row["order"] for row in own]) == pytest.approx(0.5)
        by_value, by_order = (sorted(own, key=lambda row: (row[key], row["id"])) for key in ("value", "order"))
        assert [row["id"] for row in by_value] == [row["id"] for row in by_order]
    alone = selected(tmp_path, 'share = 0.2\ngroups = 2\nclusters = 3\nscore = "given"', text=part("ko"))
    for row in table(alone).to_pylist():
        assert np.exp(row["order"]) == pytest.approx(row["value"]), "one scorer needs no ranks"


def test_the_two_sides_of_ifd_tell_their_flags(tmp_path: Path) -> None:
    """A ratio of the n-gram model is made of two sums, and both stand beside it."""
    made = selected(tmp_path, 'share = 0.5\ngroups = 2\nclusters = 3\nscore = "ifd"', mine=english(30))
    for row in accounted(made):
        assert row["scorer"] == "ngram"
        given, alone = (row[f"nll{side}"] / row[f"tokens{side}"] for side in ("", "_alone"))
        assert row["value"] == pytest.approx(np.exp(given - alone))


def test_the_seed_decides_where_the_lot_does(tmp_path: Path) -> None:
    """And stands in what is told of the recipe."""
    chosen = {}
    for seed in (1, 2):
        text = f'seed = {seed}\n{part("mine")}[select]\nshare = 0.2\ngroups = 2\nclusters = 3\nrule = "random"\n'
        options = {"compute": Compute(store=str(tmp_path / "store"))}
        (tmp_path / str(seed)).mkdir()
        made = make(tmp_path / str(seed), text, options=options, mine=english(60))
        assert made.builder.config.recipe()["select"]["seed"] == seed
        chosen[seed] = {row["messages"][0]["content"] for row in made.rows}
    assert len(chosen[1]) == len(chosen[2]) == 12 and chosen[1] != chosen[2]


def test_small_clusters_do_not_empty_a_length_group(tmp_path: Path) -> None:
    """So many clusters that most rows have one of their own: each length group gives its share, not the first rows of the file."""
    made = selected(tmp_path, "rows = 20\ngroups = 5\nclusters = 100")
    rows, notes = accounted(made), made.steps["select"]["select"]["notes"]
    assert set(Counter(row["group"] for row in rows if row["chosen"]).values()) == {4}
    assert np.mean([number for number, row in enumerate(rows) if row["chosen"]]) == pytest.approx(60, abs=25)
    assert any("clusters give no row: fewer clusters" in note for note in notes)


def test_what_stride_takes_beyond_its_share_is_told(tmp_path: Path) -> None:
    made = selected(tmp_path, 'share = 0.3\nrule = "stride"\ngroups = 2\nclusters = 10')
    (note,) = [note for note in made.steps["select"]["select"]["notes"] if "stride" in note]
    assert note.startswith(
        f"{len(made.rows):,} rows, where 0.3 of 120 is 36: stride takes of each cluster one row in 3"
    )
    with pytest.raises(WrongCall, match=r'rule = "stride" takes a share, not rows'):
        selected(tmp_path, 'rows = 30\nrule = "stride"')


def test_a_choice_that_takes_no_row_says_why(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match=r"select: share = 0.001 of 120 rows is none. Ask for more: 0.0083 is one row"):
        selected(tmp_path, "share = 0.001")


def test_distinct_takes_one_row_of_each_kind(tmp_path: Path) -> None:
    rows = [(question, f"{answer} {number}번 답입니다.") for number in range(4) for question, answer in TALKS]
    made = selected(tmp_path, "share = 1.0\ndistinct = true\ngroups = 2\nclusters = 3", mine=rows)
    accounted(made)
    assert len(made.rows) == len({row["messages"][0]["content"] for row in made.rows}) == len(TALKS)
    assert made.steps["select"]["select"]["short of distinct rows"] == 60 - 15
    assert len(set(table(made)["duplicate_group"].to_pylist())) == 15


def test_a_selection_in_a_mixture_in_a_mixture(tmp_path: Path) -> None:
    (tmp_path / "inner.toml").write_text(
        part("one") + "[select]\nrows = 9\ngroups = 1\nclusters = 3\n", encoding="utf-8"
    )
    text = '[[parts]]\nrecipe = "inner.toml"\n' + part("two")
    made = selected(
        tmp_path,
        'rows = 12\ngroups = 1\nclusters = 3\nscore = "instruction"',
        text=text,
        one=chinese(40),
        two=english(20),
    )
    rows = accounted(made)
    assert Counter(row["source"] for row in rows) == {"one": 9, "two": 20}
    assert made.builder.funnel()[0]["steps"][0]["select"]["rows"] == 9


def test_before_amounts_and_validation(tmp_path: Path) -> None:
    """What is chosen is balanced, and set aside, like what any step left."""
    made = selected(
        tmp_path,
        "rows = 40\nclusters = 4\ngroups = 2",
        text="size = 30\nvalidation = 5\n" + part("mine"),
        mine=chinese(120),
    )
    assert list(made.steps) == ["select", "take", "validation"]
    adds_up(made)
    assert len(made.rows) == 25
    held = made.builder.as_dataset(split="validation")["id"]
    chosen = {row["id"] for row in table(made).to_pylist() if row["chosen"]}
    assert len(chosen) == 40 and {*made.ids, *held} <= chosen


@pytest.mark.parametrize(
    ("count", "select"),
    [
        (9, "share = 0.5\nclusters = 100"),  # K larger than a group
        (3, "rows = 1\ngroups = 20"),  # more groups than rows
        (1, "share = 1.0"),
        (2, "share = 0.5\nclusters = 2"),
        (30, 'share = 1.0\nrule = "stride"\nclusters = 4'),
        (30, 'share = 0.001\nrule = "stride"\nclusters = 2\ngroups = 2\nsearch = "reference"\nbins = "quantile"'),
    ],
)
def test_small_sets(count: int, select: str, tmp_path: Path) -> None:
    made = selected(tmp_path, select + '\nscore = "instruction"', mine=chinese(count))
    rows = accounted(made)
    if "1.0" in select:
        assert len(rows) == len(made.rows) == count


@pytest.mark.parametrize(
    "texts",
    [
        ["늘 같은 물음입니다."] * 12,
        ["?", "!!", "…"] * 4,
        ["\u200b", " 물 ", "\u200b\u200b", "불"] * 3,
        ["👍", "🙏🙏", "a"],
    ],
)
def test_instructions_that_are_all_the_same_or_say_nothing(texts: list[str], tmp_path: Path) -> None:
    rows = [(text, f"Answer {number} is another one.") for number, text in enumerate(texts)]
    made = selected(tmp_path, "share = 0.5\ngroups = 2\nclusters = 3", mine=rows)
    found = accounted(made)
    assert all(np.isfinite([row["x"], row["y"]]).all() for row in found)
    if len(set(texts)) == 1:
        assert len(pq.read_table(made.builder.notes()[1])) == 2 and not any(row["x"] or row["y"] for row in found)


def test_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match=r"share = 0.001 of 12 rows is none"):
        selected(tmp_path, "share = 0.001\nclusters = 2", mine=english(12))
    text = (
        'license = ["mit"]\n'
        + part("mine")
        + part("free", license="mit").replace(
            "[[parts]]", "[[parts]]\nmay_be_empty = true\nfilter = { min_answer = 9000 }"
        )
    )
    with pytest.raises(WrongCall, match="no rows come out; nothing is left"):
        selected(tmp_path, "share = 0.5", text=text, mine=english(5), free=english(5))


# -- the same rows however it is run ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_bytes_on_any_number_of_processes(tmp_path: Path) -> None:
    made = []
    for processes in (1, 2, 4):
        folder = tmp_path / str(processes)
        folder.mkdir()
        (folder / "mine.jsonl").write_text("".join(
            json.dumps({"instruction": ask, "input": "", "output": answer}, ensure_ascii=False) + "\n"
            for ask, answer in [*korean(150), *chinese(90)]), encoding="utf-8")  # fmt: skip
        path = folder / "mine.toml"
        path.write_text(part("mine") + "[select]\nshare = 0.1\nclusters = 6\ndistinct = true\n", encoding="utf-8")
        compute = Compute(store=str(folder / "store"), shard=60)
        builder = builder_of_mixture(recipe.read(path), cache_dir=str(folder / "cache"), compute=compute)
        builder.download_and_prepare(num_proc=processes)
        notes = [note.read_bytes() for note in builder.notes()]
        shards = {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.glob("store/*/*.parquet"))}
        made.append((builder.as_dataset(split="train").to_list(), notes, shards))
    assert made[0] == made[1] == made[2] and len(made[0][2]) > 6


BUILD = """
import sys
from pathlib import Path
import datasets
datasets.disable_progress_bars()
from okinst.curation.scoring.compute import Compute
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    compute = Compute(store=str(folder / "store"), shard=100)
    builder = builder_of_mixture(recipe.read(folder / "mine.toml"), cache_dir=str(folder / "cache"), compute=compute)
    builder.download_and_prepare()
"""


def test_kill_9_while_it_scores(tmp_path: Path) -> None:
    """The next run goes on: the same bytes, and no row is scored twice."""
    ends = []
    for name in ("whole", "killed"):
        folder = tmp_path / name
        folder.mkdir()
        select = 'share = 0.05\nclusters = 5\nscore = "instruction"'
        if name == "whole":
            made = selected(folder, select, compute=Compute(store=str(folder / "store"), shard=100), mine=korean(1_500))
        else:
            for file in ("mine.toml", "mine.jsonl"):
                shutil.copy(tmp_path / "whole" / file, folder)
            running = subprocess.Popen(
                [sys.executable, "-c", BUILD, folder], env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
            while not list(folder.glob("store/kiwi-*/*.parquet")):
                assert running.poll() is None
                time.sleep(0.002)
            running.kill()
            assert running.wait() == -signal.SIGKILL
            before = Store(folder / "store").contents()
            there = {each.scorer: each.rows for each in before}
            assert 0 < there["kiwi"] < 1_500 == there["tfidf"]
            made = selected(folder, select, compute=Compute(store=str(folder / "store"), shard=100), mine=korean(1_500))
        for each in Store(folder / "store").contents():
            lines = [
                json.loads(line) for line in (folder / "store" / each.name / "ledger.jsonl").read_text().splitlines()
            ]
            assert (
                each.rows == 1_500 and len({line["shard"] for line in lines}) == len(lines) and len(lines) in (14, 15)
            )
        shards = {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.glob("store/*/*.parquet"))}
        ends.append((made.rows, [note.read_bytes() for note in made.builder.notes()], shards))
    assert ends[0] == ends[1]


def test_a_second_mixture_reads_what_a_first_one_paid_for(tmp_path: Path) -> None:
    select = 'share = 0.2\nclusters = 3\nscore = "given"'
    # Kiwi reads the answers alone: the same one to two questions is scored once
    few, many = (len({answer for _, answer in korean(count)}) for count in (80, 100))
    selected(tmp_path, select, mine=korean(80))
    store = Store(tmp_path / "store")
    (first,) = (each for each in store.contents() if each.scorer == "kiwi")
    selected(tmp_path, select, text=part("mine") + part("more"), more=korean(100)[80:])
    (second,) = (each for each in store.contents() if each.scorer == "kiwi")
    assert (first.rows, second.rows) == (few, many) and first.name == second.name
    ledger = (tmp_path / "store" / first.name / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["rows"] for line in ledger] == [few, many - few]
    # another rule: nothing is scored, everything is decided anew
    selected(tmp_path, select.replace("0.2", "0.3") + '\nrule = "low"', text=part("mine"))
    assert {each.name: each.rows for each in store.contents()}[first.name] == many
    assert len((tmp_path / "store" / first.name / "ledger.jsonl").read_text().splitlines()) == 2


# -- the published ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["koquality", "koquality-exact"])
def test_the_sample_of_a_published_one(name: str, tmp_path: Path) -> None:
    """Nothing is downloaded for it, and its clusters are fewer."""
    compute = Compute(store=str(tmp_path / "store"))
    rows = datasets.load_dataset("okinst", name, sample=True, split="train", cache_dir=str(tmp_path), compute=compute)
    builder = datasets.load_dataset_builder("okinst", name, sample=True, cache_dir=str(tmp_path), compute=compute)
    assert sorted(accounted(Made(builder))[0]) and len(rows) == len(builder.as_dataset(split="train")) > 5
    assert {each.scorer for each in Store(tmp_path / "store").contents()} <= {"kiwi", "ngram", "tfidf"}
    told = builder.steps()[-2]["select"]
    assert told["scorer"] == told["embedder"] == "embedded"
    assert (told["rule"], told["groups"]) == ({"koquality": "budget", "koquality-exact": "stride"}[name], 5)
    again = datasets.load_dataset("okinst", name, sample=True, split="train", cache_dir=str(tmp_path))
    assert again["id"] == rows["id"], "where scores are made is no part of the name of what they decide"


def test_the_published_ones_say_what_is_known_of_koquality() -> None:
    exact = KOQUALITY_EXACT.select
    assert exact and exact.scorer and exact.embedder
    choice = exact.choice
    assert (choice.rule, choice.share, choice.groups, choice.clusters, choice.bins, choice.search) == (
        "stride", 0.01, 5, 100, "quantile", "reference",
    )  # fmt: skip
    assert (exact.score, exact.scorer.bos, exact.embedder.pooling, exact.embedder.normalised) == (
        "instruction",
        False,
        "pooler",
        False,
    )
    assert KOQUALITY.select and KOQUALITY.select.choice.distinct and KOQUALITY.select.score == "given"
    assert not KOQUALITY.select.scorer and not KOQUALITY.select.embedder
    assert exact.scorer.values() == {
        "model": "EleutherAI/polyglot-ko-1.3b", "revision": "557e162cf6e944fdbae05bab2e45d066a125eacb",
        "dtype": "float32", "max_tokens": 1024, "bos": False,
    }  # fmt: skip
    assert exact.embedder.values() == {
        "model": "BM-K/KoSimCSE-roberta-multitask", "dtype": "float32", "max_tokens": 512, "pooling": "pooler",
        "normalised": False,
    }  # fmt: skip
    row = {"id": "alpaca_1", "instruction": "셋을 더하라.", "input": "1, 2, 3", "output": " 여섯입니다. "}
    asked, answered = joined(row)["messages"]
    assert (asked["content"], answered["content"]) == ("셋을 더하라. 1, 2, 3", "여섯입니다.")


def test_the_whole_is_written_with_what_was_measured(tmp_path: Path) -> None:
    environment = {"HF_HOME": str(tmp_path / "hf"), "OKINST_STORE": str(tmp_path / "store")}
    done = okinst("build", "koquality-exact", "--sample", "-o", tmp_path / "out", **environment)
    assert done.returncode == 0, done.stderr
    rows = datasets.load_dataset(
        "parquet", data_dir=str(tmp_path / "out" / "koquality-exact"), split="train", cache_dir=str(tmp_path)
    )
    table = pq.read_table(tmp_path / "out" / SELECTION)
    assert sorted(rows["id"]) == sorted(table.filter(table["chosen"])["id"].to_pylist())
    assert pq.read_table(tmp_path / "out" / CLUSTERS)["chosen"].to_numpy().sum() == len(rows)
    told = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert {SELECTION, CLUSTERS} <= {file["path"] for file in told["files"]}
    plain = datasets.load_dataset(
        str(tmp_path / "out"), "koquality-exact", split="train", cache_dir=str(tmp_path / "plain")
    )
    assert plain["id"] == rows["id"], "no other file is taken for rows"


def test_a_stream_needs_all_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = selected(tmp_path, "share = 0.2\nclusters = 3")
    streamed = list(made.builder.as_streaming_dataset(split="train"))
    assert "streaming needs all rows first, because of select" in caplog.text
    assert streamed == made.rows


# -- what goes wrong ------------------------------------------------------------------------------------------------------------

WITHOUT = """
import sys
from pathlib import Path
import datasets
datasets.disable_progress_bars()
missing, folder = sys.argv[1:]
sys.modules[missing] = None  # as if it were not installed
from okinst.builders import WrongCall
from okinst.curation.scoring.compute import Compute
compute = Compute(engine="ray" if missing == "ray" else "local", store=folder + "/store")
try:
    datasets.load_dataset("okinst", "koquality", sample=True, cache_dir=folder, compute=compute)
except WrongCall as error:
    print(error)
    print(sorted(path.name for path in Path(folder).glob("okinst/*/*/*") if path.is_dir()), Path(folder, "store").exists())
"""


@pytest.mark.parametrize(("missing", "extra"), [("sklearn", "curation"), ("kiwipiepy", "curation"), ("ray", "ray")])
def test_what_is_not_installed_is_said_before_any_work(missing: str, extra: str, tmp_path: Path) -> None:
    said, prepared = python(WITHOUT, missing, tmp_path).splitlines()
    assert f"pip install 'okinst[{extra}]'" in said
    assert prepared == "[] False"


def written(folder: Path, select: str) -> Path:
    path = folder / "mine.toml"
    path.write_text('[[parts]]\nsource = "koalpaca-v1.1"\n[select]\n' + select, encoding="utf-8")
    return path


@pytest.mark.slow
def test_one_message_for_a_full_disk_and_for_a_store_in_use(tmp_path: Path) -> None:
    path = written(tmp_path, 'share = 0.5\nclusters = 2\nscore = "instruction"\n')
    environment = {"HF_HOME": str(tmp_path / "hf"), "OKINST_STORE": str(tmp_path / "store")}
    build = ("build", path, "--sample", "-o", tmp_path / "out")
    ready = okinst(*build, **environment)
    assert ready.returncode == 0, ready.stderr
    namespace = next((tmp_path / "store").glob("kiwi-*/")).name
    shutil.rmtree(tmp_path / "store" / namespace)
    shutil.rmtree(tmp_path / "hf" / "datasets" / "okinst" / "steps")
    for each in (tmp_path / "hf" / "datasets" / "okinst").glob("mine*"):
        shutil.rmtree(each)
    shutil.rmtree(tmp_path / "out")
    with FileLock(tmp_path / "store" / f"{namespace}.lock"):
        locked = okinst(*build, **environment)
    assert locked.returncode == 2
    (line,) = [line for line in locked.stderr.splitlines() if "is being scored by another run" in line]
    assert "Wait for it, then run the same again" in line and "Traceback" not in locked.stderr
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; exec {sys.executable} -m okinst.cli.app \"$@\"", "okinst", *map(str, build)],
        capture_output=True, text=True, env={**os.environ, **environment, "PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1 and "no room left" in done.stderr and "Traceback" not in done.stderr, done.stderr


# -- models of transformers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A GPT-NeoX and a RoBERTa in folders, tokenizers trained on our own rows."""
    tiny = pytest.importorskip("tests.tiny_models", reason="needs torch and transformers: pip install 'okinst[gpu]'")
    tiny.torch.manual_seed(7)
    tiny.torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    texts = [text for pair in [*korean(72), *chinese(30)] for text in pair]
    bpe = tiny.bpe(texts, 500, 64)
    return {
        "neox": tiny.saved(root / "neox", tiny.neox(max(500, len(bpe))), bpe),
        "roberta": tiny.saved(root / "roberta", tiny.roberta(32), tiny.wordpiece(texts, 300, 32)),
    }


def exactly(models: dict[str, Path]) -> str:
    """KoQuality's rule, by other models, for few rows."""
    return (
        'share = 0.1\nrule = "stride"\ngroups = 5\nbins = "quantile"\nclusters = 4\nsearch = "reference"\nscore = "instruction"\n'
        f'scorer = {{ model = "{models["neox"]}", max_tokens = 64, dtype = "float32" }}\n'
        f'embedder = {{ model = "{models["roberta"]}", pooling = "pooler", normalised = false, max_tokens = 32, dtype = "float32" }}\n'
    )


def exact_on_sample(folder: Path, models: dict[str, Path], compute: Compute) -> Any:
    """The three sources of the sample, prepared as a user's own files: so that the recipe's own models are taken."""
    for name in ("koalpaca-v1.1", "kullm-v2", "oig-smallchip2-ko"):
        rows = datasets.load_dataset("okinst", name, sample=True, split="train", cache_dir=str(folder / "cache"))
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for row in rows:
                asked, answered = (row["messages"][place]["content"] for place in (0, -1))
                file.write(
                    json.dumps({"instruction": asked, "input": "", "output": answered}, ensure_ascii=False) + "\n"
                )
    parts = "".join(part(name, f'name = "own-{name}"') for name in ("koalpaca-v1.1", "kullm-v2", "oig-smallchip2-ko"))
    (folder / "mine.toml").write_text(
        f"seed = 42\nshuffle = false\n{parts}[select]\n{exactly(models)}", encoding="utf-8"
    )
    builder = builder_of_mixture(recipe.read(folder / "mine.toml"), cache_dir=str(folder / "cache"), compute=compute)
    builder.download_and_prepare()
    return Made(builder)


@pytest.fixture(scope="module")
def exact(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("exact")
    return exact_on_sample(folder, models, Compute(store=str(folder / "store"), device="cpu", shard=64))


def test_the_reference_rule_by_hand(exact: Made, models: dict[str, Path]) -> None:
    """Perplexity by the formula and vectors one text a forward, then quantiles, scikit-learn's k-means and every tenth row."""
    import torch
    import transformers
    from sklearn.cluster import KMeans

    rows = accounted(exact)
    whole = exact.builder.parts()
    texts = [row["messages"][0]["content"] for each in whole for row in each.as_dataset(split="train")]
    assert len(texts) == len(rows) and {row["scorer"] for row in rows} == {"transformers"}
    tokenizer = transformers.AutoTokenizer.from_pretrained(models["neox"])
    model = transformers.AutoModelForCausalLM.from_pretrained(models["neox"]).eval().float()
    reader = transformers.AutoTokenizer.from_pretrained(models["roberta"])
    encoder = transformers.AutoModel.from_pretrained(models["roberta"]).eval()
    values, vectors = [], []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=64, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            values.append(float(torch.exp(model(ids, labels=ids).loss)) if ids.shape[1] > 1 else None)
            read = reader(text, padding="max_length", truncation=True, max_length=32, return_tensors="pt")
            vectors.append(
                encoder(input_ids=read["input_ids"], attention_mask=read["attention_mask"]).pooler_output[0].numpy()
            )
    assert [row["value"] for row in rows] == pytest.approx(values, rel=1e-4)
    lengths, scores, points = np.array([len(text) for text in texts]), np.array(values), np.array(vectors)
    assert [row["length"] for row in rows] == lengths.tolist()
    edges = np.quantile(lengths, np.linspace(0, 1, 6))
    by_length = np.argsort(lengths, kind="stable")  # the corpus is sorted by it
    chosen = []
    for low, high, last in zip(edges[:-1], edges[1:], [False] * 4 + [True], strict=True):
        there = (lengths >= low) & ((lengths <= high) if last else (lengths < high))
        own = by_length[there[by_length]]
        labels = KMeans(4, random_state=42, n_init=10).fit(points[own]).labels_
        for label in range(4):
            cluster = own[labels == label]
            chosen += cluster[np.argsort(scores[cluster], kind="stable")][::10].tolist()
    assert [row["chosen"] for row in rows] == [row in set(chosen) for row in range(len(texts))]


def test_one_token_has_no_score(models: dict[str, Path], tmp_path: Path) -> None:
    rows = [*korean(20), ("a", "한 글자도 물음입니다."), ("b", "이것도 마찬가지입니다.")]
    made = selected(tmp_path, exactly(models).replace("groups = 5", "groups = 1"), mine=rows)
    found = accounted(made)
    assert [row["flag"] for row in found[20:]] == ["one token"] * 2
    assert made.steps["select"]["sources"]["mine"]["reasons"]["no score: one token"] == 2
    assert made.steps["select"]["select"]["flags"]["one token"] == 2


with_ray = pytest.mark.xdist_group("ray")
TWO_NODES = """
import sys
from pathlib import Path
import datasets, ray
from ray.cluster_utils import Cluster
datasets.disable_progress_bars()
from okinst.curation.scoring.compute import Compute
from tests.test_select import exact_on_sample
if __name__ == "__main__":
    folder, neox, roberta = map(Path, sys.argv[1:])
    node = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"node_ip_address": "127.0.0.2", **node})
    try:
        cluster.add_node(node_ip_address="127.0.0.3", **node)
        ray.init(address=cluster.address, _node_ip_address="127.0.0.2", logging_level="ERROR", log_to_driver=False)
        cluster.wait_for_nodes()
        compute = Compute("ray", store=str(folder / "store"), address=cluster.address, shard=64)
        made = exact_on_sample(folder, {"neox": neox, "roberta": roberta}, compute)
        print(len(ray.nodes()), *made.builder.notes(), sep="\\n")
    finally:
        ray.shutdown()
        cluster.shutdown()
"""


@pytest.mark.slow
@with_ray
def test_two_nodes_of_ray_choose_the_same(exact: Made, models: dict[str, Path], tmp_path: Path) -> None:
    """Two raylets on two addresses of this machine: selection.parquet byte by byte."""
    pytest.importorskip("ray", reason="needs Ray: pip install 'okinst[ray]'")
    settings = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1", "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled",
        "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", TWO_NODES, tmp_path, models["neox"], models["roberta"]],
        capture_output=True, text=True, timeout=400, env={**os.environ, **settings},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    count, *notes = done.stdout.split()[-3:]
    assert count == "2"
    assert [Path(note).read_bytes() for note in notes] == [note.read_bytes() for note in exact.builder.notes()]


def causal_as_encoder(models: dict[str, Path]) -> str:
    return exactly(models).replace(str(models["roberta"]), str(models["neox"]))


def encoder_as_causal(models: dict[str, Path]) -> str:
    return exactly(models).replace(str(models["neox"]), str(models["roberta"]))


def without_tokenizer(models: dict[str, Path]) -> str:
    return exactly(models).replace(str(models["roberta"]), str(models["bare"]))


def without_weights(models: dict[str, Path]) -> str:
    return exactly(models).replace(str(models["neox"]), str(models["empty"]))


@pytest.mark.parametrize(
    ("select", "message"),
    [
        (causal_as_encoder, "is a gpt_neox model .*not an encoder"),
        (encoder_as_causal, "is a roberta model|not causal"),
        (without_tokenizer, "there is no tokenizer in it"),
        (without_weights, "the folder has no config.json"),
        (lambda models: exactly(models).replace("max_tokens = 64", "max_tokens = 1"), "max_tokens = 1 should be"),
        (
            lambda models: exactly(models).replace(str(models["neox"]), "./nowhere"),
            "no such folder, and it is no Hub id",
        ),
    ],
)
def test_models_that_are_refused_before_any_work(
    select: Callable[[dict[str, Path]], str], message: str, models: dict[str, Path], tmp_path: Path
) -> None:
    """With the recipe and its line, and before a file is read or a row is scored."""
    bare = Path(shutil.copytree(models["roberta"], tmp_path / "bare"))
    for path in [*bare.glob("tokenizer*"), *bare.glob("special_tokens*")]:
        path.unlink()
    (tmp_path / "empty").mkdir()
    with pytest.raises(WrongCall, match=rf"mine.toml, line \d+: .*({message})"):
        selected(tmp_path, select({**models, "bare": bare, "empty": tmp_path / "empty"}), mine=korean(9))
    assert not (tmp_path / "store").exists() and not list((tmp_path / "cache").glob("okinst/own*/**/*.arrow"))


def test_a_gpu_that_is_not_there(models: dict[str, Path], tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(WrongCall, match=r"line \d+: device 'cuda': this machine has no GPU"):
        selected(
            tmp_path, exactly(models), compute=Compute(store=str(tmp_path / "store"), device="cuda"), mine=korean(9)
        )
    assert not (tmp_path / "store").exists()


# -- commands -------------------------------------------------------------------------------------------------------------


def test_okinst_curate(tmp_path: Path) -> None:
    environment = {"HF_HOME": str(tmp_path / "hf"), "OKINST_STORE": str(tmp_path / "store")}
    done = okinst("curate", "koquality", "--sample", "-o", tmp_path / "one", **environment)
    assert done.returncode == 0, done.stderr
    assert "koquality: train 10 rows" in done.stdout and "length group" in done.stdout
    assert "values of kiwi and ngram are of different scales: rows are compared by their rank" in " ".join(
        done.stdout.split()
    )
    done = okinst("curate", "koquality-exact", "--sample", "-o", tmp_path / "two", "--json", **environment)
    told = json.loads(done.stdout)
    assert sum(group["chosen"] for group in told["clusters"]) == told["rows"]["train"] == 15
    assert {group["median of"] for group in told["clusters"]} == {"perplexity"}
    for wrong in (["--scorer", "embeded"], ["--scorer", ""], ["--scorer", str(tmp_path / "no")], ["--device", "gpu"]):
        done = okinst("curate", "koquality", "--sample", "-o", tmp_path / "three", *wrong, **environment)
        assert done.returncode == 2 and "Traceback" not in done.stderr and wrong[1] in done.stderr, done.stderr


def test_okinst_score_makes_what_a_selection_needs(tmp_path: Path) -> None:
    """In the store that was named, by the recipe's own scorer, of every row it chooses from."""
    environment = {"HF_HOME": str(tmp_path / "hf"), "OKINST_STORE": str(tmp_path / "default")}
    named = tmp_path / "named"
    done = okinst("score", "koquality-exact", "--sample", "--store", named, "--json", **environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["of"], told["rows"], told["scored"]) == ("instruction", 120, 120) and not (
        tmp_path / "default"
    ).exists()
    before = {path: path.read_text() for path in named.glob("*/ledger.jsonl")}
    assert sorted(path.parent.name.partition("-")[0] for path in before) == ["kiwi", "tfidf"]
    done = okinst("curate", "koquality-exact", "--sample", "--store", named, "-o", tmp_path / "out", **environment)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_text() for path in named.glob("*/ledger.jsonl")} == before, "nothing is scored again"
    done = okinst("score", "kochatgpt-ppo", "--sample", "--store", named, **environment)
    assert done.returncode == 2 and "prompt rows have none" in done.stderr
