"""Which of the measured rows are chosen: length groups, clusters in each, a rule in each cluster."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from okinst.builders import WrongCall
from okinst.curation.selection import lengths
from okinst.curation.selection.clusters import MODES, Clusters, Mode, cluster
from okinst.curation.selection.lengths import length_groups
from okinst.curation.selection.measures import Measures
from okinst.curation.selection.rules import RULES, Rule, Selection, pick
from okinst.curation.values import share as check_share

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Choice:
    """How rows are chosen. Of KoQuality: L is `groups`, K is `clusters`, N is `share`."""

    rule: Rule = "budget"
    share: float | None = None
    rows: int | None = None
    groups: int = 5
    bins: lengths.Rule = "equal"
    clusters: int = 100
    search: Mode = "search"
    #: one row a group of near-duplicate instructions
    distinct: bool = False

    def __post_init__(self) -> None:
        # here, not where it is used: that is after all rows were measured
        for name, value, there in (
            ("rule", self.rule, RULES), ("bins", self.bins, lengths.RULES), ("search", self.search, MODES)
        ):  # fmt: skip
            if value not in there:
                raise WrongCall(f"{name} = {value!r} of a choice should be one of {', '.join(there)}.")
        if (self.share is None) == (self.rows is None):
            raise WrongCall("a choice needs either share (0.01) or rows (4000).")
        if self.rows is not None and self.rule == "stride":
            raise WrongCall(
                'rule = "stride" takes a share, not rows: every int(1 / share)th row of each cluster, and one at least. For a number of '
                'rows take rule = "budget".'
            )
        if self.share is not None:
            check_share(self.share, f"share = {self.share!r} of a choice")
        for name, count in (
            ("rows", 1 if self.rows is None else self.rows),
            ("groups", self.groups),
            ("clusters", self.clusters),
        ):
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise WrongCall(f"{name} = {count!r} of a choice should be a whole number, 1 or more.")


@dataclass(frozen=True, eq=False)
class Clustering:
    """Rows in length groups, and in clusters; a row without a score is in none of them (-1)."""

    #: the length group of each row, (n,)
    groups: Array
    clusters: Clusters

    @property
    def labels(self) -> Array:
        """The cluster of each row, numbered over all groups, (n,)."""
        return self.clusters.labels


def clustering(measures: Measures, choice: Choice, seed: int = 0) -> Clustering:
    """Cut measured rows into length groups, and each group into clusters."""
    there = np.flatnonzero(~np.isnan(measures.order))
    groups = np.full(len(measures.order), -1, np.int32)
    groups[there] = length_groups(measures.lengths[there], choice.groups, choice.bins)
    if choice.search != "reference":
        return Clustering(groups, cluster(measures.vectors, groups, choice.clusters, seed=seed, mode=choice.search))
    # KoQuality's corpus is sorted by length, and where k-means begins is a matter of the order
    order = np.argsort(measures.lengths, kind="stable")
    found = cluster(measures.vectors[order], groups[order], choice.clusters, seed=seed, mode=choice.search)
    labels = np.empty_like(found.labels)
    labels[order] = found.labels
    return Clustering(groups, replace(found, labels=labels))


def choose(
    measures: Measures, clusters: Clustering, choice: Choice, seed: int = 0, duplicates: Array | None = None
) -> Selection:
    """The rows that the rule of a choice takes. `duplicates` (n,): one number for all rows of a group of near-duplicates."""
    there = np.flatnonzero(clusters.labels >= 0)
    found = pick(
        choice.rule,
        measures.order[there],
        clusters.labels[there],
        share=choice.share,
        rows=choice.rows,
        seed=seed,
        duplicates=duplicates[there] if duplicates is not None and choice.distinct else None,
        groups=clusters.groups[there],
    )
    return replace(found, rows=there[found.rows])
