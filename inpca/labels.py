"""Labels of samples as class numbers, as the truth P*, and ignorance P0, which knows none of them.

Wherever a function of the library takes the ``truth``, it may be given as labels, (N,), or as probabilities, (N, C),
such as one-hot rows (:func:`as_truth`). ``labels`` are the class numbers themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inpca.probabilities import check_models


def ignorance(n_samples: int, n_classes: int) -> np.ndarray:
    """Ignorance P0: the uniform distribution over classes for every sample, p_nc = 1/C.

    Parameters
    ----------
    n_samples, n_classes : int

    Returns
    -------
    (N, C) array of float64

    Raises
    ------
    ValueError
        If there is no class.

    See Also
    --------
    truth : the other end of the geodesic along which progress is measured.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import ignorance
    >>> ignorance(1, 4)
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    if n_classes < 1:
        raise ValueError(f"n_classes must be 1 or more, not {n_classes}")
    return np.full((n_samples, n_classes), 1 / n_classes)


def truth(labels: ArrayLike, n_classes: int) -> np.ndarray:
    """Truth P*: probability one for the label y_n of every sample, p_nc = 1 if c = y_n, else 0.

    Parameters
    ----------
    labels : (N,) array of int, or (N, C) array of one-hot rows
    n_classes : int

    Returns
    -------
    (N, C) array of float64

    Raises
    ------
    TypeError, ValueError
        If labels are of another shape or kind, fractional, or not in 0 … C-1; the message names the first such sample.

    See Also
    --------
    ignorance : the other end of the geodesic along which progress is measured.

    References
    ----------
    Mao et al., PNAS 121(12), 2024.

    Examples
    --------
    >>> from inpca import truth
    >>> truth([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    return _one_hot(labels, n_classes, "labels")


def as_truth(
    truth: ArrayLike, n_samples: int, n_classes: int, name: str = "truth", *, normalize: bool = False
) -> np.ndarray:
    """Labels (N,), or probabilities (N, C), as probabilities (N, C) of these samples and classes.

    Parameters
    ----------
    truth : (N,) array of int or (N, C) array
    n_samples, n_classes : int
        Those of the models.
    name : str
        What the argument is called in error messages.
    normalize : bool
        Divide each sample's probabilities by their sum first.

    Returns
    -------
    (N, C) array of float32 or float64

    Raises
    ------
    TypeError, ValueError
        If they are not labels or probabilities of these samples and classes.

    See Also
    --------
    truth : of labels alone.

    Examples
    --------
    >>> from inpca.labels import as_truth
    >>> as_truth([1, 0], 2, 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    >>> as_truth([[0.2, 0.8]], 1, 2)
    array([[0.2, 0.8]])
    """
    given = _as_array(truth)
    if given.ndim == 1:
        models = _one_hot(given, n_classes, name)
    else:
        models = check_models(given, normalize=normalize, name=name, cure=f"pass np.exp({name})")
    if models.shape != (n_samples, n_classes):
        raise ValueError(f"{name} has the shape {models.shape}, the models have {(n_samples, n_classes)}")
    return models


def class_labels(labels: ArrayLike, n_classes: int, name: str = "labels") -> np.ndarray:
    """Labels as class numbers, (N,) int64, from whole numbers of any type (N,) or from one-hot rows (N, C).

    Parameters
    ----------
    labels : array_like or torch.Tensor
    n_classes : int
    name : str
        What they are called in error messages.

    Returns
    -------
    (N,) array of int64

    Raises
    ------
    TypeError, ValueError
        If they are of another shape or kind, fractional, or not in 0 … C-1; the message names the first such sample.

    See Also
    --------
    truth : the model that is certain of them.

    Examples
    --------
    >>> from inpca.labels import class_labels
    >>> class_labels([0.0, 2.0], 3), class_labels([[0, 0, 1], [1, 0, 0]], 3)
    (array([0, 2]), array([2, 0]))
    >>> class_labels([0, -100], 3)
    Traceback (most recent call last):
    ValueError: labels: sample 1 has -100, not a class in 0 … 2; leave out samples without a class
    """
    allowed = f"class numbers (N,) or one-hot rows (N, {n_classes})"
    try:
        values = _as_array(labels)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be {allowed}, not {type(labels).__name__}") from None
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be {allowed}, not of type {values.dtype}")
    if not values.size:
        raise ValueError(f"{name} are empty: {allowed} are needed")
    if values.shape == (len(values), n_classes):
        if not np.all((values == 0) | (values == 1)) or not np.all(values.sum(axis=1) == 1):
            raise ValueError(f"{name} of shape {values.shape} are not one-hot: each row must hold one 1 and else 0")
        return values.argmax(axis=1).astype(np.int64)
    if values.ndim != 1:
        raise ValueError(f"{name} must be {allowed}, not of shape {values.shape}")
    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 0) & (values < n_classes) & (values == np.floor(values)))
    if wrong.any():
        sample = int(wrong.argmax())
        raise ValueError(
            f"{name}: sample {sample} has {values[sample].item()!r}, not a class in 0 … {n_classes - 1}"
            + ("; leave out samples without a class" if values[sample] < 0 else "")
        )
    return values.astype(np.int64)


def _as_array(values: Any) -> np.ndarray:
    """An array of what was given, a torch tensor among it."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def _one_hot(labels: ArrayLike, n_classes: int, name: str) -> np.ndarray:
    classes = class_labels(labels, n_classes, name)
    models = np.zeros((len(classes), n_classes))
    models[np.arange(len(classes)), classes] = 1
    return models
