"""The columns that a scorer of likelihood gives, and what is derived from them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema([("nll", pa.float64()), ("tokens", pa.int32()), ("flag", pa.string())])


def likelihoods(nll: Any, tokens: Any, flags: Sequence[str]) -> pa.Table:
    """A row a text: the sum of negative log-likelihoods in nats, how many tokens it is of, and a flag.

    Where nothing was scored there is no sum: null, never 0 and never NaN.

    >>> likelihoods([4.5, 0.0], [3, 0], ["", "empty"]).to_pylist()[1]
    {'nll': None, 'tokens': 0, 'flag': 'empty'}
    """
    nll, tokens = np.asarray(nll, np.float64), np.asarray(tokens, np.int32)
    none = (tokens < 1) | ~np.isfinite(nll) | (np.asarray(flags, object) == "empty")
    counted = np.where(none, 0, tokens).astype(np.int32)
    return pa.table([pa.array(nll, mask=none), pa.array(counted), pa.array(flags, pa.string())], schema=SCHEMA)


def mean(scores: pa.Table) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Nats a token, the logarithm of perplexity; NaN (only here, where rows are compared) for a text without a score."""
    nll = scores["nll"].to_numpy().astype(np.float64)
    tokens = scores["tokens"].to_numpy()
    return np.asarray(np.where(tokens > 0, nll / np.maximum(tokens, 1), np.nan), np.float64)
