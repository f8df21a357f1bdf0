"""The pictures of a card: rows by source, lengths, and scores where there was a selection. Their labels are in English, and Latin
letters only, as no font that knows Hangul may be there."""

import io
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from okinst.curation import passages
from okinst.publishing import distributions
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card.head import shape_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, Any]
#: in the order of the card
NAMES = ("sources", "lengths", "scores")
MISSING = "matplotlib is not installed: pip install 'okinst[publish]'"
#: inches and dots per inch, readable on a phone and sharp on a screen
_WIDTH, _DPI = 7.0, 150
_INK, _GREY, _BLUE, _ORANGE = "#1f2933", "#9aa5b1", "#2f6f9f", "#d9822b"
#: sources that have a bar of their own
BARS = 20
#: rows of a scorer that has a picture of its own, where another one has as many
LEAST = 20


def draw(built: BuiltFolder) -> tuple[dict[str, bytes], str]:
    """The pictures as PNG, by name; and why there are none. The same set gives the same bytes."""
    if not sum(built.provenance["rows"].values()):
        return {}, "there are no rows"
    if find_spec("matplotlib") is None:
        return {}, MISSING
    return {name: _png(*what) for name, what in _pictures(built)}, ""


def _pictures(built: BuiltFolder) -> Iterator[tuple[str, tuple[Any, ...]]]:
    bars = by_source(built)
    if len(bars) > 1:
        yield "sources", (_bars, 0.9 + 0.3 * len(bars), bars)
    if shape_of(built) not in ("raw", "view"):
        lines = lengths(built)
        yield "lengths", (_lengths, 3.2, lines)
    if built.selection:
        scorers = scores(built)
        if scorers:
            yield "scores", (_scores, 0.6 + 2.4 * len(scorers), scorers)


def by_source(built: BuiltFolder) -> list[tuple[str, int]]:
    """Rows by source, the largest first; those beyond BARS together."""
    counts: dict[str, int] = {}
    for each in built.provenance.get("composition", ()):
        counts[each["source"]] = counts.get(each["source"], 0) + each["rows"]
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    if len(ordered) <= BARS:
        return ordered
    rest = ordered[BARS - 1 :]
    return [*ordered[: BARS - 1], (f"{len(rest)} others", sum(rows for _, rows in rest))]


def lengths(built: BuiltFolder) -> list[tuple[str, dict[str, Any]]]:
    """Histograms of characters: of what is asked, and of what is answered where rows have answers."""
    found: dict[str, list[Array]] = {"instruction": [], "answer": []}
    for _, table in built.batches():
        for name, parts in found.items():
            parts.append(passages.lengths(table, "answer" if name == "answer" else "instruction"))
    told = []
    for name, parts in found.items():
        values = np.concatenate(parts)
        if values.any():
            told.append((name, distributions.of_lengths(name, values, np.zeros(len(values), np.int64), 1)))
    return told


def scores(built: BuiltFolder) -> list[tuple[str, dict[str, Any]]]:
    """By scorer, a histogram of the rows there were to choose from, and of those chosen."""
    table = pq.read_table(built.selection, columns=["chosen", "value", "scorer"])
    values = table["value"].to_numpy(zero_copy_only=False).astype(float)
    taken = table["chosen"].to_numpy(zero_copy_only=False).astype(np.int64)
    found = distributions.by_scorer(values, np.asarray(table["scorer"].to_pylist(), object), taken)
    largest = max((_count(told) for _, told in found), default=0)
    return [(name, told) for name, told in found if _count(told) >= min(LEAST, largest)]


def _count(told: dict[str, Any]) -> int:
    return int(np.sum(told["counts"]))


def _bars(axes: "list[Axes]", bars: list[tuple[str, int]]) -> None:
    (one,) = axes
    names, rows = [latin(name) for name, _ in bars], [count for _, count in bars]
    drawn = one.barh(range(len(bars)), rows, color=_BLUE, height=0.7)
    one.set_yticks(range(len(bars)), names)
    one.invert_yaxis()
    one.bar_label(drawn, [f"{count:,}" for count in rows], padding=4, fontsize=8, color=_INK)
    one.set_xlim(0, max(rows) * 1.15)
    one.set_xlabel("rows")


def _lengths(axes: "list[Axes]", lines: list[tuple[str, dict[str, Any]]]) -> None:
    (one,) = axes
    for (name, told), colour in zip(lines, (_BLUE, _ORANGE), strict=False):
        middle = told["stats"][0]["median"]
        # a text of no characters has no place on a scale of ratios: it stands at its left end
        edges = [0.7, *told["edges"][1:]]
        one.stairs(told["counts"][0], edges, color=colour, fill=True, alpha=0.25)
        one.stairs(told["counts"][0], edges, color=colour, label=f"{name} (median {middle:,g})")
    one.set_xscale("log")
    one.margins(x=0)
    one.set_xlabel("characters")
    one.set_ylabel("rows")
    one.legend(frameon=False, fontsize=8)


def _scores(axes: "list[Axes]", scorers: list[tuple[str, dict[str, Any]]]) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    for one, (name, told) in zip(axes, scorers, strict=True):
        outside, inside = told["counts"]
        edges = told["edges"]
        one.margins(x=0)
        one.stairs(np.add(outside, inside), edges, color=_GREY, fill=True, alpha=0.5, label="to choose from")
        one.stairs(inside, edges, color=_ORANGE, fill=True, label="chosen")
        if told["kind"] == "ratio":
            one.set_xscale("log")
            one.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            one.xaxis.set_minor_formatter(NullFormatter())
        one.set_title(latin(name), fontsize=9, loc="left")
        one.set_ylabel("rows")
        one.legend(frameon=False, fontsize=8)
    axes[-1].set_xlabel("score (the outermost scores share the first and the last bar)")


def latin(name: str) -> str:
    """A name in letters that every font has.

    >>> latin("한글-mix"), latin("hrc")
    ('??-mix', 'hrc')
    """
    return re.sub(r"[^\x20-\x7e]", "?", name).replace("$", "\\$")


def _png(paint: Any, height: float, told: Any) -> bytes:
    written = io.BytesIO()
    # no version: the same picture, the same bytes
    figure_of(paint, height, told).savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def figure_of(paint: Any, height: float, told: Any) -> Any:
    """The matplotlib figure that is saved."""
    # the object-oriented way, so that nothing of a caller's own matplotlib changes
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, StrMethodFormatter

    style: Any = {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _GREY,
    }
    style |= {"xtick.color": _INK, "ytick.color": _INK, "axes.spines.top": False, "axes.spines.right": False}
    with rc_context(style):
        figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        count = len(told) if paint is _scores else 1
        axes = list(figure.subplots(count, 1, squeeze=False)[:, 0])
        paint(axes, told)
        for one in axes:
            one.tick_params(axis="y", length=0)
            for axis in (one.xaxis, one.yaxis):
                if not isinstance(axis.get_major_locator(), FixedLocator):  # which has labels of its own
                    axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        figure.canvas.draw()
    return figure
