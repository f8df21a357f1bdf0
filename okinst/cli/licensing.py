"""What `okinst licence` prints of a report (`okinst.publishing.lots`)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from okinst.licences import NOT_ADVICE

HEADS = ("source", ">rows", "licence", "terms of", "com-\nmercial", "pass\non", "share\nalike")
#: the column that may take several lines
FOLDING = "terms of"


def table(told: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """One line a lot, and one for the whole; heads as HEADS."""
    for each in told["lots"]:
        yield (
            each["source"],
            _count(each),
            each["license"],
            ", ".join(each["terms"]),
            each["commercial"],
            each["redistributable"],
            "yes" if each["share_alike"] else "no",
        )
    whole = told["whole"]
    rows = whole["rows"]
    yield (
        "all",
        "" if rows is None else ("" if all(each["rows_exact"] for each in told["lots"]) else "~") + f"{rows:,}",
        whole["hub"] if len(whole["licenses"]) == 1 else f"{len(whole['licenses'])} licences",
        ", ".join(whole["providers"]),
        whole["commercial"],
        whole["redistributable"],
        "yes" if whole["share_alike"] else "no",
    )


def _count(each: dict[str, Any]) -> str:
    mark = "" if each["rows_exact"] else "~"
    if each["rows"] is not None:
        return f"{mark}{each['rows']:,}"
    return f"of {mark}{each['among']:,}" if each["among"] is not None else "?"


def result(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was computed: a word, and a sentence about it."""
    whole = told["whole"]
    yield "card", f"license: {whole['hub']}. {whole['explanation'].removesuffix(NOT_ADVICE).strip()}"
    for conflict in whole["conflicts"]:
        yield conflict["kind"], conflict["text"]
    by_source: dict[str, list[str]] = {}
    for each in told["origins"]:
        by_source.setdefault(each["source"], []).append(f"{each['origin']} ({each['license']})")
    for source, origins in by_source.items():
        stated = ", ".join(dict.fromkeys(each["license"] for each in told["lots"] if each["source"] == source))
        yield "origin", f"{source} says {stated}, and was made from what is stricter: {', '.join(origins)}."


def kept(told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What `license = "commercial"` would keep: stays or goes, which rows, and why."""
    several = Counter(each["source"] for each in told["lots"])
    for each in told["lots"]:
        rows = _count(each)
        which = each["source"] + (f", {each['license']}" if several[each["source"]] > 1 else "")
        why = "; ".join(each["why"]) if each["why"] else f"{each['license']}, {each['making']}"
        yield ("stays" if each["kept"] else "goes", f"{which} ({rows})", why)


def kept_rows(told: dict[str, Any]) -> str:
    """The number of rows that would stay, so far as it is known.

    >>> kept_rows({"lots": [{"kept": True, "rows": 3, "rows_exact": True}, {"kept": False, "rows": 4, "rows_exact": True}]})
    '3 of 7 rows'
    """
    if any(each["rows"] is None for each in told["lots"]):
        return "how many rows is not known before it is built"
    stay = sum(each["rows"] for each in told["lots"] if each["kept"])
    exact = all(each["rows_exact"] for each in told["lots"])
    mark = "" if exact else "~"
    return f"{mark}{stay:,} of {mark}{sum(each['rows'] for each in told['lots']):,} rows"
