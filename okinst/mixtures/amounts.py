"""How much of each part goes into a mixture: arithmetic alone, in rows or in tokens.

Each part has so much to give. `take` limits it first; then the parts are balanced: as they are, by shares of the whole, in
proportion, or by a temperature. What comes out always adds up to the size that was asked for, to the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from okinst.builders import WrongCall

Rate = Literal["as given", "proportional", "temperature"]
RATES: tuple[Rate, ...] = ("as given", "proportional", "temperature")
#: how far shares may be from 1 in all: three thirds, written with four digits
SLACK = 1e-3


@dataclass(frozen=True)
class Supply:
    """What one part has to give, and how it may be given."""

    name: str
    #: rows, or tokens, that are left of it after take and all cleaning
    there: int
    #: its share of the mixture, where the recipe says so
    share: float | None = None
    #: how many times each of its rows is used (as given), or may be (any other rate)
    repeat: int = 1


def balance(
    parts: Sequence[Supply],
    *,
    rate: Rate = "as given",
    temperature: float = 1.0,
    size: int | None = None,
    unit: str = "rows",
) -> list[int]:
    """How much of each part comes out. Raises WrongCall where there is not enough for what was asked.

    >>> parts = [Supply("chat", 900, share=0.7), Supply("code", 400, share=0.3)]
    >>> balance(parts), balance(parts, size=100)
    ([900, 385], [70, 30])
    >>> balance([Supply("big", 10_000), Supply("small", 100)], rate="temperature", temperature=2, size=1_100)
    [1000, 100]
    """
    if any(part.share is not None for part in parts):
        return _by_share(parts, size, unit)
    if rate == "as given":
        given = [part.there * part.repeat for part in parts]
        return given if size is None else _in_proportion(parts, given, size, unit)
    return _by_temperature(parts, temperature if rate == "temperature" else 1.0, size, unit)


def _by_share(parts: Sequence[Supply], size: int | None, unit: str) -> list[int]:
    shares = [_exact(part.share or 0) for part in parts]
    whole = sum(shares)
    if empty := next((part for part in parts if not part.there), None):
        raise WrongCall(f"{empty.name}: its share is {empty.share}, and nothing is left of it.")
    if size is None:  # as much as the scarcest part allows
        size = min(
            int(part.there * part.repeat * whole / share) for part, share in zip(parts, shares, strict=True) if share
        )
    wanted = apportion(shares, size, names=[part.name for part in parts])
    for part, want in zip(parts, wanted, strict=True):
        _enough(part, want, unit, f"its share of {part.share} of {size:,}")
    return wanted


def _in_proportion(parts: Sequence[Supply], there: Sequence[int], size: int, unit: str) -> list[int]:
    if size > sum(there):
        raise WrongCall(
            f"size = {size:,} {unit} were asked for, and the parts have {sum(there):,} left. Ask for fewer, or add a part."
        )
    return apportion(there, size, names=[part.name for part in parts])


def _by_temperature(parts: Sequence[Supply], temperature: float, size: int | None, unit: str) -> list[int]:
    limits = [part.there * part.repeat for part in parts]
    # of floats only here; from here on it is exact, so that everything adds up
    weights = [_exact(part.there if temperature == 1 else part.there ** (1 / temperature)) for part in parts]
    if size is None:  # as much as the scarcest part allows
        known = [limit / weight for limit, weight in zip(limits, weights, strict=True) if weight]
        size = int(min(known, default=Fraction(0)) * sum(weights))
    if size > sum(limits):
        raise WrongCall(
            f"size = {size:,} {unit} were asked for, and the parts have {sum(limits):,} to give. Ask for fewer, or let "
            f"parts repeat."
        )
    # what a part cannot give, the others give in its place, in their proportions
    given = [Fraction(0)] * len(parts)
    waiting = [number for number, weight in enumerate(weights) if weight]
    left = Fraction(size)
    while waiting and left:
        whole = sum(weights[number] for number in waiting)
        full = [number for number in waiting if weights[number] * left / whole >= limits[number]]
        for number in full or waiting:
            given[number] = Fraction(limits[number]) if full else weights[number] * left / whole
        if not full:
            break
        left -= sum(limits[number] for number in full)
        waiting = [number for number in waiting if number not in full]
    return apportion(given, size, limits, [part.name for part in parts])


def _enough(part: Supply, want: int, unit: str, why: str) -> None:
    if want > part.there * part.repeat:
        more = -(-want // part.there)
        raise WrongCall(
            f"{part.name}: {want:,} {unit} are {why}, and it has {part.there * part.repeat:,}: ask for a smaller size, or set "
            f"repeat = {more} on it."
        )


def _exact(number: float | int | Fraction) -> Fraction:
    """A number as it is written: 0.7 is seven tenths."""
    return number if isinstance(number, Fraction) else Fraction(repr(number))


def apportion(
    weights: Sequence[float | Fraction],
    total: int,
    limits: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> list[int]:
    """Whole numbers in proportion to some weights that add up to a total, by largest remainder.

    Of equal remainders the first name goes first, so that the order of the parts decides nothing.

    >>> apportion([0.5, 0.3, 0.2], 9), apportion([0.5, 0.5], 3, names=["b", "a"])
    ([4, 3, 2], [1, 2])
    """
    exact = list(map(_exact, weights))
    whole = sum(exact)
    if not whole or not total:
        return [0] * len(exact)
    exact = [weight * total / whole for weight in exact]
    given = [int(part) for part in exact]
    order = sorted(
        range(len(exact)),
        key=lambda number: (given[number] - exact[number], names[number] if names else "", number),
    )
    left = total - sum(given)
    for number in order:
        if left and (limits is None or given[number] < limits[number]):
            given[number], left = given[number] + 1, left - 1
    return given


def check_shares(shares: dict[str, float | None], where: str) -> None:
    """Raise WrongCall for shares that are not all there, or are not the whole."""
    given = {name: share for name, share in shares.items() if share is not None}
    if not given:
        return
    if missing := [name for name, share in shares.items() if share is None]:
        raise WrongCall(
            f"{where}: {', '.join(missing)} has no share, and other parts have. Give one to every part, or to none."
        )
    if bad := [name for name, share in given.items() if isinstance(share, bool) or not 0 < share <= 1]:
        raise WrongCall(f"{where}: the share of {bad[0]} is {given[bad[0]]}: it should lie above 0 and at most at 1.")
    if abs(sum(given.values()) - 1) > SLACK:
        told = " + ".join(f"{share:g}" for share in given.values())
        raise WrongCall(f"{where}: the shares are {told} = {sum(given.values()):g}, and should be 1 in all.")
