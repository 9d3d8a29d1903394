"""Embeddings to turn and hover over: one self-contained folder of HTML, readable offline."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from inpca import plotting
from paper.figures.style import Palette
from paper.figures.views import of_models, placed

#: What is told of a model: name, and how it is written.
TOLD = {
    "epoch": "{:.3g}",
    "train_loss": "{:.3g}",
    "train_error": "{:.1%}",
    "test_loss": "{:.3g}",
    "test_error": "{:.1%}",
}


def manifold_page(points: pd.DataFrame, embedding: xr.Dataset, palette: Palette, split: str, title: str) -> go.Figure:
    """First three axes; a click on the legend hides an architecture, hovering names run, step, loss and error."""
    hover = {name.replace("_", " "): points[name].map(written.format) for name, written in TOLD.items()}
    page = plotting.interactive(placed(points, embedding), **of_models(points, palette, split), hover=hover)
    return page.update_layout(title=title)


def save_page(figure: go.Figure, folder: str | Path, name: str) -> None:
    """Write ``name.html`` and, once for a folder, ``plotly.min.js`` beside it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure.write_html(folder / f"{name}.html", include_plotlyjs="directory", div_id=name, full_html=True)
