"""Where the rows of a mixture are from: the path of a part, down through the parts that are mixtures themselves.

A part that is a source has one place, its name. A part that is a mixture has one for each source in it: `inner/hrc`,
`inner/kobest-copa/test`, `inner/innermost/own`. Rows of nested mixtures say by the beginning of their id which it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.mixtures.mixture import Part
from okinst.mixtures.rows import Rows

#: a source and its split, with which the id of every row begins
_LEAF = "^(?P<leaf>[^/]*/[^/]*)/"


@dataclass(frozen=True)
class Places:
    """The places of a mixture, part by part, and that of each row."""

    #: by the name of a part: its places
    of_part: dict[str, tuple[str, ...]]
    #: for each row the number of its place, in the order of `names`
    of_row: np.ndarray[Any, np.dtype[np.int32]]

    @property
    def names(self) -> list[str]:
        """All of them, in the order of the parts."""
        return [place for places in self.of_part.values() for place in places]

    @classmethod
    def of(cls, parts: Sequence[Part], rows: Rows) -> "Places":
        """The places of the rows of some parts, which stand one part after the other."""
        of_part: dict[str, tuple[str, ...]] = {}
        found, start, known = [], 0, 0
        for part, count in zip(parts, rows.counts, strict=True):
            leaves = part.places()
            of_part[part.name] = places = tuple(dict.fromkeys(leaves.values()))
            if part.mixture:
                numbers = {leaf: known + places.index(place) for leaf, place in leaves.items()}
                found.append(_numbered(rows.whole.data.table["id"].slice(start, count), numbers, known))
            else:
                found.append(np.full(count, known, np.int32))
            start, known = start + count, known + len(places)
        return cls(of_part, np.concatenate(found))


def _numbered(ids: pa.ChunkedArray, numbers: dict[str, int], otherwise: int) -> Any:
    """The number that the leaf of each id has."""
    found = [np.empty(0, np.int32)]
    for chunk in ids.chunks:
        leaves = pc.fill_null(pc.struct_field(pc.extract_regex(chunk, _LEAF), "leaf"), "").dictionary_encode()
        known = np.array([numbers.get(leaf, otherwise) for leaf in leaves.dictionary.to_pylist()], np.int32)
        found.append(known[leaves.indices.to_numpy(zero_copy_only=False)])
    return np.concatenate(found)
