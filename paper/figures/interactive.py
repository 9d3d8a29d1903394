"""Embeddings to turn and hover over: one self-contained folder of HTML, readable offline."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from inpca import plotting
from inpca.plotting.interactive import MOST
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
    """First three axes; a click on the legend hides an architecture, hovering names run, step, loss and error.

    Of more models than plotly turns, every few runs are drawn, as the title says; the explorer has them all.
    """
    points, every = thinned(points)
    if every > 1:
        title = f"{title} (one run of {every}; all are in explorer.html)"
    hover = {name.replace("_", " "): points[name].map(written.format) for name, written in TOLD.items()}
    page = plotting.interactive(placed(points, embedding), **of_models(points, palette, split), hover=hover)
    return page.update_layout(title=title)


def thinned(points: pd.DataFrame, most: int = MOST) -> tuple[pd.DataFrame, int]:
    """Models of a table, or those of every few of its runs with all reference points, and of how many runs one is kept.

    Examples
    --------
    >>> points = pd.DataFrame({"run": ["a", "a", "b", "b", "c", "c", None], "step": [0, 1, 0, 1, 0, 1, None]})
    >>> kept, every = thinned(points, most=5)
    >>> kept["run"].dropna().tolist(), every
    (['a', 'a', 'c', 'c'], 2)
    """
    of_run = points["run"].map({run: place for place, run in enumerate(points["run"].dropna().unique())})
    for every in count(1):
        kept = points[of_run.isna() | (of_run % every == 0)]
        if len(kept) <= most or every > of_run.max():
            return kept.reset_index(drop=True), every


def save_page(figure: go.Figure, folder: str | Path, name: str) -> None:
    """Write ``name.html`` and, once for a folder, ``plotly.min.js`` beside it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure.write_html(folder / f"{name}.html", include_plotlyjs="directory", div_id=name, full_html=True)
