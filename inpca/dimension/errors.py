"""Measures of dimension with their standard errors over runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from inpca.dimension.spectrum import axes_needed, explained_stress, padded, participation_ratio, signed_spectrum


def bootstrap_spectra(
    D: np.ndarray, run: np.ndarray, resamples: int, rng: int | np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Signed spectra of bootstrap samples: as many runs, drawn with replacement, each with all its models.

    Parameters
    ----------
    D : (m, m) array
        Distances.
    run : (m,) array of int
        Run of each model, 0, 1, ….
    resamples : int
        Number of bootstrap samples.
    rng : None, int or numpy.random.Generator
        Random numbers, as :func:`numpy.random.default_rng` takes them.

    Yields
    ------
    (n,) array of float64
        As :func:`signed_spectrum`; n is the number of different models in the sample.

    See Also
    --------
    dimension : the standard errors that follow from them.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.dimension import bootstrap_spectra
    >>> [len(values) for values in bootstrap_spectra(1 - np.eye(3), np.array([0, 0, 0]), 2, rng=0)]
    [3, 3]
    """
    rng = np.random.default_rng(rng)
    n_runs = int(run.max()) + 1
    for _ in range(resamples):
        times = np.bincount(rng.integers(n_runs, size=n_runs), minlength=n_runs)
        yield signed_spectrum(D, times[run])


def dimension(
    D: np.ndarray, run: np.ndarray, n_axes: int, resamples: int, rng: int | np.random.Generator | None = None
) -> xr.Dataset:
    """Spectrum of models and the measures of dimension that follow from it, with standard errors over runs.

    A standard error is the standard deviation over bootstrap samples of the runs. It is given rather than percentiles,
    which would be shifted: a bootstrap sample has fewer different runs than there are, and so fewer dimensions.

    Parameters
    ----------
    D : (m, m) array
        Distances.
    run : (m,) array of int
        Run of each model, 0, 1, ….
    n_axes : int
        Number of axes of which ``eigenvalue`` and ``explained_stress`` are returned.
    resamples : int
        Number of bootstrap samples.
    rng : None, int or numpy.random.Generator
        Random numbers, as :func:`numpy.random.default_rng` takes them.

    Returns
    -------
    xarray.Dataset
        ``eigenvalue``, ``explained_stress`` by axis; ``axes_needed``, ``participation_ratio``; each but the first with
        ``…_error``. Axes beyond the number of models are NaN.

    Raises
    ------
    ValueError
        If there are fewer than two bootstrap samples: one has no standard deviation. As :func:`signed_spectrum`.

    See Also
    --------
    signed_spectrum, explained_stress, axes_needed, participation_ratio : one of them alone.

    References
    ----------
    Mao et al., PNAS 121(12), 2024; Efron, Annals of Statistics 7(1), 1979 (bootstrap).

    Examples
    --------
    >>> import numpy as np
    >>> from inpca.dimension import dimension
    >>> found = dimension(1 - np.eye(4), np.array([0, 0, 1, 1]), n_axes=2, resamples=10, rng=0)
    >>> round(found["participation_ratio"].item(), 6)  # three equal axes hold four points at equal distances
    3.0
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
