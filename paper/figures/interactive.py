"""Embeddings to turn and hover over: one self-contained folder of HTML, readable offline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from paper.figures.manifold import axis_label, geodesic_points
from paper.figures.style import Palette
from paper.models import runs

COORDINATES = ["pc1", "pc2", "pc3"]
HOVER = (
    "<b>%{customdata[0]}</b><br>step %{customdata[1]}, epoch %{customdata[2]:.3g}<br>"
    "train loss %{customdata[3]:.3g}, error %{customdata[4]:.1%}<br>"
    "test loss %{customdata[5]:.3g}, error %{customdata[6]:.1%}<extra></extra>"
)
HOVER_COLUMNS = ["run", "step", "epoch", "train_loss", "train_error", "test_loss", "test_error"]


def manifold_page(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, title: str) -> go.Figure:
    """First three axes; a click on the legend hides an architecture, hovering names run, step, loss and error."""
    figure = go.Figure()
    models = runs(points)
    for network in palette.networks:
        chosen = with_gaps(models[models["network"] == network])
        figure.add_trace(
            go.Scatter3d(
                **coordinates(chosen[COORDINATES].to_numpy()),
                mode="lines+markers",
                name=palette.label(network),
                customdata=chosen[HOVER_COLUMNS].to_numpy(),
                hovertemplate=HOVER,
                connectgaps=False,
                line={"color": palette.colour(network), "width": 1.5},
                marker={"color": palette.colour(network), "size": 2.2},
            )
        )
    line = geodesic_points(points, (1, 2, 3))
    figure.add_trace(
        go.Scatter3d(
            **coordinates(line),
            mode="lines",
            name="geodesic",
            line={"color": "black", "width": 6},
            hoverinfo="name",
        )
    )
    figure.add_trace(
        go.Scatter3d(
            **coordinates(line[[0, -1]]),
            mode="markers+text",
            text=["P₀ (ignorance)", "P* (truth)"],
            showlegend=False,
            textfont={"size": 15},
            hoverinfo="text",
            marker={"color": "black", "size": 6, "symbol": ["square", "diamond"]},
        )
    )
    titles = {
        f"{name}axis_title_text": axis_label(embedding, axis) for name, axis in zip("xyz", (1, 2, 3), strict=True)
    }
    figure.update_scenes(**titles, camera_eye={"x": 0.3, "y": -2.1, "z": 0.7})
    figure.update_layout(
        title=title,
        template="plotly_white",
        legend={"itemsizing": "constant"},
        margin={"l": 0, "r": 0, "b": 0},
    )
    return figure


def with_gaps(models: pd.DataFrame) -> pd.DataFrame:
    """Rows with an empty one after each run, so that one trace draws all runs of an architecture."""
    parts = []
    for _, run in models.groupby("run", sort=False):
        parts += [run, pd.DataFrame(np.nan, index=[0], columns=COORDINATES)]
    return pd.concat(parts, ignore_index=True) if parts else models


def coordinates(points: np.ndarray) -> dict[str, np.ndarray]:
    """x, y, z for plotly, rounded to what a screen can show."""
    return dict(zip("xyz", np.round(points.astype(float), 5).T, strict=True))


def save_page(figure: go.Figure, folder: str | Path, name: str) -> None:
    """Write ``name.html`` and, once for a folder, ``plotly.min.js`` beside it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure.write_html(folder / f"{name}.html", include_plotlyjs="directory", div_id=name, full_html=True)
