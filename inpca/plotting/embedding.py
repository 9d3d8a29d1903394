"""What a figure needs to know of an embedding and its models, checked where it enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

#: Colours of groups (Okabe & Ito's palette, distinct for colour-blind readers), then spare ones.
COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#56B4E9",
    "#D55E00",
    "#CC79A7",
    "#F0E442",
    "#8C6D31",
    "#7F7F7F",
    "#332288",
    "#117733",
    "#882255",
)
#: Unit of the coordinates by metric; the distance is a signed square of coordinates. Others have none.
UNITS = {"bhattacharyya": "√nats", "jeffreys": "√nats", "spherical": "√rad"}
SAVED = ("embedding", "eigenvalue", "signature", "explained_stress", "explained_distance")


@dataclass(frozen=True, eq=False)
class Models:
    """The models of an embedding, and how they are drawn.

    Attributes
    ----------
    coordinates : (m, k) array
    groups : (m,) array of object
        Name of the group of each model; None for a model of no group, which is not drawn.
    runs : (m,) array of object, or None
        Name of the run of each model; None for a model of no run.
    colours : dict from group to colour
    values : (m,) array of float, or None
        Numbers by which models are coloured instead.
    label : str
        What the numbers are.
    geodesic : (n,) array of int
    progress : (m,) array of float, or None
        At equal values of it the runs of a group are averaged.
    """

    coordinates: np.ndarray
    groups: np.ndarray
    runs: np.ndarray | None
    colours: dict[Any, Any]
    values: np.ndarray | None
    label: str
    geodesic: np.ndarray
    progress: np.ndarray | None = None

    @classmethod
    def of(cls, embedding: xr.Dataset, *, groups=None, runs=None, color=None, geodesic=None, progress=None) -> Models:
        """Models from the arguments of a figure.

        Raises
        ------
        TypeError, ValueError
            If the embedding is no dataset that ``to_xarray`` returned, an argument has not one entry for each model, a
            group has no colour, the geodesic is not at positions of models, or there is progress without runs.
        """
        check_embedding(embedding)
        m = embedding.sizes["model"]
        line = line_of(geodesic, m)
        if groups is None:
            names = np.full(m, "", object)
            names[line] = None
        else:
            names = of_each_model(groups, "groups", m)
        found = list(dict.fromkeys(name for name in names if name is not None))
        values, label, colours = None, "", dict(zip(found, COLOURS * (1 + len(found) // len(COLOURS)), strict=False))
        if isinstance(color, Mapping):
            missing = [name for name in found if name not in color]
            if missing:
                raise ValueError(f"color has no colour of the groups {', '.join(map(repr, missing))}")
            colours = dict(color)
        elif isinstance(color, str):
            colours = dict.fromkeys(found, color)
        elif color is not None:
            wanted = f"color must be {m} numbers, one for each model, a mapping from group to colour, or a colour"
            values, label = numbers_of_models(color, m, wanted), str(getattr(color, "name", None) or "")
        joined = None if runs is None else of_each_model(runs, "runs", m)
        if progress is not None:
            if joined is None:
                raise ValueError("progress averages over runs: give runs, the name of the run of each model, as well")
            progress = numbers_of_models(progress, m, f"progress must be {m} numbers, one for each model")
        return cls(embedding["embedding"].values, names, joined, colours, values, label, line, progress)

    @property
    def drawn(self) -> np.ndarray:
        """Which models are of a group, (m,) array of bool."""
        return np.array([group is not None for group in self.groups])


def check_embedding(embedding: xr.Dataset) -> None:
    """Raise a TypeError or ValueError if this is no dataset that ``to_xarray`` returned."""
    if not isinstance(embedding, xr.Dataset):
        hint = ", such as its to_xarray() returns" if hasattr(embedding, "to_xarray") else ""
        raise TypeError(f"embedding must be the dataset of an InPCA{hint}, not {type(embedding).__name__}")
    missing = [name for name in SAVED if name not in embedding]
    if missing:
        raise ValueError(f"this dataset is not an embedding that to_xarray returned, it has no {', '.join(missing)}")


def check_axes(embedding: xr.Dataset, axes: Sequence[int], number: int) -> None:
    """Raise a ValueError if these are not that many axes of the embedding, counted from 1."""
    k = embedding.sizes["axis"]
    if len(axes) != number or not all(axis in range(1, k + 1) for axis in axes):
        raise ValueError(f"axes must be {number} of the axes 1 … {k} of this embedding, not {tuple(axes)!r}")


def of_each_model(names, argument: str, m: int) -> np.ndarray:
    """Names, one for each of m models, as objects; missing ones (None, NaN) are None."""
    given = np.asarray(names, dtype=object)
    if given.shape != (m,):
        raise ValueError(f"{argument} must be {m} names, one for each model, not of shape {given.shape}")
    return np.array([None if name is None or name != name else name for name in given], dtype=object)


def numbers_of_models(numbers, m: int, wanted: str) -> np.ndarray:
    """Numbers, one for each of m models; raises a ValueError that says what is wanted."""
    try:
        values = np.asarray(numbers, np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != (m,):
        raise ValueError(wanted)
    return values


def lines_of(coordinates: np.ndarray, runs: np.ndarray) -> list[np.ndarray]:
    """Coordinates (T, k) of the models of each run, in the order in which they come; runs in order of appearance."""
    positions: dict[Any, list[int]] = {}
    for i, run in enumerate(runs):
        if run is not None:
            positions.setdefault(run, []).append(i)
    return [coordinates[where] for where in positions.values()]


def line_of(geodesic, m: int) -> np.ndarray:
    """Positions of the models, of m, that are points of a geodesic; none if none are given."""
    line = np.zeros(0, np.int64) if geodesic is None else np.asarray(geodesic)
    if line.ndim != 1 or line.dtype.kind not in "iu" or (len(line) and not 0 <= line.min() <= line.max() < m):
        raise ValueError(f"geodesic must be positions of models, whole numbers in 0 … {m - 1}")
    return line


def axis_label(embedding: xr.Dataset, axis: int, unit: str | None = None) -> str:
    """Label of an axis: unit, what it adds to the explained stress, and ``time-like`` if it is (others are space-like).

    Parameters
    ----------
    embedding : Dataset
        From :meth:`inpca.InPCA.to_xarray`.
    axis : int
        Counted from 1.
    unit : str, optional
        Of the coordinates; that of the metric unless given, "" for none.

    See Also
    --------
    inpca.plotting.pairs : A figure with these labels.

    Examples
    --------
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.plotting import axis_label
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> axis_label(InPCA(2).fit(models).to_xarray(), 1)
    'PC1 (√nats, 18 %)'
    """
    unit = UNITS.get(embedding.attrs.get("metric", ""), "") if unit is None else unit
    kind = "time-like" if embedding["signature"].sel(axis=axis).item() < 0 else ""
    explained = embedding["explained_stress"].sel(axis=[k for k in (axis - 1, axis) if k]).values
    adds = f"{100 * np.diff([0.0, *explained])[-1]:.2g} %"
    return f"PC{axis} ({', '.join(note for note in (unit, adds, kind) if note)})"
