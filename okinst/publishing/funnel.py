"""What became of every row, as provenance.json tells it, laid out for reading: the report's page and the card both show it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any


def how_selected(known: dict[str, Any]) -> dict[str, Any]:
    """What the line of the selection says of how it measured."""
    return next((dict(step["select"]) for step in known.get("steps", ()) if "select" in step), {})


def parts(funnel: list[dict[str, Any]], inside: str = "") -> Iterator[dict[str, Any]]:
    """The lines of the funnel, those of parts that are mixtures after them."""
    for line in funnel:
        name = f"{inside}{line['source']}"
        kinds = {kind: line.get(kind) or {} for kind in ("left_out", "ruled_out", "mended", "dropped")}
        told = {
            key: line.get(key)
            for key in ("split", "read", "kept", "taken", "upstream_rows", "door", "license_note", "warning")
        }
        yield {"source": name, "inside": bool(inside), **told, **kinds}
        yield from parts(line.get("parts") or [], f"{name} / ")


def step(line: dict[str, Any]) -> dict[str, Any]:
    """One step of a recipe: rows in and out, and reasons over all sources and of each."""
    reasons: Counter[str] = Counter()
    sources = []
    for source, each in line["sources"].items():
        why = {**each["reasons"], **each.get("added", {})}
        reasons.update(each["reasons"])
        if each["rows_in"] or each["rows_out"]:
            sources.append([source, each["rows_in"], each["rows_out"], why])
    unit = next((unit for unit in ("tokens", "characters") if f"{unit}_in" in line), None)
    return {
        "step": line["step"],
        "in": line["rows_in"],
        "out": line["rows_out"],
        "unit": unit,
        "weight": line.get(f"{unit}_out"),
        "reasons": dict(reasons.most_common()),
        "changed": line.get("changed", {}),
        "set aside": line.get("set aside"),
        "searched": _searched(line.get("searched for")),
        "sources": sources,
    }


def _searched(coverage: dict[str, dict[str, int]] | None) -> list[int] | None:
    """How many items of how many evaluation sets a step looked for."""
    if coverage is None:
        return None
    return [sum(each["items"] - each["not searchable"] for each in coverage.values()), len(coverage)]
