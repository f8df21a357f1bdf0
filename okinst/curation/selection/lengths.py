"""Length groups: short texts are only compared with short ones, long ones with long ones."""

from typing import Any, Literal

import numpy as np

from okinst.builders import WrongCall

Array = np.ndarray[Any, Any]
Rule = Literal["equal", "quantile"]
RULES: tuple[Rule, ...] = ("equal", "quantile")


def length_groups(lengths: Array, count: int, rule: Rule = "equal") -> Array:
    """The group of each row, shape (n,), from 0 (the shortest) up; no number is left out.

    `lengths` (n,) are characters. "equal": by rank, sizes differ by one at most, and rows of one length that have to be parted are
    parted in their order. "quantile" is KoQuality's: [q(i/L), q((i+1)/L)) with q linearly interpolated over all rows, the last one
    closed. There rows of one length stay together, so groups differ in size, and there may be fewer than were asked for; so there
    are where there are fewer rows than groups.

    >>> length_groups(np.array([9, 3, 3, 3, 3, 7]), 3).tolist()
    [2, 0, 0, 1, 1, 2]
    >>> length_groups(np.array([9, 3, 3, 3, 3, 7]), 3, "quantile").tolist()
    [1, 0, 0, 0, 0, 1]
    """
    lengths = np.asarray(lengths)
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise WrongCall(f"length groups = {count!r}: should be a whole number, 1 or more.")
    if lengths.ndim != 1 or lengths.dtype.kind not in "iuf" or (lengths.dtype.kind == "f" and np.isnan(lengths).any()):
        raise WrongCall(
            f"lengths: an array of shape {lengths.shape}, {lengths.dtype}, was given. Give one number a row, none of them missing."
        )
    if rule not in RULES:
        raise WrongCall(f"there is no rule {rule!r} for length groups. There are {', '.join(RULES)}.")
    rows = len(lengths)
    if not rows:
        return np.zeros(0, np.int32)
    if rule == "quantile":
        edges = np.quantile(lengths, np.arange(1, count) / count)
        found = np.searchsorted(edges, lengths, side="right")
    else:
        found = np.empty(rows, np.int64)
        found[np.argsort(lengths, kind="stable")] = np.arange(rows) * int(count) // rows
    groups: Array = np.unique(found, return_inverse=True)[1].astype(np.int32)
    return groups
