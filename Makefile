# make          set up .venv and run the main job (Fashion-MNIST): networks, distances, notebooks, figures
# make smoke    the same on a tiny study that needs no download
# make site     the documentation with notebooks, figures and claims of a study as pages that need no network
# make test     set up .venv and run the tests; make test-quick leaves out what runs a whole study
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
export PYTHONPATH := $(CURDIR)
BIN := $(VENV)/bin
CLUSTER := $(VENV)/cluster-$(shell cksum < envs/cluster.lock | cut -d ' ' -f 1)
READY := $(VENV)/ready-$(shell cksum < envs/requirements.lock | cut -d ' ' -f 1)
SNAKEMAKE := $(BIN)/snakemake --cores all --quiet rules reason

.DEFAULT_GOAL := all
.PHONY: all smoke plan replicate reproduced scales rehearsal authors archive from-archive crate report site test test-quick \
  test-cluster test-faults published lint audit bench env cluster schema lock clean clean-all help

# Which study plan, reproduced, archive, from-archive, crate, report and site are of. The default one is named by no option: pages show the commands.
STUDY ?= fashion
OF_STUDY := $(if $(filter fashion,$(STUDY)),,--configfile config/$(STUDY).yaml)
export AGENT

all: env ## the main job: every figure of the default study
	$(SNAKEMAKE)

smoke: env ## every rule and notebook on the tiny study
	$(SNAKEMAKE) --configfile config/smoke.yaml

plan: env ## what a study will train, store and take, before it is run: make plan STUDY=cifar10
	$(BIN)/python -m paper.plan config/$(STUDY).yaml

replicate: env ## the default study with other seeds, and which verdicts it has too
	$(SNAKEMAKE) --config study=fashion_again seed_shift=1000
	$(BIN)/python -m paper.report.replicates results/fashion results/fashion_again > results/fashion/replicate.md

reproduced: env ## after make: do its numbers agree with those in git, each within its tolerance? make reproduced STUDY=fashion
	@folder=$$(mktemp -d) && mkdir $$folder/in_git && git show HEAD:results/$(STUDY)/claims.json > $$folder/in_git/claims.json && \
	  $(BIN)/python -m paper.report.replicates --check $$folder/in_git results/$(STUDY); status=$$?; rm -rf $$folder; exit $$status

scales: smoke ## which claims change with scale, of the smoke study, the default one and the larger one, run before
	$(BIN)/python -m paper.report.scales config/smoke.yaml config/fashion.yaml config/fashion_large_reduced.yaml \
	  > results/scales.md

rehearsal: env ## made-up trajectories in the number of the paper, at three sizes: time, memory, disk, and how they grow
	$(BIN)/python -m paper.rehearsal

authors: env ## the authors' own distances embedded again; to fetch them as they are sent: make authors UNVERIFIED=true
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement envs/authors.lock
	$(SNAKEMAKE) --configfile config/authors.yaml $(if $(UNVERIFIED),--config 'notebooks={authors: {unverified: true}}')

archive: env ## the predictions of a study in one file, results/<study>/predictions.tar: make archive STUDY=fashion
	$(SNAKEMAKE) $(OF_STUDY) -- archive

from-archive: env ## a study's figures again from such a file, without training: make from-archive ARCHIVE=fashion.tar STUDY=fashion
	@test -n "$(ARCHIVE)" || { echo "which archive? make from-archive ARCHIVE=fashion.tar STUDY=fashion" >&2; exit 1; }
	$(BIN)/python -m paper.archive unpack "$(ARCHIVE)" --study config/$(STUDY).yaml
	$(BIN)/snakemake --cores all --quiet all $(OF_STUDY) --touch --forceall -- trained
	$(SNAKEMAKE) $(OF_STUDY)
	$(BIN)/python -m paper.archive compare "$(ARCHIVE)" --study config/$(STUDY).yaml

crate: env ## a study as a Workflow Run RO-Crate, results/<study>/crate.zip: make crate STUDY=fashion AGENT="Your Name"
	$(SNAKEMAKE) $(OF_STUDY) -- crate

report: env ## Snakemake's report of a study, results/<study>/report.html, with figures, claims and times of jobs
	$(BIN)/snakemake --cores 1 $(OF_STUDY) --report results/$(STUDY)/report.html

site: env ## documentation, claims, notebooks and figures of a study as pages in site/: make site STUDY=fashion
	$(BIN)/python -m paper.site "$(STUDY)"

test: env ## run the tests, the smoke study among them
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile -m "not published and not cluster and not faults"

test-quick: env ## run the tests that need no whole study, no workflow and no built wheel: five minutes on two cores
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile -m "not slow and not published and not cluster and not faults"

test-faults: env ## kill runs, fill disks and damage files, and see what is left: half an hour on two cores
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile -m faults

test-cluster: cluster ## run a small study through a SLURM of this machine; needs root, installs slurm-wlm and munge with apt
	@command -v munged sbatch slurmctld > /dev/null || test "$$(id -u)" != 0 || ! command -v apt-get > /dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends slurm-wlm munge; } > /dev/null
	$(BIN)/python -m pytest -m cluster tests/test_cluster.py tests/test_readme.py

published: env ## say which committed studies were made by another version of this tree
	$(BIN)/python -m pytest -m published

lint: env ## check style, workflow, notebooks and the generated schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow paper/rooms
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/snakemake --lint

audit: env ## ask a database of vulnerabilities about every pinned package (needs uv, and the network)
	uvx pip-audit --path $(VENV)/lib/python3*/site-packages

bench: env ## measure distances, embeddings and training against the ways in common use, into results/benchmarks
	$(BIN)/python -m pip install --quiet scikit-bio==0.7.4
	$(BIN)/python benchmarks/geometry.py
	$(BIN)/python benchmarks/shares.py | tee results/benchmarks/shares.md
	$(BIN)/python benchmarks/training.py | tee results/benchmarks/training.md
	$(BIN)/python benchmarks/batched.py | tee results/benchmarks/batched.md
	$(BIN)/python benchmarks/together.py | tee results/benchmarks/together.md
	$(BIN)/python benchmarks/settings.py | tee results/benchmarks/settings.md

env: $(READY) ## create .venv from the pinned packages

$(READY): envs/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes --requirement envs/requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@rm -f $(VENV)/ready-* && touch $@

cluster: $(CLUSTER) ## add what profiles/slurm needs to .venv

$(CLUSTER): envs/cluster.lock | env
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@rm -f $(VENV)/cluster-* && touch $@

schema: env ## regenerate config/schema.json from the configuration models, and the table of all studies in the guide
	$(BIN)/python -m paper.study.study > config/schema.json
	$(BIN)/python -m paper.plan --page docs/guide/scale.md config/*.yaml

lock: env ## pin the newest packages that the project admits (needs uv)
	uv pip compile --universal --python-version 3.11 --extra paper --extra dev --generate-hashes --no-emit-index-url \
	  --no-header --output-file envs/requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url \
	  --no-header --output-file envs/authors.lock --group pyproject.toml:authors
	printf '%s\n' snakemake-executor-plugin-slurm snakemake-executor-plugin-slurm-jobstep | \
	  uv pip compile --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url --no-header \
	  --output-file envs/cluster.lock - # what extra cluster has besides

clean: ## delete what the studies computed; keeps .venv, data and what is in git
	rm -rf .snakemake build/site site
	git clean -fdxq results figures

clean-all: clean ## delete .venv and downloaded data as well
	rm -rf $(VENV) data inpca.egg-info

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12
