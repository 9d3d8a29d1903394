"""What an embedding says: its numbers, and the sentences made from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from paper.models import runs
from paper.report.claims import paper_series

#: Numbers of axes whose explained stress is told.
STRESS_AXES = (1, 2, 3, 5, 10, 50)


def stress_numbers(embedding: xr.Dataset) -> dict:
    """Explained stress at 1, 2, 3, 5, 10, 50 axes (those computed), and signature of the first ten."""
    computed = [k for k in STRESS_AXES if k <= embedding.sizes["axis"]]
    return {
        "explained_stress": {str(k): embedding["explained_stress"].sel(axis=k).item() for k in computed},
        "explained_distance": {str(k): embedding["explained_distance"].sel(axis=k).item() for k in computed},
        "signature": embedding["signature"].values[:10].tolist(),
    }


def manifold_numbers(
    points: pd.DataFrame, embedding: xr.Dataset, distances: np.ndarray, split: str, fitted_error: float
) -> dict:
    """What there is to say of one embedded experiment on one split.

    Parameters
    ----------
    points : DataFrame
        Model table, in the order of ``distances``.
    embedding : Dataset
    distances : (m, m) array
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
    whole = float(distances[ignorance, truth])
    start = float(np.median(distances[ignorance, first.index]))
    end = float(np.median(distances[truth, last.index]))
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


def stress_verdict(numbers: dict) -> str:
    """Does the embedding need few axes? One sentence with its numbers."""
    stress, signature = numbers["explained_stress"], numbers["signature"]
    paper = paper_series("three_axes_explain_range")
    most = max(map(int, stress))
    time_like = [str(axis) for axis, sign in enumerate(signature, 1) if sign < 0]
    marked = (
        f"{', '.join(time_like)} {'is' if len(time_like) == 1 else 'are'} time-like"
        if time_like
        else "none is time-like"
    )
    return (
        f"**Three axes explain {stress['3']:.1%} of the stress** of {numbers['n_models']} models from "
        f"{numbers['n_runs']} runs; one explains {stress['1']:.1%}, two {stress['2']:.1%}, {most} explain "
        f"{stress[str(most)]:.1%}. The paper reports {paper['least']} to {paper['most']} for three axes over its "
        "experiments. Of the pairwise "
        f"distances, three axes explain {numbers['explained_distance']['3']:.1%}. "
        f"Among the first {len(signature)} axes, {marked}."
    )


def path_verdict(numbers: dict) -> str:
    """Do runs go from ignorance to truth? One sentence with its numbers."""
    return (
        f"Measured by the way $d_B(P_0, P_*)$ = {numbers['distance_ignorance_truth']:.3f} nats, the median run starts "
        f"{numbers['median_start_fraction']:.1%} away from $P_0$ (progress {numbers['median_start_progress']:.3f}) and "
        f"ends {numbers['median_end_fraction']:.1%} away from $P_*$ (progress {numbers['median_end_progress']:.3f})."
    )


def fit_verdict(table: pd.DataFrame, fitted_error: float) -> str:
    """Which configurations did not reach the train error that counts as fitted, and what they have in common."""
    last = runs(table).groupby("run", sort=False).tail(1)
    error = last.groupby("configuration", sort=False)["train_error"].mean()
    worst = error[error > fitted_error].sort_values(ascending=False)
    n_fitted = (last["train_error"] <= fitted_error).sum()
    fitted = f"{n_fitted} of {len(last)} runs end with a train error of at most {fitted_error:.0%}."
    if worst.empty:
        return f"{fitted} Every configuration does, on average over its seeds."
    rows = "\n".join(f"| `{name}` | {value:.1%} |" for name, value in worst.items())
    augmented = worst.index.str.endswith("cropflip").sum()
    reason = (
        f"{augmented} of these {len(worst)} are trained on randomly cropped and flipped images and measured on the "
        "plain ones: they fit a harder problem in a bounded number of epochs. They are kept: their trajectories are "
        "part of the manifold."
    )
    head = "| configuration | train error |\n|---|---|"
    return f"{fitted} On average over seeds, these configurations do not:\n\n{head}\n{rows}\n\n{reason}"
