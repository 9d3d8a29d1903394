"""What an embedding is given: parameters, weights, labels."""

from __future__ import annotations

import warnings

import numpy as np

from inpca.distances.pairwise import METRICS


def check_parameters(inpca, X) -> None:
    """Stop if a parameter of an InPCA is of the wrong type or out of its range, or does not fit the shape of X."""
    if not isinstance(inpca.metric, str) or inpca.metric not in (*METRICS, "precomputed"):
        raise ValueError(f"unknown metric {inpca.metric!r}; allowed: precomputed, {', '.join(METRICS)}")
    for name in ("log", "normalize"):
        if not isinstance(getattr(inpca, name), bool | np.bool_):
            raise ValueError(f"{name} must be True or False, not {getattr(inpca, name)!r}")
    for name, lowest, none in (("n_components", 1, False), ("n_landmarks", 1, True), ("random_state", 0, False)):
        value = getattr(inpca, name)
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (whole and value >= lowest) and not (none and value is None):
            raise ValueError(f"{name} must be an int of at least {lowest}{', or None' if none else ''}, not {value!r}")
    check_axes(X, inpca.metric)


def check_numbers(inpca, m: int) -> None:
    """Stop if an InPCA asks for more axes or landmarks than there are models."""
    for name in ("n_components", "n_landmarks"):
        value = getattr(inpca, name)
        if value is not None and value > m:
            raise ValueError(f"{name} must lie in 1 … {m} (the number of models), not {value}")
    if inpca.n_landmarks is not None and inpca.n_landmarks < inpca.n_components:
        raise ValueError(f"n_landmarks {inpca.n_landmarks} is less than n_components {inpca.n_components}")


def check_axes(X, metric: str) -> None:
    """Stop if models are given for distances, or distances for models, or what is no table at all."""
    shape = tuple(X.shape) if hasattr(X, "shape") else ()
    table = len(shape) >= 2 or (not shape and hasattr(X, "__array__"))
    if metric == "precomputed" and not table and not (isinstance(X, list | tuple) and _rows_agree(X)):
        what = f"an array of shape {shape}" if shape else type(X).__name__
        raise ValueError(f"with metric='precomputed' X must be a square matrix of distances, not {what}")
    if metric == "precomputed" and len(shape) == 3:
        raise ValueError(
            f"with metric='precomputed' X is a matrix of distances (m, m), not of shape {shape}; for models name a "
            "metric such as 'bhattacharyya'"
        )
    if metric != "precomputed" and len(shape) == 2 and shape[0] == shape[1]:
        raise ValueError(
            f"X must have the shape (models, samples, classes), not {shape}; for a matrix of distances pass "
            "metric='precomputed'"
        )


def _rows_agree(X) -> bool:
    """Are these lists of one length, which make a matrix?"""
    return all(hasattr(row, "__len__") and not isinstance(row, str) for row in X) and len({len(row) for row in X}) == 1


def warn_of_zeros(embedding: np.ndarray) -> None:
    """Say that there is nothing to be seen."""
    if not embedding.any():
        warnings.warn(
            "no distance between the models is larger than rounding: all coordinates are 0", UserWarning, stacklevel=3
        )


def check_placed(X, n_landmarks: int, *, of_models: bool) -> None:
    """Stop if models are to be placed where distances are expected, or distances where models are."""
    shape = tuple(X.shape) if hasattr(X, "shape") else ()
    if not of_models and len(shape) == 3:
        raise ValueError(
            f"this InPCA takes distances (q, {n_landmarks}) to the fitted models, not an array of shape {shape}; to "
            "place models, fit it to models, or pass models to from_xarray"
        )
    if of_models and len(shape) == 2:
        raise ValueError(
            f"this InPCA takes models (q, samples, classes), not an array of shape {shape}; a single model is passed "
            "as X[None]"
        )


def check_weight(weight, m: int) -> tuple[np.ndarray, float]:
    """Weights divided by a power of two so that the largest is in [1, 2), and that power.

    Raises
    ------
    ValueError
        For weights that are no finite numbers, negative, all zero, or not one for each model.
    """
    if weight is None:
        return np.ones(m), 1.0
    if np.ma.is_masked(weight):
        raise ValueError("sample_weight is a masked array with masked entries; fill or leave them out first")
    try:
        weight = np.asarray(weight)
        weight = weight.astype(np.float64, casting="same_kind" if weight.dtype.kind in "fiubc" else "no")
    except (TypeError, ValueError):
        raise ValueError("sample_weight must be an array of real numbers") from None
    if weight.shape != (m,):
        raise ValueError(f"sample_weight must have the shape ({m},), not {weight.shape}")
    if not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.max() == 0:
        raise ValueError("sample_weight must be finite, not negative, and not all zero")
    _, exponent = np.frexp(weight.max())
    return np.ldexp(weight, 1 - exponent), float(np.ldexp(1.0, exponent - 1))


def check_landmarks(landmarks, weight, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray | None]:
    """Positions of landmarks, one model for each column of their distances, and how many models each stands for.

    Raises
    ------
    ValueError
        For positions that are no different whole numbers in range, one for each column, or weights that are not one
        positive finite number for each.
    """
    chosen = np.asarray(landmarks)
    if len(shape) != 2 or chosen.shape != shape[1:] or chosen.dtype.kind not in "iu":
        raise ValueError(f"landmarks must be positions of models, one for each column of distances {shape}")
    if chosen.min() < 0 or chosen.max() >= shape[0] or len(np.unique(chosen)) < len(chosen):
        raise ValueError(f"landmarks must be different positions in 0 … {shape[0] - 1}")
    if weight is None:
        return chosen, None
    weight = np.asarray(weight, np.float64)
    if weight.shape != chosen.shape or not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError(f"landmark_weight must be {len(chosen)} positive finite numbers, one for each landmark")
    return chosen, weight


def labels_of(X) -> np.ndarray | None:
    """Labels that an xarray or a DataFrame has for its rows."""
    if hasattr(X, "dims") and hasattr(X, "coords"):
        return np.asarray(X[X.dims[0]].values) if X.ndim and X.dims[0] in X.coords else None
    return np.asarray(X.index) if hasattr(X, "index") and hasattr(X, "columns") else None


def check_labels(labels, m: int) -> np.ndarray:
    """Labels of m models, as strings or whole numbers."""
    given = labels
    labels = np.asarray(labels if not isinstance(labels, str) else [labels])
    if labels.dtype == object:
        labels = labels.astype(str)
    if labels.shape != (m,) or labels.dtype.kind not in "Uiu":
        raise ValueError(
            f"labels must be {m} strings or whole numbers, one for each model, not {type(given).__name__} of "
            f"shape {labels.shape}"
        )
    return labels
