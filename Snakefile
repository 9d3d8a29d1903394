"""Every figure from raw predictions: data, training, distances, embeddings, notebooks."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import min_version

min_version("9.0")

# Code is found beside this file, whatever the working folder; data, results and figures are put into that.
PROJECT = Path(workflow.basedir)
SCRIPTS, PROGRAMS = PROJECT / "workflow/scripts", Path(sys.executable).parent
sys.path[:0] = [str(PROJECT), str(SCRIPTS)]

import captions
import modules
from paper.plan import in_a_line
from paper.study import files
from paper.study import resources as needs
from paper.study.checks import landmarks_of, tiles_of
from paper.study.rooms import rooms
from paper.study.study import ConfigError, check_name, read_study

# A study given by --configfile replaces the default one; it does not extend it. --config changes some of its settings.
given = workflow.overwrite_configfiles
if len(given) > 1:
    raise WorkflowError(
        f"a study is one file, not {len(given)}: give --configfile once; --config changes settings"
    )
study_file = os.path.relpath(given[0] if given else PROJECT / "config/fashion.yaml")
try:
    study = read_study(study_file, changes=workflow.config_settings.config)
    check_name(study, study_file, PROJECT / "config")
except ConfigError as error:
    raise WorkflowError(str(error)) from None

RESULTS, FIGURES = f"results/{study.study}", f"figures/{study.study}"


# What snakemake --report says of the study as a whole; captions are filled from results when it is made.
report: "workflow/report/workflow.rst"


config["captions"] = captions.Captions(study.study, RESULTS, study.notice)


# The image that envs/apptainer.def builds, used with --sdm apptainer only.
container: "inpca.sif"


# What makes a file of the study again, when its name is added: pages of notebooks say so under each figure.
changes = [f"{key}={value}" for key, value in workflow.config_settings.config.items()]
again = shlex.join(
    ["snakemake", "--cores", "all"]
    + (["--configfile", study_file] if given else [])
    + (["--config", *changes] if changes else [])
)

# Jobs run this environment's programs and this project's library. Linear algebra gets one thread, so that its bits do
# not depend on --cores; rules that have more threads to use give them to our own kernels. The C library keeps freed
# memory, which training asks for again in every step. What a log on a full disk does not take is said beside it.
shell.prefix(
    "set -euo pipefail; exec 3>&2; export BESIDE_LOG=3 SCRIPTS={SCRIPTS:q} MAKE_AGAIN={again:q} PATH={PROGRAMS:q}:$PATH "
    "PYTHONPATH={PROJECT:q}${{PYTHONPATH:+:$PYTHONPATH}} "
    "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 "
    "MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=33554432; "
)

# Runs and dry-runs say first what the study trains, stores and takes; jobs, which read this file again, do not.
if workflow.is_main_process:
    logger.info(in_a_line(study))


include: "workflow/rules/scheduler.smk"


# Rules of the shared stages, and of the rooms whose notebooks the study has.
for rule_file in modules.rule_files(study):

    include: rule_file


rule all:
    default_target: True
    input:
        rules.provenance.output,
        rules.claims.output,
        notebook_targets(),
        explorer_page(),
        other_experiments(),
