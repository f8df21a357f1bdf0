"""Embeddings on a plane, to be looked at: their two principal axes."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
#: rows whose product is worked out at a time
BLOCK = 50_000


def on_two_axes(vectors: Array) -> tuple[Array, Array]:
    """Where each of (n, width) vectors lies along the two axes of most variance, as float32 with four digits behind the point.

    >>> x, y = on_two_axes(np.array([[0, 0, 1], [0, 0, -1], [0, 0.5, 0], [0, -0.5, 0]], np.float32))
    >>> sorted(np.abs(x).tolist()), sorted(np.abs(y).tolist())
    ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5])
    """
    from threadpoolctl import threadpool_limits

    rows, width = vectors.shape
    if rows == 0 or width == 0:
        return np.zeros(rows, np.float32), np.zeros(rows, np.float32)
    with threadpool_limits(1):  # else the last digits would depend on the number of threads
        mean = vectors.mean(axis=0, dtype=np.float64)
        product = np.zeros((width, width))
        for start in range(0, rows, BLOCK):
            own = vectors[start : start + BLOCK] - mean
            product += own.T @ own
        axes = np.linalg.eigh(product)[1][:, ::-1][:, :2]
        if axes.shape[1] < 2:
            axes = np.pad(axes, ((0, 0), (0, 1)))
        axes *= np.where(
            axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0
        )  # an axis has no direction: choose one
        placed = np.concatenate([(vectors[at : at + BLOCK] - mean) @ axes for at in range(0, rows, BLOCK)])
    flat = (np.round(placed, 4) + 0.0).astype(np.float32)
    return flat[:, 0], flat[:, 1]
