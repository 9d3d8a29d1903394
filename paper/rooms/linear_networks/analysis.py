"""Numbers of linear networks: theory beside trained models, and how well linear axes hold the networks of a study."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import axes_needed, explained_stress
from paper.rooms.linear_networks.axes import MEASURES, NONE, SOURCES, TARGETS
from paper.rooms.linear_networks.experiment import AXES
from paper.statistics import jackknife_interval, with_interval

#: Decay from which inputs count as sloppy: eigenvalues are apart then, and equal ones repel each other in any sample.
SLOPPY = 0.2
#: Decay of the sloppy example, or the next larger one of the study.
EXAMPLE = 0.5
#: Eigenvalues above this part of the first are compared one by one.
COMPARED = 0.01
#: Axes of the paper's claim, and those at equal progress.
FEW, MANY = 3, AXES
#: Names of sources in tables and figures.
SOURCE_NAMES = {
    "own": "other seeds of the same networks",
    "linear": "linear networks",
    "shuffled": "linear, samples shuffled",
    "renamed": "linear, classes renamed",
    "geodesic": "geodesic from P₀ to P*",
}


def over_replicates(values: np.ndarray) -> dict[str, float | list[float]]:
    """Mean of one value of each replicate, and its 95 % interval (Student).

    Examples
    --------
    >>> over_replicates(np.array([1.0, 2.0, 3.0]))["value"]
    2.0
    """
    value = float(values.mean())
    return {"value": value, "interval": jackknife_interval(value, (values.sum() - values) / (len(values) - 1))}


def axes_for(eigenvalues: xr.DataArray, stress: float | None = None) -> xr.DataArray:
    """Axes that explain 90 % of the stress, or another part of it, along the dimension ``axis``."""

    def needed(values: np.ndarray) -> int:
        if stress is None:
            return axes_needed(values)
        return int(np.argmax(explained_stress(values) >= stress)) + 1

    return xr.apply_ufunc(needed, eigenvalues, input_core_dims=[["axis"]], vectorize=True)


def spectrum_error(theory: xr.Dataset, other: xr.DataArray) -> np.ndarray:
    """Root mean square of ln(measured / other) of each replicate, over all cells whose inputs are sloppy.

    Of eigenvalues that theory puts above :data:`COMPARED` of the first; ``other`` is scaled to the sum of the theory's.
    """
    predicted, measured = theory["predicted"], theory["measured"]
    counted = (predicted > COMPARED * predicted.isel(axis=0)) & (theory["decay"] >= SLOPPY)
    scaled = other / other.sum("axis") * predicted.sum("axis")
    squares = (np.log(measured / scaled) ** 2).where(counted)
    return np.sqrt(squares.mean(["decay", "scale", "length", "axis"])).values


def theory_numbers(theory: xr.Dataset) -> dict:
    """How far trained models are from theory, and how many axes examples need, as a part of the inputs.

    ``error`` and ``axes_error`` have the ``value`` of theory and, as ``inputs``, that of the inputs' spectrum alone.
    """
    inputs = theory["inputs"].broadcast_like(theory["predicted"])
    needed = {name: axes_for(values) for name, values in (("theory", theory["predicted"]), ("inputs", inputs))}
    measured, d = axes_for(theory["measured"]), theory.sizes["axis"]

    def off(other: xr.DataArray) -> np.ndarray:
        return np.abs(measured - other).mean(["decay", "scale", "length"]).values

    def part(decay: float, scale: float) -> dict:
        cell = {"decay": decay, "scale": scale, "length": theory["length"].values[-1]}
        values = measured.sel(cell).values / d
        return over_replicates(values) | {"axes": float(values.mean() * d), "theory": int(needed["theory"].sel(cell))}

    decays, scales = theory["decay"].values, theory["scale"].values
    sloppy = float(decays[min(np.searchsorted(decays, EXAMPLE), len(decays) - 1)])
    equal = float(scales[np.abs(np.log(scales)).argmin()])
    return {
        "dimension": d,
        "runs": int(theory.attrs["runs"]),
        "replicates": theory.sizes["replicate"],
        "decay": sloppy,
        "scale": equal,
        "length": int(theory["length"].values[-1]),
        "error": over_replicates(spectrum_error(theory, theory["predicted"]))
        | {"inputs": float(spectrum_error(theory, inputs).mean())},
        "axes_error": over_replicates(off(needed["theory"])) | {"inputs": float(off(needed["inputs"]).mean())},
        "sloppy": part(sloppy, equal),
        "flat": part(0, equal),
        "flat_small": part(0, float(scales[0])) | {"scale": float(scales[0])},
        "flat_large": part(0, float(scales[-1])) | {"scale": float(scales[-1])},
    }


def axes_table(theory: xr.Dataset) -> pd.DataFrame:
    """Axes for 90 and 95 % of the stress, measured (mean over replicates) and by theory, a row for each cell."""
    columns = {}
    for stress, name in ((None, "90 %"), (0.95, "95 %")):
        columns[f"{name}, trained"] = axes_for(theory["measured"], stress).mean("replicate")
        columns[f"{name}, theory"] = axes_for(theory["predicted"], stress)
    table = xr.Dataset(columns).to_dataframe().reset_index()
    return table.rename(columns={"scale": "initial weights", "length": "steps"})


def with_left_out(explained: xr.DataArray, statistic: Callable[[xr.DataArray], xr.DataArray]) -> dict:
    """A statistic of explained stress with its interval by the jackknife over configurations with their seeds."""
    values = statistic(explained)
    value = float(values.sel(left_out=NONE))
    return {"value": value, "interval": jackknife_interval(value, values.drop_sel(left_out=NONE).values)}


def explained_numbers(explained: xr.DataArray) -> dict:
    """Explained stress of one split by source, and what claims are about.

    Parameters
    ----------
    explained : DataArray (target, source, measure, left_out, axis)

    Returns
    -------
    dict
        ``stress``: of each source on :data:`FEW` and :data:`MANY` axes, and ``equal_progress`` on :data:`MANY`.
        ``ratio``: of linear axes to own ones, :data:`FEW` axes, beside those of the other sources. ``beyond``: linear
        less shuffled axes at equal progress, ``null`` being that of networks whose samples are shuffled. ``share``:
        that difference over the one of own axes; ``geodesic`` the same of the geodesic's.
    """
    whole = explained.sel(target=TARGETS[0], measure=MEASURES[0])
    equal = explained.sel(measure=MEASURES[1], axis=MANY)

    def of(values: xr.DataArray) -> dict:
        return with_left_out(values, lambda given: given)

    few, at = whole.sel(axis=FEW), equal.sel(target=TARGETS[0])
    own, shuffled = at.sel(source="own"), at.sel(source="shuffled")
    ratios = {
        name: with_left_out(few, lambda given, name=name: given.sel(source=name) / given.sel(source="own"))
        for name in SOURCES[1:]
    }
    shares = {name: of((at.sel(source=name) - shuffled) / (own - shuffled)) for name in ("linear", "geodesic")}
    null = equal.sel(target=TARGETS[1], left_out=NONE)
    return {
        "stress": {
            name: {
                "few": of(few.sel(source=name)),
                "many": of(whole.sel(source=name, axis=MANY)),
                "equal_progress": of(at.sel(source=name)),
            }
            for name in SOURCES
        },
        "ratio": ratios,
        "beyond": of(at.sel(source="linear") - shuffled)
        | {"null": float(null.sel(source="linear") - null.sel(source="shuffled"))},
        "share": shares["linear"] | {"geodesic": shares["geodesic"]["value"]},
    }


def explained_table(splits: dict[str, dict]) -> pd.DataFrame:
    """Explained stress with intervals as text, a row for each split and source of axes."""
    columns = {"few": f"{FEW} axes", "many": f"{MANY} axes", "equal_progress": f"{MANY} axes, equal progress"}
    rows = [
        {"split": split, "axes of": SOURCE_NAMES[source]}
        | {title: with_interval(found[key]["value"], found[key]["interval"], ".3f") for key, title in columns.items()}
        for split, numbers in splits.items()
        for source, found in numbers["stress"].items()
    ]
    return pd.DataFrame(rows)


def fit_table(places: pd.DataFrame) -> pd.DataFrame:
    """Mean error and progress of the last models of each network, a row for each, and the runs that it has."""
    last = places[places["kind"] != "geodesic"].groupby(["split", "network", "run"], sort=False).last().reset_index()
    means = last.pivot_table(index="network", columns="split", values=["error", "progress"], sort=False)
    means.columns = [f"{split} {value}" for value, split in means.columns]
    return means.assign(runs=last.groupby("network")["run"].nunique()).reset_index()


#: How far theory is from trained models, in words.
THEORY = (
    "Over all cells of sloppy inputs, eigenvalues are within a factor of {factor:.2f} of theory (root mean square of "
    "logarithms {error:.3f}; from the inputs' spectrum alone {inputs:.2f})."
)
#: What the notebook found, in two sentences.
ANSWER = (
    "Theory gives the number of axes of linear models to within {off:.1f} on average: {sloppy:.1f} of {dimension} on "
    "sloppy inputs, {flat:.1f} on flat ones. Three axes of linear networks explain {ratio_train:.0%} (train) and "
    "{ratio_test:.0%} (test) as much stress of the study's networks as three axes of these do, and linear axes whose "
    "samples are shuffled {null_train:.0%} and {null_test:.0%}; of what ten own axes hold at equal progress beyond "
    "shuffled ones, linear axes hold {share_train:.0%} and {share_test:.0%}."
)


def theory_text(numbers: dict) -> str:
    """How far theory is from trained models."""
    error = numbers["error"]
    return THEORY.format(factor=np.exp(error["value"]), error=error["value"], inputs=error["inputs"])


def answer(numbers: dict) -> str:
    """The answer to the notebook's question, with its numbers."""
    theory = numbers["theory"]
    filled = {
        "off": theory["axes_error"]["value"],
        "dimension": theory["dimension"],
        "sloppy": theory["sloppy"]["axes"],
        "flat": theory["flat"]["axes"],
    }
    for split in ("train", "test"):
        found = numbers[split]
        filled[f"ratio_{split}"] = found["ratio"]["linear"]["value"]
        filled[f"null_{split}"] = found["ratio"]["shuffled"]["value"]
        filled[f"share_{split}"] = found["share"]["value"]
    return ANSWER.format(**filled)
