"""How much of each part comes out: arithmetic that adds up, to the row."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.mixtures.amounts import RATES, Supply, apportion, balance, check_shares

COUNTS = st.integers(0, 10**12)
THERE = st.lists(st.tuples(COUNTS, st.integers(1, 5)), min_size=1, max_size=8)


def supplies(parts: list[tuple[int, int]]) -> list[Supply]:
    return [Supply(f"part-{number}", there, repeat=repeat) for number, (there, repeat) in enumerate(parts)]


def limit(part: Supply) -> int:
    return part.there * part.repeat


@given(THERE, st.sampled_from(RATES), st.floats(1, 100), st.floats(0, 1))
def test_a_size_is_met_to_the_row_and_no_part_gives_more_than_it_has(
    parts: list[tuple[int, int]], rate: Any, temperature: float, of_all: float
) -> None:
    there = supplies(parts)
    size = int(sum(map(limit, there)) * of_all)
    amounts = balance(there, rate=rate, temperature=temperature, size=size)
    assert sum(amounts) == size
    assert all(0 <= amount <= limit(part) for amount, part in zip(amounts, there, strict=True))


@given(st.data())
def test_shares_are_met_to_a_row(data: st.DataObject) -> None:
    percents = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=6))
    shares = [percent / sum(percents) for percent in percents]
    there = [
        Supply(f"part-{number}", data.draw(st.integers(1, 10**9)), share, data.draw(st.integers(1, 3)))
        for number, share in enumerate(shares)
    ]
    most = sum(balance(there))
    assert all(amount <= limit(part) for amount, part in zip(balance(there), there, strict=True))
    size = data.draw(st.integers(0, most))
    amounts = balance(there, size=size)
    assert sum(amounts) == size
    assert all(abs(amount - share * size) < 1 + 1e-6 * size for amount, share in zip(amounts, shares, strict=True))


@given(THERE, st.sampled_from(RATES), st.floats(1, 100), st.floats(0, 1), st.integers(0, 2**32))
def test_the_order_of_the_parts_decides_nothing(
    parts: list[tuple[int, int]], rate: Any, temperature: float, of_all: float, seed: int
) -> None:
    there = supplies(parts)
    size = int(sum(map(limit, there)) * of_all)
    other = random.Random(seed).sample(there, len(there))
    one = dict(
        zip((part.name for part in there), balance(there, rate=rate, temperature=temperature, size=size), strict=True)
    )
    two = dict(
        zip((part.name for part in other), balance(other, rate=rate, temperature=temperature, size=size), strict=True)
    )
    assert one == two


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.floats(1, 50))
def test_a_temperature_evens_the_parts_out(there: list[int], temperature: float) -> None:
    parts = [Supply(f"part-{number}", count) for number, count in enumerate(there)]
    size = min(there)
    proportional = balance(parts, rate="proportional", size=size)
    assert balance(parts, rate="temperature", temperature=1, size=size) == proportional
    tempered = balance(parts, rate="temperature", temperature=temperature, size=size)
    even = balance(parts, rate="temperature", temperature=1e9, size=size)
    assert max(even) - min(even) <= 1
    assert max(tempered) <= max(proportional) + 1 and min(tempered) >= min(proportional) - 1


def test_what_a_part_cannot_give_the_others_give() -> None:
    parts = [Supply("small", 10), Supply("big", 1_000), Supply("middle", 100)]
    assert balance(parts, rate="temperature", temperature=1e6, size=300) == [10, 190, 100]
    assert balance([Supply("a", 10, repeat=3), Supply("b", 10)], rate="proportional", size=40) == [30, 10]
    assert balance([Supply("a", 0), Supply("b", 10)], rate="temperature", temperature=2, size=5) == [0, 5]


def test_without_a_size() -> None:
    parts = [Supply("a", 10, repeat=2), Supply("b", 90)]
    assert balance(parts) == [20, 90]
    assert balance(parts, rate="proportional") == [10, 90]
    assert balance([Supply("a", 7, share=0.7), Supply("b", 100, share=0.3)]) == [7, 3]
    assert balance([Supply("a", 7, share=0.7, repeat=2), Supply("b", 100, share=0.3)]) == [14, 6]


@pytest.mark.parametrize(
    ("parts", "options", "words"),
    [
        ([Supply("a", 10)], {"size": 11}, "size = 11 rows were asked for, and the parts have 10 left"),
        (
            [Supply("a", 10)],
            {"size": 11, "rate": "temperature", "unit": "tokens"},
            "11 tokens .* have 10 to give.* repeat",
        ),
        (
            [Supply("a", 10, 0.5), Supply("b", 99, 0.5)],
            {"size": 60},
            "a: 30 rows are its share of 0.5 of 60, .* repeat = 3",
        ),
        ([Supply("a", 0, 0.5), Supply("b", 99, 0.5)], {}, "a: its share is 0.5, and nothing is left of it"),
    ],
)
def test_not_enough(parts: list[Supply], options: Any, words: str) -> None:
    with pytest.raises(WrongCall, match=words):
        balance(parts, **options)


@given(st.lists(st.floats(0, 1e12), min_size=1), st.integers(0, 10**13))
def test_apportioning_adds_up(weights: list[float], total: int) -> None:
    given = apportion(weights, total)
    assert sum(given) == (total if any(weights) else 0)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"a": 0.7, "b": 0.2}, r"the shares are 0.7 \+ 0.2 = 0.9, and should be 1 in all"),
        ({"a": 0.7, "b": None}, "b has no share"),
        ({"a": 1.5, "b": -0.5}, "the share of a is 1.5"),
        ({"a": float("nan"), "b": 0.5}, "the share of a is nan"),
        ({"a": True}, "the share of a is True"),
    ],
)
def test_shares_that_are_not_the_whole(shares: dict[str, float | None], words: str) -> None:
    with pytest.raises(WrongCall, match=words):
        check_shares(shares, "mine")


def test_thirds_are_a_whole() -> None:
    check_shares({"a": 0.3333, "b": 0.3333, "c": 0.3333}, "mine")
    check_shares({"a": None, "b": None}, "mine")
