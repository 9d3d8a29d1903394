"""Numbers of the notebook, tables of them, and fixed text in which they are filled in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from paper.rooms.authors.figures import CONTROLS, SET_NAMES

#: Numbers of axes whose explained stress, and whose explained pairwise distance, are among the numbers.
STRESS_AXES, DISTANCE_AXES = (1, 2, 3, 5, 10, 50), range(1, 9)
SPLITS = ("train", "test")
FILES_TEXT = """
{n_models} models, of them {n_runs} runs' {n_of_runs}; {n_landmarks} landmarks. {origin}
"""
ORIGIN = {
    False: "The files are those of the table; one that is not *verified* was used as it was found or sent.",
    True: "**These files are made up**: they have the authors' format, and their numbers say nothing of networks. No "
    "claim is tested by them.",
}
STRESS_TEXT = """
Three axes explain **{train:.1%}** of the stress on train and **{test:.1%}** on test; of the same distances permuted
among pairs {permuted:.1%} and {permuted_test:.1%}.
"""


def numbers(found: dict[str, xr.Dataset], models: pd.DataFrame, *, made_up: bool) -> dict:
    """Numbers of both splits; those of made-up files are under ``made_up``, where no claim looks for them.

    Parameters
    ----------
    found : dict
        Embeddings by split, from :func:`paper.rooms.authors.analysis.embed`.
    models : DataFrame
    made_up : bool
    """
    of_splits = {split: of_split(dataset) for split, dataset in found.items()}
    is_run = models["kind"] == "run"
    return {
        "n_models": len(models),
        "n_of_runs": int(is_run.sum()),
        "n_runs": int(models.loc[is_run, "run"].nunique()),
        "n_landmarks": int(found["train"].attrs["n_landmarks"]),
        **({"made_up": of_splits} if made_up else of_splits),
    }


def of_split(dataset: xr.Dataset) -> dict:
    """Numbers of one split."""
    published, attributes = dataset["published_stress"], dataset.attrs
    computed = [k for k in STRESS_AXES if k <= dataset.sizes["axis"]]
    difference = np.abs(published - dataset["explained_stress"]).sel(axis=computed).max().item()
    compared = {"difference": difference} | {key: attributes[key] for key in ("agreement", "norm_ratio")}
    sets = {name.replace(" ", "_"): dataset.sel(set=name) for name in dataset["set"].values}
    return {
        "stress": by_axis(dataset["explained_stress"], STRESS_AXES),
        "control": {
            name.replace(" ", "_"): by_axis(dataset["control_stress"].sel(control=name), STRESS_AXES)
            for name in dataset["control"].values
        },
        "explained_distance": {
            name: by_axis(one["set_explained_distance"], DISTANCE_AXES) for name, one in sets.items()
        },
        "signature": {name: by_axis(one["set_signature"], DISTANCE_AXES) for name, one in sets.items()},
        "published": {
            "stress": by_axis(published, STRESS_AXES),
            **{key: float(value) for key, value in compared.items() if np.isfinite(value)},
        },
        "landmark_error": float(attributes["landmark_error"]),
    }


def by_axis(values: xr.DataArray, axes: Iterable[int]) -> dict[str, float]:
    """Finite values at those numbers of axes that were computed."""
    some = {str(k): values.sel(axis=k).item() for k in axes if k <= values.sizes["axis"]}
    return {k: value for k, value in some.items() if np.isfinite(value)}


def splits_of(found: dict) -> dict[str, dict]:
    """Numbers by split, made up or not."""
    given = found.get("made_up", found)
    return {split: given[split] for split in SPLITS}


def files_text(found: dict) -> str:
    """What was embedded, in words."""
    return FILES_TEXT.format(**found, origin=ORIGIN["made_up" in found])


def files_table(record: dict) -> pd.DataFrame:
    """The files, their sizes and checksums, and whether these were known beforehand."""
    rows = [
        {
            "file": name,
            "bytes": f"{one['bytes']:,}",
            "SHA-256": one["sha256"][:16] + "…",
            "verified": "yes" if one["verified"] else "no",
        }
        for name, one in record["files"].items()
    ]
    return pd.DataFrame(rows)


def stress_text(found: dict) -> str:
    """How much three axes explain, in words."""
    train, test = splits_of(found).values()
    permuted = [one["control"]["permuted"]["3"] for one in (train, test)]
    three = {"train": train["stress"]["3"], "test": test["stress"]["3"]}
    return STRESS_TEXT.format(**three, permuted=permuted[0], permuted_test=permuted[1])


def stress_table(found: dict) -> pd.DataFrame:
    """Explained stress by number of axes, recomputed, by the authors' eigenvalues, and of controls."""
    rows = {}
    for split, one in splits_of(found).items():
        rows[f"{split}: recomputed"] = one["stress"]
        rows[f"{split}: the authors' eigenvalues"] = one["published"]["stress"]
        for name, values in one["control"].items():
            rows[f"{split}: {CONTROLS[name.replace('_', ' ')]}"] = values
    return _by_axis(rows)


def distance_table(found: dict) -> pd.DataFrame:
    """Explained pairwise distance by number of axes of each set of train models."""
    given = splits_of(found)["train"]["explained_distance"]
    return _by_axis({SET_NAMES[name.replace("_", " ")]: values for name, values in given.items()})


def checks_table(found: dict) -> pd.DataFrame:
    """How far the embedding may be off, and how it agrees with the authors'."""
    rows = {
        split: {
            "relative error of coordinates by landmarks": one["landmark_error"],
            "agreement of three coordinates": one["published"].get("agreement", np.nan),
            "the authors' norm over that of the matrix": one["published"].get("norm_ratio", np.nan),
            "largest difference of explained stress": one["published"].get("difference", np.nan),
        }
        for split, one in splits_of(found).items()
    }
    return pd.DataFrame(rows).rename_axis("check")


def _by_axis(rows: dict[str, dict[str, float]]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict({name: values for name, values in rows.items() if values}, orient="index")
    return table.rename(columns=lambda k: f"k = {k}").rename_axis("models")
