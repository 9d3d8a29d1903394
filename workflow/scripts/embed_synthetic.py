"""Embed the runs on synthetic data of one spectrum, for each number of corners, and measure their dimension."""

import argparse
import json
from pathlib import Path

from inpca.files import atomic
from paper.rooms.sloppy_synthetic.configuration import Spectrum
from paper.rooms.sloppy_synthetic.geometry import spectrum_geometry

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--corners", type=json.loads, required=True, help="run seeds by number of corners, as JSON")
parser.add_argument(
    "--spectrum", type=Spectrum.model_validate_json, required=True,
    help="of the input variances, as JSON; kept with the dimensions",
)  # fmt: skip
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--n-components", type=int, required=True)
parser.add_argument("--resamples", type=int, required=True)
parser.add_argument("--settled-epochs", type=float, required=True)
parser.add_argument("--models", type=Path, required=True)
parser.add_argument("--dimensions", type=Path, required=True)
arguments = parser.parse_args()
table, dimensions = spectrum_geometry(
    arguments.stores, {int(number): seeds for number, seeds in arguments.corners.items()},
    geodesic_points=arguments.geodesic_points, n_axes=arguments.n_components, resamples=arguments.resamples,
    settled_epochs=arguments.settled_epochs,
)  # fmt: skip
with atomic(arguments.models) as partial:
    table.to_parquet(partial, index=False)
dimensions.attrs |= arguments.spectrum.model_dump(exclude_none=True) | {"settled_epochs": arguments.settled_epochs}
with atomic(arguments.dimensions) as partial:
    dimensions.to_netcdf(partial, engine="scipy")
print(dimensions[["axes_needed", "participation_ratio"]].to_dataframe())
