"""What sets selections apart: what each of them holds, and how much they have in common.

said = Described.of(instructions, answers, measures.values, measures.order, alike)
summary(said, chosen, labels)["near_duplicates"]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from okinst.curation.scripts import hangul_share, is_korean
from okinst.curation.selection.rules import pick

Array = np.ndarray[Any, Any]
#: rows whose membership is multiplied out at a time
BLOCK = 20_000
#: digits behind the point of what is told
DIGITS = 6
#: what `summary` tells, and in which unit
METRICS: dict[str, str] = {
    "rows": "rows",
    "near_duplicates": "rows beyond the first of each group of near-duplicate instructions",
    "hangul_instruction": "mean share of Hangul among the letters of the instruction",
    "hangul_answer": "mean share of Hangul among the letters of the answer",
    "no_hangul_instruction": "rows whose instruction has no Hangul",
    "no_hangul_answer": "rows whose answer has no Hangul",
    "length_instruction": "mean characters of the instruction",
    "length_answer": "mean characters of the answer",
    "coverage": "share of the clusters that gave a row",
    "score": "geometric mean of the score (a perplexity, or IFD), whichever scorer a row was given to",
    "rank": "mean rank by the score, among the rows of the same scorer: 0 the lowest, 1 the highest",
}


@dataclass(frozen=True, eq=False)
class Described:
    """What n rows are compared by; each array (n,)."""

    #: share of Hangul among the letters, and whether there is any
    hangul_instruction: Array
    hangul_answer: Array
    korean_instruction: Array
    korean_answer: Array
    #: characters
    length_instruction: Array
    length_answer: Array
    #: natural logarithm of the score, and its rank between 0 and 1; NaN where a row has none
    logarithm: Array
    rank: Array
    #: one number for all rows of a group of near-duplicates
    alike: Array

    @classmethod
    def of(
        cls, instructions: Sequence[str], answers: Sequence[str], values: Array, order: Array, alike: Array
    ) -> "Described":
        """From texts, scores (`Measures.values`), what rows are sorted by (`Measures.order`), and duplicate groups."""
        count = len(instructions)
        asked, answered = (
            (
                np.fromiter(map(hangul_share, texts), np.float64, count),
                np.fromiter(map(is_korean, texts), bool, count),
                np.fromiter(map(len, texts), np.int64, count),
            )
            for texts in (instructions, answers)
        )
        return cls(
            asked[0], answered[0], asked[1], answered[1], asked[2], answered[2], np.log(values), ranks(order), alike
        )


def ranks(order: Array) -> Array:
    """The rank of each number among all, between 0 and 1; equal ones share the middle of their places, NaN has none.

    >>> ranks(np.array([7.0, 3.0, np.nan, 3.0])).tolist()
    [1.0, 0.25, nan, 0.25]
    """
    found = np.full(len(order), np.nan)
    there = np.flatnonzero(~np.isnan(order))
    _, number, count = np.unique(order[there], return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count + 1) / 2
    found[there] = middle[number] / max(len(there) - 1, 1)
    return found


def summary(said: Described, rows: Array, labels: Array | None = None) -> dict[str, Any]:
    """METRICS of some rows, given by number. `labels` (n,) are the clusters of all rows, -1 for none; without them, and where
    there is nothing to take a mean of, a value is None."""
    return {
        "rows": len(rows),
        "near_duplicates": len(rows) - len(np.unique(said.alike[rows])),
        "hangul_instruction": _mean(said.hangul_instruction[rows]),
        "hangul_answer": _mean(said.hangul_answer[rows]),
        "no_hangul_instruction": int((~said.korean_instruction[rows]).sum()),
        "no_hangul_answer": int((~said.korean_answer[rows]).sum()),
        "length_instruction": _mean(said.length_instruction[rows]),
        "length_answer": _mean(said.length_answer[rows]),
        "coverage": None if labels is None else _coverage(labels, rows),
        "score": _mean(said.logarithm[rows], np.exp),
        "rank": _mean(said.rank[rows]),
    }


def uniform(eligible: Array, count: int, seed: int) -> Array:
    """The baseline: so many of the eligible rows by lot, whatever their cluster, ascending."""
    if not count:
        return eligible[:0]
    drawn: Array = eligible[pick("random", None, np.zeros(len(eligible), np.int64), rows=count, seed=seed).rows]
    return drawn


def in_common(choices: Sequence[Array], count: int) -> Array:
    """How many rows each two of some choices, given by the numbers of their rows among `count`, ascending, have in common, (c, c).

    >>> in_common([np.array([0, 1, 2]), np.array([2, 4])], 5).tolist()
    [[3, 1], [1, 2]]
    """
    found = np.zeros((len(choices), len(choices)), np.int64)
    for start in range(0, count, BLOCK):
        # whole numbers up to BLOCK: float32 holds them all exactly, and multiplies them fast
        there = np.zeros((len(choices), min(BLOCK, count - start)), np.float32)
        for number, rows in enumerate(choices):
            first, end = np.searchsorted(rows, (start, start + BLOCK))
            there[number, rows[first:end] - start] = 1
        found += (there @ there.T).astype(np.int64)
    return found


def overlaps(common: Array) -> list[list[float | None]]:
    """Rows in both as a share of the rows of the smaller, for each two choices; None where the smaller has no row.

    >>> overlaps(np.array([[3, 1, 0], [1, 2, 0], [0, 0, 0]]))
    [[1.0, 0.5, None], [0.5, 1.0, None], [None, None, None]]
    """
    sizes = common.diagonal()
    smaller = np.minimum.outer(sizes, sizes)
    return [
        [round(both / of, DIGITS) if of else None for both, of in zip(row, whole, strict=True)]
        for row, whole in zip(common.tolist(), smaller.tolist(), strict=True)
    ]


def _coverage(labels: Array, rows: Array) -> float | None:
    there = np.bincount(labels[labels >= 0])
    covered = np.bincount(labels[rows][labels[rows] >= 0], minlength=len(there))
    return round(float((covered > 0).sum() / (there > 0).sum()), DIGITS) if len(there) else None


def _mean(values: Array, undo: Any = float) -> float | None:
    """The mean of those that there are."""
    there = values[~np.isnan(values)]
    return round(float(undo(there.mean())), DIGITS) if len(there) else None
