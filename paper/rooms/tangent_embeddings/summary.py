"""What tangent axes explain, beside those of InPCA, other pairs of models and the paper: numbers and their tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from paper.report.claims import PaperNumber, paper_numbers, paper_series
from paper.rooms.tangent_embeddings.analysis import ALL, PAIR_KINDS
from paper.rooms.tangent_embeddings.tangents import TANGENT_AXES

#: Groups of models of which the paper gives explained distances, and the stems of their names, by view.
PAPER_GROUPS = {
    "allcnn": {"original": "explained_distance.allcnn.original", "tangent": "explained_distance.allcnn.tangent"},
    ALL: {"original": "explained_distance.all.original", "tangent": "explained_distance.all.tangent"},
}
#: Of which group the paper gives the cosine of the two tangents.
COSINE_OF = "allcnn"
LAST = str(TANGENT_AXES)


def paper_explained(group: str, view: str) -> dict[str, PaperNumber]:
    """The paper's explained pairwise distance of a group, by number of axes (CIFAR-10, train split)."""
    return paper_series(PAPER_GROUPS[group][view])


def tangent_numbers(dataset: xr.Dataset) -> dict:
    """Numbers of each group, from what :func:`paper.rooms.tangent_embeddings.analysis.tangent_embeddings` returned.

    ``random_pairs`` and ``near_pairs``: median over pairs of models of what they explain, and ``beaten``, the fraction
    of pairs that explain less than the two means do, of the same sampled models.
    """
    numbers = {}
    for name in dataset["group"].values:
        group = dataset.sel(group=name)
        of_pairs, null = group["pair_explained_distance"], group["null_explained_distance"]
        chosen = group["sampled_explained_distance"].sel(view="tangent")
        original, tangent = (by_axis(group[f"{view}_explained_distance"]) for view in ("original", "tangent"))
        numbers[str(name)] = {
            **{key: group[key].item() for key in ("n_models", "n_left_out", "n_sampled", "progress_at")},
            "n_effective": group["n_effective"].values.tolist(),
            "mean_progress": group["mean_progress"].values.tolist(),
            "original": original,
            "tangent": tangent,
            "gain": tangent[LAST] - original[LAST],
            "null": {view: by_axis(null.sel(view=view)) for view in ("original", "tangent")},
            "null_gain": null.sel(axis=TANGENT_AXES).diff("view").item(),
            "original_signature": np.sign(group["original_eigenvalue"].values).astype(int).tolist(),
            "tangent_signature": np.sign(group["tangent_eigenvalue"].values).astype(int).tolist(),
            "cosine": group["cosine"].item(),
            "cosine_interval": [group["cosine_low"].item(), group["cosine_high"].item()],
            "null_cosine": {"least": group["null_cosine"].min().item(), "most": group["null_cosine"].max().item()},
            **{
                f"{kind}_pairs": {
                    "median": by_axis(of_pairs.sel(kind=kind).median("pair")),
                    "beaten": by_axis((of_pairs.sel(kind=kind) < chosen).mean("pair")),
                }
                for kind in PAIR_KINDS
            },
        }
    return numbers


def by_axis(values: xr.DataArray) -> dict[str, float]:
    """Values by number of axes."""
    return {str(k): float(value) for k, value in enumerate(values.values, 1)}


def paper_table(numbers: dict, label: Callable[[str], str]) -> pd.DataFrame:
    """The paper's numbers, with how they are known, beside those of this study.

    Parameters
    ----------
    numbers : dict
        From :func:`tangent_numbers`.
    label : callable
        Name of a group.
    """
    rows = [
        (label(group), f"explained distance, {view} axes", int(k), str(paper), numbers[group][view][k])
        for group in PAPER_GROUPS
        if group in numbers
        for view in PAPER_GROUPS[group]
        for k, paper in paper_explained(group, view).items()
    ]
    if COSINE_OF in numbers:
        paper, here = paper_numbers()["tangents_differ"], numbers[COSINE_OF]["cosine"]
        rows.append((label(COSINE_OF), "cosine of the two tangents", None, str(paper), here))
    frame = pd.DataFrame(rows, columns=["models", "quantity", "number of axes", "paper", "here"])
    return frame.astype({"number of axes": "Int64"})


def means_table(numbers: dict, label: Callable[[str], str]) -> pd.DataFrame:
    """Which models there are of each group, and what its two means are made of."""
    return table(
        numbers,
        label,
        lambda group: {
            "number": group["n_models"],
            "left out": group["n_left_out"],
            "λ": group["progress_at"],
            "models in the initial mean": round(group["n_effective"][0]),
            "in the final mean": round(group["n_effective"][1]),
            "progress of the initial mean": group["mean_progress"][0],
            "of the final mean": group["mean_progress"][1],
        },
    )


def explained_table(numbers: dict, label: Callable[[str], str]) -> pd.DataFrame:
    """What three axes explain of each group of models; from InPCA, from the two means and from pairs of models."""
    return table(
        numbers,
        label,
        lambda group: {
            "InPCA": group["original"][LAST],
            "tangent axes": group["tangent"][LAST],
            "InPCA, null": group["null"]["original"][LAST],
            "tangent axes, null": group["null"]["tangent"][LAST],
            "any two models, median": group["random_pairs"]["median"][LAST],
            "any two that explain less": group["random_pairs"]["beaten"][LAST],
            "a model near each mean, median": group["near_pairs"]["median"][LAST],
            "near ones that explain less": group["near_pairs"]["beaten"][LAST],
        },
    )


def cosine_table(numbers: dict, label: Callable[[str], str]) -> pd.DataFrame:
    """Cosine of the two tangents of each group with its interval, and its range over nulls."""
    return table(
        numbers,
        label,
        lambda group: {
            "cosine": "{:.3f} [{:.3f}, {:.3f}]".format(group["cosine"], *group["cosine_interval"]),
            "of nulls": "{least:.3f} to {most:.3f}".format(**group["null_cosine"]),
        },
    )


def table(numbers: dict, label: Callable[[str], str], row: Callable[[dict], dict]) -> pd.DataFrame:
    """A table with a row for each group of models, in which ``row`` says what stands by name of the column."""
    rows = {label(name): row(group) for name, group in numbers.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")
