"""Embed an experiment's models from their distances; from several matrices, their mean with a view of each."""

import argparse
from pathlib import Path

import numpy as np
import xarray as xr

from inpca.embedding.estimator import InPCA
from inpca.embedding.saved import with_models
from inpca.files import atomic

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--distances", type=Path, nargs="+", required=True)
parser.add_argument("--models", type=Path, nargs="+", required=True, help="labels and fingerprints, as --distances")
parser.add_argument("--n-components", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
views = {path.stem: np.load(path, allow_pickle=False) for path in arguments.distances}
mean = sum(np.asarray(view, np.float64) for view in views.values()) / len(views)
inpca = InPCA(min(arguments.n_components, len(mean)), metric="precomputed").fit(mean)
models = [xr.load_dataset(path, engine="scipy") for path in arguments.models]
dataset = inpca.to_xarray(labels=models[0]["model"].values)
if len(views) > 1:
    for split, view in views.items():
        dataset[f"{split}_view"] = (("model", "axis"), inpca.transform_view(view))
    dataset.attrs["mean_of"] = ", ".join(views)
else:
    dataset = with_models(dataset, models[0])
with atomic(arguments.output) as partial:
    dataset.to_netcdf(partial, engine="scipy")
print(f"{len(mean)} models, stress explained by {inpca.n_components} axes {inpca.explained_stress_[-1]:.4f}")
