"""Write the scores of the averages of each configuration's runs at the last checkpoint."""

import argparse
from pathlib import Path

from inpca.files import atomic
from paper.models import open_stores
from paper.rooms.ensembles.analysis import final_averages

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--stores", type=Path, nargs="+", required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--output", type=Path, required=True)
arguments = parser.parse_args()
table = final_averages(open_stores(arguments.stores), arguments.split)
with atomic(arguments.output) as partial:
    table.to_parquet(partial, index=False)
print(f"{table['configuration'].nunique()} configurations")
