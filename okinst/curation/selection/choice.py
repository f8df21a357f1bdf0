"""Which of the measured rows are chosen: length groups, clusters in each, a rule in each cluster."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from okinst.curation.selection import lengths
from okinst.curation.selection.clusters import Clusters, Mode, cluster
from okinst.curation.selection.lengths import length_groups
from okinst.curation.selection.measures import Measures
from okinst.curation.selection.rules import Rule, Selection, pick

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


@dataclass(frozen=True, eq=False)
class Clustering:
    """Rows in length groups, and in clusters; a row without a score is in none of them (-1)."""

    #: of each row, (n,): its length group, and its cluster, numbered over all groups
    groups: Array
    labels: Array
    #: of the rows that have a score
    clusters: Clusters


def clustering(
    measures: Measures, choice: Choice, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> Clustering:
    """Cut measured rows into length groups, and each group into clusters. `progress(groups done, groups)`."""
    there = np.flatnonzero(~np.isnan(measures.order))
    own = length_groups(measures.lengths[there], choice.groups, choice.bins)
    vectors = measures.vectors if len(there) == len(measures.order) else measures.vectors[there]
    found = cluster(vectors, own, choice.clusters, seed=seed, mode=choice.search, progress=progress)
    groups, labels = np.full(len(measures.order), -1, np.int32), np.full(len(measures.order), -1, np.int32)
    groups[there], labels[there] = own, found.labels
    return Clustering(groups, labels, found)


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
    )
    return replace(found, rows=there[found.rows])
