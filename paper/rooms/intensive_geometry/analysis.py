"""Numbers of the intensive limit, of the coin, of light cones and of corners, as the notebook writes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from inpca import InPCA, signed_spectrum
from paper.exponential_family import Coordinates, light_ratio
from paper.rooms.intensive_geometry import coins, corners
from paper.rooms.intensive_geometry.replicas import ROUNDING, replicated, time_like_share

#: Terms of the series of closed forms.
TERMS = 400
#: Replicas that stand for their limit 0, and one of which a real sample has.
FEW, ONE = 1e-3, 1.0
#: Log-odds of coins whose predictions are nearly the same, and of others.
CERTAIN, DOUBTFUL = (6.0, 9.0), (-1.5, 1.5)


def above_rounding(value: float) -> float:
    """A number that is 0 but for rounding as 0, so that it is the same on every machine.

    Examples
    --------
    >>> above_rounding(3e-16), above_rounding(0.5)
    (0.0, 0.5)
    """
    return float(value) if abs(value) > ROUNDING else 0.0


def curse_numbers(found: dict, m: int) -> dict:
    """Contrast and axes on the most samples, axes as a part of the m - 1 of models that are all equally far apart."""
    return {
        name: {"contrast": float(one["contrast"][-1]), "axes_share": float(one["axes"][-1] / (m - 1))}
        for name, one in found.items()
    }


def replica_numbers(distances: np.ndarray) -> dict:
    """Largest relative error of d_n² for d_B, and how much of the spectrum is time-like, of few replicas and of one."""
    far = distances[np.triu_indices(len(distances), 1)]
    numbers = {}
    for name, n in (("few", FEW), ("one", ONE)):
        error = float(np.max(1 - replicated(far, n) / far))
        numbers[name] = {"error": error, "time_like": time_like_share(replicated(distances, n))}
    return numbers


def embedded_spectrum(coordinates: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Eigenvalues, by descending magnitude, of W = X S Xᵀ: coordinates X (m, k), centred here, and signs S (k,)."""
    centred = coordinates - coordinates.mean(axis=0)
    eigenvalues = np.linalg.eigvalsh((centred * signs) @ centred.T)
    return eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]


def coin_numbers(angles: np.ndarray) -> dict:
    """What the closed form says of coins against what their distances give, and how many axes have which sign.

    ``error`` is the largest difference of d_B from its series over the largest d_B; ``signs`` the part of axes above
    rounding whose sign is not that of the one before; ``gaussian_…`` have the time-like share of both families.
    """
    distances = coins.coin_distances(angles)
    x, signs = coins.coin_coordinates(angles, TERMS)
    series = np.einsum("k,ijk->ij", signs, (x[:, None] - x) ** 2)
    spectrum = signed_spectrum(distances)
    kept = spectrum[np.abs(spectrum) > ROUNDING * abs(spectrum[0])]
    line = np.linspace(-2, 2, len(angles))
    means, widths = signed_spectrum(coins.mean_distances(line)), coins.width_distances(line)
    return {
        "error": above_rounding(np.max(np.abs(series - distances)) / distances.max()),
        "signs": float(np.mean(np.sign(kept[1:]) != np.sign(kept[:-1]))),
        "time_like": time_like_share(distances),
        "largest": [float(value) for value in spectrum[:4]],
        "gaussian_means": {
            "time_like": time_like_share(coins.mean_distances(line)),
            "first": float(means[0] / means.sum()),
        },
        "gaussian_widths": {"time_like": time_like_share(widths)},
    }


def plane_of_coins(angles: np.ndarray) -> np.ndarray:
    """InPCA of coins, (m, 2): the first axis from tails to heads, the second upwards for coins that are certain."""
    found = InPCA(2, metric="precomputed").fit(coins.coin_distances(angles)).embedding_
    return found * np.sign(found[-1])


def cone_numbers(eta: np.ndarray, at: Coordinates) -> dict:
    """Two pairs of coins: how much their predictions, their squared distance and the two parts of it differ."""
    numbers = {}
    heads = 1 / (1 + np.exp(-eta))
    for name, pair in (("certain", CERTAIN), ("doubtful", DOUBTFUL)):
        i, j = (int(np.argmin(np.abs(eta - one))) for one in pair)
        space, time = at.space[i] - at.space[j], at.time[i] - at.time[j]
        numbers[name] = {
            "log_odds": float(abs(eta[i] - eta[j])),
            "predictions": float(abs(heads[i] - heads[j])),
            "distance": float((eta[i] - eta[j]) * (heads[i] - heads[j])),
            "space": float(np.sum(space**2)),
            "ratio": float(light_ratio(space, time)),
        }
    return numbers


def cone_table(numbers: dict) -> pd.DataFrame:
    """The pairs of coins as a table."""
    names = {
        "log_odds": "difference of log-odds",
        "predictions": "of probabilities",
        "distance": "symmetrised divergence (nats)",
        "ratio": "time-like over space-like part",
    }
    rows = {f"{name} coins": {text: one[key] for key, text in names.items()} for name, one in numbers.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("pair")


def by_doubt(labels: np.ndarray, n_classes: int, doubts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Separations (q, 2, 2) of ignorance and a corner from the truth, and eigenvalues (q, 2): InPCA's, closed form."""
    parts, found, closed = [], [], []
    for doubt in doubts:
        models = corners.corner_models(labels, n_classes, doubt)
        parts.append(corners.separations(models)[[0, 2]])
        closed.append(corners.corner_spectrum(n_classes, doubt))
        fitted = InPCA(n_classes).fit(models)
        # ignorance alone is apart from all corners alike along its own axis
        own = np.argmax(np.abs(fitted.embedding_[0]))
        others = np.delete(fitted.eigenvalues_, own)
        found.append((others[0], fitted.eigenvalues_[own]))
    return np.array(parts), np.array(found), np.array(closed)


def corner_numbers(parts: np.ndarray, spectra: np.ndarray, closed: np.ndarray) -> dict:
    """Separations from the truth at the smallest doubt, and the largest error of eigenvalues at any."""
    numbers = {}
    for number, name in enumerate(("ignorance", "corner")):
        space, time = parts[-1, number]
        numbers[name] = {"distance": float(space - time), "space": float(space), "ratio": above_rounding(time / space)}
    return numbers | {
        "spectrum_error": above_rounding(np.max(np.abs(spectra - closed) / np.abs(closed).max(axis=1, keepdims=True)))
    }


#: What the notebook found, in two sentences.
ANSWER = (
    "On {n_samples:,} samples Hellinger's distance makes {n_models} models span {hellinger:.1%} of the equal axes that "
    "they can, $d_B$ {bhattacharyya:.1%}; it is the limit of no replicas, which {few:g} of one reach within "
    "{error:.2%}, and there {time_like:.1%} of the spectrum of coins is time-like, of one replica {one:.1%}. Coins of "
    "log-odds {certain[0]:g} and {certain[1]:g} differ by {predictions:.2g} in what they predict, and the time-like "
    "part of their separation is {ratio:.1%} of the space-like one; of truth and ignorance, among corners of the "
    "smallest doubt, it is {ignorance:.0%}."
)


def answer(numbers: dict) -> str:
    """The answer to the notebook's question, with its numbers."""
    return ANSWER.format(
        n_samples=numbers["n_samples"],
        n_models=numbers["n_models"],
        hellinger=numbers["curse"]["hellinger"]["axes_share"],
        bhattacharyya=numbers["curse"]["bhattacharyya"]["axes_share"],
        few=FEW,
        error=numbers["replicas"]["few"]["error"],
        time_like=numbers["coin"]["time_like"],
        one=numbers["replicas"]["one"]["time_like"],
        certain=CERTAIN,
        predictions=numbers["cones"]["certain"]["predictions"],
        ratio=numbers["cones"]["certain"]["ratio"],
        ignorance=numbers["corners"]["ignorance"]["ratio"],
    )
