"""Histograms of every row, by source: how long, how many turns, which score."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = np.ndarray[Any, Any]
#: the first decade of lengths, in whole characters, five bins a decade
_DECADE = (1, 2, 3, 4, 6, 10)
_STEPS = (1.6, 2.5, 4.0, 6.3, 10)
#: turns that have a bin of their own; more than that share the last one
TURNS = 20
#: bins of a score, and the share of the rows at either end that share a bin
BINS, TAIL = 30, 0.01


def turns(table: pa.Table) -> Array | None:
    """How many messages each row has; None where rows are no messages."""
    column = next((name for name in ("messages", "prompt") if name in table.column_names), None)
    if column is None or not pa.types.is_list(table[column].type):
        return None
    return np.asarray(pc.fill_null(pc.list_value_length(table[column]), 0).to_numpy(zero_copy_only=False), np.int64)


def length_edges(longest: int) -> Array:
    """From 0 in steps that a logarithm makes even, to beyond the longest: an empty text has a bin of its own.

    >>> length_edges(50).tolist()
    [0, 1, 2, 3, 4, 6, 10, 16, 25, 40, 63]
    """
    edges, scale = [0, *_DECADE], 10
    while edges[-1] <= longest:
        edges += [round(step * scale) for step in _STEPS]
        scale *= 10
    return np.array(edges[: int(np.searchsorted(edges, longest, side="right")) + 1])


def of_lengths(key: str, values: Array, group: Array, groups: int) -> dict[str, Any]:
    """A histogram of lengths in characters, one line a group."""
    return _told(key, values, length_edges(int(values.max(initial=0))), group, groups, "length")


def of_turns(values: Array, group: Array, groups: int) -> dict[str, Any]:
    """A histogram of turns."""
    least, most = (min(TURNS, int(each)) for each in (values.min(initial=TURNS), values.max(initial=0)))
    return _told("turns", values, np.arange(least, max(least, most) + 2), group, groups, "count")


def of_scores(key: str, values: Array, group: Array, groups: int) -> dict[str, Any]:
    """A histogram of scores; the outermost of them share the first and the last bin."""
    low, high = np.quantile(values, [TAIL, 1 - TAIL]) if len(values) else (1.0, 1.0)
    # perplexities are compared by their ratio, so are rates of two of them
    kind, edges = (
        ("ratio", np.geomspace(low, max(high, low * 1.001), BINS + 1))
        if low > 0
        else ("number", np.linspace(low, max(high, low + 1e-9), BINS + 1))
    )
    return _told(key, values, edges, group, groups, kind)


def by_scorer(values: Array, scorer: Array, taken: Array) -> list[tuple[str, dict[str, Any]]]:
    """A histogram of the scores of each scorer: of the rows that were not chosen, and of those that were. Rows without a score
    count in none."""
    found = []
    for name in sorted({str(each) for each in scorer[~np.isnan(values)]}):
        of = (scorer == name) & ~np.isnan(values)
        found.append((name, of_scores("score", values[of], taken[of], 2)))
    return found


def _told(key: str, values: Array, edges: Array, group: Array, groups: int, kind: str) -> dict[str, Any]:
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.zeros((groups, len(edges) - 1), np.int64)
    np.add.at(counts, (group, bins), 1)
    return {
        "key": key,
        "kind": kind,
        "edges": [round(float(edge), 4) for edge in edges],
        "counts": counts.tolist(),
        "stats": [_stats(values), *(_stats(values[group == each]) for each in range(groups))],
    }


def _stats(values: Array) -> dict[str, Any]:
    """Rows, median, 5 % and 95 %, and the largest."""
    if not len(values):
        return {"rows": 0}
    low, median, high = (round(float(value), 3) for value in np.quantile(values, [0.05, 0.5, 0.95]))
    return {"rows": len(values), "low": low, "median": median, "high": high, "most": round(float(values.max()), 3)}


def codes(values: pa.ChunkedArray) -> tuple[list[str], Array]:
    """The distinct texts, most frequent first and else by name, and the number of each row's; null is an empty one.

    >>> names, numbers = codes(pa.chunked_array([["b", "c"], ["c", "a"]]))
    >>> names, numbers.tolist()
    (['c', 'a', 'b'], [2, 0, 0, 1])
    """
    # no row becomes a Python string: sets have a million
    chunks = pc.fill_null(values, "").dictionary_encode().unify_dictionaries().chunks
    names = [str(name) for name in chunks[0].dictionary.to_pylist()] if chunks else []
    numbers = np.concatenate([np.empty(0, np.int64), *(chunk.indices.to_numpy() for chunk in chunks)]).astype(np.int64)
    counts = np.bincount(numbers, minlength=len(names))
    order = sorted(range(len(names)), key=lambda number: (-counts[number], names[number]))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return [names[number] for number in order], place[numbers]
