"""What a page holds: models in the order of their runs, as numbers that a graphics card takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import xarray as xr

from inpca.plotting.embedding import (
    COLOURS,
    axis_label,
    check_embedding,
    line_of,
    numbers_of_models,
    of_each_model,
)

#: Most axes of an embedding that a page offers.
AXES = 8
#: Largest whole number of a coordinate.
LARGEST = 32767
#: Bits of a column's numbers that are kept: four digits.
BITS = 14
#: The first view holds this part of the models in the middle of each axis, and the geodesic.
KEPT = 0.98


@dataclass(frozen=True, eq=False)
class Contents:
    """Contents of a page.

    Attributes
    ----------
    embeddings : mapping from name to Dataset
    order : (n,) array of int
        Positions of the models that are drawn, run by run, then of the geodesic.
    runs : list of str
    starts : (r + 2,) array of int
        Where each run starts in this order, then the geodesic, and where that ends.
    curves : mapping from name to mapping from name to (m,) array
    factors : list of dict
        Each with its ``name``, the ``levels`` that it takes, their ``colours``, and ``codes``, the level of each run.
    """

    embeddings: Mapping[str, xr.Dataset]
    order: np.ndarray
    runs: list[str]
    starts: np.ndarray
    curves: dict[str, dict[str, np.ndarray]]
    factors: list[dict[str, Any]]

    @classmethod
    def of(cls, embeddings, *, runs, columns, factors=None, geodesic=None, colors=None) -> Contents:
        """Contents from the arguments of :func:`inpca.explorer.write_explorer`, which says what is wrong with them."""
        m = check_embeddings(embeddings)
        line, names = line_of(geodesic, m), of_each_model(runs, "runs", m)
        names[line] = None
        found = list(dict.fromkeys(name for name in names if name is not None))
        if not found:
            raise ValueError("runs names no run: give the name of the run of each model")
        place = {name: code for code, name in enumerate(found)}
        codes = np.array([-1 if name is None else place[name] for name in names])
        order = np.argsort(codes, kind="stable")[(codes < 0).sum() :]
        starts = np.searchsorted(codes[order], np.arange(len(found) + 1))
        curves = curves_of(columns, names)
        described, factors = [], {} if factors is None else factors
        for name in factors:
            values = of_each_model(factors[name], f"factors[{name!r}]", m)[order]
            described.append(factor_of(name, values, starts, found, (colors or {}).get(name, {})))
        ends = np.append(starts, len(order) + len(line))
        return cls(embeddings, np.append(order, line), [str(name) for name in found], ends, curves, described)

    def packed(self) -> tuple[dict[str, Any], bytes]:
        """A header that JSON can hold, and the arrays that it names, as bytes."""
        n_drawn = self.starts[-2]
        arrays = {"starts": self.starts.astype(np.uint32)}
        arrays["run"] = np.repeat(np.arange(len(self.starts) - 1, dtype=np.uint32), np.diff(self.starts))
        described, columns, curves = [], [], []
        for number, (name, embedding) in enumerate(self.embeddings.items()):
            arrays[f"embedding{number}"], places = packed_embedding(embedding, self.order, n_drawn)
            described.append({"name": str(name)} | places)
        for name, parts in self.curves.items():
            curves.append({"name": str(name), "columns": list(range(len(columns), len(columns) + len(parts)))})
            for part, values in parts.items():
                arrays[f"column{len(columns)}"] = rounded(values[self.order])
                whole = ", ".join(str(one) for one in (name, part) if one != "")
                columns.append({"name": whole, "part": str(part)})
        header = {"embeddings": described, "columns": columns, "curves": curves, "runs": self.runs}
        places, block = {}, b""
        for name, array in arrays.items():
            places[name] = {"type": array.dtype.name, "offset": len(block), "length": array.size}
            block += array.tobytes() + bytes(-array.nbytes % 4)
        return header | {"factors": self.factors, "arrays": places}, block


def check_embeddings(embeddings: Mapping[str, xr.Dataset]) -> int:
    """Number of models, the same in all embeddings."""
    if not isinstance(embeddings, Mapping) or not embeddings:
        raise TypeError("embeddings must be the dataset of an InPCA, or a mapping from name to such datasets")
    sizes = {}
    for name, embedding in embeddings.items():
        check_embedding(embedding)
        sizes[name], k = embedding.sizes["model"], embedding.sizes["axis"]
        if k < 3:
            raise ValueError(
                f"the embedding {name!r} has {k} axes, three are needed: fit InPCA(n_components=3) or more"
            )
        wrong = ~np.isfinite(embedding["embedding"].values[:, :AXES]).all(axis=1)
        if wrong.any():
            raise ValueError(f"the embedding {name!r} has coordinates of model {wrong.argmax()} that are no numbers")
    if len(set(sizes.values())) > 1:
        raise ValueError(f"embeddings must be of the same models; their numbers are {sizes}")
    return next(iter(sizes.values()))


def curves_of(columns, runs: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Columns by the curves that they are drawn as, each a number for every model of a run."""
    curves = {}
    for name in columns:
        given = columns[name]
        parts = given if isinstance(given, Mapping) else {"": given}
        curves[name] = {}
        for part, numbers in parts.items():
            called = f"columns[{name!r}]" + (f"[{part!r}]" if part != "" else "")
            values = numbers_of_models(numbers, len(runs), f"{called} must be {len(runs)} numbers, one for each model")
            wrong = ~np.isfinite(values) & np.array([run is not None for run in runs])
            if wrong.any():
                first = int(wrong.argmax())
                raise ValueError(f"{called} has {values[first]} for model {first} of run {runs[first]!r}, not a number")
            curves[name][part] = values
    if not curves:
        raise ValueError("columns is empty: give the time at least, such as {'epoch': …}, one number for each model")
    return curves


def factor_of(name, values: np.ndarray, starts: np.ndarray, runs: list, colors: Mapping) -> dict[str, Any]:
    """A factor: its levels, numbers in their order, others as they come, and the level of each run."""
    firsts = values[starts[:-1]]
    differs = np.not_equal(values, np.repeat(firsts, np.diff(starts))).astype(bool)
    if differs.any():
        at = int(differs.argmax())
        run = runs[np.searchsorted(starts, at, side="right") - 1]
        raise ValueError(f"factors[{name!r}] has {values[at - 1]!r} and {values[at]!r} within the run {run!r}")
    levels = list(dict.fromkeys(firsts))
    if all(isinstance(level, Number) for level in levels):
        levels.sort()
    place = {level: code for code, level in enumerate(levels)}
    shades = [str(colors.get(level, COLOURS[code % len(COLOURS)])) for level, code in place.items()]
    wrong = [shade for shade in shades if not re.fullmatch("#[0-9a-fA-F]{6}", shade)]
    if wrong:
        raise ValueError(f"colors[{name!r}] has {wrong[0]!r}; colours are written #RRGGBB")
    codes = [place[level] for level in firsts]
    return {"name": str(name), "levels": [written(level) for level in levels], "colours": shades, "codes": codes}


def written(level) -> str:
    """A level of a factor as it is read."""
    if level is None:
        return "none"
    return f"{level:g}" if isinstance(level, Number) and not isinstance(level, bool | np.bool_) else str(level)


def packed_embedding(embedding: xr.Dataset, order: np.ndarray, n_drawn: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Coordinates as whole numbers, one axis after the other, and what they are: the same unit on every axis."""
    x = embedding["embedding"].values[order, :AXES]
    middle = (x.max(axis=0) + x.min(axis=0)) / 2
    scale = max(np.abs(x - middle).max(), np.finfo(np.float32).tiny)
    low, high = np.quantile(x[:n_drawn], [(1 - KEPT) / 2, (1 + KEPT) / 2], axis=0)
    if n_drawn < len(x):
        low, high = np.minimum(low, x[n_drawn:].min(axis=0)), np.maximum(high, x[n_drawn:].max(axis=0))
    places = {"middle": middle.tolist(), "scale": float(scale), "low": low.tolist(), "high": high.tolist()}
    places["axes"] = [axis_label(embedding, axis) for axis in range(1, x.shape[1] + 1)]
    return np.rint((x - middle).T / scale * LARGEST).astype(np.int16).copy(), places


def rounded(values: np.ndarray) -> np.ndarray:
    """Numbers to four digits, which take less room when they are compressed."""
    fraction, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(fraction, BITS)), exponent - BITS).astype(np.float32)
