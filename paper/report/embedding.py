"""What an embedding says: its numbers, tables of them, and fixed text in which they are filled in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from paper.distances import Distances
from paper.models import runs
from paper.report.claims import paper_numbers, paper_series

#: Numbers of axes whose explained stress is among the numbers.
STRESS_AXES = (1, 2, 3, 5, 10, 50)
STRESS_TEXT = """
Three axes explain **{explained_stress[3]:.1%} of the stress** of {n_models} models from {n_runs} runs; the paper's:
{paper}, and {least} to {most} over its experiments. Explained stress and pairwise distance by the number of axes:
"""
LANDMARKS_TEXT = """
All {0} models are embedded. Distances were computed to {1} of them, the landmarks: $P_0$, $P_*$, the points between
them, and models spread evenly over runs and progress; all others are placed among these.{2} Explained stress and
distance are estimates from the distances to landmarks.
"""
PATH_TEXT = """
The median run starts at progress {median_start_progress:.3f} and ends at {median_end_progress:.3f}. Its first model is
{median_start_fraction:.1%} of $d_B(P_0, P_*)$ = {distance_ignorance_truth:.3f} nats away from $P_0$, its last
{median_end_fraction:.1%} from $P_*$.
"""


def stress_numbers(embedding: xr.Dataset) -> dict:
    """Explained stress at 1, 2, 3, 5, 10, 50 axes (those computed), and signature of the first ten."""
    computed = [k for k in STRESS_AXES if k <= embedding.sizes["axis"]]
    return {
        "explained_stress": {str(k): embedding["explained_stress"].sel(axis=k).item() for k in computed},
        "explained_distance": {str(k): embedding["explained_distance"].sel(axis=k).item() for k in computed},
        "signature": embedding["signature"].values[:10].tolist(),
    }


def manifold_numbers(
    points: pd.DataFrame, embedding: xr.Dataset, distances: Distances, split: str, fitted_error: float
) -> dict:
    """Numbers of one embedded experiment on one split.

    Parameters
    ----------
    points : DataFrame
        Model table, in the order of ``distances``.
    embedding : Dataset
    distances : Distances
    split : {"train", "test"}
    fitted_error : float
        Train error up to which a run counts as fitted.

    Returns
    -------
    dict
        Numbers of runs and models; explained stress and distance, signature; distances of the first models of the runs
        to P0 and of the last to P*, as medians and as fractions of d_B(P0, P*) = ½ ln C; final errors of each
        configuration.
    """
    models = runs(points)
    first, last = (models.groupby("run", sort=False).nth(n) for n in (0, -1))
    ignorance, truth = (int(np.flatnonzero(points["kind"] == kind)[0]) for kind in ("ignorance", "truth"))
    from_start, to_end = distances.to(ignorance), distances.to(truth)
    whole = float(from_start[truth])
    start = float(np.median(from_start[first.index]))
    end = float(np.median(to_end[last.index]))
    by_configuration = last.groupby("configuration", sort=False)
    return {
        "n_runs": int(models["run"].nunique()),
        "n_configurations": int(models["configuration"].nunique()),
        "n_models": len(models),
        **stress_numbers(embedding),
        "distance_ignorance_truth": whole,
        "median_start_distance_to_ignorance": start,
        "median_end_distance_to_truth": end,
        "median_start_fraction": start / whole,
        "median_end_fraction": end / whole,
        "median_start_progress": float(first[f"{split}_progress"].median()),
        "median_end_progress": float(last[f"{split}_progress"].median()),
        "n_fitted_runs": int((last["train_error"] <= fitted_error).sum()),
        "final_train_error": by_configuration["train_error"].mean().to_dict(),
        "final_test_error": by_configuration["test_error"].mean().to_dict(),
    }


def stress_table(embedding: xr.Dataset) -> pd.DataFrame:
    """Explained stress and pairwise distance at the numbers of axes of :data:`STRESS_AXES` that were computed.

    Returns
    -------
    DataFrame
        Columns ``axes``, ``time-like among them`` (how many have a negative eigenvalue), ``explained stress``,
        ``explained pairwise distance``, both as fractions.
    """
    computed = [k for k in STRESS_AXES if k <= embedding.sizes["axis"]]
    chosen = embedding.sel(axis=computed)
    time_like = (embedding["signature"] < 0).cumsum("axis").sel(axis=computed)
    return pd.DataFrame(
        {
            "axes": computed,
            "time-like among them": time_like.values,
            "explained stress": chosen["explained_stress"].values,
            "explained pairwise distance": chosen["explained_distance"].values,
        }
    )


def landmarks_text(distances: Distances, embedding: xr.Dataset) -> str:
    """How all models were embedded by their distances to some; nothing where all distances were computed.

    Parameters
    ----------
    distances : Distances
    embedding : Dataset
        Made from them.
    """
    if distances.landmarks is None:
        return ""
    error = float(embedding.attrs.get("landmark_error", np.nan))
    told = "" if np.isnan(error) else f" Their coordinates are off by about {error:.1%} of their size for that."
    return LANDMARKS_TEXT.format(*distances.values.shape, told)


def stress_text(numbers: dict, split: str) -> str:
    """How much of the stress three axes explain here, and in the paper.

    Parameters
    ----------
    numbers : dict
        From :func:`manifold_numbers`.
    split : {"train", "test"}
    """
    here = {int(k): value for k, value in numbers["explained_stress"].items()}
    paper = paper_numbers()[f"three_axes_explain_{split}"]
    return STRESS_TEXT.format(
        **numbers | {"explained_stress": here}, paper=paper, **paper_series("three_axes_explain_range")
    )


def path_text(numbers: dict) -> str:
    """Where the runs start and end; ``numbers`` are those of :func:`manifold_numbers`."""
    return PATH_TEXT.format(**numbers)


def models_near_geodesic(
    points: pd.DataFrame, distances: Distances, chosen: Sequence[float], radius: float
) -> dict[float, np.ndarray]:
    """Which models of runs lie close to points of the geodesic.

    Parameters
    ----------
    points : DataFrame
        Model table, in the order of ``distances``.
    distances : Distances
        Bhattacharyya's.
    chosen : sequence of float
        Fractions t of the way from P0 to P*; the embedded point of the geodesic that is closest to each is taken.
    radius : float
        Nats a sample.

    Returns
    -------
    dict
        By t, an (m,) array of bool.
    """
    models = (points["kind"] == "run").to_numpy()
    return {t: (distances.to(on_geodesic(points, t)) <= radius) & models for t in chosen}


def on_geodesic(points: pd.DataFrame, t: float) -> int:
    """Position in a model table of the point of the geodesic that is closest to t."""
    geodesic = points[points["kind"] != "run"]
    return int((geodesic["t"] - t).abs().idxmin())


def unfitted(table: pd.DataFrame, fitted_error: float) -> pd.DataFrame:
    """Configurations whose final train error, the mean over seeds, is above that of a fitted run; the largest first.

    Parameters
    ----------
    table : DataFrame
        Model table.
    fitted_error : float

    Returns
    -------
    DataFrame
        Columns ``configuration``, ``augmentation``, ``train error`` (fraction).
    """
    last = runs(table).groupby("run", sort=False).tail(1)
    error = last.groupby(["configuration", "augmentation"], sort=False)["train_error"].mean()
    worst = error[error > fitted_error].sort_values(ascending=False)
    return worst.rename("train error").reset_index()
