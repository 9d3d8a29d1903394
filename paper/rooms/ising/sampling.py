"""Samples of Ising models on a torus of any side: Metropolis sweeps, and Wolff's clusters, accepted by the field."""

from __future__ import annotations

import numpy as np
import xarray as xr

from inpca.compiled import compiled
from paper.rooms.ising.enumeration import natural

#: Part of the measured sweeps that come before them and are not measured.
BEFORE = 0.25
#: Stretches of a chain whose means stand for independent ones.
BLOCKS = 20
#: All spins up, and spins at random: chains that have forgotten their start agree.
STARTS = ("ordered", "random")


@compiled(nogil=True)
def chain(spins, beta, field, n_before, n_measured, rng):  # pragma: no cover (compiled)
    """Sums over bonds and over spins, (n_measured, 2), after each sweep and cluster; ``spins`` (L, L) are changed.

    A sweep tries to turn each spin once (Metropolis). Then one cluster grows from a random spin over equal neighbours
    with probability 1 - exp(-2β) (Wolff 1989), and turns as a whole with probability min(1, exp(-2 h M)), h = βH, M its
    sum: growth alone leaves the model without a field as it is, and acceptance adds the field.
    """
    side = spins.shape[0]
    found = np.empty((n_measured, 2))
    stack, inside = np.empty((side * side, 2), np.int64), np.zeros((side, side), np.bool_)
    grow = 1 - np.exp(-2 * beta)
    for sweep in range(n_before + n_measured):
        for i in range(side):
            for j in range(side):
                around = spins[i - 1, j] + spins[(i + 1) % side, j] + spins[i, j - 1] + spins[i, (j + 1) % side]
                cost = 2 * spins[i, j] * (beta * around + field)
                if cost <= 0 or rng.random() < np.exp(-cost):
                    spins[i, j] = -spins[i, j]
        i, j = rng.integers(0, side), rng.integers(0, side)
        inside[:] = False
        inside[i, j] = True
        stack[0, 0], stack[0, 1] = i, j
        n, first = 1, 0
        while first < n:
            i, j = stack[first]
            first += 1
            for k in range(4):
                a = (i + (1 if k == 0 else side - 1 if k == 1 else 0)) % side
                b = (j + (1 if k == 2 else side - 1 if k == 3 else 0)) % side
                if not inside[a, b] and spins[a, b] == spins[i, j] and rng.random() < grow:
                    inside[a, b] = True
                    stack[n, 0], stack[n, 1] = a, b
                    n += 1
        total = n * spins[stack[0, 0], stack[0, 1]]
        if field * total <= 0 or rng.random() < np.exp(-2 * field * total):
            for k in range(n):
                spins[stack[k, 0], stack[k, 1]] = -spins[stack[k, 0], stack[k, 1]]
        if sweep >= n_before:
            bonds, up = 0, 0
            for i in range(side):
                for j in range(side):
                    bonds += spins[i, j] * (spins[i - 1, j] + spins[i, j - 1])
                    up += spins[i, j]
            found[sweep - n_before, 0], found[sweep - n_before, 1] = bonds, up
    return found


def signed(fields: list[float]) -> list[float]:
    """Fields of both signs in ascending order.

    Examples
    --------
    >>> signed([0.1, 1.0])
    [-1.0, -0.1, 0.1, 1.0]
    """
    return sorted([*(-one for one in fields), *fields])


def sampled(side: int, temperatures: list[float], fields: list[float], sweeps: int, seed: int) -> xr.Dataset:
    """Means of Φ of every temperature and field, each of two chains, from ordered and from random spins.

    Parameters
    ----------
    side : int
    temperatures, fields : list of float
        Every field is taken with both signs.
    sweeps : int
        That are measured in each chain.
    seed : int

    Returns
    -------
    Dataset
        ``mean`` and ``error`` (start, temperature, field, statistic): means over a chain, and their standard errors,
        from :data:`BLOCKS` stretches of it. ``statistic`` is ``bonds`` or ``spins``, sums over the lattice.
    """
    fields = signed(fields)
    shape = (len(STARTS), len(temperatures), len(fields), 2)
    mean, error = np.empty(shape), np.empty(shape)
    for index in np.ndindex(shape[:-1]):
        rng = np.random.default_rng([seed, *index])
        spins = np.ones((side, side), np.int64)
        if STARTS[index[0]] == "random":
            spins = rng.choice(np.array([-1, 1]), size=(side, side))
        beta, field = natural(temperatures[index[1]], fields[index[2]])
        found = chain(spins, beta, field, int(BEFORE * sweeps), sweeps, rng)
        blocks = np.stack([part.mean(axis=0) for part in np.array_split(found, min(BLOCKS, sweeps))])
        mean[index], error[index] = found.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    dims = ("start", "temperature", "field", "statistic")
    coordinates = dict(zip(dims, (list(STARTS), temperatures, fields, ["bonds", "spins"]), strict=True))
    return xr.Dataset({"mean": (dims, mean), "error": (dims, error)}, coordinates, {"side": side, "sweeps": sweeps})
