"""Probes: probabilistic models of what a layer of a network represents.

Both are fitted on training samples and read on any. Features are standardised first, by the means and deviations of the
training samples; a feature that is the same for all of them is left at 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

#: Steps of the optimiser of the linear probe at most, and its largest gradient at the end.
STEPS, GRADIENT = 2000, 1e-4
#: Between which powers of e the inverse temperature of class means is looked for.
INVERSE_TEMPERATURES = (-20.0, 10.0)
#: From features (N, d) to log-probabilities (N, C).
Probe = Callable[[np.ndarray], np.ndarray]


def linear_probe(features: np.ndarray, labels: np.ndarray, penalty: float) -> Probe:
    """Multinomial logistic regression: p_c ∝ exp(w_c·x + b_c).

    It minimises the mean of -ln p of the labels plus λ/2 Σ_c ‖w_c‖², with scikit-learn.

    Parameters
    ----------
    features : (N, d) array
    labels : (N,) array of int
        Every class 0 … C-1 occurs.
    penalty : float
        λ, in nats.

    Returns
    -------
    callable
        From features (M, d) to log-probabilities (M, C) in nats.

    References
    ----------
    Alain & Bengio, Understanding intermediate layers using linear classifier probes, arXiv:1610.01644, 2016.

    Examples
    --------
    >>> probe = linear_probe(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1]), penalty=0.001)
    >>> np.exp(probe(np.array([[0.0], [1.5], [3.0]]))).round(1)
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ]])
    """
    two = labels.max() == 1  # of two classes, scikit-learn has the difference of weights, and penalises that
    model = LogisticRegression(C=(1 + two) / (penalty * len(labels)), tol=GRADIENT, max_iter=STEPS)
    model.fit(zscored(features, features), labels)
    weights, biases = model.coef_, model.intercept_
    if two:
        weights, biases = np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2

    def log_probabilities(given: np.ndarray) -> np.ndarray:
        return log_softmax(zscored(given, features) @ weights.T + biases, axis=1)

    return log_probabilities


def class_means(features: np.ndarray, labels: np.ndarray) -> Probe:
    """Softmax of negative squared distances to class means: p_c ∝ exp(-‖x - μ_c‖²/T).

    μ_c is the mean of the training samples of class c. The temperature T is the one that makes the labels of the
    training samples most probable. It is the Bayes rule for classes that are Gaussian with one variance T/2 in every
    direction; it has no other parameter that is fitted.

    Parameters
    ----------
    features : (N, d) array
    labels : (N,) array of int
        Every class 0 … C-1 occurs.

    Returns
    -------
    callable
        From features (M, d) to log-probabilities (M, C) in nats.

    References
    ----------
    Snell, Swersky & Zemel, Prototypical networks for few-shot learning, arXiv:1703.05175, 2017, equation 2.

    Examples
    --------
    >>> probe = class_means(np.array([[0.0], [2.0], [1.0], [3.0]]), np.array([0, 0, 1, 1]))
    >>> np.exp(probe(np.array([[1.5]]))).round(2)
    array([[0.5, 0.5]])
    """
    x = zscored(features, features)
    means = np.stack([x[labels == label].mean(axis=0) for label in range(labels.max() + 1)])

    def scores(given: np.ndarray) -> np.ndarray:
        """-‖x - μ_c‖², but for what all classes share."""
        return 2 * given @ means.T - (means**2).sum(axis=1)

    of_train, rows = scores(x), np.arange(len(labels))
    found = minimize_scalar(
        lambda power: -log_softmax(np.exp(power) * of_train, axis=1)[rows, labels].mean(),
        bounds=INVERSE_TEMPERATURES,
        method="bounded",
        options={"xatol": 1e-6},
    )
    return lambda given: log_softmax(np.exp(found.x) * scores(zscored(given, features)), axis=1)


def zscored(given: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Samples standardised by the means and deviations of others."""
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    varies = deviation > np.finfo(np.float32).eps * np.abs(mean)
    return np.where(varies, (given - mean) / np.where(varies, deviation, 1), 0)


def fitted(features: np.ndarray, labels: np.ndarray, penalty: float) -> dict[str, Probe]:
    """Both probes of a layer, by the names of :data:`paper.rooms.hidden_layers.configuration.PROBES`."""
    return {"linear": linear_probe(features, labels, penalty), "means": class_means(features, labels)}
