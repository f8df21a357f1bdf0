"""The licence gate of a public push: which rows may not be passed on, so far as is known, and what would pass."""

import json
from collections.abc import Sequence
from typing import Any

from okinst.builders import WrongCall
from okinst.licences import NOT_ADVICE
from okinst.publishing import lots
from okinst.publishing.built import BuiltFolder

_HEADS = ("source", "rows", "licence", "making", "why not")
#: what makes a public push pass, whatever the licences say
_PASSES = (
    ("--private (private=True)", "a private repository: you, and whom you invite, can read it"),
    (
        "--i-have-the-rights (i_have_the_rights=True)",
        "where the rights are yours or you were given permission; you answer for it",
    ),
)


class LicenceRefused(WrongCall):
    """A public push would pass on what nobody has permitted to pass on; nothing has left the machine."""


def check(built: BuiltFolder, repo_id: str, name: str = "") -> None:
    """Raise LicenceRefused where a set holds rows whose licence forbids passing them on, or does not say. `name` is what its user
    calls it."""
    name = name or built.name
    try:
        told = lots.report_of(built)
    except WrongCall as error:
        raise LicenceRefused(
            f"{name} is not pushed to {repo_id}: {str(error).replace(str(built.path.resolve()), name)}\n\nWhat would pass:\n{_aligned(_PASSES)}"
        ) from error
    against = [each for each in told["lots"] if each["not_passed_on"] and each["rows"] != 0]
    if against:
        raise LicenceRefused(refusal(name, repo_id, told["lots"], against, built.provenance))


def refusal(
    name: str,
    repo_id: str,
    there: Sequence[dict[str, Any]],
    against: Sequence[dict[str, Any]],
    provenance: dict[str, Any],
) -> str:
    """The message: which lots stand against a public push and why, and what would pass."""
    counts = [each["rows"] for each in there]
    if None in counts:
        rows = "some of its rows"
    else:
        gone = sum(each["rows"] for each in against)
        rows = f"{gone:,} of its {sum(counts):,} rows"
    table = [
        (
            each["source"],
            "" if each["rows"] is None else f"{each['rows']:,}",
            each["license"],
            each["making"],
            "; ".join(each["not_passed_on"]),
        )
        for each in against
    ]
    passes = list(_PASSES)
    if len(against) < len(there):
        passes.insert(1, _recipe(provenance, len(there) - len(against), counts, against))
    return (
        f"{name} is not pushed to {repo_id}: nobody has permitted passing on {rows}, so far as their licences say. Nothing has "
        f"left this machine.\n\n{_aligned([_HEADS, *table])}\n\nWhat would pass:\n{_aligned(passes)}\n\n{NOT_ADVICE}"
    )


def _recipe(
    provenance: dict[str, Any], left: int, counts: Sequence[int | None], against: Sequence[dict[str, Any]]
) -> tuple[str, str]:
    """The line of a recipe that leaves those rows out."""
    known = [count for count in counts if count is not None]
    if len(known) == len(counts):
        keeps = f"{sum(known) - sum(each['rows'] for each in against):,} of {sum(known):,} rows stay"
    else:
        keeps = f"{left:,} of {len(counts):,} parts stay"
    base = f" with extends = {json.dumps(provenance['name'])}" if provenance.get("published") else ""
    return 'license = "redistributable"', f"in a recipe{base}: {keeps}; build that and push it"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the last one as long as it is.

    >>> print(_aligned([("a", "bcd"), ("ef", "g")]))
      a   bcd
      ef  g
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
