"""Rows of a set that ask the same, exactly or nearly, as groups."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from okinst.curation import duplicates

#: rows that are compared: about ten seconds' work
COMPARED = 100_000
#: groups that are listed, and rows of each
GROUPS, MEMBERS = 100, 12


def find(texts: Sequence[str]) -> dict[str, Any]:
    """What is there twice among some instructions: how many groups and rows of each kind, and the largest groups by place.

    A group is told by its first row, which is `kept`; the others are exact or near copies of a row of it.
    """
    found = duplicates.find(list(texts))
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
                    [int(place), round(float(found.similarity[place]), 3), duplicates.KINDS[found.kind[place]]]
                    for place in sorted(
                        places.tolist(), key=lambda place: (found.kind[place] != duplicates.KEPT, place)
                    )[:MEMBERS]
                ],
            }
        )
    return {
        "compared": len(texts),
        "groups": len(names),
        "exact": int(np.count_nonzero(found.kind == duplicates.EXACT)),
        "near": int(np.count_nonzero(found.kind == duplicates.NEAR)),
        "listed": listed,
    }
