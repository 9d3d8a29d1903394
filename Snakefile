"""Every figure from raw predictions: data, training, distances, embeddings, notebooks."""

import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from inpca.config import ConfigError, read_study

sys.path.insert(0, "workflow/scripts")
from modules import library_modules, rule_files

min_version("9.0")

# A study given by --configfile replaces the default one; it does not extend it.
if "study" not in config:

    configfile: "config/fashion.yaml"


try:
    study = read_study(dict(config))
except ConfigError as error:
    raise WorkflowError(str(error)) from None

RESULTS, FIGURES = f"results/{study.study}", f"figures/{study.study}"


# The image that envs/apptainer.def builds, used with --sdm apptainer only.
container: "inpca.sif"


# Jobs run this environment's programs. Linear algebra gets one thread, so that its bits do not depend on --cores; rules
# that have more threads to use give them to our own kernels.
shell.prefix(
    f"set -euo pipefail; export PATH={Path(sys.executable).parent}:$PATH "
    "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1; "
)


# A study has networks on a data set, networks on synthetic data, or both; rules are included for what it has.
for rule_file in rule_files(study):

    include: rule_file


rule all:
    default_target: True
    input:
        rules.provenance.output,
        rules.claims.output,
        notebook_targets(),
