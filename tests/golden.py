"""Values of the library's functions on small inputs, computed from their formulas by plain loops in 40 digits.

Nothing of the library is used. ``python tests/golden.py > tests/golden.json`` writes them; tests compare them with what
the library gives, and with what this file gives.
"""

import json
from itertools import pairwise

from mpmath import acos, eigsy, exp, eye, lambertw, log, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 40
#: What a sample on which two models have no common class counts.
BOUND = 100
LABELS = [0, 2, 1]
WEIGHTS = [1, 2, 1, 3, 1]
S = ["0.1", "0.35", "0.5"]
AXES = 4


def made_up_models():
    """Five models of three samples and four classes, exact fractions; the later, the closer to the truth."""
    models = []
    for m in range(5):
        model = []
        for n, label in enumerate(LABELS):
            weights = [mpf((5 * m + 7 * n + 3 * c) % 11 + 1) for c in range(4)]
            weights[label] += mpf(6 * m * m)
            model.append([w / sum(weights) for w in weights])
        models.append(model)
    return models


def ignorance():
    return [[mpf(1) / 4] * 4 for _ in LABELS]


def truth():
    return [[mpf(c == label) for c in range(4)] for label in LABELS]


def overlap(p, q):
    return sum(sqrt(a * b) for a, b in zip(p, q, strict=True))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def bhattacharyya(P, Q):
    return mean(-log(max(overlap(p, q), exp(-BOUND))) for p, q in zip(P, Q, strict=True))


def spherical(P, Q):
    return mean(acos(min(overlap(p, q), 1)) for p, q in zip(P, Q, strict=True))


def jeffreys(P, Q):
    return mean(sum((a - b) * (log(a) - log(b)) for a, b in zip(p, q, strict=True)) for p, q in zip(P, Q, strict=True))


def euclidean(P, Q):
    return mean(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for p, q in zip(P, Q, strict=True))


def hellinger(P, Q):
    product = mpf(1)
    for p, q in zip(P, Q, strict=True):
        product *= overlap(p, q)
    return 1 - product


METRICS = {f.__name__: f for f in (bhattacharyya, spherical, jeffreys, euclidean, hellinger)}


def geodesic(P, Q, t):
    point = []
    for p, q in zip(P, Q, strict=True):
        angle = acos(min(overlap(p, q), 1))
        if angle < mpf("1e-8"):
            point.append(p)
            continue
        left, right = sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle)
        point.append([(left * sqrt(a) + right * sqrt(b)) ** 2 for a, b in zip(p, q, strict=True)])
    return point


def progress(P):
    """By ternary search: the mean angle is convex along the geodesic."""
    low, high = mpf(0), mpf(1)
    while high - low > mpf("1e-16"):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        closer = spherical(P, geodesic(ignorance(), truth(), a)) < spherical(P, geodesic(ignorance(), truth(), b))
        low, high = (low, b) if closer else (a, high)
    return (low + high) / 2


def at_progress(run, s):
    """The model of a run at progress s, by bisection on the geodesic between the checkpoints on both sides."""
    index = [progress(P) for P in run]
    upper = next(i for i, value in enumerate(index) if value >= s)
    low, high = mpf(0), mpf(1)
    while high - low > mpf("1e-9"):
        t = (low + high) / 2
        low, high = (t, high) if progress(geodesic(run[upper - 1], run[upper], t)) < s else (low, t)
    return geodesic(run[upper - 1], run[upper], (low + high) / 2)


def normalised(p):
    return [a / sum(p) for a in p]


def centroids(models):
    """Six averages, sample by sample."""
    samples = list(zip(*models, strict=True))
    classes = [list(zip(*members, strict=True)) for members in samples]
    return {
        "arithmetic": [[mean(c) for c in sample] for sample in classes],
        "geometric": [normalised([exp(mean(log(a) for a in c)) for c in sample]) for sample in classes],
        "harmonic": [normalised([1 / mean(1 / a for a in c) for c in sample]) for sample in classes],
        "sqrt": [normalised([mean(sqrt(a) for a in c) ** 2 for c in sample]) for sample in classes],
        "bhattacharyya": [bhattacharyya_centroid(members) for members in samples],
        "jeffreys": [jeffreys_centroid(sample) for sample in classes],
    }


def bhattacharyya_centroid(members):
    q = [mpf(1) / 4] * 4
    for _ in range(400):
        shares = [[sqrt(a * b) / overlap(p, q) for a, b in zip(p, q, strict=True)] for p in members]
        q = [mean(c) for c in zip(*shares, strict=True)]
    return q


def jeffreys_centroid(classes):
    """q_c = a_c / W0(e^(1+λ) a_c / g_c), λ by bisection."""
    pairs = [(mean(c), exp(mean(log(a) for a in c))) for c in classes]

    def at(multiplier):
        return [a / lambertw(exp(1 + multiplier) * a / g).real for a, g in pairs]

    low, high = mpf(-5), mpf(0)
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(at(middle)) < 1 else (middle, high)
    return at((low + high) / 2)


def inpca(D):
    """Eigenvalues by descending magnitude, coordinates (up to the sign of an axis), stress and explained distance."""
    m = D.rows
    L = eye(m) - matrix([[mpf(1) / m] * m] * m)
    W = -L * D * L / 2
    values, vectors = eigsy((W + W.T) / 2)
    order = sorted(range(m), key=lambda i: -abs(values[i]))
    total = sum(values[i] ** 2 for i in range(m))
    coordinates = [[vectors[row, i] * sqrt(abs(values[i])) for i in order] for row in range(m)]
    signs = [1 if values[i] > 0 else -1 for i in order]
    stress, explained = [], []
    for k in range(1, AXES + 1):
        stress.append(1 - sqrt(1 - sum(values[i] ** 2 for i in order[:k]) / total))
        missed = sum(
            abs(D[a, b] - sum(signs[i] * (coordinates[a][i] - coordinates[b][i]) ** 2 for i in range(k)))
            for a in range(m)
            for b in range(m)
        )
        explained.append(1 - missed / sum(D))
    return [values[i] for i in order[:AXES]], [row[:AXES] for row in coordinates], stress, explained


def placed(D, d, eigenvalues, coordinates):
    """Coordinates of a model with distances d to the embedded ones."""
    m = D.rows
    columns = [mean(D[a, b] for a in range(m)) for b in range(m)]
    centred = [(d[b] - mean(d) - columns[b] + mean(columns)) / -2 for b in range(m)]
    return [
        sum(c * x[k] for c, x in zip(centred, coordinates, strict=True)) / value for k, value in enumerate(eigenvalues)
    ]


def distances(models):
    return matrix([[bhattacharyya(P, Q) for Q in models] for P in models])


def papers_schedule(steps_per_epoch, epochs=200):
    """Step 0; four in each of the epochs 0-4; the *ends* of epochs 5-25, 28, 32 … 64, 75, 90 … and of the last."""
    steps = {0}
    for epoch in range(5):
        steps |= {epoch * steps_per_epoch + i + 1 for i in range(steps_per_epoch) if i % (steps_per_epoch // 4) == 0}
    for epoch in range(5, epochs):
        if epoch <= 25 or (epoch <= 65 and epoch % 4 == 0) or (epoch > 65 and epoch % 15 == 0) or epoch == epochs - 1:
            steps.add((epoch + 1) * steps_per_epoch)
    return sorted(steps)


def golden():
    models = made_up_models()
    embedded = [*models[:4], ignorance(), truth()]
    D = distances(embedded)
    eigenvalues, coordinates, stress, explained = inpca(D)
    repeated = [P for P, weight in zip(models, WEIGHTS, strict=True) for _ in range(weight)]
    weighted = inpca(distances(repeated))
    run, other = models, [P[::-1] for P in models]
    indexed = [at_progress(run, mpf(s)) for s in S]
    by_speed = geodesic(run[1], run[2], mpf("0.25"))
    tube = [[mean(pair) for pair in zip(p, q, strict=True)] for p, q in zip(run[2], other[2], strict=True)]
    return {
        "models": models,
        "distances": {name: [[f(P, Q) for Q in models] for P in models] for name, f in METRICS.items()},
        "ends": {"bhattacharyya": log(4) / 2, "spherical": pi / 3, "no_overlap": bhattacharyya(truth(), truth()[::-1])},
        "geodesic": geodesic(models[0], models[3], mpf("0.3")),
        "progress": [progress(P) for P in models],
        "length": sum(2 * sqrt(bhattacharyya(P, Q)) for P, Q in pairwise(run)),
        "at_progress": indexed,
        "at_constant_speed": by_speed,
        "trajectory_distance": mean(bhattacharyya(P, Q) for P, Q in zip(run, other, strict=True)),
        "distance_to_geodesic": [
            bhattacharyya(P, geodesic(ignorance(), truth(), mpf(s))) for P, s in zip(indexed, S, strict=True)
        ],
        "tube_width": bhattacharyya(run[2], tube),
        "centroids": centroids(models[:3]),
        "inpca": {
            "eigenvalues": eigenvalues,
            "coordinates": coordinates,
            "explained_stress": stress,
            "explained_distance": explained,
            "placed": placed(D, [bhattacharyya(models[4], P) for P in embedded], eigenvalues, coordinates),
        },
        "weighted_inpca": {
            "eigenvalues": weighted[0],
            "explained_stress": weighted[2],
            "explained_distance": weighted[3],
        },
        "papers_schedule": {str(n): papers_schedule(n) for n in (250, 100, 50)},
    }


def as_floats(value):
    """Numbers as floats, whatever holds them."""
    if isinstance(value, dict):
        return {name: as_floats(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_floats(inner) for inner in value]
    return value if isinstance(value, int) else float(value)


if __name__ == "__main__":
    print(json.dumps(as_floats(golden()), indent=1))
