"""What the calibrated dimension of an experiment says: its numbers, tables of them, and fixed text."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from inpca.dimension.calibrated import KINDS

#: Numbers of axes in numbers and tables.
AXES = (1, 2, 3, 10, 50)
TEXT = """
Three axes explain **{real:.1%}** of the stress of the runs, and **{null:.1%}** of that of runs whose samples are
permuted within their classes: what looks like training is explained by few axes, whatever it errs on. The two differ by
more axes, and between runs at equal progress: there the models fill **{between:.3g}** dimensions, those of the null
{between_null:.3g}, {fewer:.2f} times as many [{low:.2f}, {high:.2f}]. One run alone has a participation ratio of
{one_run:.2f}, the geodesic {geodesic:.2f}.
"""


def dimension_numbers(found: xr.Dataset) -> dict:
    """Numbers of a calibrated dimension, by names that claims can use.

    Parameters
    ----------
    found : Dataset
        From :func:`paper.dimension.measure_dimension`.

    Returns
    -------
    dict
        ``stress`` and ``participation`` by kind, ``excess`` and ``excess_interval`` by what is compared with its null
        and number of axes, ``fewer`` and ``fewer_interval`` by what is compared, ``schedule`` by schedule, models and
        number of axes. Blanks in names are underscores.
    """
    kinds, compared = found["kind"].values, found["of"].values

    def by_axis(name: str, **where: str) -> dict[str, float]:
        return {str(k): found[name].sel(axis=k, **where).item() for k in AXES}

    schedule = found["schedule_stress"]
    return {
        "stress": {named(kind): by_axis("stress", kind=kind) for kind in kinds},
        "participation": {named(kind): found["participation"].sel(kind=kind).item() for kind in kinds},
        "excess": {of: by_axis("excess_stress", of=of) for of in compared},
        "excess_interval": {
            of: {
                str(k): [found[f"excess_stress_{end}"].sel(axis=k, of=of).item() for end in ("low", "high")]
                for k in AXES
            }
            for of in compared
        },
        "fewer": {of: found["fewer_dimensions"].sel(of=of).item() for of in compared},
        "fewer_interval": {
            of: [found[f"fewer_dimensions_{end}"].sel(of=of).item() for end in ("low", "high")] for of in compared
        },
        "schedule": {
            named(name): {
                models: {
                    str(k): schedule.sel(schedule=name, models=models, axes=k).item() for k in found["axes"].values
                }
                for models in found["models"].values
            }
            for name in found["schedule"].values
        },
    }


def named(text: str) -> str:
    """A kind or schedule as a part of the name of a number."""
    return text.replace(" ", "_").replace("'", "").replace(".", "_")


def dimension_table(found: xr.Dataset) -> pd.DataFrame:
    """Explained stress at some numbers of axes and participation ratio, one row for each kind."""
    rows = {
        KINDS[kind]: {
            **{f"k = {k}": format(found["stress"].sel(kind=kind, axis=k).item(), ".1%") for k in AXES},
            "participation ratio": found["participation"].sel(kind=kind).item(),
        }
        for kind in found["kind"].values
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")


def excess_table(found: xr.Dataset) -> pd.DataFrame:
    """Excess over the null of the explained stress with its interval, and how many times fewer dimensions."""
    rows = {}
    for of, name in (("models", "all models"), ("between", "between runs at equal progress")):
        chosen = found.sel(of=of)
        ends = {k: [chosen[f"excess_stress{end}"].sel(axis=k).item() for end in ("", "_low", "_high")] for k in AXES}
        fewer = [chosen[f"fewer_dimensions{end}"].item() for end in ("", "_low", "_high")]
        rows[name] = {
            **{f"k = {k}": "{:+.1%} [{:+.1%}, {:+.1%}]".format(*values) for k, values in ends.items()},
            "dimensions of the null over those of runs": "{:.2f} [{:.2f}, {:.2f}]".format(*fewer),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("runs less null")


def schedule_table(found: xr.Dataset) -> pd.DataFrame:
    """Explained stress of real and null models under each schedule of checkpoints."""
    stress = found["schedule_stress"]
    rows = {
        name: {
            f"{models}, k = {k}": format(stress.sel(schedule=name, models=models, axes=k).item(), ".1%")
            for k in found["axes"].values
            for models in found["models"].values
        }
        for name in found["schedule"].values
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("checkpoints")


def dimension_text(found: xr.Dataset) -> str:
    """What the comparison with nulls gives, in words."""
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
    )
