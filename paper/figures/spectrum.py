"""How many axes does an embedding need: eigenvalues, explained stress and explained pairwise distance."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from inpca import plotting
from paper.report.claims import paper_numbers


def spectrum(embedding: xr.Dataset) -> Figure:
    """Three panels of :func:`inpca.plotting.spectrum`, of distances in nats."""
    return plotting.spectrum(embedding, unit="nats")


def beside_nulls(found: xr.Dataset, paper: str) -> Figure:
    """Three panels of :func:`inpca.plotting.calibrated`, with a number of the paper for three axes."""
    number = paper_numbers()[paper]
    return plotting.calibrated(found, marks={f"the paper ({number.confidence})": (3, number.value)})
