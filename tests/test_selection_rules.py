"""The rules of selection: the reference's figures, exact budgets, and what holds for any scores and clusters."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.selection.lengths import length_groups
from okinst.curation.selection.rules import RULES, Selection, pick

NAN = float("nan")
QUOTA_RULES = [rule for rule in RULES if rule != "stride"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Scores (few values, so that they tie; some missing), clusters with odd numbers, duplicate groups."""
    rows = draw(st.integers(1, 60))
    score = st.one_of(st.integers(0, 5).map(float), st.just(NAN))
    scores = draw(st.lists(score, min_size=rows, max_size=rows))
    clusters = draw(st.lists(st.sampled_from([-3, 0, 7, 8, 100]), min_size=rows, max_size=rows))
    duplicates = draw(st.lists(st.integers(0, draw(st.integers(0, 60))), min_size=rows, max_size=rows))
    return np.array(scores), np.array(clusters), np.array(duplicates)


# -- the figures of the reference -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus() -> tuple[Any, Any]:
    """375,506 simulated rows: scores, and clusters of uneven size, 100 in each of 5 length groups."""
    rng = np.random.default_rng(20230809)
    rows = 375_506
    lengths = np.clip(rng.lognormal(3.6, 0.55, rows), 2, 3_000).astype(np.int64)
    groups = length_groups(lengths, 5, "quantile")
    clusters = np.empty(rows, np.int64)
    for group in range(5):
        members = np.flatnonzero(groups == group)
        sizes = rng.multinomial(len(members) - 100, rng.dirichlet(np.full(100, 3.0))) + 1
        clusters[members] = group * 100 + rng.permutation(np.repeat(np.arange(100), sizes))
    scores = np.exp(rng.normal(3.5, 1.0, rows) - 0.2 * np.log(lengths)).round(2)  # rounded: some are equal
    return scores, clusters


def test_the_references_rule_gives_its_count(corpus: tuple[Any, Any]) -> None:
    scores, clusters = corpus
    found = pick("stride", scores, clusters, share=0.01)
    sizes = np.bincount(clusters)
    assert len(sizes) == 500 and (sizes > 0).all()
    assert 4_000 <= len(found.rows) <= 4_007
    assert len(found.rows) == sum(-(-int(size) // 100) for size in sizes) == found.asked
    for number in range(500):
        members = np.flatnonzero(clusters == number)
        assert scores[members].min() in scores[np.intersect1d(members, found.rows)]


def test_the_references_rule_row_by_row(corpus: tuple[Any, Any]) -> None:
    scores, clusters = corpus[0][:5_000], corpus[1][:5_000]
    expected = []
    for number in set(clusters.tolist()):
        members = sorted(np.flatnonzero(clusters == number).tolist(), key=lambda row: float(scores[row]))
        expected += members[:: int(1 / 0.05)]
    assert pick("stride", scores, clusters, share=0.05).rows.tolist() == sorted(expected)


@pytest.mark.parametrize(
    "share, step",
    [(0.01, 100), (0.05, 20), (0.1, 10), (0.3, 3), (0.4, 2), (0.6, 1), (1, 1), (0.07, 14), (1e-320, 1000)],
)
def test_steps_are_pythons_int_of_one_over_the_share(share: float, step: int) -> None:
    scores = np.random.default_rng(0).permutation(1_000).astype(float)
    found = pick("stride", scores, np.zeros(1_000, np.int64), share=share)
    assert np.sort(scores[found.rows]).tolist() == list(range(0, 1_000, step))


@pytest.mark.parametrize("share", [0.01, 0.03, 0.3, 0.4, 0.6, 1])
def test_a_budget_is_met_to_the_row(corpus: tuple[Any, Any], share: float) -> None:
    scores, clusters = corpus
    for rule in QUOTA_RULES:
        found = pick(rule, scores, clusters, share=share, duplicates=None)  # type: ignore[arg-type]
        assert len(found.rows) == round(share * 375_506)
    alike = np.arange(len(scores)) // 2  # every row has one duplicate
    found = pick("budget", scores, clusters, share=share, duplicates=alike)
    assert len(found.rows) == min(round(share * 375_506), 187_753)
    assert len(np.unique(alike[found.rows])) == len(found.rows)


def test_a_budget_takes_the_best_row_of_a_cluster_and_goes_evenly_along_the_rest() -> None:
    scores = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    assert pick("budget", scores, np.zeros(10, np.int64), rows=4).rows.tolist() == [2, 4, 7, 9]  # ranks 0, 2, 5, 7


# -- what each rule takes -------------------------------------------------------------------------------------------

SCORES = np.array([3.0, 1, 2, 5, 4, 7, 6, NAN])
CLUSTERS = np.array([0, 0, 0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    "rule, expected", [("low", [1, 2, 6]), ("high", [3, 4, 5]), ("middle", [0, 2, 6]), ("budget", [0, 1, 6])]
)
def test_what_a_rule_takes(rule: Any, expected: list[int]) -> None:
    # 5 and 2 rows with a score, 3 wanted: 2 and 1
    found = pick(rule, SCORES, CLUSTERS, rows=3)
    assert (found.rows.tolist(), found.asked, found.eligible, found.short) == (expected, 3, 7, 0)


def test_rows_without_a_score_are_taken_by_random_alone() -> None:
    for rule in RULES:
        every = pick(rule, SCORES, CLUSTERS, share=1)
        assert len(every.rows) == 7
        assert (7 in every.rows) <= (rule == "random")
    assert pick("random", SCORES, CLUSTERS, rows=8).rows.tolist() == list(range(8))
    seen = {int(row) for seed in range(40) for row in pick("random", SCORES, CLUSTERS, rows=2, seed=seed).rows}
    assert seen == set(range(8))


def test_random_repeats_for_a_seed_and_needs_no_scores() -> None:
    clusters = np.arange(1_000) % 7
    one, same, other = (pick("random", None, clusters, share=0.1, seed=seed).rows.tolist() for seed in (1, 1, 2))
    assert one == same != other
    assert Counter(clusters[one].tolist()).most_common()[0][1] <= 15


def test_stride_takes_an_absolute_number_as_a_step() -> None:
    found = pick("stride", np.arange(10.0), np.zeros(10, np.int64), rows=3)
    assert found.rows.tolist() == [0, 3, 6, 9]  # 10 // 3


@pytest.mark.parametrize(
    "rule, expected", [("low", [0, 1, 5]), ("high", [2, 3, 4]), ("middle", [1, 2, 4]), ("budget", [0, 1, 5])]
)
def test_of_a_duplicate_group_the_row_that_the_rule_likes_best(rule: Any, expected: list[int]) -> None:
    scores, clusters = np.array([0.0, 1, 2, 3, 9, 8]), np.array([0, 0, 0, 0, 1, 1])
    # rows 0 and 3 are the same; so are 5 and 2
    duplicates = np.array([10, 11, 12, 10, 14, 12])
    found = pick(rule, scores, clusters, rows=3, duplicates=duplicates)
    assert found.rows.tolist() == expected


def test_a_cluster_full_of_duplicates_is_made_up_for_by_others() -> None:
    clusters = np.repeat([0, 1], 10)
    duplicates = np.where(clusters == 0, 99, np.arange(20))
    found = pick("budget", np.arange(20.0), clusters, rows=8, duplicates=duplicates)
    assert Counter(clusters[found.rows].tolist()) == {0: 1, 1: 7}


def test_fewer_groups_than_rows_asked_for_is_said() -> None:
    found = pick("low", np.arange(6.0), np.zeros(6, np.int64), rows=5, duplicates=np.array([0, 0, 0, 1, 1, 1]))
    assert (found.rows.tolist(), found.asked, found.short) == ([0, 3], 5, 3)


# -- what holds for any rows ----------------------------------------------------------------------------------------


def amounts() -> st.SearchStrategy[dict[str, Any]]:
    return st.floats(0, 1, exclude_min=True).map(lambda share: {"share": share})


@given(tables(), st.sampled_from(RULES), amounts(), st.booleans(), st.integers(0, 9))
@settings(max_examples=300)
def test_any_selection(table: Any, rule: Any, amount: dict[str, Any], apart: bool, seed: int) -> None:
    scores, clusters, duplicates = table
    groups = duplicates if apart else np.arange(len(scores))
    found = pick(rule, scores, clusters, seed=seed, duplicates=duplicates if apart else None, **amount)
    rows = found.rows
    known = ~np.isnan(scores) if rule != "random" else np.ones(len(scores), bool)
    # sorted, no row twice, none that may not be taken, no duplicate group twice
    assert (np.diff(rows) > 0).all()
    assert known[rows].all()
    assert len(np.unique(groups[rows])) == len(rows)
    # exactly as many as were asked for, where there are so many
    scored = int((~np.isnan(scores)).sum())
    if rule == "stride":
        step = int(min(1 / amount["share"], 10**9))
        assert found.asked == sum(-(-size // step) for size in Counter(clusters[known].tolist()).values())
    else:
        assert found.asked == round(amount["share"] * scored)
    assert len(rows) == min(found.asked, len(np.unique(groups[known])))
    assert found.eligible == known.sum()
    # quotas: within one row of the cluster's share, and more only where another cluster could not give its own
    if rule != "stride" and not apart:
        for number, size in Counter(clusters[known].tolist()).items():
            assert abs((clusters[rows] == number).sum() - found.asked * size / known.sum()) < 1


@given(tables(), st.sampled_from(RULES), amounts(), st.booleans(), st.permutations(range(5)))
@settings(max_examples=200)
def test_the_numbers_of_clusters_and_groups_decide_nothing(
    table: Any, rule: Any, amount: dict[str, Any], apart: bool, order: list[int]
) -> None:
    scores, clusters, duplicates = table
    numbers = dict(zip([-3, 0, 7, 8, 100], order, strict=True))
    renamed = np.array([numbers[each] for each in clusters.tolist()])

    def rows(clusters: Any, duplicates: Any) -> list[int]:
        found: Selection = pick(rule, scores, clusters, duplicates=duplicates if apart else None, **amount)
        return found.rows.tolist()

    assert rows(clusters, duplicates) == rows(renamed, 1_000 - duplicates)


@given(tables(), st.sampled_from(RULES), amounts())
def test_without_duplicates_it_does_not_matter_that_they_are_looked_for(
    table: Any, rule: Any, amount: dict[str, Any]
) -> None:
    scores, clusters, _ = table
    alone = np.arange(len(scores))[::-1]
    assert (
        pick(rule, scores, clusters, **amount).rows.tolist()
        == pick(rule, scores, clusters, duplicates=alone, **amount).rows.tolist()
    )


@given(tables(), amounts())
def test_a_quota_is_refilled_from_its_own_cluster_where_it_can_be(table: Any, amount: dict[str, Any]) -> None:
    scores, clusters, duplicates = table
    plain = pick("low", scores, clusters, **amount).rows
    found = pick("low", scores, clusters, duplicates=duplicates, **amount).rows
    free = ~np.isnan(scores) & ~np.isin(duplicates, duplicates[found])
    for number in set(clusters.tolist()):
        inside = clusters == number
        if inside[found].sum() < inside[plain].sum():
            assert not (inside & free).any()


# -- calls that mean nothing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, -0.1, 1.1, NAN, True])
def test_shares_that_mean_nothing(share: Any) -> None:
    with pytest.raises(WrongCall, match="above 0 and at most 1"):
        pick("budget", SCORES, CLUSTERS, share=share)


@pytest.mark.parametrize("rows", [0, -1, 2.5, True])
def test_numbers_of_rows_that_mean_nothing(rows: Any) -> None:
    with pytest.raises(WrongCall, match="whole number"):
        pick("budget", SCORES, CLUSTERS, rows=rows)


@pytest.mark.parametrize("rule", RULES)
def test_more_rows_than_there_are(rule: Any) -> None:
    there = 8 if rule == "random" else 7
    with pytest.raises(WrongCall, match=f"there are {there} rows"):
        pick(rule, SCORES, CLUSTERS, rows=there + 1)


def test_other_calls_that_mean_nothing() -> None:
    for amount in ({}, {"share": 0.1, "rows": 1}):
        with pytest.raises(WrongCall, match="either share or rows"):
            pick("low", SCORES, CLUSTERS, **amount)  # type: ignore[arg-type]
    with pytest.raises(WrongCall, match="no rule 'best'"):
        pick("best", SCORES, CLUSTERS, share=0.1)  # type: ignore[arg-type]
    with pytest.raises(WrongCall, match="needs a score"):
        pick("low", None, CLUSTERS, share=0.1)
    with pytest.raises(WrongCall, match="scores: an array of shape"):
        pick("low", SCORES[:3], CLUSTERS, share=0.1)


def test_nothing_is_selected_from_nothing() -> None:
    none = np.array([], np.int64)
    for rule in RULES:
        for duplicates in (None, none):
            assert not len(pick(rule, none.astype(float), none, share=0.5, duplicates=duplicates).rows)
