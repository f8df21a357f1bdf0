"""How much of each part goes into a mixture: arithmetic alone, in rows or in tokens.

Each part has so much to give. `take` limits it first; then the parts are balanced: as they are, by shares of the whole, in
proportion, or by a temperature. What comes out always adds up to the size that was asked for, to the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from okinst.builders import WrongCall
from okinst.mixtures.where import NOWHERE, Where, told

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
    #: where a recipe names it, for messages
    where: Where = NOWHERE


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
        with told(empty.where / "share"):
            raise WrongCall(
                f"{empty.name}: its share is {empty.share}, and nothing is left of it. Leave the part out, and share it among the "
                f"others, or ask for less of its rows."
            )
    # as much as the scarcest part allows
    most = min(
        int(part.there * part.repeat * whole / share) for part, share in zip(parts, shares, strict=True) if share
    )
    wanted = apportion(shares, most if size is None else size, names=[part.name for part in parts])
    for part, want in zip(parts, wanted, strict=True):
        with told(part.where / "share"):
            _enough(part, want, unit, f"its share of {part.share} of {size or most:,}", most)
    return wanted


def _in_proportion(parts: Sequence[Supply], there: Sequence[int], size: int, unit: str) -> list[int]:
    if size > sum(there):
        raise WrongCall(
            f"size = {size:,} {unit} were asked for, and the parts have {sum(there):,} left. Ask for {sum(there)} at most, or add "
            f"a part."
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
            f"size = {size:,} {unit} were asked for, and the parts have {sum(limits):,} to give. Ask for {sum(limits)} at most, "
            f"or let parts repeat."
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


def _enough(part: Supply, want: int, unit: str, why: str, most: int) -> None:
    if want > part.there * part.repeat:
        more = -(-want // part.there)
        raise WrongCall(
            f"{part.name}: {want:,} {unit} are {why}, and it has {part.there * part.repeat:,}: ask for a smaller size ({most} "
            f"{unit} at most), or set repeat = {more} on it."
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


def check_shares(
    shares: Mapping[str, float | None], mixture: str, places: Mapping[str, Where] | None = None, at: Where = NOWHERE
) -> None:
    """Raise WrongCall for shares that are not all there, or are not the whole.

    For messages: `places` is where a recipe has each part, `at` where it says what the parts are besides.
    """
    places = places or {}
    given = {name: share for name, share in shares.items() if share is not None}
    if not given:
        return
    for name, share in given.items():
        if isinstance(share, bool) or not 0 < share <= 1:
            with told(places.get(name, at) / "share"):
                raise WrongCall(
                    f"{mixture}: the share of {name} is {share}: it should lie above 0 and at most at 1, such as share = 0.5."
                )
    total = sum(given.values())
    if missing := [name for name in shares if name not in given]:
        left = f"{(1 - total) / len(missing):.4g}" if total < 1 - SLACK else ""
        what = f"share = {left} would be what is left" if left else "nothing is left: the others are 1 already"
        with told(places.get(missing[0], at)):
            raise WrongCall(
                f"{mixture}: {', '.join(missing)} has no share, and other parts have. Give one to every part, or to none; {what}."
            )
    if abs(total - 1) <= SLACK:
        return
    # the last that this recipe says itself: what it extends was right before
    own = [name for name in given if not at.file or places.get(name, at).file == at.file]
    others = total - given[own[-1]] if own else 0
    if own and others < 1:
        place, way = places.get(own[-1], at) / "share", f"share = {1 - others:.4g} for {own[-1]} would make it so"
    else:
        place = places.get(own[-1], at) / "share" if own else at
        way = "in proportion: " + ", ".join(f"{name} share = {share / total:.4g}" for name, share in given.items())
        if not own:
            way += " (to change a part of what is extended: [[parts]], source = its name, share = ...)"
    with told(place):
        raise WrongCall(
            f"{mixture}: the shares are {' + '.join(f'{share:g}' for share in given.values())} = {total:g}, and "
            f"should be 1 in all; {way}."
        )
