"""How far distances move when predictions are stored in float16, beside what they may at most.

``python benchmarks/float16.py > results/benchmarks/float16.md``; seconds on one core.
"""

import numpy as np
from scipy.special import log_softmax

from inpca.geometry import bhattacharyya_distance
from inpca.predictions.half import distance_error, normalised, rounded

HEAD = """# Distances of predictions that were stored in float16

Largest change of the Bhattacharyya distance d over {pairs} pairs of models on {samples} samples, whose logits are
normal with the given deviation, and over single samples; bounds are those of
`inpca.predictions.half.distance_error` at the distance that changed most. By `python benchmarks/float16.py`.

| classes | deviation of logits | mean d | change of d | bound | change of a sample | bound |
|---|---|---|---|---|---|---|"""
PAIRS, SAMPLES = 20, 500


def row(n_classes: int, deviation: float) -> str:
    """Of models of some classes, as Markdown."""
    rng = np.random.default_rng(0)
    models = log_softmax(deviation * rng.normal(size=(2, PAIRS * SAMPLES, 1, n_classes)), axis=-1)
    stored = normalised(rounded(models, "float16"))
    exact, moved = (bhattacharyya_distance(*pair, log=True) for pair in (models, stored))
    cells = []
    for samples in (SAMPLES, 1):
        d, change = (x.reshape(-1, samples).mean(axis=1) for x in (exact, moved - exact))
        worst = np.abs(change).argmax()
        cells += [f"{np.abs(change[worst]):.1e}", f"{distance_error(d[worst], n_classes):.1e}"]
    return f"| {n_classes} | {deviation:g} | {exact.mean():.3g} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print(HEAD.format(pairs=PAIRS, samples=SAMPLES))
    for classes in (10, 100, 1000):
        for size in (0.1, 3.0, 30.0):
            print(row(classes, size))
