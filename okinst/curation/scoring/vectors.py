"""What embedders give: a vector and a flag for each text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def embeddings(vectors: np.ndarray[Any, Any], flags: Sequence[str]) -> pa.Table:
    """The table of an embedder: (n, d) float32 without a copy, and the flags.

    >>> embeddings(np.ones((1, 2), np.float32), [""]).to_pylist()
    [{'embedding': [1.0, 1.0], 'flag': ''}]
    """
    flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
    return pa.table(
        {
            "embedding": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            "flag": pa.array(flags, pa.string()),
        }
    )
