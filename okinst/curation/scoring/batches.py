"""Batches of texts of like length under a budget of tokens, and what to do when the GPU's memory runs out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from okinst.builders import WrongCall

Array = np.ndarray[Any, Any]


def by_length(lengths: Array) -> Array:
    """Row numbers, the longest first: what memory has to hold is known at the start. Equal lengths keep their order.

    >>> by_length(np.array([3, 9, 3, 5])).tolist()
    [1, 3, 0, 2]
    """
    return np.argsort(-lengths, kind="stable")


def first_batch(lengths: Array, budget: int) -> int:
    """How many of the first texts make one batch: padded to the longest, at most `budget` tokens, at least one text.

    `lengths` (n,) falls from the longest on.

    >>> first_batch(np.array([50, 40, 40, 2]), 128)
    2
    >>> first_batch(np.array([500, 1]), 128)
    1
    """
    return max(1, min(len(lengths), budget // max(1, int(lengths[0]))))


def in_batches(lengths: Array, budget: int, run: Callable[[Array], None], *, name: str, device: str) -> None:
    """Call `run` with the row numbers of one batch after the other, until every row had its turn.

    Where the GPU's memory runs out, nothing is lost: the batch is cut anew at half the budget, and what is left goes on with
    that. Raises WrongCall where even one text alone does not fit.
    """
    import torch

    left = by_length(lengths)
    while len(left):
        rows = left[: first_batch(lengths[left], budget)]
        try:
            run(rows)
        except torch.cuda.OutOfMemoryError as error:
            full = str(error)
        else:
            left = left[len(rows) :]
            continue
        # outside of the except clause: the error holds the frames, and they hold the tensors
        longest = int(lengths[rows[0]])
        if len(rows) == 1:
            raise WrongCall(
                f"{name}: a text of {longest:,} tokens does not fit into the memory of {device}, even alone ({_first_line(full)}). Set "
                f"max_tokens below {longest:,}, or dtype='bfloat16' if it is float32 now, or take a smaller model."
            )
        torch.cuda.empty_cache()
        budget = len(rows) * longest // 2


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200].rstrip(".")
