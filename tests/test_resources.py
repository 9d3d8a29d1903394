"""What jobs ask a cluster for: every rule does, enough of it, and no GPU where none is used."""

import re
from dataclasses import replace

import pandas as pd
import pytest
import yaml
from conftest import ROOT, SMOKE, snakemake

from paper.study import resources as needs
from paper.study.study import read_study

STUDIES = {name: read_study(ROOT / f"config/{name}.yaml") for name in ("smoke", "fashion", "fashion_large")}
ON_GPU = {"train", "train_corner", "train_tasks"}
ONE = next(iter(needs.runs_of_stores(STUDIES["fashion_large"])["main"].values()))


def test_a_job_of_twice_the_runs_takes_twice_the_time():
    one, two, four = (needs.training(replace(ONE, n_runs=runs)).runtime for runs in (4, 8, 16))
    assert four > two > one > needs.START and four - two == pytest.approx(2 * (two - one), abs=2)


def test_a_job_on_a_gpu_has_its_memory_and_less_time():
    cpu, gpu = (needs.training(replace(ONE, trained=100 * ONE.trained), gpu) for gpu in (0, 1))
    assert gpu.mem_mb - cpu.mem_mb == needs.PROCESS["gpu"] - needs.PROCESS["cpu"] and gpu.runtime < cpu.runtime


def test_every_store_has_its_own_runs():
    for study in STUDIES.values():
        stores = needs.runs_of_stores(study)
        assert {name: list(runs) for name, runs in stores.items()} == study.stores()
        for name, configuration in study.configurations("main").items():
            assert stores["main"][name].network == configuration.network


def test_distances_of_many_models_take_the_memory_of_their_matrix():
    many = needs.Models(100_000, 50, 10)
    assert many.matrix_mb == pytest.approx(100_000**2 * 4 / 1e6) and many.table_mb == pytest.approx(200)
    assert needs.comparison(many, tables=0, matrices=2).mem_mb == needs.PROCESS["cpu"] + 2 * round(many.matrix_mb)
    once, twice = (needs.comparison(many, rounds=rounds).runtime - needs.START for rounds in (1, 2))
    assert twice == pytest.approx(2 * once, abs=1)


def test_only_jobs_of_a_study_that_uses_gpus_ask_for_one():
    assert needs.gpus(STUDIES["fashion"]) == 0 and needs.gpus(STUDIES["fashion_large"]) == 1


def test_another_attempt_asks_for_more_of_memory_and_time_and_for_the_same_gpu():
    rule = needs.asked(lambda wildcards: needs.Request(1000 * wildcards, 10), gpu=1)
    asked = [(rule["mem_mb"](3, attempt=n), rule["runtime"](3, attempt=n)) for n in (1, 2, 3)]
    assert asked == [(3000, 10), (6000, 20), (9000, 30)] and rule["gpu"] == 1


def test_a_limit_of_gpus_is_one_of_this_machine_alone():
    """A limit that is global lets a cluster train on one GPU at a time."""
    profile = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text("utf-8"))
    limited = {limit.partition("=")[0] for limit in profile["resources"]}
    assert limited == {scope.removesuffix("=local") for scope in profile["set-resource-scopes"]} == {"gpu"}
    cluster = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text("utf-8"))
    assert "resources" not in cluster and "groups" not in cluster and "slurm-array-jobs" not in cluster


def test_a_job_takes_more_than_one_core_when_its_comparisons_take_one_core_long():
    few = needs.Models(1000, 100, 10)
    rounds = needs.MINUTE_OF_PRODUCTS / few.products
    assert needs.threads(few, rounds, 1) == 1 and needs.threads(few, 1.01 * rounds, 1) == needs.THREADS
    assert needs.threads(few, 7 * rounds, 7) == 1 and needs.threads(few, 7.1 * rounds, 7) == needs.THREADS
    for factor in ({"number": 2000}, {"samples": 400}, {"classes": 40}):  # pairs of models count, not models
        more = few._replace(**factor)
        assert needs.threads(more, rounds / 4, 1) == 1 and needs.threads(more, 1.01 * rounds / 4, 1) == needs.THREADS


def test_the_table_of_many_models_is_made_by_more_than_one_core():
    few = needs.Models(int(needs.MINUTE_OF_PROBABILITIES / 2 / 1000), 100, 10)
    assert needs.threads_of_table(few) == 1
    for factor in ({"number": few.number + 1}, {"samples": 101}, {"classes": 11}):
        assert needs.threads_of_table(few._replace(**factor)) == needs.THREADS


@pytest.mark.slow
@pytest.mark.parametrize(("study", "cores"), [("rehearsal", 1), ("cifar10", 16)])
def test_jobs_on_the_runs_of_the_paper_take_one_core_on_few_samples_and_more_on_all_of_cifar10(tmp_path, study, cores):
    """All but the table of models, which the others wait for, and which is of many models in both."""
    place = ("-s", str(ROOT / "Snakefile"), "--directory", str(tmp_path))
    config = ("--configfile", str(ROOT / f"config/{study}.yaml"))
    done = snakemake(ROOT, *place, "--dry-run", *config, "--config", "device=cpu", cores=16)
    assert done.returncode == 0, done.stderr[-2000:]
    jobs = re.findall(r"^rule (\w+):$(.*?)^    resources: ", done.stdout, re.M | re.S)
    taken = [
        (rule, int(threads[1]) if (threads := re.search(r"^    threads: (\d+)$", text, re.M)) else 1)
        for rule, text in jobs
        if rule == "trajectories" or (rule in ("model_table", "distances", "dimension") and "experiment=main" in text)
    ]
    assert {rule for rule, _ in taken} == {"model_table", "distances", "dimension", "trajectories"}
    assert {threads for rule, threads in taken if rule != "model_table"} == {cores}, taken
    assert {threads for rule, threads in taken if rule == "model_table"} == {16}
    assert {rule for rule, text in jobs if re.search("^    priority: ", text, re.M)} == {"trajectories"}  # the longest


@pytest.mark.slow
@pytest.mark.parametrize(("device", "trains", "limit"), [("cpu", 0, None), ("auto", 1, 1500)])
def test_every_job_asks_for_memory_time_and_a_gpu_if_it_trains_on_one(tmp_path, device, trains, limit):
    """Beyond the memory of a small machine no job is refused: it asks for all there is."""
    place = ("-s", str(ROOT / "Snakefile"), "--directory", str(tmp_path))
    config = ("--configfile", str(ROOT / SMOKE[1]), "--config", f"device={device}")
    done = snakemake(ROOT, *place, "--dry-run", *config, *(("--resources", f"mem_mb={limit}") if limit else ()))
    assert done.returncode == 0, done.stderr[-2000:]
    jobs = re.findall(r"^(?:rule|localrule) (\w+):$.*?^    resources: (.*?)$", done.stdout, re.M | re.S)
    assert len(jobs) == int(re.search(r"^total +(\d+)$", done.stdout, re.M)[1])
    for rule, text in jobs:
        if rule != "all":
            asked = dict(re.findall(r"(mem_mb|runtime|gpu)=(\d+)", text))
            assert int(asked["runtime"]) >= needs.START, rule
            assert int(asked["mem_mb"]) == limit if limit else int(asked["mem_mb"]) >= needs.PROCESS["cpu"], rule
            assert int(asked["gpu"]) == trains * (rule in ON_GPU), rule


def test_no_job_took_more_than_it_asked_for(smoke):
    largest = {}
    for file in (smoke / "results/smoke/benchmarks").rglob("*.tsv"):
        measured = pd.read_csv(file, sep="\t", na_values="-").iloc[0]
        largest[file.stem] = (measured["max_rss"], measured["s"])
    assert len(largest) > 20
    assert max(memory for memory, _ in largest.values()) < needs.light().mem_mb
    assert max(seconds for _, seconds in largest.values()) < 60 * needs.light().runtime


def test_as_many_models_are_counted_as_there_are(smoke):
    study = STUDIES["smoke"]
    stores = needs.runs_of_stores(study)
    embedded = {name: runs for name, runs in stores.items() if all(one.embedded for one in runs.values())}
    assert set(embedded) == {"main", "ensembles", "sizes", "corners"}
    for name, runs in embedded.items():
        models = pd.read_parquet(smoke / f"results/smoke/distances/{name}/models.parquet")
        counted = needs.models_of(runs.values(), study.analysis.geodesic_points).number
        assert len(models) <= counted <= 1.5 * len(models), name
