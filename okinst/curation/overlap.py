"""How much of one set stands in another: the overlap matrix, as numbers and as a heat map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from okinst.curation import duplicates

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Overlap:
    """Which rows of each set have a duplicate in each other one.

    `rows` (n,) counts each set; `exact` (n, n) the rows of set i that have an exact duplicate in set j; `near` (n, n) the rows of set
    i that have a near one in set j and no exact one. On the diagonal: those that have another such row in their own set. The
    matrices are not symmetric: one row may have many duplicates, and sets differ in size.
    """

    names: tuple[str, ...]
    on: str
    rows: Array
    exact: Array
    near: Array

    def share(self) -> Array:
        """The share of the rows of set i that has any duplicate in set j, shape (n, n); 0 for an empty set."""
        share: Array = (self.exact + self.near) / np.maximum(self.rows, 1)[:, None]
        return share

    def as_json(self) -> dict[str, Any]:
        """Plain values: the sets, and one entry a pair."""
        share = self.share()
        return {
            "on": self.on,
            "sets": [{"name": name, "rows": int(rows)} for name, rows in zip(self.names, self.rows, strict=True)],
            "pairs": [
                {
                    "of": one,
                    "in": other,
                    "exact": int(self.exact[i, j]),
                    "near": int(self.near[i, j]),
                    "share": round(float(share[i, j]), 6),
                }
                for i, one in enumerate(self.names)
                for j, other in enumerate(self.names)
            ],
        }


def overlap(
    sets: Mapping[str, Sequence[str]],
    *,
    on: str = "",
    near: bool = True,
    threshold: float = duplicates.THRESHOLD,
    seed: int = 0,
) -> Overlap:
    """The overlap of sets of texts, by name. `on` says which texts these are; the rest is as for `duplicates.find`.

    A row whose text is empty has no duplicates.

    >>> found = overlap({"a": ["지구는 왜 도나요?", "왜?", ""], "b": ["지구는 왜 도나요", "왜?", "왜?"]})
    >>> found.exact.tolist(), found.near.tolist()
    ([[0, 1], [2, 2]], [[0, 1], [1, 0]])
    """
    names = tuple(sets)
    rows = np.array([len(sets[name]) for name in names], np.int64)
    texts = [text for name in names for text in sets[name]]
    groups = duplicates.find(texts, near=near, threshold=threshold, seed=seed)
    owner = np.repeat(np.arange(len(names)), rows)
    said = np.fromiter((bool(text.strip()) for text in texts), bool, len(texts))
    count = np.zeros((int(groups.text.max(initial=-1)) + 1, len(names)), np.int32)
    np.add.at(count, (groups.text[said], owner[said]), 1)
    alike = np.zeros(count.shape, bool)
    for one, other in (groups.pairs.T, groups.pairs.T[::-1]):
        np.logical_or.at(alike, one, count[other] > 0)
    # a row is no duplicate of itself
    exactly = count[groups.text] - (owner[:, None] == np.arange(len(names))) * said[:, None] > 0
    nearly = alike[groups.text] & ~exactly
    exact, nearby = np.zeros((2, len(names), len(names)), np.int64)
    np.add.at(exact, owner[said], exactly[said])
    np.add.at(nearby, owner[said], nearly[said])
    return Overlap(names, on, rows, exact, nearby)


#: of the heat map, in pixels
_CELL, _LEFT, _TOP, _CHAR = 84, 210, 120, 7.2
_PAPER, _INK = (255, 255, 255), (178, 24, 43)


def svg(found: Overlap) -> str:
    """The heat map as one SVG document that needs nothing else: rows are sets, columns where their duplicates stand."""
    size = len(found.names)
    left = max(_LEFT, round(max(map(len, found.names), default=0) * _CHAR) + 20)
    width, height = left + size * _CELL + 60, _TOP + size * _CELL + 40
    what = f"{found.on} texts" if found.on else "texts"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>Overlap of {escape(what)}: share of the rows of the set on the left with a duplicate in the set above</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    share = found.share()
    for i, name in enumerate(found.names):
        y = _TOP + i * _CELL
        x = left + i * _CELL
        lines.append(
            f'<text x="{left - 8}" y="{y + _CELL / 2 - 2}" text-anchor="end">{escape(name)}</text>'
            f'<text x="{left - 8}" y="{y + _CELL / 2 + 14}" text-anchor="end" fill="#666">{found.rows[i]:,} rows</text>'
        )
        place = f"{x + _CELL / 2} {_TOP - 8}"
        lines.append(f'<text transform="translate({place}) rotate(-35)">{escape(name)}</text>')
    for i, one in enumerate(found.names):
        for j, other in enumerate(found.names):
            lines.append(_cell(found, share[i, j], i, j, left, f"{one} in {other}"))
    lines.append(
        f'<text x="{left}" y="{height - 14}" fill="#666">Share of the rows of the set on the left with a duplicate in the set '
        "above (exact + near); on the diagonal within the set.</text>"
    )
    return "\n".join([*lines, "</svg>"]) + "\n"


def html(found: Overlap) -> str:
    """The heat map and the table of its numbers as one HTML page that needs nothing else."""
    rows = "\n".join(
        f"<tr><td>{escape(pair['of'])}</td><td>{escape(pair['in'])}</td><td>{pair['exact']:,}</td><td>{pair['near']:,}</td>"
        f"<td>{pair['share']:.2%}</td></tr>"
        for pair in found.as_json()["pairs"]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>okinst overlap</title>\n'
        "<style>body{font-family:sans-serif}td,th{padding:.2em .8em;text-align:right}"
        "td:nth-child(-n+2),th:nth-child(-n+2){text-align:left}</style></head><body>\n"
        f"{svg(found)}<table><tr><th>rows of</th><th>with a duplicate in</th><th>exact</th><th>near</th><th>share</th></tr>\n"
        f"{rows}\n</table></body></html>\n"
    )


def _cell(found: Overlap, share: float, i: int, j: int, left: int, what: str) -> str:
    # The square root: a few per cent is what one wants to see, and would be next to white.
    depth = float(share) ** 0.5
    colour = "#" + "".join(
        f"{round(paper + (ink - paper) * depth):02x}" for paper, ink in zip(_PAPER, _INK, strict=True)
    )
    x, y = left + j * _CELL, _TOP + i * _CELL
    text = "0" if share == 0 else "<0.1 %" if share < 0.001 else f"{share:.1%}".replace("%", " %")
    ink = "#fff" if depth > 0.6 else "#222"
    return (
        f"<g><title>{escape(what)}: {found.exact[i, j]:,} exact, {found.near[i, j]:,} near</title>"
        f'<rect x="{x}" y="{y}" width="{_CELL - 2}" height="{_CELL - 2}" fill="{colour}" stroke="#ddd"/>'
        f'<text x="{x + _CELL / 2 - 1}" y="{y + _CELL / 2 + 4}" text-anchor="middle" fill="{ink}">{escape(text)}</text></g>'
    )
