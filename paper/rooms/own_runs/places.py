"""Learners among the networks of a study: their places on the map of these, and the nearest network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from inpca.dimension import StackedRuns, class_preserving_orders
from inpca.embedding import InPCA
from inpca.geometry import progress
from inpca.predictions.store import SPLITS, PredictionStore
from inpca.trajectories import GRID, Permuted, Trajectory
from inpca.tubes import trajectory_distances
from paper.distances import Distances
from paper.models import runs as of_runs
from paper.samples import evenly
from paper.stored import StoredModels, StoredRun, stored_runs

#: Values of progress at which learners are compared with networks: 0.05, 0.10 … 1.
S = GRID[4::5]
#: Networks among which the nearest is looked for, at most, and rows of distances that are read at once.
MOST_NETWORKS, ROWS = 500, 4096
#: Axes whose coordinates are kept.
AXES = 3
#: What is known of a placed model; of its null as well.
QUALITY = ("residual", "explained_distance")
#: Kind of a run that is one of the study's networks; of a learner it is the learner's.
NETWORK = "network"


class TooFewNetworks(ValueError):
    """The study has no two architectures that fitted, so that nobody knows how far these are from each other."""


def learner_runs(stores: Sequence[PredictionStore], split: str) -> list[StoredRun]:
    """Runs of all learners, in the order of their stores and seeds."""
    return [StoredRun(store, split, position) for store in stores for position in range(len(store.seeds))]


def learner_table(stores: Sequence[PredictionStore]) -> pd.DataFrame:
    """One row for each model of the learners, in the order of :func:`learner_runs`.

    Columns: ``model``, ``kind`` (run), ``run``, ``network`` (name of the learner), ``learner`` (its kind), ``seed``,
    ``step``; for each split ``<split>_error`` and ``<split>_progress``.
    """
    tables = []
    for store in stores:
        for position, seed in enumerate(store.seeds):
            run = StoredRun(store, SPLITS[0], position)
            rows = {
                "model": run.models,
                "kind": "run",
                "run": run.name,
                "network": run.configuration,
                "learner": run.attributes["job"]["learner"]["kind"],
                "seed": int(seed),
                "step": store.steps,
            }
            for split in SPLITS:
                labels, log_probs = store.labels(split), StoredRun(store, split, position)[:]
                rows[f"{split}_error"] = (log_probs.argmax(axis=2) != labels).mean(axis=1)
                rows[f"{split}_progress"] = progress(log_probs, labels, log=True)
            tables.append(pd.DataFrame(rows))
    return pd.concat(tables, ignore_index=True)


def place_on_map(
    inpca: InPCA, runs: Sequence[StoredRun], labels: np.ndarray, *, null_seed: int
) -> dict[str, np.ndarray]:
    """Coordinates of the models of runs on a map that stays as it is, and how well its axes hold each.

    Parameters
    ----------
    inpca : InPCA
        Fitted, with its models.
    runs : sequence of StoredRun
    labels : (N,) array of int
    null_seed : int
        Draws the order of the samples of the nulls.

    Returns
    -------
    dict from name to (m,) array
        ``pc1`` … of the first :data:`AXES` axes in √nats; ``residual`` in nats and ``explained_distance``, see
        :meth:`inpca.InPCA.place`; ``null_residual`` and ``null_explained_distance``, those of the same runs with their
        samples permuted within classes.
    """
    orders = class_preserving_orders(labels, len(runs), rng=null_seed)
    models = np.concatenate([StackedRuns(runs)[:], StackedRuns(runs, orders)[:]])
    placed = inpca.place(models)
    half = len(models) // 2
    coordinates = {f"pc{axis + 1}": placed["embedding"].values[:half, axis] for axis in range(AXES)}
    own = {name: placed[name].values[:half] for name in QUALITY}
    return coordinates | own | {f"null_{name}": placed[name].values[half:] for name in QUALITY}


def placed_models(
    table: pd.DataFrame,
    stores: dict[str, Sequence[PredictionStore]],
    embeddings: dict[str, xr.Dataset],
    distances: dict[str, Distances],
    *,
    null_seed: int,
) -> pd.DataFrame:
    """Models of networks and of learners on the map of the networks, one row for each.

    Parameters
    ----------
    table : DataFrame
        Model table of the networks.
    stores : dict
        ``networks`` and ``learners``.
    embeddings : dict from split to Dataset
        Of the networks.
    distances : dict from split to Distances
        Of all models of the table, from which the embeddings were made.
    null_seed : int

    Returns
    -------
    DataFrame
        Columns of :func:`learner_table`, ``learner`` being :data:`NETWORK` for networks; for each split those of
        :func:`place_on_map` after the name of the split. Networks are placed by the distances that the map was made
        from, and have no null.
    """
    is_run = (table["kind"] == "run").to_numpy()
    networks = of_runs(table)[["model", "kind", "run", "network", "seed", "step"]].assign(learner=NETWORK)
    learners = learner_table(stores["learners"])
    for split in SPLITS:
        for measure in ("error", "progress"):
            networks[f"{split}_{measure}"] = table.loc[is_run, f"{split}_{measure}"].to_numpy()
        known = place_again(InPCA.from_xarray(embeddings[split]), distances[split], np.flatnonzero(is_run))
        of_known = {f"pc{axis + 1}": known["embedding"].values[:, axis] for axis in range(AXES)}
        of_known |= {name: known[name].values for name in QUALITY}
        inpca = InPCA.from_xarray(embeddings[split], models=StoredModels(table, stores["networks"], split))
        labels = stores["learners"][0].labels(split)
        placed = place_on_map(inpca, learner_runs(stores["learners"], split), labels, null_seed=null_seed)
        networks = networks.assign(**{f"{split}_{name}": values for name, values in of_known.items()})
        learners = learners.assign(**{f"{split}_{name}": values for name, values in placed.items()})
    return pd.concat([networks, learners], ignore_index=True)


def place_again(inpca: InPCA, distances: Distances, rows: np.ndarray) -> xr.Dataset:
    """Embedded models by the distances that they were embedded from, with how well the axes hold each.

    Parameters
    ----------
    inpca : InPCA
    distances : Distances
        Those to landmarks are read by blocks of rows.
    rows : (n,) array of int
    """
    at_once = len(rows) if distances.landmarks is None else ROWS
    blocks = [rows[first : first + at_once] for first in range(0, len(rows), at_once)]
    return xr.concat([inpca.place(np.asarray(distances.values[block])) for block in blocks], "model")


def nearest_networks(
    table: pd.DataFrame,
    stores: dict[str, Sequence[PredictionStore]],
    split: str,
    *,
    fitted_error: float,
    null_seed: int,
) -> xr.Dataset:
    """Distance of each run to the nearest network of another kind at equal progress, beside that of its null.

    For a learner all networks are of another kind, for a network those of other architectures: an architecture that is
    left out with all its runs. Networks that did not fit are left out, and of more than :data:`MOST_NETWORKS` those
    that do not belong to an even choice of so many.

    Parameters
    ----------
    table : DataFrame
        Model table of the networks.
    stores : dict
        ``networks`` and ``learners``.
    split : {"train", "test"}
    fitted_error : float
        Train error up to which a network counts as fitted.
    null_seed : int
        Draws the orders of the nulls; the next number those of the second.

    Returns
    -------
    Dataset
        ``nearest``, ``null`` and ``null_again`` (run, s), in nats a sample: min over networks U of another kind of
        d_B(P_s, U_s), of the run and of two nulls of it, whose samples are permuted within classes; ``distance`` (run,
        other), mean over s; ``start`` and ``reach`` (run), progress of the first checkpoint and the largest, outside of
        which a run stands still. Coordinates of a run: ``group``, its architecture or learner; ``kind``,
        :data:`NETWORK` or that of the learner; ``seed``.

    Raises
    ------
    TooFewNetworks
        If fewer than two architectures have a network that fitted.
    """
    last = of_runs(table).groupby("run", sort=False).tail(1)
    last = last[last["train_error"] <= fitted_error]
    last = last.iloc[evenly(len(last), MOST_NETWORKS)]
    if last["network"].nunique() < 2:
        raise TooFewNetworks(
            f"own_runs: networks of two architectures are needed whose train error is {fitted_error:g} or less; it is "
            f"so of {', '.join(last['network'].unique()) or 'none'}"
        )
    networks = stored_runs(table[table["run"].isin(last["run"])], stores["networks"], split)
    learners, labels = learner_runs(stores["learners"], split), stores["learners"][0].labels(split)
    runs = [*networks, *learners]
    groups = np.array([*last["network"], *(run.configuration for run in learners)])
    by_model = table.set_index("model")[f"{split}_progress"]
    at = [by_model.loc[run.models].to_numpy() for run in networks]
    at += [progress(run[:], labels, log=True) for run in learners]
    trajectories = [Trajectory(run, index, truth=labels, log=True) for run, index in zip(runs, at, strict=True)]
    values = measure(trajectories, labels, groups, len(networks), null_seed=null_seed)
    names = [run.name for run in runs]
    kinds = [NETWORK] * len(networks) + [run.attributes["job"]["learner"]["kind"] for run in learners]
    seeds = [*last["seed"].astype(int), *(int(seed) for store in stores["learners"] for seed in store.seeds)]
    return xr.Dataset(
        {name: (("run", "s"), value) for name, value in values.items() if name != "distance"}
        | {
            "distance": (("run", "other"), values["distance"]),
            "start": ("run", [index[0] for index in at]),
            "reach": ("run", [index.max() for index in at]),
        },
        coords={"run": names, "other": names, "s": S}
        | {name: ("run", value) for name, value in (("group", groups), ("kind", kinds), ("seed", seeds))},
    )


def measure(
    trajectories: Sequence[Trajectory], labels: np.ndarray, groups: np.ndarray, n_networks: int, *, null_seed: int
) -> dict[str, np.ndarray]:
    """Numbers of :func:`nearest_networks`; the first trajectories are networks."""
    m = len(trajectories)
    nulls = [
        [Permuted(one, order) for one, order in zip(trajectories, orders, strict=True)]
        for orders in (class_preserving_orders(labels, m, rng=null_seed + draw) for draw in range(2))
    ]
    other_kind = groups[:, None] != groups[:n_networks]
    found = {name: np.empty((m, len(S))) for name in ("nearest", "null", "null_again")}
    distance = np.zeros((m, m))
    for column, s in enumerate(S):
        D = trajectory_distances(trajectories, s=[s], n_jobs=1)
        distance += D / len(S)
        to_networks = [D[:, :n_networks]]
        to_networks += [trajectory_distances(null, trajectories[:n_networks], [s], n_jobs=1) for null in nulls]
        for name, values in zip(found, to_networks, strict=True):
            found[name][:, column] = np.where(other_kind, values, np.inf).min(axis=1)
    return found | {"distance": distance}
