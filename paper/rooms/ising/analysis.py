"""Numbers of the Ising model: its exact coordinates, how good its samples are, and how its phases are separated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from inpca import explained_stress, signed_spectrum
from paper.exponential_family import Coordinates, iskl_coordinates, light_ratio, symmetrized_divergences
from paper.rooms.ising.enumeration import (
    SIDE,
    exact_distances,
    exact_means,
    natural,
    spontaneous_magnetisation,
)

#: Eigenvalues above this part of the largest are axes; smaller ones are rounding.
ROUNDING = 1e-9
#: Digits behind the point of an error that is 0 but for rounding.
DIGITS = 12
#: Axes of the exact coordinates.
AXES = 4
#: The cold phases are those of the highest temperature up to this one, well below the critical one.
COLD = 2.0
#: By how much temperatures are wrong in the control of sampling.
WRONG = 1.05


def cold_place(temperatures: list[float]) -> int:
    """Position of the cold phases: the highest temperature up to :data:`COLD`, or else the lowest.

    Examples
    --------
    >>> cold_place([1.5, 2.0, 2.1]), cold_place([3.0, 4.0])
    (1, 0)
    """
    return max(int(np.searchsorted(temperatures, COLD, side="right")) - 1, 0)


def members(temperatures: ArrayLike, fields: ArrayLike) -> np.ndarray:
    """Natural parameters (temperatures, fields, 2)."""
    return natural(np.asarray(temperatures)[:, None], fields)


def exact_coordinates(eta: np.ndarray) -> Coordinates:
    """Coordinates a spin, (temperatures · fields, 2), of the 4×4 lattice."""
    flat = eta.reshape(-1, 2)
    return iskl_coordinates(flat, exact_means(flat) / SIDE**2)


def sampled_coordinates(eta: np.ndarray, large: xr.Dataset) -> Coordinates:
    """The same of the sampled lattice, whose means are those over both chains."""
    mean = large["mean"].mean("start").values / large.attrs["side"] ** 2
    return iskl_coordinates(eta.reshape(-1, 2), mean.reshape(-1, 2))


def exact_spectra(eta: np.ndarray) -> dict[str, np.ndarray]:
    """Signed spectra of the 4×4 lattice: of the symmetrised divergence over 8, d_B of close members, and of d_B."""
    flat = eta.reshape(-1, 2)
    return {
        "divergence": signed_spectrum(symmetrized_divergences(flat, exact_means(flat)) / 8),
        "bhattacharyya": signed_spectrum(exact_distances(flat)),
    }


def exact_numbers(eta: np.ndarray, spectra: dict[str, np.ndarray]) -> dict:
    """Axes of each sign above rounding, explained stress of four, and the largest relative error of the coordinates."""
    numbers = {}
    for name, spectrum in spectra.items():
        some = spectrum[np.abs(spectrum) > ROUNDING * abs(spectrum[0])]
        stress = explained_stress(spectrum)
        numbers[name] = {
            "axes": len(some),
            "space_like": int((some > 0).sum()),
            "time_like": int((some < 0).sum()),
            "stress": float(stress[AXES - 1]),
        }
    flat = eta.reshape(-1, 2)
    D = symmetrized_divergences(flat, exact_means(flat)) / SIDE**2
    S, T, _ = exact_coordinates(eta)
    squares = ((S[:, None] - S) ** 2).sum(axis=2) - ((T[:, None] - T) ** 2).sum(axis=2)
    return numbers | {"error": round(float(np.max(np.abs(squares - D)) / D.max()), DIGITS)}


def deviations(small: xr.Dataset, *, wrong: float = 1.0) -> np.ndarray:
    """Differences of sampled means of the 4×4 lattice from exact ones, over their standard errors.

    A mean of n sweeps cannot be known better than one turned spin in n, so errors are at least 2/n.

    Parameters
    ----------
    small : Dataset
        From :func:`paper.rooms.ising.sampling.sampled`.
    wrong : float
        Factor of the temperatures that exact means are taken at; 1 is right.

    Returns
    -------
    (start, temperature, field, statistic) array
    """
    exact = exact_means(members(wrong * small["temperature"].values, small["field"].values))
    error = np.maximum(small["error"].values, 2 / small.attrs["sweeps"])
    return (small["mean"].values - exact) / error


def sampling_numbers(small: xr.Dataset, large: xr.Dataset) -> dict:
    """Root mean squares of deviations from exact means, from those at wrong temperatures, and between starts."""
    mean, error = large["mean"].values, np.maximum(large["error"].values, 2 / large.attrs["sweeps"])
    between = (mean[0] - mean[1]) / np.sqrt((error**2).sum(axis=0))
    found = {"exact": deviations(small), "wrong": deviations(small, wrong=WRONG), "starts": between}
    numbers = {name: float(np.sqrt(np.mean(values**2))) for name, values in found.items()}
    return numbers | {"largest": float(np.abs(found["exact"]).max()), "n": int(found["exact"].size)}


def phases(large: xr.Dataset, at: Coordinates) -> pd.DataFrame:
    """How members in opposite fields at the same temperature are separated, a row for each temperature and field.

    ``magnetisation`` is a spin's, half the difference of both; ``divergence`` and the coordinates are a spin's as well;
    ``ratio`` is the time-like part of the separation over the space-like one, 1 where light-like.
    """
    temperatures, fields = large["temperature"].values, large["field"].values
    shape = (len(temperatures), len(fields), 2)
    S, T = at.space.reshape(shape), at.time.reshape(shape)
    spins = large["mean"].mean("start").values[..., 1] / large.attrs["side"] ** 2
    rows = []
    for i, temperature in enumerate(temperatures):
        for up in np.flatnonzero(fields > 0):
            down = len(fields) - 1 - up
            apart = spins[i, up] - spins[i, down]
            rows.append(
                {
                    "temperature": temperature,
                    "field": fields[up],
                    "magnetisation": apart / 2,
                    "divergence": 2 * fields[up] / temperature * apart,
                    "ratio": float(light_ratio(S[i, up] - S[i, down], T[i, up] - T[i, down])),
                }
            )
    return pd.DataFrame(rows)


def phase_numbers(separated: pd.DataFrame) -> dict:
    """Phases in the weakest field: the cold ones, beside the infinite lattice, and the hottest ones.

    ``small`` is the magnetisation of the 4×4 lattice there, which has no phases.
    """
    weak = separated[separated["field"] == separated["field"].min()]
    cold = weak.iloc[cold_place(weak["temperature"].tolist())]
    numbers = {"cold": cold.to_dict(), "hot": weak.iloc[-1].to_dict()}
    infinite = float(spontaneous_magnetisation(cold["temperature"]))
    small = float(exact_means(natural(cold["temperature"], cold["field"]))[1]) / SIDE**2
    numbers["cold"] |= {"infinite": infinite, "error": abs(float(cold["magnetisation"]) - infinite)}
    return numbers | {"small": {"magnetisation": small, "error": abs(small - infinite)}}


#: How good samples are, in words.
SAMPLING = (
    "Root mean square of {n} deviations: {exact:.2f}; from exact means at wrong temperatures {wrong:.2f}; between both "
    "starts of the larger lattice {starts:.2f}."
)
#: What the notebook found, in two sentences.
ANSWER = (
    "The symmetrised divergence of the 4×4 lattice has {space} space-like and {time} time-like axes and no other "
    "above rounding, where $d_B$ has {axes}. At $T={temperature:g}$ in fields of "
    "±{field:g} the phases of the lattice with {side}² spins differ by {apart:.2f} in magnetisation, but by "
    "{divergence:.3f} nats a spin, and the time-like part of their separation is {ratio:.1%} of the space-like one, at "
    "$T={hot:g}$ {hot_ratio:.1%}."
)


def answer(numbers: dict) -> str:
    """The answer to the notebook's question, with its numbers."""
    exact, cold, hot = numbers["exact"], numbers["phases"]["cold"], numbers["phases"]["hot"]
    return ANSWER.format(
        space=exact["divergence"]["space_like"],
        time=exact["divergence"]["time_like"],
        axes=exact["bhattacharyya"]["axes"],
        temperature=cold["temperature"],
        field=cold["field"],
        side=numbers["side"],
        apart=2 * cold["magnetisation"],
        divergence=cold["divergence"],
        ratio=cold["ratio"],
        hot=hot["temperature"],
        hot_ratio=hot["ratio"],
    )
