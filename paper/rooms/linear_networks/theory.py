r"""Linear models under gradient descent: the spectrum of their outputs in closed form, and of models that are trained.

Outputs :math:`f = Xw` of N samples stand for Gaussians of one variance :math:`s^2`, for which :math:`d_B` is
:math:`\|f-f'\|^2 / 8 s^2 N`: InPCA of such models is principal component analysis of their outputs. Let
:math:`X^\top X/N` have the eigenvalues :math:`\lambda_i`, and the loss be half the mean squared error to the outputs of
a teacher :math:`w^*`. Along each eigenvector a step of gradient descent keeps the part :math:`1-\eta\lambda_i` of the
error,

.. math:: w_i(t) = w^*_i + \rho_i^t\,(w_i(0) - w^*_i),\qquad \rho_i = 1-\eta\lambda_i ,

which under gradient flow is :math:`e^{-\lambda_i t}`. With initial weights of mean 0 and variance :math:`\sigma^2`, the
covariance of outputs over runs and recorded steps t is, in the eigenvectors of outputs,

.. math:: C_{ij} = \sqrt{\lambda_i\lambda_j}\,\bigl[w^*_i w^*_j \operatorname{Cov}_t(\rho_i^t,\rho_j^t)
    + \delta_{ij}\,\sigma^2 \operatorname{E}_t\rho_i^{2t}\bigr].

The first part is the path that all runs share, the second how far apart they are. Its eigenvalues are those of
:math:`W/m` for m models, whatever the signs of :math:`w^*_i`; here all are ±1.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper.rooms.linear_networks.experiment import Theory
from paper.study.configuration import Checkpoints


def input_spectrum(decay: float, dimension: int) -> np.ndarray:
    """Eigenvalues λ_i = exp(-c i), i = 0 … d-1, of the second moments of inputs; all 1 for c = 0.

    Examples
    --------
    >>> input_spectrum(0.5, 3).round(3)
    array([1.   , 0.607, 0.368])
    """
    return np.exp(-decay * np.arange(dimension))


def recorded_steps(length: int, number: int) -> np.ndarray:
    """Steps at which a run of some length is recorded, as any run of the project is that is recorded evenly in ln t.

    Examples
    --------
    >>> recorded_steps(100, 4)
    array([  0,   1,  10, 100])
    """
    return Checkpoints(schedule="log", number=number).steps(1, length)


def predicted_covariance(spectrum: np.ndarray, scale: float, steps: np.ndarray, rate: float) -> np.ndarray:
    """C_ij of the module's formula, for a teacher of weights ±1.

    Parameters
    ----------
    spectrum : (d,) array
        Eigenvalues λ_i of the inputs.
    scale : float
        σ, standard deviation of initial weights.
    steps : (T,) array of int
        Recorded ones, each of which counts as much.
    rate : float
        η.

    Returns
    -------
    (d, d) array
        In the squared unit of outputs, a sample.

    References
    ----------
    Mao et al., "An analytical characterization of sloppiness in neural networks: Insights from linear models", Phys.
    Rev. E 113, 015306, 2026 (arXiv:2505.08915), who name the three causes: decay, scale and steps.

    Examples
    --------
    Before the first step, outputs differ by initial weights alone:

    >>> predicted_covariance(np.array([1.0, 0.5]), 2.0, np.array([0]), 0.1)
    array([[4., 0.],
           [0., 2.]])
    """
    kept = (1 - rate * spectrum) ** np.asarray(steps)[:, None]
    root = np.sqrt(spectrum)
    shared = np.cov(kept, rowvar=False, bias=True).reshape(len(spectrum), -1) * root[:, None] * root
    return shared + scale**2 * np.diag(spectrum * (kept**2).mean(axis=0))


def predicted_eigenvalues(spectrum: np.ndarray, scale: float, steps: np.ndarray, rate: float) -> np.ndarray:
    """Eigenvalues of :func:`predicted_covariance`, (d,), the largest first.

    Examples
    --------
    Flat inputs are all learnt at one rate. Of runs that start close to 0 the path is a line:

    >>> found = predicted_eigenvalues(np.ones(5), 1e-3, np.arange(10), 0.5)
    >>> bool(found[1] < 1e-5 * found[0])
    True
    """
    return np.linalg.eigvalsh(predicted_covariance(spectrum, scale, steps, rate))[::-1]


def inputs_of(spectrum: np.ndarray, n_samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs X (N, d) whose XᵀX/N has the spectrum, and its eigenvectors V (d, d) as columns."""
    d = len(spectrum)
    left, _ = np.linalg.qr(rng.standard_normal((n_samples, d)))
    right, _ = np.linalg.qr(rng.standard_normal((d, d)))
    return np.sqrt(n_samples) * (left * np.sqrt(spectrum)) @ right.T, right


def trained_outputs(
    inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, steps: np.ndarray, rate: float
) -> np.ndarray:
    """Outputs of linear models while gradient descent lowers ‖Xw - y‖² / 2N.

    Parameters
    ----------
    inputs : (N, d) array
    targets : (N,) array
        y.
    weights : (d, r) array
        Initial ones of each run.
    steps : (T,) array of int
        Recorded ones, ascending.
    rate : float

    Returns
    -------
    (T, N, r) array

    Examples
    --------
    >>> X, y = np.array([[1.0], [1.0]]), np.array([2.0, 2.0])
    >>> trained_outputs(X, y, np.zeros((1, 1)), np.array([0, 1, 2]), 0.5)[:, 0, 0]
    array([0. , 1. , 1.5])
    """
    moments, aim = inputs.T @ inputs / len(inputs), inputs.T @ targets[:, None] / len(inputs)
    found, weights = np.empty((len(steps), len(inputs), weights.shape[1])), weights.copy()
    place = 0
    for step in range(int(steps[-1]) + 1):
        if step == steps[place]:
            found[place] = inputs @ weights
            place += 1
        weights -= rate * (moments @ weights - aim)
    return found


def measured_eigenvalues(outputs: np.ndarray) -> np.ndarray:
    """Eigenvalues of W/m over all models of outputs (T, N, r), (min(N, T · r),), the largest first.

    W is of the distances ‖f-f'‖²/N, which are 8 s² times :math:`d_B` of Gaussians of variance s².
    """
    models = outputs.transpose(0, 2, 1).reshape(-1, outputs.shape[1])
    models = models - models.mean(axis=0)
    return np.linalg.eigvalsh(models.T @ models / (len(models) * models.shape[1]))[::-1]


def simulated(theory: Theory) -> xr.Dataset:
    """Eigenvalues of trained linear models, and those that theory gives.

    Returns
    -------
    Dataset
        ``measured`` (replicate, decay, scale, length, axis) and ``predicted`` (decay, scale, length, axis);
        ``inputs`` (decay, axis), the spectrum of inputs.
    """
    d, schedules = theory.dimension, [recorded_steps(length, theory.checkpoints) for length in theory.lengths]
    every = np.unique(np.concatenate(schedules))
    shape = (len(theory.decays), len(theory.scales), len(theory.lengths), d)
    measured, predicted = np.empty((theory.replicates, *shape)), np.empty(shape)
    spectra = np.array([input_spectrum(decay, d) for decay in theory.decays])
    scales = np.repeat(theory.scales, theory.runs)
    for i, spectrum in enumerate(spectra):
        for j, scale in enumerate(theory.scales):
            for k, steps in enumerate(schedules):
                predicted[i, j, k] = predicted_eigenvalues(spectrum, scale, steps, theory.rate)
        for replicate in range(theory.replicates):
            rng = np.random.default_rng([theory.seed, i, replicate])
            inputs, vectors = inputs_of(spectrum, theory.n_samples, rng)
            teacher = vectors @ rng.choice([-1.0, 1.0], size=d)
            outputs = trained_outputs(
                inputs, inputs @ teacher, rng.standard_normal((d, len(scales))) * scales, every, theory.rate
            )
            for j, _ in enumerate(theory.scales):
                of_scale = outputs[:, :, j * theory.runs : (j + 1) * theory.runs]
                for k, steps in enumerate(schedules):
                    kept = of_scale[np.searchsorted(every, steps)]
                    measured[replicate, i, j, k] = measured_eigenvalues(kept)[:d]
    dims = ("decay", "scale", "length", "axis")
    coordinates = dict(zip(dims, (theory.decays, theory.scales, theory.lengths, np.arange(1, d + 1)), strict=True))
    variables = {
        "measured": (("replicate", *dims), measured),
        "predicted": (dims, predicted),
        "inputs": (("decay", "axis"), spectra),
    }
    settings = {"rate": theory.rate, "checkpoints": theory.checkpoints, "runs": theory.runs}
    return xr.Dataset(variables, coordinates, settings)
