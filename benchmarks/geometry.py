"""Distances and embeddings against the ways in common use, and how they grow; all on the same data in one run.

Writes ``geometry.md``, ``geometry.json`` and ``geometry.png`` into ``--output``, and distances alone, with the share of
the rate of a matrix product, into ``distances.md``. Usage::

    python benchmarks/geometry.py --repetitions 3            # some ten minutes on two cores
    python benchmarks/geometry.py --only distances embedding # some of the parts
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from growth import draw
from scipy.linalg import eigh, orthogonal_procrustes
from sklearn.manifold import ClassicalMDS
from synthetic import synthetic_models

from inpca import InPCA, pairwise_distances
from inpca.geometry import LARGEST_SAMPLE_DISTANCE


def median_seconds(work: Callable, repetitions: int) -> float:
    """Median wall time of calls after one that is not counted."""
    work()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def plain_distances(X: np.ndarray) -> np.ndarray:
    """Chunks of 40 samples: square roots, batched product over the full square, logarithm, masks, sum; all threads."""
    models = torch.from_numpy(X)
    total = torch.zeros(len(X), len(X))
    for start in range(0, X.shape[1], 40):
        left = torch.sqrt(models[:, start : start + 40]).transpose(0, 1)
        right = torch.sqrt(models[:, start : start + 40]).permute(1, 2, 0)
        distance = -torch.log(torch.matmul(left, right))
        distance[distance < 0] = 0
        distance[torch.isinf(distance)] = LARGEST_SAMPLE_DISTANCE
        total += distance.sum(0)
    return (total / X.shape[1]).numpy()


def matrix_rate(n: int = 3000) -> float:
    """float32 matrix product of this machine, in operations a second."""
    a = torch.rand(n, n)
    return 2 * n**3 / median_seconds(lambda: a @ a, 3)


#: Models, samples, classes, share of samples without overlap, share of models close to ignorance.
DISTANCE_CASES = (
    (1000, 2000, 10, 0, 0),
    (1000, 2000, 10, 0.1, 0),
    (1000, 2000, 10, 0, 0.3),
    (300, 500, 1000, 0, 0),
    (2, 100_000, 10, 0, 0),
)


def distances(repetitions: int) -> dict:
    """Our distances against the plain algorithm: few classes, disjoint or close models, many classes, two models."""
    rows = []
    for m, n_samples, n_classes, disjoint, close in DISTANCE_CASES:
        X = synthetic_models(m, n_samples, n_classes)
        X[: round(close * m)] = 1 / n_classes + (X[: round(close * m)] - 1 / n_classes) / 100
        X[:, : round(disjoint * n_samples)] = np.eye(n_classes)[np.arange(m) % n_classes][:, None]
        plain = median_seconds(lambda X=X: plain_distances(X), max(1, repetitions // 2))
        ours = median_seconds(lambda X=X: pairwise_distances(X), repetitions)
        some = np.linspace(0, m - 1, 12).astype(int)
        chosen = X[some].astype(float)
        overlaps = np.einsum("inc,jnc->ijn", *[np.sqrt(chosen / chosen.sum(axis=2, keepdims=True))] * 2)
        exact = -np.log(np.clip(overlaps, np.exp(-LARGEST_SAMPLE_DISTANCE), 1)).mean(axis=2)
        np.fill_diagonal(exact, 0)
        error = np.abs(pairwise_distances(X)[np.ix_(some, some)] - exact).max() / exact.max()
        operations = m * (m + 1) * n_samples * n_classes
        rows.append(
            dict(
                models=m,
                samples=n_samples,
                classes=n_classes,
                disjoint=disjoint,
                close=close,
                plain_s=plain,
                ours_s=ours,
                ratio=plain / ours,
                relative_error=error,
                share_of_matrix_rate=operations / ours / matrix_rate(),
            )
        )
    return {"rows": rows}


def signed_spectrum_is_right(values: np.ndarray, exact: np.ndarray) -> str:
    """Whether eigenvalues agree with the exact signed ones in size and in sign."""
    if len(values) < len(exact):
        return "no: fewer axes"
    if np.allclose(values[: len(exact)], exact, rtol=1e-6):
        return "yes"
    return "no: sign lost" if np.allclose(np.abs(values[: len(exact)]), np.abs(exact), rtol=1e-2) else "no: other axes"


def embedding(repetitions: int, m: int = 4000, k: int = 10) -> dict:
    """InPCA against dense eigensolvers and two libraries on the same matrix of distances."""
    D = pairwise_distances(synthetic_models(m, 100, 10))

    def dense() -> np.ndarray:
        L = np.eye(m) - 1 / m
        W = -0.5 * L @ D @ L
        ends = [eigh(W, subset_by_index=bounds)[0] for bounds in ((0, k - 1), (m - k, m - 1))]
        values = np.concatenate(ends)
        return values[np.argsort(-np.abs(values))][:k]

    exact = dense()
    ways = {
        "InPCA": lambda: InPCA(k, metric="precomputed").fit(D).eigenvalues_,
        "double centring by products, two calls of eigh": dense,
        "scikit-learn ClassicalMDS": lambda: ClassicalMDS(k, metric="precomputed").fit(np.sqrt(D)).eigenvalues_,
    }
    try:
        from skbio.stats.ordination import pcoa
    except ImportError:
        missing = "scikit-bio is not installed; pip install scikit-bio adds its two rows"
    else:
        missing = None
        root = np.sqrt(D)
        for method in ("eigh", "fsvd"):
            ways[f"scikit-bio pcoa ({method})"] = lambda method=method: pcoa(
                root, method=method, dimensions=k, warn_neg_eigval=False
            ).eigvals.to_numpy()
    ours = None
    rows = []
    for name, work in ways.items():
        seconds = median_seconds(work, repetitions if name == "InPCA" else 1)
        ours = ours or seconds
        values = np.asarray(work())
        right = signed_spectrum_is_right(values, exact)
        error = float(np.abs(values[:k] / exact - 1).max()) if right == "yes" else None
        rows.append(dict(way=name, seconds=seconds, ratio=seconds / ours, signed_spectrum=right, relative_error=error))
    return {"models": m, "axes": k, "n_time_like": int((exact < 0).sum()), "rows": rows, "missing": missing}


def growth(repetitions: int) -> dict:
    """Time when one of the sizes doubles."""
    base = dict(m=1024, n_samples=1000, n_classes=10)
    series = {}
    for name, values in dict(m=(512, 1024, 2048), n_samples=(500, 1000, 2000), n_classes=(5, 10, 20)).items():
        series[name] = []
        for value in values:
            X = synthetic_models(**base | {name: value})
            series[name].append((value, median_seconds(partial(pairwise_distances, X), repetitions)))
    D = pairwise_distances(synthetic_models(4000, 50, 10))
    series["axes"] = [
        (k, median_seconds(lambda k=k: InPCA(k, metric="precomputed").fit(D), repetitions)) for k in (5, 10, 20, 40)
    ]
    return series


def large(repetitions: int, m: int = 20_000, k: int = 10) -> dict:
    """Embedding from a float32 matrix that is not copied."""
    D = np.empty((m, m), np.float32)
    pairwise_distances(synthetic_models(m, 20, 10), out=D)
    before = peak_gigabytes()
    start = time.perf_counter()
    InPCA(k, metric="precomputed").fit(D)
    return dict(
        models=m,
        axes=k,
        seconds=time.perf_counter() - start,
        matrix_gb=D.nbytes / 1e9,
        gb_beyond=max(0.0, peak_gigabytes() - before),
        peak_gb=peak_gigabytes(),
    )


def landmarks(repetitions: int) -> dict:
    """Landmark form: against the exact embedding where that can be had, and at a size where it cannot."""
    m, k, n = 10_000, 10, 2000
    X = synthetic_models(m, 500, 10)
    exact = InPCA(k).fit(X)
    approximate = InPCA(k, n_landmarks=n).fit(X)
    first = exact.embedding_[:, :3]
    rotation, _ = orthogonal_procrustes(approximate.embedding_[:, :3], first)
    error = np.linalg.norm(approximate.embedding_[:, :3] @ rotation - first) / np.linalg.norm(first)
    stress = [float(inpca.explained_stress_[2]) for inpca in (exact, approximate)]
    del X, exact, approximate
    X = synthetic_models(150_000, 500, 10)
    start = time.perf_counter()
    inpca = InPCA(k, n_landmarks=n).fit(X)
    seconds = time.perf_counter() - start
    return dict(
        compared_models=m,
        landmarks=n,
        stress_exact=stress[0],
        stress_landmarks=stress[1],
        coordinate_error=float(error),
        models=len(X),
        seconds=seconds,
        estimated_error=inpca.landmark_error_,
        stress=float(inpca.explained_stress_[2]),
        models_gb=X.nbytes / 1e9,
        peak_gb=peak_gigabytes(),
    )


def peak_gigabytes() -> float:
    """Largest resident memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


PARTS = {"distances": distances, "embedding": embedding, "growth": growth, "large": large, "landmarks": landmarks}


def table(rows: list[dict]) -> str:
    """Rows as a table in Markdown."""
    frame = pd.DataFrame(rows).rename(columns=lambda name: name.replace("_", " "))
    return frame.astype(object).where(frame.notna(), "–").to_markdown(index=False, floatfmt=".3g")


NOTES = {
    "distances": "Plain: chunks of 40 samples in torch with all threads, over the full square. Disjoint: share of "
    "the samples on which models are certain of one class, every tenth model of the same. Close: share of the models "
    "moved to within 1 % of ignorance, whose distances are computed once more from differences. The error is the "
    "largest of 66 pairs against float64, relative to the largest distance; the matrix rate is that of torch's float32 "
    "product.",
    "embedding": "The libraries are given square roots of the distances, which they square.",
    "growth": "Base: 1024 models, 1000 samples, 10 classes; axes: InPCA of 4000 models.",
}


def report(results: dict) -> str:
    """What was measured, in Markdown."""
    text = [f"# Distances and embeddings, measured\n\n{results['machine']}. Medians of repetitions in one run."]
    for name in PARTS:
        if name not in results:
            continue
        part = results[name]
        text += [f"## {name.capitalize()}", *([NOTES[name]] if name in NOTES else [])]
        if name == "embedding":
            text.append(f"{part['models']} models, {part['axes']} axes, of which {part['n_time_like']} time-like.")
        if name == "growth":
            text.append("![](geometry.png)")
            part = {"rows": [dict(size=size, value=value, seconds=s) for size in part for value, s in part[size]]}
        text.append(table(part.get("rows", [part])))
        if part.get("missing"):
            text.append(part["missing"])
    return "\n\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks"))
    arguments = parser.parse_args()
    results = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, numpy {np.__version__}, torch {torch.__version__}"
    }
    for name in arguments.only:
        print(f"{name} …", flush=True)
        results[name] = PARTS[name](arguments.repetitions)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.only != ["distances"]:
        (arguments.output / "geometry.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if "growth" in results:
        draw(results, arguments.output / "geometry.png")
    text = report(results)
    if arguments.only != ["distances"]:
        (arguments.output / "geometry.md").write_text(text, encoding="utf-8")
    if "distances" in results:
        alone = {name: results[name] for name in ("machine", "distances")}
        (arguments.output / "distances.md").write_text(report(alone), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
