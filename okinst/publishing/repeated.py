"""Rows of a set that ask the same, exactly or nearly, as groups."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from okinst.curation import duplicates, fingerprints
from okinst.curation.normal import normalise_all
from okinst.curation.verification import LONG

Array = np.ndarray[Any, Any]
#: rows that are compared: about ten seconds' work
COMPARED = 100_000
#: characters that pairs of alike rows are compared by: about half a minute's work. Where all rows are alike, as sentences of
#: the same few words are, so many of them are compared as this allows
CHARACTERS = 50_000_000
#: what a pair costs besides its characters, as so many of them
_PAIR = 60
#: rows that are looked at first, to see how alike they are
_FIRST = 5_000
#: groups that are listed, and rows of each
GROUPS, MEMBERS = 100, 12


def find(texts: Sequence[str]) -> dict[str, Any]:
    """What is there twice among some instructions: how many groups and rows of each kind, and the largest groups by place.

    A group is told by its first row, which is `kept`; the others are exact or near copies of a row of it. `exact` and `near` are
    rows beyond the first of their group: those that would go, were each group to become one row. Of texts that are very much
    alike `compared` may be fewer than there are, drawn by lot; the same texts always give the same.
    """
    drawn = within_reach(texts)
    found = duplicates.find([texts[place] for place in drawn.tolist()])
    there = np.flatnonzero(found.kind != duplicates.ALONE)
    names, inverse, sizes = np.unique(found.group[there], return_inverse=True, return_counts=True)
    largest = np.lexsort((names, -sizes))[:GROUPS]
    listed = []
    for number in largest.tolist():
        places = there[inverse == number]
        listed.append(
            {
                "size": len(places),
                "exact": int(np.count_nonzero(found.kind[places] == duplicates.EXACT)),
                "near": int(np.count_nonzero(found.kind[places] == duplicates.NEAR)),
                "rows": [
                    [int(drawn[place]), round(float(found.similarity[place]), 3), duplicates.KINDS[found.kind[place]]]
                    for place in sorted(
                        places.tolist(), key=lambda place: (found.kind[place] != duplicates.KEPT, place)
                    )[:MEMBERS]
                ],
            }
        )
    return {
        "compared": len(drawn),
        "groups": len(names),
        "exact": int(np.count_nonzero(found.kind == duplicates.EXACT)),
        "near": int(np.count_nonzero(found.kind == duplicates.NEAR)),
        "listed": listed,
    }


def within_reach(texts: Sequence[str]) -> Array:
    """The places, in order, of the texts that can be compared by CHARACTERS of alike pairs; of more some by lot.

    >>> within_reach(["왜 하늘은 파란가요?", "왜 바다는 짠가요?"]).tolist()
    [0, 1]
    """
    order = np.random.default_rng(0).permutation(len(texts))
    size = min(_FIRST, len(texts))
    while size:
        # Pairs grow with the square of the rows, at most.
        reach = int(size * (CHARACTERS / max(1, _work([texts[place] for place in order[:size].tolist()]))) ** 0.5)
        if reach < 2 * size or reach >= len(texts):
            size = min(reach, len(texts))
            break
        size *= 2
    return np.sort(order[:size])


def _work(texts: Sequence[str]) -> int:
    """Characters by which pairs of texts would be compared: those that share a fingerprint, so that they may be alike."""
    forms = [form for form in dict.fromkeys(normalise_all(texts)) if form]
    lengths = np.fromiter(map(len, forms), np.int64, len(forms))
    long = fingerprints.weights(forms) >= LONG
    work = 0
    for some, pairs_of in ((long, lambda these: fingerprints.long_pairs(these, 0)), (~long, fingerprints.short_pairs)):
        places = np.flatnonzero(some)
        pairs = pairs_of([forms[place] for place in places.tolist()])
        work += _PAIR * len(pairs) + int(lengths[places[pairs]].sum())
    return work
