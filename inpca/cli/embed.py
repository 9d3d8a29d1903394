"""Embed runs: a table of models, spectrum, figures and an explorer page, from predictions to pictures.

Writes into OUT: models.csv (runs, factors, progress, loss, error, coordinates), embedding.nc (InPCA.from_xarray reads
it; inpca place uses it), spectrum.csv, explorer.html, and with matplotlib figures (manifold.png, spectrum.png,
progress.png, and dimension.png with its null, from three runs on). Labels give progress, loss, error, the geodesic and
the null.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.cli.common import add_predictions, folder_for, positive, read, stage, write_table
from inpca.cli.maps import with_geodesic, write_map
from inpca.dimension import calibrated_dimension
from inpca.distances.pairwise import METRICS
from inpca.embedding import InPCA
from inpca.explorer import write_explorer
from inpca.plotting.embedding import COLOURS
from inpca.predictions.read import OWN_COLUMNS, Predictions

EXAMPLE = "inpca embed adam.npz sgd.npz --color optimizer -o map"
#: Fewest runs whose dimension is compared with that of nulls.
FEWEST_RUNS = 3
#: Columns by which a run's models are drawn in time, the first that there is.
TIMES = ("epoch", "step", "checkpoint")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_predictions(parser)
    parser.add_argument("-o", "--out", required=True, help="folder to write into")
    parser.add_argument(
        "--color", metavar="COLUMN", help="what figures are coloured by (default: a factor, else run or progress)"
    )
    parser.add_argument("--axes", type=positive, default=10, help="axes of the embedding (default: 10)")
    parser.add_argument("--metric", choices=METRICS, default="bhattacharyya", help="distance between models")
    parser.add_argument("--landmarks", type=positive, help="models to whose distances the computation is restricted")
    parser.add_argument(
        "--null", type=int, default=3, metavar="DRAWS", help="nulls that are drawn, 2 or more; 0 for none (default: 3)"
    )


def do(given: argparse.Namespace) -> None:
    """Embed, and write what came out."""
    predictions = read(given)
    color = color_of(predictions, given.color)
    folder = folder_for(given.out)
    k = min(given.axes, len(predictions) - 1)
    if k < 3:
        raise ValueError(f"there are {len(predictions)} models and {given.axes} axes; an embedding takes three axes")
    inpca = InPCA(k, log=True, metric=given.metric, n_landmarks=given.landmarks)
    with stage("progress, loss and error"):
        measured = predictions.measured()
    with stage(f"embedding {len(predictions)} models"):
        inpca.fit(predictions.log_probs)
    with stage("dimension beside that of nulls"):
        null = null_of(predictions, given.null, inpca.landmarks_ is not None)
    dataset = inpca.to_xarray(labels=predictions.table["model"])
    coordinates = {f"PC{axis}": column for axis, column in enumerate(inpca.embedding_.T, start=1)}
    write_map(folder, given, dataset)
    write_table(folder / "models.csv", predictions.table | measured | coordinates)
    write_table(folder / "spectrum.csv", spectrum_of(dataset, null))
    with stage("drawing"):
        drawn, line = with_geodesic(inpca, dataset, predictions)
        draw(folder, color, predictions.table | measured, (drawn, line, null))
    print(f"{len(predictions)} models of {len(predictions.runs)} runs: {stress_in_words(dataset, null)}")
    print(f"{folder / 'explorer.html'} to look around, {folder / 'models.csv'} for numbers")


def color_of(predictions: Predictions, named: str | None) -> str:
    """The column to colour by: the one that is named, else the first factor whose values colours can tell apart.

    Raises
    ------
    ValueError
        If there is no such column, or it has more names than there are colours.
    """
    table, most = predictions.table, len(COLOURS)
    numbers = ("progress", "loss", "error") if predictions.labels is not None else ()
    if named is None:
        groups = [*factors_of(table), "run"]
        fitting = [name for name in groups if name == "run" or len(set(table[name].tolist())) < len(predictions.runs)]
        few = (name for name in fitting if len(set(table[name].tolist())) <= most)
        return next(few, numbers[0] if numbers else "checkpoint")
    if named not in (*table, *numbers):
        raise ValueError(f"there is no column {named!r} to colour by; there are {', '.join((*table, *numbers))}")
    if named in table and table[named].dtype.kind not in "fiub" and len(set(table[named].tolist())) > most:
        number = len(set(table[named].tolist()))
        raise ValueError(f"column {named!r} has {number} names, and colours tell {most} apart; name another column")
    return named


def factors_of(table: dict[str, np.ndarray]) -> list[str]:
    """Columns that are the same at all checkpoints of each run, and differ between runs."""
    others = [name for name in table if name not in (*OWN_COLUMNS, *TIMES, "progress", "loss", "error")]
    return [name for name in others if len(set(table[name].tolist())) > 1 and is_factor(table["run"], table[name])]


def null_of(predictions: Predictions, draws: int, landmarks: bool) -> xr.Dataset | None:
    """The dimension of runs beside that of nulls, where there are labels and runs enough."""
    runs = predictions.runs
    if draws < 1 or landmarks or predictions.labels is None or len(runs) < FEWEST_RUNS:
        return None
    return calibrated_dimension(list(runs.values()), predictions.labels, log=True, draws=draws, rng=0)


def spectrum_of(dataset: xr.Dataset, null: xr.Dataset | None) -> dict[str, np.ndarray]:
    """Columns by axis: eigenvalues and what axes explain, with what the null's do."""
    names = ("eigenvalue", "signature", "explained_stress", "explained_distance")
    columns = {name: dataset[name].values for name in ("axis", *names)}
    if null is not None:
        stress = null["stress"].sel(kind="null")
        columns["explained_stress_of_null"] = stress.reindex(axis=dataset["axis"].values).values
    return columns


def stress_in_words(dataset: xr.Dataset, null: xr.Dataset | None) -> str:
    """What three axes explain, and what those of the null do."""
    text = f"3 axes explain {dataset['explained_stress'].sel(axis=3).item():.1%} of the stress"
    if null is None:
        return f"{text} (no null: it takes labels, {FEWEST_RUNS} runs, --null 2 or more, and no landmarks)"
    real, other = (null["participation"].sel(kind=kind).item() for kind in ("between", "between null"))
    return (
        f"{text}, {null['stress'].sel(kind='null', axis=3).item():.1%} of that of the null\n"
        f"runs at equal progress fill {real:.3g} dimensions, those of the null {other:.3g}"
    )


def draw(folder: Path, color: str, table: dict[str, np.ndarray], drawn: tuple) -> None:
    """The explorer page, and figures where matplotlib is."""
    dataset, line, null = drawn
    padded = {name: extended(values, len(line)) for name, values in table.items()}
    time = next(name for name in TIMES if name in table and np.isfinite(table[name]).all())
    titles = {time: time, "loss": "loss (nats)", "error": "error", "progress": "progress"}
    columns = {title: padded[name] for name, title in titles.items() if name in padded}
    factors = {name: padded[name] for name in factors_of(table)}
    write_explorer(
        folder / "explorer.html", dataset, runs=padded["run"], columns=columns, factors=factors, geodesic=line
    )
    if find_spec("matplotlib") is None:
        print("no figures, for matplotlib is not installed; to have them: pip install 'inpca[plot]'")
        return
    import matplotlib

    matplotlib.use("agg")
    from inpca import plotting

    colors = padded[color] if table[color].dtype.kind in "fiu" else padded[color].astype(object)
    given = {"runs": padded["run"], "geodesic": line, "progress": padded.get("progress")}
    figures = {"manifold": plotting.manifold(dataset, color=colors, **given), "spectrum": plotting.spectrum(dataset)}
    if "progress" in table:
        group = None if table[color].dtype.kind in "fiu" else table[color]
        curves = {"runs": table["run"], "time": table[time], "color": group, "label": time}
        figures["progress"] = plotting.progress_curves(table["progress"], **curves)
    if null is not None:
        figures["dimension"] = plotting.calibrated(null)
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=150)


def extended(values: np.ndarray, n: int) -> np.ndarray:
    """A column with n entries more, that are missing, for the points of the geodesic."""
    if values.dtype.kind in "fiub":
        return np.append(values.astype(float), np.full(n, np.nan))
    return np.append(values.astype(object), np.full(n, None, object))


def is_factor(runs: np.ndarray, values: np.ndarray) -> bool:
    """Whether a column is the same at all checkpoints of each run."""
    seen: dict[str, object] = {}
    return all(seen.setdefault(run, value) == value for run, value in zip(runs.tolist(), values.tolist(), strict=True))
