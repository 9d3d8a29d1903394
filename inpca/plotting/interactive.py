"""An embedding to turn and hover over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from inpca.plotting.embedding import Models, axis_label, check_axes
from inpca.plotting.means import mean_trajectories

#: Decimals of coordinates, which a screen can show.
DIGITS = 5
#: Models beyond which plotly takes seconds for each step of the camera.
MOST = 5000


def interactive(
    embedding: xr.Dataset,
    *,
    groups=None,
    runs=None,
    color=None,
    geodesic=None,
    progress=None,
    hover: Mapping[str, Any] | None = None,
    axes: Sequence[int] = (1, 2, 3),
) -> go.Figure:
    """Models in three axes of the same units, to turn; a click on the legend hides a group, hovering names a model.

    Its method ``write_html("embedding.html")`` makes one page that is readable offline.

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`, of m models, 5,000 at most.
    groups, runs, color, geodesic, progress
        As in :func:`inpca.plotting.pairs`.
    hover : mapping from name to (m,) array, optional
        What is told of a model beside its label.
    axes : three int
        Counted from 1.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    TypeError, ValueError
        If the embedding is none, has no such axes or too many models, or an argument has not one entry for each model.

    See Also
    --------
    inpca.explorer.write_explorer : A page for any number of models, with filters and the curves of runs.
    inpca.plotting.three_dimensional : The same as a picture.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import interactive
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> page = interactive(InPCA(3).fit(models).to_xarray(), groups=["a"] * 20, hover={"step": np.arange(20)})
    >>> page.data[0].name, page.data[0].hovertemplate
    ('a', '<b>%{customdata[0]}</b><br>step %{customdata[1]}<extra></extra>')
    """
    models = Models.of(embedding, groups=groups, runs=runs, color=color, geodesic=geodesic, progress=progress)
    check_axes(embedding, axes, 3)
    if len(models.coordinates) > MOST:
        raise ValueError(
            f"an interactive figure of {len(models.coordinates):,} models would not turn, {MOST:,} are the most: "
            "make a page with inpca.explorer.write_explorer, or leave out runs"
        )
    columns = [axis - 1 for axis in axes]
    figure = go.Figure(traces_of(models, columns, *told_of_models(embedding, hover)))
    figure.add_traces(traces_of_means(models, columns))
    if len(models.geodesic):
        figure.add_traces(traces_of_geodesic(models.coordinates[models.geodesic][:, columns]))
    names = (axis_label(embedding, axis) for axis in axes)
    figure.update_scenes({f"{side}axis_title_text": name for side, name in zip("xyz", names, strict=True)})
    figure.update_scenes(aspectmode="data", camera_eye={"x": 0.3, "y": -1.6, "z": 0.7})
    figure.update_layout(template="plotly_white", legend={"itemsizing": "constant"}, margin={"l": 0, "r": 0, "b": 0})
    return figure


def traces_of(models: Models, columns: list[int], told: list[list[Any]], template: str) -> list[go.Scatter3d]:
    """One trace for each group; a page with many is slow to turn."""
    traces = []
    for group, colour in models.colours.items():
        rows = rows_with_gaps(models, group)
        colours = colour if models.values is None else taken(models.values, rows)
        traces.append(
            go.Scatter3d(
                **as_xyz(taken(models.coordinates[:, columns], rows)),
                mode="markers" if models.runs is None else "lines+markers",
                name=str(group),
                legendgroup=str(group),
                customdata=[told[row] if row >= 0 else [None] * len(told[0]) for row in rows],
                hovertemplate=template,
                connectgaps=False,
                opacity=1 if models.progress is None else 0.35,
                line={"color": colours, "width": 1.5},
                marker={"color": colours, "size": 2.2} | scale_of(models),
                showlegend=group != "",
            )
        )
    return traces


def traces_of_means(models: Models, columns: list[int]) -> list[go.Scatter3d]:
    """The mean trajectory of each group, hidden with it."""
    if models.progress is None or models.runs is None or models.values is not None:
        return []
    names = {"groups": models.groups, "runs": models.runs, "progress": models.progress}
    return [
        go.Scatter3d(
            **as_xyz(line),
            mode="lines",
            name=f"mean of {group}" if group else "mean",
            legendgroup=str(group),
            showlegend=False,
            hoverinfo="name",
            line={"color": models.colours[group], "width": 7},
        )
        for group, line in mean_trajectories(models.coordinates[:, columns], **names).items()
    ]


def traces_of_geodesic(line: np.ndarray) -> list[go.Scatter3d]:
    """The geodesic, and its ends with their names."""
    black = {"color": "black", "width": 6}
    ends = {"color": "black", "size": 6, "symbol": ["square", "diamond"]}
    named = {"text": ["P₀ (ignorance)", "P* (truth)"], "textfont": {"size": 15}, "hoverinfo": "text"}
    return [
        go.Scatter3d(**as_xyz(line), mode="lines", name="geodesic", line=black, hoverinfo="name"),
        go.Scatter3d(**as_xyz(line[[0, -1]]), mode="markers+text", marker=ends, showlegend=False, **named),
    ]


def told_of_models(embedding: xr.Dataset, hover: Mapping[str, Any] | None) -> tuple[list[list[Any]], str]:
    """What is told of each model, its label first, and the template of it."""
    m, columns = embedding.sizes["model"], [np.asarray(embedding["model"].values, dtype=object)]
    lines = ["<b>%{customdata[0]}</b>"]
    for place, (name, values) in enumerate((hover or {}).items(), start=1):
        columns.append(np.asarray(values, dtype=object))
        if columns[-1].shape != (m,):
            raise ValueError(f"hover[{name!r}] must have {m} entries, one for each model, not {columns[-1].shape}")
        lines.append(f"{name} %{{customdata[{place}]}}")
    return np.stack(columns, axis=1).tolist(), "<br>".join(lines) + "<extra></extra>"


def rows_with_gaps(models: Models, group) -> np.ndarray:
    """Positions of the models of a group, run by run, with -1 after each run, so that one trace draws all of them."""
    chosen = np.flatnonzero(models.groups == group)
    if models.runs is None:
        return chosen
    runs: dict[Any, list[int]] = {}
    for row in chosen:
        runs.setdefault(models.runs[row], []).append(int(row))
    return np.array([row for run in runs.values() for row in (*run, -1)], np.int64)


def taken(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Entries at some rows; NaN at -1."""
    result = values[rows].astype(np.float64)
    result[rows < 0] = np.nan
    return result


def as_xyz(coordinates: np.ndarray) -> dict[str, np.ndarray]:
    """x, y, z for plotly, rounded to what a screen can show."""
    return dict(zip("xyz", np.round(coordinates.astype(float), DIGITS).T, strict=True))


def scale_of(models: Models) -> dict[str, Any]:
    """Colour scale of the markers, if they are coloured by numbers."""
    if models.values is None:
        return {}
    return {"colorscale": "Viridis", "showscale": True, "colorbar": {"title": {"text": models.label}}}
