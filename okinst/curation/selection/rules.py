"""Which rows to take: rules over scores and clusters. The lower the score, the better (a perplexity).

    pick("budget", scores, clusters, share=0.01).rows

`stride`  KoQuality's: of each cluster, by ascending score, the rows 0, s, 2s, ... with s = int(1 / share). Every cluster gives
          ceil(n/s) rows, its best one always: 1 % gives a little more, 40 % gives a half, 60 % all. With a number of rows, s is
          the number of rows there are over that, rounded down.
`budget`  exactly round(share x n) rows: clusters in proportion to their size, in each evenly along the score, from its best row on
`high`    as many, of each cluster those with the highest scores
`low`     as many, of each cluster those with the lowest scores
`middle`  as many, of each cluster those nearest to the middle of its ranks, the lower score first
`random`  as many, of each cluster (rows without a score among them) any: the baseline

Each rule gives every cluster a quota and every row of a cluster a place in a queue. What comes out depends on which rows are together
in a cluster, not on how clusters are numbered: where quotas tie, the larger cluster goes first, and of equal ones the lot decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from okinst.builders import WrongCall

Array = np.ndarray[Any, Any]
Rule = Literal["stride", "budget", "high", "low", "middle", "random"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows that a rule takes."""

    #: row numbers, ascending, each once
    rows: Array
    #: how many the rule was to take; fewer came where there are not so many duplicate groups
    asked: int
    #: the rows it could choose from
    eligible: int

    @property
    def short(self) -> int:
        """Rows that were asked for, and could not be had without taking a duplicate group twice."""
        return self.asked - len(self.rows)


def pick(
    rule: Rule,
    scores: Array | None,
    clusters: Array,
    *,
    share: float | None = None,
    rows: int | None = None,
    seed: int = 0,
    duplicates: Array | None = None,
    groups: Array | None = None,
) -> Selection:
    """Rows by a rule, named. `seed` is for ties, and for "random", which can do without scores.

    `scores` (n,) may hold NaN. Rows without a score are not among the n of a share, and only "random" takes them. `clusters` (n,)
    are any whole numbers. Give `share`, above 0 and at most 1, or `rows`. With `duplicates` (n,), one number for all rows of a
    duplicate group, no group gives two rows: a cluster makes up for it with other rows of its own, and where it has none, other
    clusters do. Raises WrongCall.

    >>> scores, clusters = np.array([5.0, 1, 3, 2, 4, 9, 8]), np.array([0, 0, 0, 0, 0, 1, 1])
    >>> pick("budget", scores, clusters, rows=3).rows.tolist()
    [1, 2, 6]
    >>> pick("stride", scores, clusters, share=0.4).rows.tolist()  # every second one
    [0, 1, 2, 6]
    >>> pick("high", scores, clusters, rows=3, duplicates=np.array([7, 1, 2, 3, 7, 5, 6])).rows.tolist()
    [0, 2, 5]
    """
    if rule not in RULES:
        raise WrongCall(f"there is no rule {rule!r} of selection. There are {', '.join(RULES)}.")
    table = _Table.of(scores, clusters, duplicates, groups, needs_scores=rule != "random", seed=seed)
    wanted = table.amount(share, rows)
    if rule == "stride":
        # a step past the last row is one row a cluster, however long it is
        step = int(min(1 / share, max(table.counted, 1))) if share is not None else table.counted // wanted
        quotas, queue = -(-table.sizes // step), _Queue(_upwards, _every(step))
    else:
        quotas, queue = table.quotas(table.sizes, wanted), _QUEUES[rule]
    asked = int(quotas.sum())
    return Selection(table.take(quotas, queue), asked, len(table.order))


# -- queues ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Queue:
    """In which order the ranks of a cluster stand (0 is the lowest score), and which places of the queue are taken."""

    #: ranks from 0 -> the same, in the order of the queue
    order: Callable[[Array], Array]
    #: how many stand there, how many of them are taken -> their places
    places: Callable[[int, int], Array]


def _upwards(ranks: Array) -> Array:
    return ranks


def _downwards(ranks: Array) -> Array:
    return ranks[::-1]


def _from_the_middle(ranks: Array) -> Array:
    from_there: Array = np.argsort(np.abs(2 * ranks - (len(ranks) - 1)), kind="stable")
    return from_there


def _first(there: int, many: int) -> Array:
    return np.arange(many)


def _evenly(there: int, many: int) -> Array:
    return np.arange(many) * there // max(many, 1)


def _every(step: int) -> Callable[[int, int], Array]:
    # where duplicates leave too few for such steps, smaller ones
    return lambda there, many: np.arange(many) * step if (many - 1) * step < there else _evenly(there, many)


_QUEUES: dict[str, _Queue] = {
    "budget": _Queue(_upwards, _evenly),
    "high": _Queue(_downwards, _first),
    "low": _Queue(_upwards, _first),
    "middle": _Queue(_from_the_middle, _first),
    "random": _Queue(_upwards, _first),  # the ranks themselves are random
}


@dataclass(frozen=True, eq=False)
class _Table:
    """The eligible rows, cluster by cluster in the order of their first rows, in each by ascending score (or by lot)."""

    #: row numbers, (m,)
    order: Array
    #: rows of each cluster, (c,), and where in `order` they begin, (c,)
    sizes: Array
    starts: Array
    #: the duplicate group of each row, (n,), numbered from 0; None where duplicates do not matter
    duplicates: Array | None
    #: the rows that a share is a share of
    counted: int
    needs_scores: bool
    #: of each cluster, (c,): its group, numbered from 0, and what decides between equal ones
    groups: Array
    lots: Array

    @classmethod
    def of(
        cls,
        scores: Array | None,
        clusters: Array,
        duplicates: Array | None,
        groups: Array | None,
        *,
        needs_scores: bool,
        seed: int,
    ) -> "_Table":
        clusters = np.asarray(clusters)
        if clusters.ndim != 1 or clusters.dtype.kind not in "iu":
            raise WrongCall(f"clusters: an array of {clusters.dtype}, {clusters.shape}. Give one whole number a row.")
        rows = len(clusters)
        known = np.ones(rows, np.bool_)
        if scores is not None:
            scores = np.asarray(scores, np.float64)
            _same_length("scores", scores, rows)
            known &= ~np.isnan(scores)
        elif needs_scores:
            raise WrongCall("scores: this rule needs a score for each row. The rule random does without.")
        if duplicates is not None:
            duplicates = np.asarray(duplicates)
            _same_length("duplicates", duplicates, rows)
            duplicates = np.unique(duplicates, return_inverse=True)[1]
        eligible = np.flatnonzero(known) if needs_scores else np.arange(rows)
        # a number for each row, drawn in the order of the rows: that of the clusters has no part in it
        keys = scores[eligible] if needs_scores and scores is not None else np.random.default_rng(seed).random(rows)
        _, first, number = np.unique(clusters[eligible], return_index=True, return_inverse=True)
        number = np.argsort(np.argsort(first))[number] if len(first) else number
        order = eligible[np.lexsort((eligible, keys, number))]
        sizes = np.bincount(number, minlength=len(first))
        of_rows = np.zeros(rows, np.int64)
        if groups is not None:
            _same_length("groups", np.asarray(groups), rows)
            of_rows = np.unique(groups, return_inverse=True)[1]
        of_clusters = of_rows[eligible[np.sort(first)]]
        lots = np.random.default_rng((seed, len(sizes))).random(len(sizes))
        starts = np.cumsum(sizes) - sizes
        return cls(order, sizes, starts, duplicates, int(known.sum()), needs_scores, of_clusters, lots)

    def amount(self, share: float | None, rows: int | None) -> int:
        """How many rows are asked for. Raises WrongCall."""
        if (share is None) == (rows is None):
            raise WrongCall("give either share or rows: a share above 0 and at most 1, or how many rows.")
        if share is not None:
            if isinstance(share, bool | str) or not 0 < share <= 1:
                raise WrongCall(
                    f"share = {share!r}: should be above 0 and at most 1 (0.01 takes one row in a hundred)."
                )
            return round(float(share) * self.counted)
        if isinstance(rows, bool) or not isinstance(rows, int | np.integer) or rows < 1:
            raise WrongCall(f"rows = {rows!r}: should be a whole number, 1 or more.")
        if rows > len(self.order):
            which = "with a score " if self.needs_scores else ""
            raise WrongCall(
                f"rows = {rows:,}: there are {len(self.order):,} rows {which}to choose from. Ask for fewer."
            )
        return int(rows)

    def quotas(self, rows: Array, wanted: int) -> Array:
        """So many in proportion to the rows of each group, and in it of each cluster, (c,)."""
        quotas = np.zeros(len(rows), np.int64)
        if not rows.any():
            return quotas
        of_groups = np.zeros(int(self.groups.max()) + 1, np.int64)
        np.add.at(of_groups, self.groups, rows)
        for group, its_quota in enumerate(
            _by_largest_remainder(of_groups, wanted, self.lots[: len(of_groups)]).tolist()
        ):
            own = np.flatnonzero(self.groups == group)
            quotas[own] = _by_largest_remainder(rows[own], its_quota, self.lots[own])
        return quotas

    def take(self, quotas: Array, queue: _Queue) -> Array:
        """The rows, ascending."""
        taken = np.zeros(len(self.order), np.bool_)
        if self.duplicates is None:
            for start, size, many in self._clusters(quotas):
                taken[start + queue.order(np.arange(size))[queue.places(size, many)]] = True
            return np.sort(self.order[taken])
        groups = self.duplicates[self.order]
        gone = np.zeros(int(groups.max(initial=-1)) + 1, np.bool_)
        asked = int(quotas.sum())
        while True:
            for start, size, many in self._clusters(quotas):
                ranks = queue.order(np.arange(size))
                own = groups[start + ranks]
                # of each group that gave no row yet, the row that stands first
                places = np.sort(np.unique(own, return_index=True)[1])
                places = places[~gone[own[places]]]
                chosen = places[queue.places(len(places), min(many, len(places)))]
                taken[start + ranks[chosen]] = True
                gone[own[chosen]] = True
            missing = asked - int(taken.sum())
            spare = np.zeros(len(quotas), np.int64)
            np.add.at(spare, np.repeat(np.arange(len(quotas)), self.sizes), ~gone[groups])
            if not missing or not spare.any():
                return np.sort(self.order[taken])
            # what clusters could not give is asked of those that still have something
            quotas = np.minimum(self.quotas(spare, missing), spare)

    def _clusters(self, quotas: Array) -> Iterator[tuple[int, int, int]]:
        """Where each cluster that gives something begins, its rows and its quota."""
        some = np.flatnonzero(quotas)
        return zip(self.starts[some].tolist(), self.sizes[some].tolist(), quotas[some].tolist(), strict=True)


def _by_largest_remainder(rows: Array, wanted: int, lots: Array) -> Array:
    """So many in proportion to these rows; of equal remainders the larger, of equal ones the lower lot gets one more."""
    quotas, left = np.divmod(rows * wanted, max(int(rows.sum()), 1))
    more = np.lexsort((lots, -rows, -left))[: wanted - int(quotas.sum())]
    quotas[more] += 1
    return np.asarray(quotas)


def _same_length(what: str, values: Array, rows: int) -> None:
    if values.shape != (rows,):
        raise WrongCall(f"{what}: an array of shape {values.shape} for {rows:,} rows. Give one value a row.")
