"""What the calibrated dimension of an experiment says: its numbers, tables of them, and fixed text."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from inpca.dimension.calibrated import KINDS, null_of

#: Numbers of axes in numbers and tables, and in the table of schedules.
AXES, SCHEDULE_AXES = (1, 2, 3, 10, 50), (3, 10)
#: What a value and the ends of its interval are called.
ENDS = ("", "_low", "_high")
#: What is compared with its null whatever the schedule, with its name for readers.
COMPARED = {"models": "all models", "between": "between runs at equal progress"}
FEWER = "dimensions of the null over those of runs"
TEXT = """
Three axes explain **{real:.1%}** of the stress of the runs, and **{null:.1%}** of that of runs whose samples are
permuted within their classes: few axes explain what looks like training, whatever it errs on. Between runs at equal
progress the models fill **{between:.3g}** dimensions, those of the null {between_null:.3g}: the latter is {fewer:.2f}
times the former [{low:.2f}, {high:.2f}]. One run alone has a participation ratio of {one_run:.2f}, the geodesic
{geodesic:.2f}. An excess over the null counts from a margin on that the study sets beforehand, {excess_margin:.0%} of
the stress that the null leaves unexplained, and a ratio of dimensions from {fewer_margin:g} on.
"""


def dimension_numbers(found: xr.Dataset) -> dict:
    """Numbers of a calibrated dimension, by names that claims can use.

    Parameters
    ----------
    found : Dataset
        From :func:`paper.dimension.measure_dimension`. As attributes it has what a study sets beforehand:
        ``excess_margin``, the smallest excess that counts, as a fraction of the stress that the null leaves
        unexplained, and ``fewer_margin``, the smallest ratio of dimensions.

    Returns
    -------
    dict
        ``stress`` and ``participation`` by kind; by what is compared with its null, ``fewer`` and ``dimensions``, and
        by number of axes ``excess``, each with ``…_interval``; ``margin``, by the same, that of the excess;
        ``fewer_margin``; and ``control``, which has ``excess`` and ``fewer`` of one null more in the place of the runs.
        Blanks in names are underscores.
    """
    compared = found["of"].values

    def by_axis(values: xr.DataArray) -> dict[str, float]:
        return {str(k): values.sel(axis=k).item() for k in AXES}

    def by_comparison(name: str) -> dict[str, float]:
        return {named(of): found[name].sel(of=of).item() for of in compared}

    def ends(name: str) -> dict[str, list[float]]:
        low, high = (by_comparison(f"{name}_{end}") for end in ("low", "high"))
        return {of: [low[of], high[of]] for of in low}

    excess = {end: {named(of): by_axis(found[f"excess_stress{end}"].sel(of=of)) for of in compared} for end in ENDS}
    low, high = excess["_low"], excess["_high"]
    return {
        "stress": {named(kind): by_axis(found["stress"].sel(kind=kind)) for kind in found["kind"].values},
        "participation": {named(kind): found["participation"].sel(kind=kind).item() for kind in found["kind"].values},
        "excess": excess[""],
        "excess_interval": {of: {k: [low[of][k], high[of][k]] for k in low[of]} for of in low},
        "margin": {
            named(of): by_axis(found.attrs["excess_margin"] * (1 - found["stress"].sel(kind=null_of(of))))
            for of in compared
        },
        **{key: by_comparison(f"{key}{rest}") for key, rest in (("fewer", "_dimensions"), ("dimensions", ""))},
        **{f"{key}_interval": ends(f"{key}{rest}") for key, rest in (("fewer", "_dimensions"), ("dimensions", ""))},
        "fewer_margin": found.attrs["fewer_margin"],
        "control": {
            "excess": {named(of): by_axis(found["control_excess_stress"].sel(of=of)) for of in compared},
            "fewer": by_comparison("control_fewer_dimensions"),
        },
    }


def named(text: str) -> str:
    """A kind or schedule as a part of the name of a number."""
    return text.replace(" ", "_").replace("'", "").replace(".", "_")


def dimension_table(found: xr.Dataset) -> pd.DataFrame:
    """Explained stress at some numbers of axes and participation ratio, one row for each kind."""
    rows = {
        name: {
            **{f"k = {k}": format(found["stress"].sel(kind=kind, axis=k).item(), ".1%") for k in AXES},
            "participation ratio": found["participation"].sel(kind=kind).item(),
        }
        for kind, name in KINDS.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")


def excess_table(found: xr.Dataset) -> pd.DataFrame:
    """Excess over the null of the explained stress and how many times fewer dimensions, with intervals and controls."""
    rows = {}
    for of, name in COMPARED.items():
        chosen = found.sel(of=of)
        ends = {k: [chosen[f"excess_stress{end}"].sel(axis=k).item() for end in ENDS] for k in AXES}
        control = {k: chosen["control_excess_stress"].sel(axis=k).item() for k in AXES}
        rows[name] = {
            **{f"k = {k}": "{:+.1%} [{:+.1%}, {:+.1%}]".format(*values) for k, values in ends.items()},
            FEWER: "{:.2f} [{:.2f}, {:.2f}]".format(*(chosen[f"fewer_dimensions{end}"].item() for end in ENDS)),
        }
        rows[f"{name}: one null more in their place"] = {
            **{f"k = {k}": format(value, "+.1%") for k, value in control.items()},
            FEWER: format(chosen["control_fewer_dimensions"].item(), ".2f"),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("runs less null")


def schedule_table(found: xr.Dataset) -> pd.DataFrame:
    """Explained stress of models and its excess over that of nulls, under each schedule of checkpoints."""
    rows = {}
    for of in found["of"].values:
        if of == "between":
            continue
        chosen, stress = found.sel(of=of), found["stress"].sel(kind=of)
        excess = {k: [chosen[f"excess_stress{end}"].sel(axis=k).item() for end in ENDS] for k in SCHEDULE_AXES}
        rows["as recorded" if of == "models" else of] = {
            **{f"runs, k = {k}": format(stress.sel(axis=k).item(), ".1%") for k in SCHEDULE_AXES},
            **{f"less null, k = {k}": "{:+.1%} [{:+.1%}, {:+.1%}]".format(*values) for k, values in excess.items()},
            FEWER: "{:.2f} [{:.2f}, {:.2f}]".format(*(chosen[f"fewer_dimensions{end}"].item() for end in ENDS)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("checkpoints")


def dimension_text(found: xr.Dataset) -> str:
    """What the comparison with nulls gives, in words, with the margins of the study."""
    stress, ratio, between = found["stress"].sel(axis=3), found["participation"], found.sel(of="between")
    return TEXT.format(
        real=stress.sel(kind="models").item(),
        null=stress.sel(kind="null").item(),
        between=ratio.sel(kind="between").item(),
        between_null=ratio.sel(kind="between null").item(),
        one_run=ratio.sel(kind="one run").item(),
        geodesic=ratio.sel(kind="geodesic").item(),
        fewer=between["fewer_dimensions"].item(),
        low=between["fewer_dimensions_low"].item(),
        high=between["fewer_dimensions_high"].item(),
        excess_margin=found.attrs["excess_margin"],
        fewer_margin=found.attrs["fewer_margin"],
    )
