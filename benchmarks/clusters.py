"""How good and how fast the k-means of okinst is, beside scikit-learn's as KoQuality's code calls it.

    python benchmarks/clusters.py                  made vectors, 20,000 x 768, K = 100
    python benchmarks/clusters.py --mirror DIR     and embeddings of the real rows of koalpaca-v1.0
    python benchmarks/clusters.py --memory         384,067 x 256 in 5 groups: time, and memory on top of the vectors

The made vectors are 150 overlapping Gaussians of very unequal size on a curved 24-dimensional manifold, with noise in all 768
dimensions. The real ones are TF-IDF of characters and pairs of them, a truncated SVD to 256, normalised, turned into 768
dimensions with a tenth of their spread as noise.

The baseline is KMeans(n_clusters=100, random_state=42, n_init=10), fit() and then fit_predict(), as the reference does; n_init=1 is there for
comparison. Each side runs in a process of its own, in turn, with the same number of threads. Processor seconds are those of the whole
process from the first call on; where other work runs on the machine they say more than the clock.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
K = 100


def made(rows: int, width: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    kinds, inner, bent = 150, 24, 96
    places = rng.normal(size=(kinds, inner)) * np.linspace(1.5, 0.4, inner)
    kind = rng.choice(kinds, rows, p=rng.dirichlet(np.full(kinds, 0.7)))
    low = places[kind] + rng.normal(size=(rows, inner)) * rng.uniform(0.4, 0.9, kinds)[kind, None]
    hidden = np.tanh(low @ rng.normal(size=(inner, bent)) / np.sqrt(inner))
    vectors = (hidden @ rng.normal(size=(bent, width)) / np.sqrt(bent)).astype(np.float32)
    return vectors + rng.standard_normal(vectors.shape, np.float32) * np.float32(0.3 * vectors.std())


def real(mirror: str, rows: int, width: int, seed: int) -> Array:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    with Path(mirror, "Beomi/KoAlpaca/ko_alpaca_data.json").open(encoding="utf-8") as file:
        texts = [f"{row['instruction']} {row['input']}" for row in json.load(file)][:rows]
    counted = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 2), max_features=50_000, sublinear_tf=True)
    found = TruncatedSVD(256, random_state=seed).fit_transform(counted.fit_transform(texts))
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    rng = np.random.default_rng(seed)
    turned = (found @ np.linalg.qr(rng.normal(size=(width, found.shape[1])))[0].T).astype(np.float32)
    return turned + rng.standard_normal(turned.shape, np.float32) * np.float32(0.1 * turned.std())


def reference(vectors: Array, seed: int, threads: int) -> float:
    from sklearn.cluster import KMeans

    fit = KMeans(n_clusters=K, random_state=42, n_init=10)
    fit.fit(vectors)
    fit.fit_predict(vectors)
    return float(fit.inertia_)


def single(vectors: Array, seed: int, threads: int) -> float:
    from sklearn.cluster import KMeans

    return float(KMeans(n_clusters=K, random_state=42, n_init=1).fit(vectors).inertia_)


def okinst(vectors: Array, seed: int, threads: int) -> float:
    from okinst.curation.selection.clusters import cluster

    return float(cluster(vectors, np.zeros(len(vectors), np.int32), K, seed=seed, threads=threads).inertia[0])


SIDES = {"scikit-learn, n_init=10, twice": reference, "scikit-learn, n_init=1": single, "okinst": okinst}


def _measure(pipe: Any, side: str, path: str, seed: int, threads: int) -> None:
    from threadpoolctl import threadpool_limits

    vectors = np.load(path)
    with threadpool_limits(threads):
        SIDES[side](vectors[:1_000], seed, threads)  # imports, and threads that start, are not what is measured
        clock, processor = time.perf_counter(), time.process_time()
        inertia = SIDES[side](vectors, seed, threads)
    pipe.send((time.perf_counter() - clock, time.process_time() - processor, inertia))


def apart(work: Any, *arguments: Any) -> Any:
    """What a function sends, from a fresh process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(there, *arguments))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def compare(name: str, vectors: Array, repeats: int, threads: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "vectors.npy"))
        np.save(path, vectors)
        found: dict[str, list[tuple[float, float, float]]] = {side: [] for side in SIDES}
        for repeat in range(repeats):
            for side in SIDES:
                found[side].append(apart(_measure, side, path, repeat, threads))
    base = found[next(iter(SIDES))]
    print(f"{name}: {vectors.shape[0]:,} x {vectors.shape[1]}, K = {K}, threads: {threads}\n")
    print("| | s | processor s | inertia, against the first | times as fast, by the clock | by the processor |")
    print("|---|---:|---:|---:|---:|---:|")
    for side, runs in found.items():
        seconds, processor = (statistics.median(run[i] for run in runs) for i in (0, 1))
        worse = ", ".join(f"{100 * (run[2] / one[2] - 1):+.2f} %" for run, one in zip(runs, base, strict=True))
        faster = [statistics.median(one[i] / run[i] for run, one in zip(runs, base, strict=True)) for i in (0, 1)]
        print(f"| {side} | {seconds:.1f} | {processor:.1f} | {worse} | {faster[0]:.1f} | {faster[1]:.1f} |", flush=True)
    print()


def _large(pipe: Any, threads: int) -> None:
    from okinst.curation.selection.clusters import cluster
    from okinst.curation.selection.lengths import length_groups

    cluster(made(1_000, 256, 0), np.zeros(1_000, np.int32), 10)
    rng = np.random.default_rng(0)
    vectors = np.empty((384_067, 256), np.float32)
    for start in range(0, len(vectors), 20_000):
        vectors[start : start + 20_000] = made(min(20_000, len(vectors) - start), 256, start)
    groups = length_groups(rng.lognormal(4, 0.8, len(vectors)).astype(int) + 1, 5)
    before = _resident()
    # the peak so far is that of making the vectors: begin anew
    Path("/proc/self/clear_refs").write_text("5")
    start, processor = time.perf_counter(), time.process_time()
    found = cluster(vectors, groups, K, threads=threads)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    pipe.send((seconds, processor, _peak() - before, len(found.sizes), found.iterations.tolist()))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    if asked.memory:
        seconds, processor, more, clusters, iterations = apart(_large, asked.threads)
        print(
            f"384,067 x 256 in 5 groups, K = {K}: {clusters} clusters in {seconds:.1f} s ({processor:.1f} processor s), "
            f"{more / 1e6:,.0f} MB on top of the vectors; iterations over all rows: {iterations}"
        )
        return
    compare("made", made(asked.rows, 768, 0), asked.repeats, asked.threads)
    if asked.mirror:
        compare("koalpaca-v1.0", real(asked.mirror, asked.rows, 768, 0), asked.repeats, asked.threads)


if __name__ == "__main__":
    main()
