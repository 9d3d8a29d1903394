"""A fitted embedding as a dataset, and back."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from inpca.distances.pairwise import METRICS, as_models
from inpca.embedding.fingerprints import are_logs, check_unchanged, fingerprints, order_of
from inpca.embedding.input import check_labels
from inpca.embedding.landmarks import some_models
from inpca.embedding.placement import Placement
from inpca.probabilities import ROUNDED, as_numbers

#: Variables and attributes that every saved embedding has.
SAVED = (
    "embedding",
    "eigenvalue",
    "signature",
    "explained_stress",
    "explained_distance",
    "projection",
    "offset",
    "landmark_mean",
    "landmark_weight",
)
ATTRIBUTES = ("metric", "log", "grand_mean")


def as_dataset(inpca, labels=None) -> xr.Dataset:
    """What :meth:`inpca.InPCA.to_xarray` returns."""
    unchanged(inpca)
    placement, m = inpca._placement, len(inpca.embedding_)
    if labels is None:
        labels = np.arange(m) if inpca._labels is None else inpca._labels
    dataset = xr.Dataset(
        {
            "embedding": (("model", "axis"), inpca.embedding_),
            "eigenvalue": ("axis", inpca.eigenvalues_),
            "signature": ("axis", inpca.signature_),
            "explained_stress": ("axis", inpca.explained_stress_),
            "explained_distance": ("axis", inpca.explained_distance_),
            "projection": (("landmark", "axis"), placement.projection),
            "offset": ("axis", placement.offset),
            "landmark_mean": ("landmark", placement.means),
            "landmark_weight": ("landmark", placement.weight),
        },
        coords={"model": check_labels(labels, m), "axis": np.arange(1, len(inpca.eigenvalues_) + 1)},
        attrs={
            "metric": inpca.metric_,
            "log": int(inpca.log_),
            "normalize": int(inpca.normalize_),
            "grand_mean": placement.grand_mean,
        },
    )
    if inpca.landmarks_ is not None:
        dataset = dataset.assign_coords(landmark=inpca.landmarks_)
        dataset.attrs["landmark_error"] = np.nan if inpca.landmark_error_ is None else inpca.landmark_error_
    if inpca._fingerprints is not None:
        dataset["fingerprint"] = (("landmark", "fingerprint_axis"), inpca._fingerprints)
    return dataset


def unchanged(inpca) -> None:
    """Stop if the models of an InPCA, which are not copied, have changed since they were fitted or given."""
    if inpca._models is not None:
        check_unchanged(inpca._models, inpca._fingerprints_seen, **kind_of(inpca))


def kind_of(inpca) -> dict:
    """How the numbers of the models of a fitted InPCA are read."""
    return {"log": inpca.log_, "normalize": inpca.normalize_}


def with_models(dataset: xr.Dataset, models: xr.Dataset) -> xr.Dataset:
    """The dataset of an embedding of distances, with what :func:`describe_models` says of their models."""
    dataset = dataset.assign_coords(model=models["model"].values)
    dataset["fingerprint"] = (("landmark", "fingerprint_axis"), models["fingerprint"].values)
    kind = {name: models.attrs[name] for name in ("metric", "log", "normalize") if name in models.attrs}
    return dataset.assign_attrs(kind)


def describe_models(X, *, labels, metric: str, log: bool = False, normalize: bool = False) -> xr.Dataset:
    """Labels and fingerprints of models whose matrix of distances is embedded later.

    Parameters
    ----------
    X : (m, N, C) array
    labels : (m,) array
    metric : str
        Of the matrix of distances.
    log, normalize : bool
        As in :func:`inpca.pairwise_distances`.
    """
    X = as_models(X, "X")
    return xr.Dataset(
        {"fingerprint": (("model", "fingerprint_axis"), fingerprints(X, log=log, normalize=normalize))},
        coords={"model": check_labels(labels, X.shape[0])},
        attrs={"metric": metric, "log": int(log), "normalize": int(normalize)},
    )


def parameters_of(dataset: xr.Dataset) -> dict:
    """Parameters of the InPCA that a dataset was saved from.

    Raises
    ------
    TypeError, ValueError
        If it is not a dataset that :meth:`inpca.InPCA.to_xarray` returned; the message says what is missing.
    """
    if not isinstance(dataset, xr.Dataset):
        raise TypeError(
            f"from_xarray takes a dataset, such as xr.load_dataset(path, engine='scipy'), not {type(dataset).__name__}"
        )
    missing = [name for name in SAVED if name not in dataset] + [
        name for name in ATTRIBUTES if name not in dataset.attrs
    ]
    if missing:
        raise ValueError(f"this dataset is not an embedding that to_xarray returned, it has no {', '.join(missing)}")
    return {
        "n_components": dataset.sizes["axis"],
        "metric": dataset.attrs["metric"],
        "log": bool(dataset.attrs["log"]),
        "normalize": bool(dataset.attrs.get("normalize", False)),
        "n_landmarks": dataset.sizes["landmark"] if "landmark" in dataset.coords else None,
    }


def restore(inpca, dataset: xr.Dataset) -> None:
    """Give an InPCA the attributes that were saved."""
    inpca.metric_, inpca.log_, inpca.normalize_ = inpca.metric, inpca.log, inpca.normalize
    inpca.embedding_, inpca.eigenvalues_ = dataset["embedding"].values, dataset["eigenvalue"].values
    inpca.signature_, inpca.explained_stress_ = dataset["signature"].values, dataset["explained_stress"].values
    inpca._explained_distance = dataset["explained_distance"].values
    inpca._placement = Placement(
        dataset["landmark_weight"].values,
        dataset["landmark_mean"].values,
        float(dataset.attrs["grand_mean"]),
        dataset["projection"].values,
        dataset["offset"].values,
    )
    inpca.n_features_in_ = dataset.sizes["landmark"]
    inpca.landmarks_ = dataset["landmark"].values if "landmark" in dataset.coords else None
    inpca.distances_ = inpca._models = inpca._order = inpca._weight = inpca._of_columns = None
    inpca._fingerprints_seen = None
    inpca._labels = dataset["model"].values if "model" in dataset.coords else None
    inpca._fingerprints = dataset["fingerprint"].values if "fingerprint" in dataset else None
    error = dataset.attrs.get("landmark_error", np.nan)
    inpca.landmark_error_ = None if np.isnan(error) else float(error)


def give_models(inpca, models, mean_of: str | None = None) -> None:
    """Give a restored InPCA the models that it was fitted to, in any order, or any that hold its landmarks.

    Raises
    ------
    ValueError
        If it was fitted to distances, or to other models.
    """
    if mean_of:
        raise ValueError(
            f"this embedding is of the mean of the distances on {mean_of}, it has no single set of models; leave out "
            "models and place by distances"
        )
    if inpca.metric_ not in METRICS:
        raise ValueError(
            "this embedding was made from a matrix of distances (metric 'precomputed'), not from models; leave out "
            "models, transform takes distances"
        )
    if inpca._fingerprints is None:
        raise ValueError("this embedding was saved without fingerprints of its models; make it again to place models")
    models = as_models(models, "models")
    log, landmarks = are_logs(models), inpca.landmarks_ is not None
    if inpca.normalize_ and inpca.log_ and not log:
        log = not _sum_to_one(models)  # logits may be positive
    if inpca.log_ and not log and str(models.dtype).removeprefix("torch.") in ("float32", "float16", "bfloat16"):
        warnings.warn(
            f"the embedding was made from log-probabilities; as {models.dtype} probabilities these models have lost "
            "the smallest, and others will be placed less precisely: pass log-probabilities",
            UserWarning,
            stacklevel=3,
        )
    labels = np.arange(len(inpca.embedding_)) if inpca._labels is None else inpca._labels
    labels = labels[inpca.landmarks_] if landmarks else labels
    seen = fingerprints(models, log=log, normalize=inpca.normalize_, name="models")
    order = order_of(seen, inpca._fingerprints, labels, of_landmarks=landmarks)
    if landmarks:
        models, seen, order = some_models(models, order), seen[order], None
    inpca._models, inpca._fingerprints_seen, inpca._order = models, seen, order
    inpca.log = inpca.log_ = log


def _sum_to_one(models) -> bool:
    """Are non-negative numbers probabilities, but for rounding, and not logits?"""
    return bool(np.abs(as_numbers(models[0], "models")[0].sum(axis=-1) - 1).max() <= ROUNDED)
