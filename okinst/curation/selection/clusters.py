"""k-means in each length group: rows that ask for much the same.

`search` is as good as ten starts of scikit-learn's k-means in a fraction of their time (benchmarks/clusters.py). It looks where
looking is cheap (some rows, their principal axes) by breathing: add centres where the error is, let them settle, take away those
that are missed least, keep what is better. What it finds is where Lloyd's iterations on all rows and the full width start.

B. Fritzke, "Breathing K-Means", arXiv 2006.15666; D. Arthur, S. Vassilvitskii, "k-means++", SODA 2007.

The result is a matter of vectors, groups, K and seed. Rows are cut into blocks that do not depend on the number of threads, sums are
added in the order of the blocks, and BLAS is kept to one thread. (Another BLAS library, or another processor, may round otherwise.)
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from okinst.builders import WrongCall
from okinst.curation.processes import processors

Array = np.ndarray[Any, Any]
Mode = Literal["search", "reference"]
MODES: tuple[Mode, ...] = ("search", "reference")
#: rows whose distances to all centres are held at once, by each thread
BLOCK = 2_048
#: the search looks at so many rows, or at SAMPLE_PER_CLUSTER for each cluster where that is more
SAMPLE, SAMPLE_PER_CLUSTER = 20_000, 200
#: the search looks at the principal axes that hold this share of the variance, at least NARROW of them
VARIANCE, NARROW = 0.9, 64
#: breaths at most; each adds and takes away a tenth of the centres at first, and one fewer after each that did not help
BREATHS, BREATH = 60, 0.1
#: Lloyd's iterations after centres were added, and after some were taken away
SETTLE = 3
#: a breath helps, and an iteration goes on, when the inertia falls by this share of it
GAIN, DONE = 1e-4, 1e-6
ITERATIONS = 300
#: KoQuality's settings of scikit-learn
REFERENCE_SEED, REFERENCE_STARTS = 42, 10


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of all groups, numbered from 0 in the order of the groups: (c,) of them over (n,) rows in (g,) groups."""

    #: the cluster of each row, (n,) int32; -1 of one in no group
    labels: Array
    #: the group of each cluster, (c,)
    group: Array
    #: the rows of each cluster, (c,); none is empty
    sizes: Array
    #: the mean of each cluster, (c, width) float32
    centres: Array
    #: the sum of squared distances of the rows to their centres, (g,) float64
    inertia: Array
    #: Lloyd's iterations over all rows of each group, (g,); those of the search are not counted
    iterations: Array
    #: clusters asked for in each group, and those there are, (g,): fewer where a group has fewer vectors that float32 tells apart
    asked: int
    got: Array

    @property
    def cut(self) -> tuple[str, ...]:
        """What to tell the user of groups that have fewer clusters than were asked for."""
        rows = np.bincount(self.group, self.sizes, len(self.got)).astype(np.int64)
        return tuple(
            f"length group {number}: {got:,} clusters, not {self.asked:,}: its {rows[number]:,} rows are no more than {got:,} vectors that can be told apart"
            for number, got in enumerate(self.got.tolist())
            if got < self.asked
        )

    def examples(self, vectors: Array, count: int = 3) -> list[Array]:
        """For each cluster the rows nearest to its centre, the nearest first; all of them where it has fewer."""
        order = np.argsort(self.labels, kind="stable")
        order = order[len(order) - int(self.sizes.sum()) :]  # without the rows that are in none, which come first
        found = []
        for end, size, centre in zip(np.cumsum(self.sizes), self.sizes, self.centres, strict=True):
            rows = order[end - size : end]
            away = ((np.asarray(vectors[rows], np.float64) - centre) ** 2).sum(1)
            found.append(rows[np.argsort(away, kind="stable")[:count]])
        return found


def cluster(
    vectors: Array,
    groups: Array,
    k: int,
    *,
    seed: int = 0,
    mode: Mode = "search",
    threads: int | None = None,
) -> Clusters:
    """Cut each group into `k` clusters by Euclidean distance.

    `vectors` (n, width) are taken as they are: normalise them first if only their direction counts. `groups` (n,) are the numbers of
    `length_groups`; a row of group -1 is left out. "reference" is KMeans(random_state=42, n_init=10), whatever the seed. `threads`
    decides the time alone (None: one a processor). Besides the vectors it needs about three times the largest group. Raises WrongCall.

    >>> corners = np.array([[0, 0], [0, 1], [8, 8], [8, 9], [5, 0]], np.float32)
    >>> found = cluster(corners, np.array([0, 0, 0, 0, 1]), 2)
    >>> found.sizes.tolist(), found.group.tolist(), found.inertia.tolist(), found.got.tolist()
    ([2, 2, 1], [0, 0, 1], [1.0, 0.0], [2, 1])
    """
    vectors, groups = np.asarray(vectors), np.asarray(groups)
    _check(vectors, groups, k, mode, threads)
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise WrongCall(
            "clusters: scikit-learn is not installed. Install it: pip install 'okinst[curation]'."
        ) from None
    count = int(groups.max(initial=-1)) + 1
    labels = np.full(len(groups), -1, np.int32)
    found: list[_Found] = []
    with _pool(threads) as run:
        for number in range(count):
            rows = np.flatnonzero(groups == number)
            own = np.ascontiguousarray(vectors[rows], np.float32)
            if not np.isfinite(own).all():
                bad = int(rows[~np.isfinite(own).all(axis=1)][0])
                raise WrongCall(f"clusters: the vector of row {bad} is not finite. Leave such rows out (group -1).")
            best = _distinct(own, int(k))
            if mode == "reference":
                fit = _reference(own, best)
            else:
                # one stream of numbers a group: what a group gets does not depend on the others
                fit = _fit(own, best, np.random.default_rng([seed, number]), run)
            labels[rows] = fit.labels + sum(len(each.centres) for each in found)
            found.append(fit)
    got = np.array([len(each.centres) for each in found], np.int64)
    return Clusters(
        labels,
        np.repeat(np.arange(count, dtype=np.int32), got),
        np.bincount(labels[labels >= 0], minlength=got.sum()),
        np.concatenate([np.zeros((0, vectors.shape[1]), np.float32), *(each.centres for each in found)]),
        np.array([each.inertia for each in found], np.float64),
        np.array([each.iterations for each in found], np.int64),
        int(k),
        got,
    )


def _check(vectors: Array, groups: Array, k: int, mode: str, threads: int | None) -> None:
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu" or groups.shape != vectors.shape[:1]:
        raise WrongCall(
            f"clusters: vectors of shape {vectors.shape}, {vectors.dtype}, and groups of shape {groups.shape}. "
            "Give one vector of numbers and one group a row."
        )
    if groups.dtype.kind not in "iu" or (len(groups) and (np.bincount(groups[groups >= 0]) == 0).any()):
        raise WrongCall(
            "clusters: groups should be whole numbers from 0 up, none left out, as length_groups gives them."
        )
    if (groups < -1).any():
        raise WrongCall("clusters: a row has a group below -1. A row of group -1 is left out; number groups from 0 up.")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise WrongCall(f"clusters = {k!r}: should be a whole number, 1 or more.")
    if mode not in MODES:
        raise WrongCall(f"there is no mode {mode!r} of clustering. There are {', '.join(MODES)}.")
    if threads is not None and threads < 1:
        raise WrongCall(f"threads = {threads!r}: should be 1 or more.")


# -- one group ------------------------------------------------------------------------------------------------------

#: calls a function for each block, in any order, and gives back what came of them in the order of the blocks
_Run = Callable[[Callable[[slice], Any], int], list[Any]]


@dataclass(frozen=True, eq=False)
class _Found:
    labels: Array
    centres: Array
    inertia: float
    iterations: int


@contextmanager
def _pool(threads: int | None) -> Iterator[_Run]:
    from threadpoolctl import threadpool_limits

    # One thread of BLAS for each of ours: else the order of its sums, and so the last digits, would depend on the machine.
    with threadpool_limits(1), ThreadPoolExecutor(threads or processors()) as pool:
        yield lambda work, rows: list(pool.map(work, (slice(start, start + BLOCK) for start in range(0, rows, BLOCK))))


def _distinct(vectors: Array, most: int) -> int:
    """How many distinct vectors there are, counted up to `most`."""
    found = 0
    for rows in (50 * most, len(vectors)):  # as a rule the first few settle it
        some = vectors[:rows] + np.float32(0)  # -0.0 is 0.0
        if not some.shape[1]:
            return min(1, len(some))
        found = len(np.unique(some.view(np.dtype((np.void, some.itemsize * some.shape[1]))).ravel()))
        if found >= most:
            return most
    return found


def _reference(vectors: Array, k: int) -> _Found:
    from sklearn.cluster import KMeans

    fit = KMeans(k, random_state=REFERENCE_SEED, n_init=REFERENCE_STARTS).fit(vectors)
    # it leaves clusters empty where vectors are nearly the same
    there, labels = np.unique(fit.labels_, return_inverse=True)
    return _Found(labels, fit.cluster_centers_[there], float(fit.inertia_), int(fit.n_iter_))


def _fit(vectors: Array, k: int, rng: np.random.Generator, run: _Run) -> _Found:
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    vectors = vectors - mean  # distances are differences of squares: the smaller these are, the less is lost
    data = _Data(vectors, run)
    if k > 1:
        size = max(SAMPLE, SAMPLE_PER_CLUSTER * k)
        some = vectors if len(vectors) <= size else vectors[np.sort(rng.choice(len(vectors), size, replace=False))]
        narrow = _Data(_narrowed(some), run)
        centres = _breathe(narrow, k, rng)
        # the same clusters, seen in full width
        centres = _Data(some, run).means(narrow.nearest(centres).labels, k)
    else:
        centres = np.zeros((1, vectors.shape[1]), np.float32)
    centres, iterations = _lloyd(data, centres, ITERATIONS, DONE)
    labels, fewest = data.nearest(centres).labels, k
    while 0 < (empty := np.flatnonzero(np.bincount(labels, minlength=k) == 0)).size < fewest:
        fewest = empty.size
        centres, more = _lloyd(data, _moved(vectors, labels, centres, empty), 1, DONE)
        labels, iterations = data.nearest(centres).labels, iterations + more
    # those that a round leaves empty stay so: vectors differ, but by less than their distances are rounded by
    there, labels = np.unique(labels, return_inverse=True)
    centres = data.means(labels, len(there))
    inertia = sum(run(lambda rows: _inertia(vectors[rows], centres[labels[rows]]), len(vectors)))
    return _Found(labels, centres + mean, float(inertia), iterations)


def _inertia(vectors: Array, centres: Array) -> float:
    return float(np.square(vectors - centres).sum(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class _Near:
    #: the nearest centre of each row, the squared distance to it, and how much farther the second nearest is (where asked for)
    labels: Array
    away: Array
    spare: Array


class _Data:
    """Vectors (n, width), and what Lloyd's iterations ask of them."""

    def __init__(self, vectors: Array, run: _Run) -> None:
        self.vectors, self.run = vectors, run
        self.squares = np.einsum("ij,ij->i", vectors, vectors)

    def nearest(self, centres: Array, second: bool = False) -> _Near:
        """The nearest centre of each row."""
        parts = self.run(lambda rows: self._nearest(rows, *_halved(centres), second), len(self.vectors))
        return _Near(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _nearest(self, rows: slice, turned: Array, squares: Array, second: bool) -> tuple[Array, Array, Array]:
        away = self.vectors[rows] @ turned
        away += squares
        labels = away.argmin(axis=1)
        each = np.arange(len(labels))
        least = away[each, labels]
        spare = least[:0]
        if second:
            away[each, labels] = np.inf
            spare = away.min(axis=1) - least
        return labels.astype(np.int32), np.maximum(least + self.squares[rows], 0), spare

    def step(self, centres: Array) -> tuple[Array, float]:
        """The means of the rows nearest to each centre, and the inertia around the centres as they were."""
        turned, squares = _halved(centres)

        def work(rows: slice) -> tuple[Array, Array, float]:
            labels, away, _ = self._nearest(rows, turned, squares, False)
            return *self._sums(rows, labels, len(centres)), float(away.sum(dtype=np.float64))

        parts = self.run(work, len(self.vectors))
        return _means(parts, centres), sum(part[2] for part in parts)

    def means(self, labels: Array, k: int) -> Array:
        """The mean of each cluster, (k, width); zeros for an empty one."""
        parts = self.run(lambda rows: self._sums(rows, labels[rows], k), len(self.vectors))
        return _means(parts, np.zeros((k, self.vectors.shape[1]), np.float32))

    def _sums(self, rows: slice, labels: Array, k: int) -> tuple[Array, Array]:
        from scipy.sparse import csc_matrix

        own = self.vectors[rows]
        members = csc_matrix((np.ones(len(own), np.float32), labels, np.arange(len(own) + 1)), shape=(k, len(own)))
        return members.tocsr() @ own, np.bincount(labels, minlength=k)


def _halved(centres: Array) -> tuple[Array, Array]:
    return np.ascontiguousarray(centres.T) * np.float32(-2), np.einsum("ij,ij->i", centres, centres)


def _means(parts: list[Any], otherwise: Array) -> Array:
    sums = np.zeros(otherwise.shape, np.float64)
    counts = np.zeros(len(otherwise), np.int64)
    for part in parts:
        sums += part[0]
        counts += part[1]
    means: Array = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], otherwise).astype(np.float32)
    return means


def _lloyd(data: _Data, centres: Array, most: int, gain: float) -> tuple[Array, int]:
    """Centres after at most so many iterations, fewer where one gains too little; and how many they were."""
    before = np.inf
    for iteration in range(1, most + 1):
        centres, inertia = data.step(centres)
        if before - inertia <= gain * inertia:
            return centres, iteration
        before = inertia
    return centres, most


def _moved(vectors: Array, labels: Array, centres: Array, empty: Array) -> Array:
    """Each empty cluster gets the row that is farthest from all centres."""
    centres = centres.copy()
    away = np.square(vectors - centres[labels]).sum(axis=1)
    for number in empty:
        centres[number] = vectors[away.argmax()]
        away = np.minimum(away, np.square(vectors - centres[number]).sum(axis=1))
    return centres


# -- the search -----------------------------------------------------------------------------------------------------


def _narrowed(vectors: Array) -> Array:
    """The vectors on their principal axes, as many as hold VARIANCE: little is lost for the search, and much time is won."""
    width = vectors.shape[1]
    if width <= NARROW:
        return vectors
    some = vectors[:: max(1, len(vectors) // 5_000)]
    spread, axes = np.linalg.eigh(some.T @ some)
    held = np.cumsum(spread[::-1]) / max(float(spread.sum()), np.finfo(np.float32).tiny)
    keep = max(NARROW, int(np.searchsorted(held, VARIANCE)) + 1)
    if keep > 0.8 * width:
        return vectors
    return np.ascontiguousarray(vectors @ np.ascontiguousarray(axes[:, ::-1][:, :keep]))


def _breathe(data: _Data, k: int, rng: np.random.Generator) -> Array:
    """Good centres, (k, width)."""
    centres, _ = _lloyd(data, _plus_plus(data, k, rng), 20, 1e-3)
    best, least = centres, _error(data.nearest(centres, second=True))
    breath = max(2, round(BREATH * k))
    near = data.nearest(best, second=True)
    for _ in range(BREATHS):
        centres, _ = _lloyd(data, _inhaled(data, best, near, min(breath, k), rng), SETTLE, DONE)
        centres = _exhaled(centres, data.nearest(centres, second=True), k)
        centres, _ = _lloyd(data, centres, SETTLE, DONE)
        found = data.nearest(centres, second=True)
        if (error := _error(found)) < least * (1 - GAIN):
            best, least, near = centres, error, found
        elif breath := breath - 1:
            continue
        else:
            break
    return best


def _error(near: _Near) -> float:
    return float(near.away.sum(dtype=np.float64))


def _inhaled(data: _Data, centres: Array, near: _Near, more: int, rng: np.random.Generator) -> Array:
    """A second centre beside each of those whose rows are farthest from it, all in all."""
    k, width = centres.shape
    error = np.bincount(near.labels, near.away, k)
    most = np.argsort(-error, kind="stable")[:more]
    spread = np.sqrt(error[most] / np.maximum(np.bincount(near.labels, minlength=k)[most], 1) / width)
    aside = rng.standard_normal((more, width), np.float32) * (0.1 * spread[:, None]).astype(np.float32)
    return np.concatenate([centres, centres[most] + aside])


def _exhaled(centres: Array, near: _Near, k: int) -> Array:
    """The k centres without which the rows would be farthest from one; of two neighbours not both go at once."""
    missed = np.bincount(near.labels, near.spare, len(centres))
    apart = np.square(centres[:, None] - centres[None]).sum(axis=2) if len(centres) < 300 else _apart(centres)
    np.fill_diagonal(apart, np.inf)
    beside = apart.argmin(axis=1)
    gone: list[int] = []
    stay: set[int] = set()
    order = np.argsort(missed, kind="stable").tolist()
    for number in order:
        if len(gone) == len(centres) - k:
            break
        if number not in stay:
            gone.append(number)
            stay.add(int(beside[number]))
    gone += [number for number in order if number in stay and number not in gone][: len(centres) - k - len(gone)]
    return np.delete(centres, gone, axis=0)


def _apart(centres: Array) -> Array:
    turned, squares = _halved(centres)
    apart: Array = centres @ turned + squares + squares[:, None]
    return apart


def _plus_plus(data: _Data, k: int, rng: np.random.Generator, trials: int = 4) -> Array:
    """k-means++, greedy: of a few rows drawn by their squared distance to the centres so far, the one that helps most."""
    vectors, rows = data.vectors, len(data.vectors)
    centres = np.empty((k, vectors.shape[1]), np.float32)
    centres[0] = vectors[rng.integers(rows)]
    away = data.nearest(centres[:1]).away
    for number in range(1, k):
        upto = np.cumsum(away, dtype=np.float64)
        drawn = np.minimum(np.searchsorted(upto, rng.random(trials) * upto[-1], side="right"), rows - 1)
        turned, squares = _halved(vectors[drawn])

        def work(block: slice, turned: Array = turned, squares: Array = squares, away: Array = away) -> Array:
            each = vectors[block] @ turned
            each += squares
            each += data.squares[block, None]
            capped: Array = np.minimum(np.maximum(each, 0), away[block, None])
            return capped

        tried = np.concatenate(data.run(work, rows))
        best = int(tried.sum(axis=0, dtype=np.float64).argmin())
        centres[number], away = vectors[drawn[best]], np.ascontiguousarray(tried[:, best])
    return centres
