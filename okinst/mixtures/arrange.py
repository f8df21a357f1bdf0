"""Which of the rows that are left come out, how often, in which split, and in which order.

Which rows of a part are taken depends on the seed, the part's name and the number of its rows; the order of the whole on
the seed. That a part comes or goes changes nothing about which rows of the others are taken.
"""

import logging
import shlex
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from okinst.builders import WrongCall
from okinst.mixtures.amounts import Supply, balance
from okinst.mixtures.mixture import Mixture, Part, Tokens
from okinst.mixtures.rows import Indices, Rows
from okinst.mixtures.where import told
from okinst.mixtures.work import Work

logger = logging.getLogger("okinst")

#: why rows of the validation split are not in train
SET_ASIDE = "set aside for validation"


@dataclass(frozen=True)
class Order:
    """The rows of one split, in their order; `copy` counts the times a row has come before."""

    rows: Indices
    copy: Indices | None = None

    def __len__(self) -> int:
        return len(self.rows)


def arrange(
    rows: Rows, mixture: Mixture, work: Work, sampled: bool = False
) -> tuple[dict[str, Order], list[int], list[dict[str, Any]]]:
    """The order of each split, how many rows of each part come out, and lines for the funnel.

    `sampled` takes what there is where too much is asked for: the sample corpus is small.
    """
    queues = [_queue(rows, mixture, number) for number in range(len(mixture.parts))]
    before = work.count(rows, rows.alive)
    queues = [_taken(part, queue, rows, work, sampled) for part, queue in zip(mixture.parts, queues, strict=True)]
    with told(mixture.where, ("size", "rate")):
        chosen, cut = _balanced(queues, rows, mixture, work, sampled)
    for part, (taken, _) in zip(mixture.parts, chosen, strict=True):
        if not len(taken):
            logger.warning(
                "%s: of the part %s%s no row comes out; in the built folder provenance.json (steps) and dropped.parquet say where "
                "they went, in short: %s",
                mixture.name,
                part.name,
                f" ({part.where})" if part.where.file else "",
                _shown(mixture),
            )
    copies = np.concatenate([copy for _, copy in chosen])
    order = np.concatenate([each for each, _ in chosen])
    if not len(order):
        why = "its amounts are too small for its parts" if len(rows) else "nothing is left after its steps"
        with told(mixture.where):
            raise WrongCall(f"{mixture.name}: no rows come out; {why}. Ask for more rows, or for less of them.")
    lines = []
    out = work.count(rows, order)
    if mixture.is_worked_on or mixture.has_amounts:
        left = rows.alive[~rows.among(order)[rows.alive]]
        used = work.by_place(order[copies > 0], "used again")
        line = work.line("take", before, out, work.by_place(left, "not taken"), used)
        lines.append({**line, **({"asked": f"size = {_amount_told(mixture.size)}"} if cut else {})})
    with told(mixture.where / "validation"):
        held, kept, short_of = _validation(order, rows, mixture, work, sampled)
    again = held & (copies > 0)
    held &= copies == 0  # a row that is used several times is asked once
    orders = {}
    for split, wanted in (("train", kept), ("validation", held)):
        if split in mixture.splits:
            place = np.flatnonzero(wanted)
            if mixture.shuffle:
                place = np.random.default_rng(mixture.seed).permutation(place)
            orders[split] = Order(order[place], copies[place] if copies.any() else None)
    if mixture.validation is not None:
        # a row that was repeated is asked once: its other copies are in neither split
        aside, twice = work.by_place(order[held], SET_ASIDE), work.by_place(order[again], "copy of a row set aside")
        reasons = {place: {**aside.get(place, {}), **twice.get(place, {})} for place in work.places.names}
        line = work.line("validation", out, work.count(rows, orders["train"].rows), reasons)
        asked = {"asked": f"{short_of:,}"} if short_of else {}
        lines.append({**line, "set aside": len(orders["validation"]), **asked})
    return orders, [len(each) for each, _ in chosen], lines


def _shown(mixture: Mixture) -> str:
    """The command that shows a mixture, through the door that it was opened by."""
    given = (("--mirror", mixture.mirror), ("--data-dir", mixture.data_dir))
    door = [word for option, place in given if place for word in (option, str(place))]
    return shlex.join(["okinst", "show", mixture.where.file or mixture.name, *door, *(["--sample"] * mixture.sample)])


def _amount_told(amount: int | Tokens | None) -> str:
    return f"{amount:,} rows" if isinstance(amount, int) else str(amount)


def _queue(rows: Rows, mixture: Mixture, number: int) -> Indices:
    """The rows of a part that are left, in the order in which they are taken."""
    part = mixture.parts[number]
    there: Indices = rows.alive[rows.part[rows.alive] == number]
    if part.take is None and part.share is None and mixture.size is None and mixture.rate == "as given":
        return there
    rng = np.random.default_rng([mixture.seed, zlib.crc32(f"{part.config}/{part.split}".encode())])
    shuffled: Indices = there[rng.permutation(len(there))]
    return shuffled


def _taken(part: Part, queue: Indices, rows: Rows, work: Work, sampled: bool) -> Indices:
    """The rows of a part that its take means, in the order in which they are taken."""
    if part.take is None or not len(queue):
        return queue
    with told(part.where / "take"):
        taken: Indices = queue[_amount(part, part.take, queue, rows, work, sampled)]
    return taken


def _amount(part: Part, take: int | float | Tokens, queue: Indices, rows: Rows, work: Work, sampled: bool) -> Any:
    """Which of a queue's places an amount means. Raises WrongCall for more than there is, and for none."""
    if isinstance(take, Tokens):
        weights = work.weights(rows, queue)
        if weights.sum() < take.tokens and not sampled:
            raise WrongCall(
                f"{part.name}: {take} were asked for, and there are {int(weights.sum()):,}. Ask for so many at most, or "
                f"leave take out for all of them."
            )
        return _fitting(weights, take.tokens)
    count = round(take * len(queue)) if isinstance(take, float) else take
    if count > len(queue) and not sampled:
        raise WrongCall(
            f"{part.name}: take = {take:,} rows were asked for, and {len(queue):,} are left of it after the recipe's steps (filters, "
            f"duplicates, select and the like come before). Ask for so many at most, or leave take out for all of them."
        )
    if not count and not sampled:
        raise WrongCall(
            f"{part.name}: take = {take} of {len(queue):,} rows is none. Ask for more ({1 / len(queue):.2g} is one row), or leave "
            f"the part out."
        )
    return slice(count)


def _fitting(weights: Indices, amount: int) -> Indices:
    """The rows from the front that fit into an amount; one that is too long for what is left of it is passed over."""
    if int(weights.sum()) <= amount:
        return np.arange(len(weights))
    if len(weights) and weights.min() == weights.max() == 1:
        return np.arange(amount)
    found, left = [], amount
    for place, weight in enumerate(weights.tolist()):
        if weight <= left:
            found.append(place)
            left -= weight
            if not left:
                break
    return np.asarray(found, np.int64)


def _balanced(
    queues: Sequence[Indices], rows: Rows, mixture: Mixture, work: Work, sampled: bool
) -> tuple[list[tuple[Indices, Indices]], bool]:
    """For each part its rows, sorted, and for each of them how often it came before; and whether the sample was too small."""
    tokens = isinstance(mixture.size, Tokens)
    weights = [work.weights(rows, queue) if tokens else np.ones(len(queue), np.int64) for queue in queues]
    supplies = [
        Supply(part.name, int(weight.sum()), part.share, part.repeat, part.where)
        for part, weight in zip(mixture.parts, weights, strict=True)
    ]
    size = asked = mixture.size.tokens if isinstance(mixture.size, Tokens) else mixture.size
    if sampled and size is not None:
        size = min(size, sum(supply.there * supply.repeat for supply in supplies))
        if any(supply.share for supply in supplies):
            size = min(size, *(int(each.there * each.repeat / (each.share or 1)) for each in supplies))
    amounts = balance(
        supplies, rate=mixture.rate, temperature=mixture.temperature, size=size, unit="tokens" if tokens else "rows"
    )
    copies = [_copies(queue, weight, amount) for queue, weight, amount in zip(queues, weights, amounts, strict=True)]
    return copies, size != asked


def _copies(queue: Indices, weights: Indices, amount: int) -> tuple[Indices, Indices]:
    """So much of a queue, gone through again where that is more than it has."""
    there = int(weights.sum())
    if not there or not amount:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    whole, rest = divmod(amount, there)
    last = queue[_fitting(weights, rest)]
    found = np.concatenate([*[queue] * whole, last])
    copy = np.concatenate([*(np.full(len(queue), number) for number in range(whole)), np.full(len(last), whole)])
    order = np.lexsort((found, copy))  # all of the part, then all of it again
    return found[order], copy[order]


def _validation(order: Indices, rows: Rows, mixture: Mixture, work: Work, sampled: bool) -> tuple[Any, Any, int]:
    """Masks over the order: the rows held out, and the rows of train; and how many were asked for where a sample gives fewer.

    Near-duplicates, and all answers to one question, stay on one side together; a group that is larger than what is wanted stays
    in train.
    """
    if mixture.validation is None:
        return np.zeros(len(order), bool), np.ones(len(order), bool), 0
    distinct, place = np.unique(order, return_inverse=True)
    wanted = mixture.validation if isinstance(mixture.validation, int) else round(mixture.validation * len(distinct))
    asked = wanted
    if sampled:  # which is too small for most amounts
        wanted = max(1, min(wanted, len(distinct) // 5))
    if not wanted:
        raise WrongCall(
            f"{mixture.name}: validation = {mixture.validation} of {len(distinct):,} rows is none. Ask for more, or leave it out."
        )
    if wanted >= len(distinct):
        raise WrongCall(
            f"{mixture.name}: validation = {mixture.validation} would be {wanted:,} of {len(distinct):,} rows: nothing is left "
            f"to train on."
        )
    group = work.alike(rows, distinct)
    sizes = np.bincount(group)
    held = np.zeros(len(sizes), bool)
    count = 0
    for each in np.random.default_rng([mixture.seed, zlib.crc32(b"validation")]).permutation(len(sizes)):
        if count + sizes[each] <= wanted:
            held[each], count = True, count + sizes[each]
        if count == wanted:
            break
    if not count:
        raise WrongCall(
            f"{mixture.name}: validation = {mixture.validation} ({wanted:,} rows) cannot be set aside: the rows are too much alike to "
            f"be parted, of {len(distinct):,} there are {int(sizes.max()):,} that are near-duplicates of each other or answers to one "
            f'question. Ask for more, or take out what is there twice: dedup = true, or dedup = {{ on = "instruction" }}.'
        )
    if count < wanted:
        logger.warning(
            "%s: validation has %s of the %s rows asked for: the others are near-duplicates, or answers to one question, in groups "
            "too large for what is missing.",
            mixture.name,
            f"{count:,}",
            f"{wanted:,}",
        )
    mask = held[group][place]
    return mask, ~mask, asked if wanted < asked else 0
