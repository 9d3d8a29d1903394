"""How many dimensions do models fill: the whole signed spectrum of their distances, with bootstrap over runs.

Models that are all the same have no spectrum but zeros. They fill no dimension, and nothing is left unexplained: the
explained stress is 1, no axis is needed, and the participation ratio is 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.linalg import eigvalsh

#: Explained stress from which the number of axes counts as enough.
ENOUGH_STRESS = 0.9


def signed_spectrum(D: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """All eigenvalues of W = -½ L D L, by descending magnitude; a negative one belongs to a time-like axis.

    Parameters
    ----------
    D : (m, m) array
        Distances.
    weight : (m,) array, optional
        How often each model counts; those of weight 0 are left out. The spectrum is that of the distances between the
        models repeated so often, less the zeros.

    Returns
    -------
    (n,) array
        n is the number of models of positive weight.

    Raises
    ------
    ValueError
        If weights are not one finite number for each model, none negative and at least one positive.
    """
    weight = np.ones(len(D)) if weight is None else checked_weights(weight, len(D))
    chosen = np.flatnonzero(weight)
    W, weight = np.asarray(D[np.ix_(chosen, chosen)], np.float64), weight[chosen]
    means = W @ weight / weight.sum()
    W -= means[:, None] + means - weight @ means / weight.sum()
    root = np.sqrt(weight)
    W *= -0.5 * root[:, None] * root
    eigenvalues = eigvalsh(W, overwrite_a=True, check_finite=False)
    return eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")]


def checked_weights(weight: np.ndarray, n: int) -> np.ndarray:
    """Weights of n models as float64; raises ValueError where :func:`signed_spectrum` cannot take them."""
    try:
        weight = np.asarray(weight, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"weight should be {n} numbers, one for each model") from None
    if weight.shape != (n,):
        raise ValueError(f"weight has the shape {weight.shape}; it should be ({n},), one number for each model")
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad):
        raise ValueError(f"weight[{bad[0]}] is {weight[bad[0]]:g}; weights should be finite and not negative")
    if not weight.any():
        raise ValueError("all weights are zero; at least one model should have a positive one")
    return weight


def explained_stress(eigenvalues: np.ndarray) -> np.ndarray:
    """Explained stress 1 - sqrt(1 - Σ_{i≤k} λ_i² / Σ_i λ_i²) of the first k = 1, 2, … axes, from all eigenvalues.

    1 where all are zero.
    """
    total = np.sum(eigenvalues**2)
    if total == 0:
        return np.ones(len(eigenvalues))
    rest = np.append(np.cumsum(eigenvalues[::-1] ** 2)[::-1][1:], 0)
    return 1 - np.sqrt(rest / total)


def axes_needed(eigenvalues: np.ndarray) -> int:
    """Smallest number of axes that explain :data:`ENOUGH_STRESS`; 0 where all eigenvalues are zero."""
    if np.sum(eigenvalues**2) == 0:
        return 0
    return int(np.argmax(explained_stress(eigenvalues) >= ENOUGH_STRESS)) + 1


def participation_ratio(eigenvalues: np.ndarray) -> float:
    """(Σ|λ|)² / Σλ²: the number of axes if all were equally long, at most the number of eigenvalues; 0 if all are 0."""
    total = np.sum(eigenvalues**2)
    return 0.0 if total == 0 else float(np.abs(eigenvalues).sum() ** 2 / total)


def bootstrap_spectra(D: np.ndarray, run: np.ndarray, resamples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Spectra of as many runs, drawn with replacement; a run comes with all its models.

    Parameters
    ----------
    D : (m, m) array
    run : (m,) array of int
        Run of each model, 0, 1, ….
    resamples : int
    rng : numpy.random.Generator
    """
    n_runs = int(run.max()) + 1
    for _ in range(resamples):
        times = np.bincount(rng.integers(n_runs, size=n_runs), minlength=n_runs)
        yield signed_spectrum(D, times[run])


def dimension(D: np.ndarray, run: np.ndarray, n_axes: int, resamples: int, rng: np.random.Generator) -> xr.Dataset:
    """Spectrum of models and the measures of dimension that follow from it, with standard errors over runs.

    A standard error is the standard deviation over bootstrap samples of the runs. It is given rather than percentiles,
    which would be shifted: a bootstrap sample has fewer different runs than there are, and so fewer dimensions.

    Parameters
    ----------
    D : (m, m) array
    run : (m,) array of int
        Run of each model, 0, 1, ….
    n_axes : int
        Axes that are kept.
    resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        ``eigenvalue``, ``explained_stress`` by axis; ``axes_needed``, ``participation_ratio``; each but the first with
        ``…_error``. Axes beyond the number of models are NaN.

    Raises
    ------
    ValueError
        If there are fewer than two bootstrap samples: one has no standard deviation.
    """
    if resamples < 2:
        raise ValueError(f"resamples is {resamples}; a standard error takes two or more")

    def measures(eigenvalues: np.ndarray) -> dict:
        return {
            "explained_stress": padded(explained_stress(eigenvalues), n_axes),
            "axes_needed": float(axes_needed(eigenvalues)),
            "participation_ratio": participation_ratio(eigenvalues),
        }

    whole = signed_spectrum(D)
    samples = [measures(eigenvalues) for eigenvalues in bootstrap_spectra(D, run, resamples, rng)]
    variables = {"eigenvalue": padded(whole, n_axes)} | measures(whole)
    for name in samples[0]:
        variables[f"{name}_error"] = np.std([sample[name] for sample in samples], axis=0, ddof=1)
    return xr.Dataset(
        {name: ("axis" if np.ndim(value) else (), value) for name, value in variables.items()},
        coords={"axis": np.arange(1, n_axes + 1)},
    )


def padded(values: np.ndarray, n: int) -> np.ndarray:
    """The first n values, followed by NaN where there are fewer."""
    return np.append(values, np.full(max(0, n - len(values)), np.nan))[:n]
