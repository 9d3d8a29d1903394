"""Write the model table of an experiment, whose stores are verified first."""

import argparse
from pathlib import Path

from inpca.files import atomic
from paper.models import model_table, open_stores

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--geodesic-points", type=int, required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
table = model_table(open_stores(arguments.stores, verify=True), arguments.geodesic_points)
with atomic(arguments.output) as partial:
    table.to_parquet(partial, index=False)
print(f"{len(table)} models of {table['run'].nunique()} runs")
