"""How many axes does an embedding need: eigenvalues, explained stress and explained pairwise distance."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from inpca import plotting


def spectrum(embedding: xr.Dataset) -> Figure:
    """Three panels of :func:`inpca.plotting.spectrum`, of distances in nats."""
    return plotting.spectrum(embedding, unit="nats")
