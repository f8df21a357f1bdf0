"""How much of each part goes into a mixture: arithmetic alone, in rows or in tokens.

Each part has so much to give. `take` limits it first; then the parts are balanced: as they are, by shares of the whole, in
proportion, or by a temperature. What comes out always adds up to the size that was asked for, to the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

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
    if rate == "proportional":
        there = [part.there for part in parts]
        return there if size is None else _in_proportion(parts, there, size, unit)
    return _by_temperature(parts, temperature, size, unit)


def _by_share(parts: Sequence[Supply], size: int | None, unit: str) -> list[int]:
    shares = [part.share or 0.0 for part in parts]
    if size is None:  # as much as the scarcest part allows
        size = min(int(part.there * part.repeat / share + 1e-9) for part, share in zip(parts, shares, strict=True))
    wanted = apportion(shares, size)
    for part, want in zip(parts, wanted, strict=True):
        _enough(part, want, unit, f"its share of {part.share} of {size:,}")
    return wanted


def _in_proportion(parts: Sequence[Supply], there: Sequence[int], size: int, unit: str) -> list[int]:
    if size > sum(there):
        raise WrongCall(
            f"size = {size:,} {unit} were asked for, and the parts have {sum(there):,} left. Ask for fewer, or add a part."
        )
    return apportion(there, size)


def _by_temperature(parts: Sequence[Supply], temperature: float, size: int | None, unit: str) -> list[int]:
    limits = np.array([part.there * part.repeat for part in parts], dtype=np.float64)
    weights = np.array([part.there for part in parts], dtype=np.float64) ** (1 / temperature)
    if size is None:
        size = int((limits[weights > 0] / weights[weights > 0]).min() * weights.sum() + 1e-9)
    if size > limits.sum():
        raise WrongCall(
            f"size = {size:,} {unit} were asked for, and the parts have {int(limits.sum()):,} to give. Ask for fewer, or let "
            f"parts repeat."
        )
    # what a part cannot give, the others give in its place, in their proportions
    given, open_ = np.zeros(len(parts)), weights > 0
    while open_.any() and given.sum() < size - 1e-6:
        target = weights * open_ / (weights * open_).sum() * (size - given[~open_].sum())
        full = open_ & (target >= limits)
        if not full.any():
            given = np.where(open_, target, given)
            break
        given = np.where(full, limits, given)
        open_ &= ~full
    return apportion(list(given), size, list(map(int, limits)))


def _enough(part: Supply, want: int, unit: str, why: str) -> None:
    if want > part.there * part.repeat:
        more = -(-want // part.there) if part.there else 0
        hint = f"ask for a smaller size, or set repeat = {more} on it" if part.there else "nothing is left of it"
        raise WrongCall(f"{part.name}: {want:,} {unit} are {why}, and it has {part.there * part.repeat:,}: {hint}.")


def apportion(weights: Sequence[float], total: int, limits: Sequence[int] | None = None) -> list[int]:
    """Whole numbers in proportion to some weights that add up to a total, by largest remainder.

    >>> apportion([0.5, 0.3, 0.2], 9)
    [4, 3, 2]
    """
    whole = sum(weights)
    if not whole or not total:
        return [0] * len(weights)
    exact = [weight / whole * total for weight in weights]
    given = [int(part + 1e-9) for part in exact]
    # ties go to the earlier part
    order = sorted(range(len(exact)), key=lambda number: (round(given[number] - exact[number], 9), number))
    left = total - sum(given)
    while left > 0:
        moved = False
        for number in order:
            if left and (limits is None or given[number] < limits[number]):
                given[number], left, moved = given[number] + 1, left - 1, True
        if not moved:
            break
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
    if bad := [name for name, share in given.items() if not 0 < share <= 1]:
        raise WrongCall(f"{where}: the share of {bad[0]} is {given[bad[0]]}: it should lie above 0 and at most at 1.")
    if abs(sum(given.values()) - 1) > SLACK:
        told = " + ".join(f"{share:g}" for share in given.values())
        raise WrongCall(f"{where}: the shares are {told} = {sum(given.values()):g}, and should be 1 in all.")
