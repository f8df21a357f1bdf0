"""Length groups: the reference's quantile bins, and equal ones."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.selection.lengths import RULES, length_groups

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=200).map(np.array)


def quantile_bins(lengths: list[int], count: int) -> list[int]:
    """The reference's rule, row by row, without an array: which bin a length falls in, empty bins left out."""

    def quantile(share: float) -> float:
        ordered = sorted(lengths)
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

    edges = [quantile(i / count) for i in range(count + 1)]
    found = []
    for length in lengths:
        fits = [i for i in range(count) if edges[i] <= length < edges[i + 1]]
        found.append(fits[0] if fits else max(i for i in range(count) if edges[i] <= length))
    names = sorted(set(found))
    return [names.index(each) for each in found]


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_quantile_bins_are_the_references(count: int) -> None:
    lengths = np.random.default_rng(count).integers(1, 30, 501)
    assert length_groups(lengths, count, "quantile").tolist() == quantile_bins(lengths.tolist(), count)


def test_quantile_does_not_part_rows_of_one_length_and_leaves_out_what_is_empty() -> None:
    lengths = np.array([5] * 80 + [6] * 10 + [9] * 10)
    groups = length_groups(lengths, 5, "quantile")
    assert groups.tolist() == [0] * 80 + [1] * 20  # 60 % and 80 % fall on 5 and its end


@given(LENGTHS, st.integers(1, 30), st.sampled_from(RULES))
def test_groups_are_numbered_without_a_gap_and_ordered_by_length(lengths: Any, count: int, rule: Any) -> None:
    groups = length_groups(lengths, count, rule)
    assert sorted(set(groups.tolist())) == list(range(groups.max() + 1))
    assert groups.max() < count
    for group in range(groups.max()):
        assert lengths[groups == group].max() <= lengths[groups == group + 1].min()


@given(LENGTHS, st.integers(1, 30))
def test_equal_groups_differ_by_one_row_at_most(lengths: Any, count: int) -> None:
    groups = length_groups(lengths, count)
    sizes = np.bincount(groups)
    assert len(sizes) == min(count, len(lengths))
    assert sizes.max() - sizes.min() <= 1


@given(LENGTHS, st.integers(1, 30))
def test_equal_groups_part_rows_of_one_length_in_their_order(lengths: Any, count: int) -> None:
    groups = length_groups(lengths, count)
    for length in set(lengths.tolist()):
        same = groups[lengths == length]
        assert (np.diff(same) >= 0).all()


def test_no_rows_are_no_groups() -> None:
    for rule in RULES:
        assert length_groups(np.array([], np.int64), 5, rule).shape == (0,)


@pytest.mark.parametrize("count", [0, -1, 2.5, True])
def test_a_number_of_groups_that_means_nothing(count: Any) -> None:
    with pytest.raises(WrongCall, match="whole number"):
        length_groups(np.array([1, 2]), count)


def test_lengths_that_mean_nothing() -> None:
    with pytest.raises(WrongCall, match="missing"):
        length_groups(np.array([1.0, np.nan]), 2)
    with pytest.raises(WrongCall, match="quantile"):
        length_groups(np.array([1, 2]), 2, "median")  # type: ignore[arg-type]
