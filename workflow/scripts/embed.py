"""Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""

import argparse
from pathlib import Path

import numpy as np

from inpca.embedding import InPCA
from inpca.files import atomic

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--distances", type=Path, nargs="+", required=True)
parser.add_argument("--n-components", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
views = {path.stem: np.load(path, allow_pickle=False) for path in arguments.distances}
mean = sum(np.asarray(view, np.float64) for view in views.values()) / len(views)
inpca = InPCA(min(arguments.n_components, len(mean)), metric="precomputed").fit(mean)
dataset = inpca.to_xarray()
dataset["explained_distance"] = ("axis", inpca.explained_distance())
if len(views) > 1:
    for split, view in views.items():
        dataset[f"{split}_view"] = (("model", "axis"), inpca.transform_view(view))
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
print(f"{len(mean)} models, stress explained by three axes {inpca.explained_stress_[2]:.4f}")
