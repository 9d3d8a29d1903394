"""Embed an experiment's models by t-SNE and UMAP from the roots of their Bhattacharyya distances."""

import argparse
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.files import atomic
from paper.rooms.distances.neighbours import tsne, umap

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--distances", type=Path, required=True)
parser.add_argument("--embedding", type=Path, required=True, help="InPCA, whose first two axes both start from")
parser.add_argument("--perplexity", type=float, required=True)
parser.add_argument("--neighbours", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
distances = np.sqrt(np.load(arguments.distances, allow_pickle=False))
start = xr.load_dataset(arguments.embedding, engine="scipy")["embedding"].values[:, :2]
places = {
    "tsne": tsne(distances, start, arguments.perplexity),
    "umap": umap(distances, start, arguments.neighbours),
}
dataset = xr.Dataset({name: (("model", "axis"), place) for name, place in places.items()}, coords={"axis": [1, 2]})
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
print(f"{len(distances)} models by t-SNE and UMAP")
