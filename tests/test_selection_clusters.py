"""Clusters: the same whatever the threads, as good as scikit-learn's, and sound where there is little to cluster."""

import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from tests.conftest import python

pytest.importorskip("sklearn")

from okinst.curation.selection.clusters import MODES, Clusters, cluster


def vectors(rows: int, width: int, kinds: int = 12, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    kind = rng.choice(kinds, rows, p=rng.dirichlet(np.ones(kinds)))
    return (rng.normal(size=(kinds, width))[kind] + rng.normal(size=(rows, width)) * 0.7).astype(np.float32)


def check(found: Clusters, of: Any, groups: Any) -> None:
    """What holds for any clusters: each row in one of its group's, none empty, centres are means, inertia is what it says."""
    assert (found.group[found.labels] == groups).all()
    assert (np.bincount(found.labels, minlength=len(found.sizes)) == found.sizes).all()
    assert (found.sizes > 0).all()
    assert (np.bincount(found.group, minlength=len(found.got)) == found.got).all()
    means = np.stack([of[found.labels == number].mean(axis=0, dtype=np.float64) for number in range(len(found.sizes))])
    assert np.allclose(found.centres, means, atol=1e-3)
    away = ((of.astype(np.float64) - means[found.labels]) ** 2).sum(axis=1)
    assert np.allclose(found.inertia, np.bincount(groups, away, len(found.got)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_clusters_hold_together(mode: Any) -> None:
    of, groups = vectors(3_000, 80), np.arange(3_000) % 3
    found = cluster(of, groups, 20, mode=mode)
    check(found, of, groups)
    assert found.got.tolist() == [20, 20, 20] and found.cut == ()
    assert (found.iterations > 0).all()
    # each row is with the nearest centre of its group
    away = ((of[:, None] - found.centres[None]) ** 2).sum(axis=2) + 1e9 * (found.group[None] != groups[:, None])
    assert (away.argmin(axis=1) == found.labels).mean() > 0.995


def test_reference_is_scikit_learns() -> None:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    of = vectors(900, 16)
    groups = np.repeat([0, 1], 450)
    found = cluster(of, groups, 10, mode="reference", seed=5)
    with threadpool_limits(1):
        fits = [KMeans(10, random_state=42, n_init=10).fit(of[groups == group]) for group in (0, 1)]
    assert found.labels.tolist() == [*fits[0].labels_.tolist(), *(10 + fits[1].labels_).tolist()]
    assert found.inertia.tolist() == [fit.inertia_ for fit in fits]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_search_is_as_good_as_ten_restarts(seed: int) -> None:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    of = vectors(4_000, 128, kinds=60, seed=seed)
    with threadpool_limits(1):
        best = KMeans(40, random_state=42, n_init=10).fit(of).inertia_
    found = cluster(of, np.zeros(4_000, np.int32), 40, seed=seed)
    assert found.inertia[0] <= best * 1.001


def test_the_search_sees_a_sample_of_a_large_group_and_all_of_it_is_clustered(monkeypatch: pytest.MonkeyPatch) -> None:
    from okinst.curation.selection import clusters

    of, groups = vectors(6_000, 96), np.zeros(6_000, np.int32)
    whole = cluster(of, groups, 12)
    monkeypatch.setattr(clusters, "SAMPLE", 1_000)
    monkeypatch.setattr(clusters, "SAMPLE_PER_CLUSTER", 50)
    found = cluster(of, groups, 12)
    check(found, of, groups)
    assert found.inertia[0] <= whole.inertia[0] * 1.01


SCRIPT = """
import hashlib
import numpy as np
from okinst.curation.selection.clusters import cluster
rng = np.random.default_rng(0)
of = (rng.normal(size=(9, 90))[rng.integers(9, size=5_000)] + rng.normal(size=(5_000, 90))).astype(np.float32)
for mode, threads in (("search", 1), ("search", 2), ("search", 5), ("search", None), ("reference", 1), ("reference", 3)):
    found = cluster(of, np.arange(5_000) % 2, 15, seed=3, mode=mode, threads=threads)
    print(mode, hashlib.sha256(found.labels.tobytes() + found.centres.tobytes() + found.inertia.tobytes()).hexdigest())
"""


def test_the_bytes_do_not_depend_on_threads() -> None:
    found = [python(SCRIPT, OMP_NUM_THREADS=many, OPENBLAS_NUM_THREADS=many).split("\n")[:-1] for many in ("1", "3")]
    assert found[0] == found[1]
    assert sorted(set(found[0])) == sorted({found[0][0], found[0][-1]})
    assert len(found[0]) == 6


def test_what_a_group_gets_does_not_depend_on_the_others() -> None:
    of = vectors(1_200, 24)
    groups = np.repeat([0, 1], 600)
    both = cluster(of, groups, 8, seed=4)
    first = cluster(of[:600], groups[:600], 8, seed=4)
    assert both.labels[:600].tolist() == first.labels.tolist()


def test_another_seed_may_find_others() -> None:
    of, groups = np.random.default_rng(0).normal(size=(800, 30)).astype(np.float32), np.zeros(800, np.int32)
    assert cluster(of, groups, 30, seed=0).labels.tolist() != cluster(of, groups, 30, seed=1).labels.tolist()


@pytest.mark.parametrize("mode", MODES)
def test_fewer_vectors_than_clusters(mode: Any) -> None:
    of = vectors(40, 8)
    of[10:30] = of[10]  # 21 distinct vectors in the second group of 30; the first has 10 rows
    groups = np.repeat([0, 1], [10, 30])
    found = cluster(of, groups, 25, mode=mode)
    check(found, of, groups)
    assert found.asked == 25 and found.got.tolist() == [10, 11]
    assert np.allclose(found.inertia, 0, atol=1e-4)
    assert found.cut[0].startswith("length group 0: 10 clusters, not 25")
    assert found.cut[1].endswith("its 30 rows are no more than 11 vectors that can be told apart")


@pytest.mark.parametrize("mode", MODES)
@given(st.integers(0, 9), st.integers(1, 12), st.integers(2, 40), st.sampled_from([1e-7, 1e-6, 1e-5]))
@settings(max_examples=15, deadline=None)
def test_vectors_that_are_nearly_the_same(mode: Any, seed: int, kinds: int, k: int, noise: float) -> None:
    """Embeddings of one question, typed in several ways: they differ, but less than float32 says of their distances."""
    rng = np.random.default_rng(seed)
    of = np.repeat(rng.standard_normal((kinds, 16)), 4, axis=0)
    of = (of + noise * rng.standard_normal(of.shape)).astype(np.float32)
    groups = np.zeros(len(of), np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of the same
        found = cluster(of, groups, k, mode=mode)
    check(found, of, groups)
    assert min(k, kinds) <= found.got[0] <= min(k, len(of))
    assert len(found.cut) == (found.got[0] < k)


def test_rows_that_are_all_the_same() -> None:
    found = cluster(np.zeros((50, 70), np.float32), np.zeros(50, np.int32), 10)
    assert found.sizes.tolist() == [50] and found.inertia.tolist() == [0.0] and len(found.cut) == 1


@given(st.data())
@settings(max_examples=60)
def test_any_few_vectors(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 40))
    values = data.draw(st.lists(st.tuples(*[st.integers(0, 2)] * 2), min_size=rows, max_size=rows))
    of = np.array(values, np.float32)
    groups = np.sort(np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows))))
    groups = np.unique(groups, return_inverse=True)[1]
    k = data.draw(st.integers(1, 12))
    found = cluster(of, groups, k, seed=data.draw(st.integers(0, 3)), threads=1)
    check(found, of, groups)
    for group in range(groups.max() + 1):
        assert found.got[group] == min(k, len(set(map(tuple, of[groups == group].tolist()))))


def test_examples_are_the_rows_nearest_to_the_centre() -> None:
    of, groups = vectors(500, 10), np.zeros(500, np.int32)
    found = cluster(of, groups, 6)
    for number, rows in enumerate(found.examples(of, 4)):
        away = np.linalg.norm(of - found.centres[number], axis=1)
        members = np.flatnonzero(found.labels == number)
        assert rows.tolist() == members[np.argsort(away[members], kind="stable")][:4].tolist()


@pytest.mark.parametrize("mode", MODES)
def test_rows_of_no_group_are_left_out(mode: Any) -> None:
    of, groups = vectors(600, 10), np.arange(600) % 4 - 1
    of[groups < 0] = np.nan
    inside = np.flatnonzero(groups >= 0)
    found, alone = cluster(of, groups, 6, mode=mode), cluster(of[inside], groups[inside], 6, mode=mode)
    assert (found.labels[groups < 0] == -1).all()
    assert found.labels[inside].tolist() == alone.labels.tolist() and found.sizes.tolist() == alone.sizes.tolist()
    each = zip(found.examples(of), alone.examples(of[inside]), strict=True)
    assert all(rows.tolist() == inside[same].tolist() for rows, same in each)


def test_a_row_without_a_score_costs_no_second_copy_of_the_vectors() -> None:
    from okinst.curation.selection.choice import Choice, clustering
    from okinst.curation.selection.measures import Measures

    of, none = vectors(40_000, 64), [""] * 40_000
    scores = np.random.default_rng(0).random(40_000)
    scores[7] = np.nan
    measures = Measures(np.arange(40_000) % 997, scores, scores, none, none, {}, of)
    clustering(measures, Choice(share=0.1, groups=20, clusters=2))  # imports, too, take memory
    tracemalloc.start()
    found = clustering(measures, Choice(share=0.1, groups=20, clusters=2))
    found.clusters.examples(of)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.labels[7] == found.groups[7] == -1
    assert peak < 0.6 * of.nbytes


def test_no_rows_are_no_clusters() -> None:
    found = cluster(np.zeros((0, 5), np.float32), np.zeros(0, np.int32), 3)
    assert found.labels.shape == (0,) and found.centres.shape == (0, 5) and found.examples(np.zeros((0, 5))) == []


@pytest.mark.parametrize(
    "change, message",
    [
        ({"k": 0}, "clusters = 0"),
        ({"k": True}, "clusters = True"),
        ({"k": 2.0}, "clusters = 2.0"),
        ({"mode": "fast"}, "no mode 'fast'"),
        ({"threads": 0}, "threads = 0"),
        ({"groups": np.zeros(3, np.int32)}, "one group a row"),
        ({"groups": np.full(20, 2)}, "none left out"),
        ({"groups": np.arange(20) - 2}, "below -1"),
        ({"vectors": np.full((20, 4), np.nan, np.float32)}, "row 0 is not finite"),
    ],
)
def test_calls_that_mean_nothing(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"vectors": vectors(20, 4), "groups": np.zeros(20, np.int32), "k": 2, **change}
    with pytest.raises(WrongCall, match=message):
        cluster(**given)
