"""Batches of texts: every row has its turn once, within the budget, and memory that runs out costs time alone."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.scoring.batches import in_batches

torch = pytest.importorskip("torch")

LENGTHS = st.lists(st.integers(1, 300), max_size=40)


def batched(lengths: list[int], budget: int, room: int = 10**9) -> tuple[list[list[int]], list[int], list[int]]:
    """The batches that were done on a device with room for so many padded tokens, the padded tokens that did not fit, and how many
    times that had happened before each batch."""
    done: list[list[int]] = []
    refused: list[int] = []
    times: list[int] = []

    def run(rows: Any) -> None:
        padded = len(rows) * max(lengths[row] for row in rows)
        if padded > room:
            refused.append(padded)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.\nMore lines.")
        done.append(rows.tolist())
        times.append(len(refused))

    in_batches(np.array(lengths, np.int64), budget, run, name="our/tiny", device="cuda:0")
    return done, refused, times


@given(LENGTHS, st.integers(1, 2_000))
@settings(max_examples=200)
def test_every_row_has_its_turn_within_the_budget(lengths: list[int], budget: int) -> None:
    done, _, _ = batched(lengths, budget)
    order = [row for batch in done for row in batch]
    assert order == sorted(range(len(lengths)), key=lambda row: -lengths[row]), "the longest first, ties as they came"
    for number, batch in enumerate(done, 1):
        longest = lengths[batch[0]]
        assert len(batch) == 1 or len(batch) * longest <= budget
        assert number == len(done) or (len(batch) + 1) * longest > budget, "one more would have fitted"


@given(LENGTHS, st.integers(1, 5_000), st.integers(300, 2_000))
@settings(max_examples=200)
def test_memory_that_runs_out_costs_no_row(lengths: list[int], budget: int, room: int) -> None:
    done, refused, times = batched(lengths, budget, room)
    assert sorted(row for batch in done for row in batch) == list(range(len(lengths)))
    assert all(after <= before // 2 for before, after in pairwise(refused))
    for batch, before in zip(done, times, strict=True):
        most = refused[before - 1] // 2 if before else budget
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= most, "half of what did not fit the last time"


def test_a_text_that_does_not_fit_alone_is_an_error_that_names_it() -> None:
    with pytest.raises(WrongCall, match=r"our/tiny: a text of 250 tokens .*cuda:0, even alone \(CUDA out of memory\)"):
        batched([9, 250, 30], 1_000, 200)
