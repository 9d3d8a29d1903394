"""Place new runs on a published map: their coordinates among models that stay where they are.

The map is the folder OUT of inpca embed, or an embedding that InPCA.to_xarray was saved in (such as
results/STUDY/embeddings/main/train.nc), with the predictions that it was made from after --of. New runs must be on the
same samples, in the same order. Writes a table: coordinates of each new model; residual, what the axes leave of its
signed squared distance from the mean of the map (nats); explained_distance, the share of its distances to the models of
the map that the axes give.
"""

from __future__ import annotations

import argparse

import numpy as np

from inpca.cli.common import add_predictions, read, stage, table_for, write_table
from inpca.cli.maps import read_map

EXAMPLE = "inpca place sgd.npz --on map -o placed.csv"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_predictions(parser)
    parser.add_argument("--on", required=True, metavar="MAP", help="folder of inpca embed, or a saved embedding")
    parser.add_argument(
        "--of", nargs="+", default=[], metavar="FILE", help="predictions of the map (default: those that it names)"
    )
    parser.add_argument("-o", "--out", required=True, help="table to write, .csv")


def do(given: argparse.Namespace) -> None:
    """Place the runs, and write the table."""
    table = table_for(given.out, [*given.predictions, *given.of, given.factors])
    new = read(given)
    with stage("reading the map"):
        inpca, dataset, fitted = read_map(given.on, given.of, split=given.split)
    if new.log_probs.shape[1:] != fitted.log_probs.shape[1:]:
        shapes = (" samples and ".join(map(str, one.log_probs.shape[1:])) for one in (new, fitted))
        raise ValueError(
            "new runs have {} classes, those of the map {}: they must be on the same samples".format(*shapes)
        )
    if new.labels is not None and fitted.labels is not None and not np.array_equal(new.labels, fitted.labels):
        raise ValueError("new runs have other labels than those of the map: they must be on the same samples")
    with stage("placing models"):
        measured = new.measured()
        placed = inpca.place(new.log_probs, labels=new.table["model"])
    quality = {name: placed[name].values for name in ("residual", "explained_distance")}
    coordinates = {f"PC{axis}": column for axis, column in enumerate(placed["embedding"].values.T, start=1)}
    write_table(table, new.table | measured | quality | coordinates)
    share = np.nanmedian(quality["explained_distance"])
    print(f"{len(new)} models of {len(new.runs)} runs on a map of {dataset.sizes['model']}")
    print(
        f"median over models: {share:.1%} of distances explained by {dataset.sizes['axis']} axes, residual "
        f"{np.median(quality['residual']):.3g} nats"
    )
