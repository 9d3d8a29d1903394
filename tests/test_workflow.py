"""The workflow on the smoke study: it makes everything, does nothing twice, and re-runs what a change touches."""

import json
import re

import nbformat
import pytest
from conftest import ROOT, SMOKE, copy_project, snakemake

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def planned(done):
    """Rules and their numbers of jobs in a dry-run."""
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.M) if name != "total"
    }


def dry_run(folder, *arguments):
    return planned(snakemake(folder, *SMOKE, "--dry-run", *arguments))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_in_git_have_no_outputs_and_typed_parameters(name):
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    parameters = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    assert all(re.match(r"\w+: \w+ = .+  # .+", line) for line in parameters[0].source.splitlines())
    assert max(len(cell.source.splitlines()) for cell in code if cell not in parameters) <= 15


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_was_run_and_rendered(smoke, name):
    executed = nbformat.read(smoke / f"results/smoke/notebooks/{name}.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    html = (smoke / f"results/smoke/notebooks/{name}.html").read_text()
    assert "data:image/png" in html
    assert json.loads((smoke / f"results/smoke/numbers/{name}.json").read_text())
    assert list((smoke / f"figures/smoke/{name}").glob("*.png")) and list(
        (smoke / f"figures/smoke/{name}").glob("*.pdf")
    )


def test_no_job_warned(smoke):
    for log in (smoke / "results/smoke/logs").rglob("*.log"):
        assert "Warning" not in log.read_text(), log
    for name in NOTEBOOKS:
        notebook = nbformat.read(smoke / f"results/smoke/notebooks/{name}.ipynb", as_version=4)
        streams = [
            output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "stream"
        ]
        assert not any(output.name == "stderr" for output in streams)


def test_executed_notebooks_hold_no_path_and_no_time(smoke):
    for name in NOTEBOOKS:
        text = (smoke / f"results/smoke/notebooks/{name}.ipynb").read_text()
        assert str(smoke) not in text and str(ROOT) not in text
        assert "start_time" not in text and "iopub" not in text


def test_a_second_run_has_nothing_to_do(smoke):
    done = snakemake(smoke, *SMOKE)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout + done.stderr


def test_deleting_a_figure_runs_its_notebook_only(finished):
    (finished / "figures/smoke/main_manifold/pairs.png").unlink()
    assert dry_run(finished, "figures/smoke/main_manifold/pairs.png") == {"notebook_main_manifold": 1}
    everything = dry_run(finished)
    assert set(everything) == {"notebook_main_manifold", "claims", "provenance", "all"}


def test_editing_the_plots_runs_notebooks_only(finished):
    with open(finished / "paper/figures/spectrum.py", "a") as file:
        file.write("\n# edited\n")
    notebooks = {f"notebook_{name}" for name in ("main_manifold", "test_embedding", "trajectories")}
    assert set(dry_run(finished)) == {*notebooks, "claims", "provenance", "all"}


def test_editing_the_distances_does_not_train_again(finished):
    with open(finished / "inpca/distances/pairwise.py", "a") as file:
        file.write("\n# edited\n")
    jobs = dry_run(finished)
    assert {"distances", "embedding", "notebook_main_manifold"} <= set(jobs) and "train" not in jobs


def test_editing_the_networks_trains_again(finished):
    with open(finished / "paper/training/networks.py", "a") as file:
        file.write("\n# edited\n")
    jobs = dry_run(finished)
    assert jobs["train"] == 14 and jobs["train_corner"] == 3
    assert jobs["train_synthetic"] == 2
    assert not {"dataset", "synthetic_data"} & set(jobs)


def test_changing_one_grid_trains_its_configurations_only(finished):
    text = (finished / "config/smoke.yaml").read_text()
    (finished / "config/smoke.yaml").write_text(text.replace("learning_rate: 0.01", "learning_rate: 0.02"))
    jobs = dry_run(finished)
    assert jobs["train"] == 4 and jobs["distances"] == 3


def test_changing_the_fit_of_corners_trains_those_runs_only(finished):
    text = (finished / "config/smoke.yaml").read_text()
    (finished / "config/smoke.yaml").write_text(text.replace("fit_epochs: 150", "fit_epochs: 151"))
    jobs = dry_run(finished)
    assert jobs["train_corner"] == 2 and "train" not in jobs and "notebook_main_manifold" not in jobs


def test_an_analysis_setting_does_not_train_again(finished):
    jobs = dry_run(finished, "--config", "analysis={spread_radius: 0.2}")
    assert set(jobs) == {"notebook_main_manifold", "claims", "provenance", "all"}


def test_a_setting_of_the_tangents_computes_them_only(finished):
    jobs = dry_run(finished, "--config", "notebooks={tangent_embeddings: {width: 0.1}}")
    assert jobs.pop("tangents") == 2
    assert set(jobs) == {"notebook_tangent_embeddings", "claims", "provenance", "all"}


@pytest.mark.parametrize("metric", ["spherical", "jeffreys", "euclidean", "hellinger"])
def test_every_metric_has_distances_and_an_embedding(finished, metric):
    jobs = dry_run(finished, "--", f"results/smoke/embeddings/main/test_{metric}.nc")
    assert jobs["distances"] == jobs["embedding"] == 1 and set(jobs) == {"distances", "embedding"}


def test_a_setting_of_subsets_redraws_them_only(finished):
    jobs = dry_run(finished, "--config", "notebooks={distances: {subset_draws: 4}}")
    assert set(jobs) == {"subsets", "notebook_distances", "claims", "provenance", "all"}


def test_editing_the_dimension_does_not_train_on_synthetic_data_again(finished):
    with open(finished / "inpca/dimension/spectrum.py", "a") as file:
        file.write("\n# edited\n")
    jobs = dry_run(finished)
    assert {"embed_synthetic", "sweep_synthetic", "notebook_sloppy_synthetic"} <= set(jobs)
    assert not {"train_synthetic", "synthetic_data", "train"} & set(jobs)


def test_a_damaged_store_stops_what_reads_it(finished):
    name = "predictions/main/fc-sgdn-b20-lr0.05-wd0-none.zarr/train/log_probs/c/0/0/0/0"
    chunk = finished / "results/smoke" / name
    chunk.write_bytes(chunk.read_bytes()[:-1])
    done = snakemake(finished, *SMOKE, "--forcerun", "model_table", "--", "results/smoke/trajectories/main/train.nc")
    assert done.returncode != 0
    assert "is not what was written" in (finished / "results/smoke/logs/model_table/main.log").read_text()
    waiting = {"distances", "subsets", "trajectories", "final_averages", "ensemble", "tangents", "corner_geometry"}
    waiting |= {"place_learners"}
    assert waiting <= set(dry_run(finished, "--forcerun", "model_table"))


def test_a_study_of_synthetic_data_alone_plans_nothing_else(finished):
    jobs = planned(snakemake(finished, "--configfile", "config/synthetic.yaml", "--dry-run"))
    rules = {"synthetic_data", "train_synthetic", "embed_synthetic", "sweep_synthetic", "notebook_sloppy_synthetic"}
    assert set(jobs) == rules | {"claims", "provenance", "all"} and jobs["train_synthetic"] == 4


def test_a_wrong_key_stops_before_the_first_job(finished):
    done = snakemake(finished, *SMOKE, "--config", "datset=1")
    assert done.returncode != 0
    assert "unknown key 'datset'; did you mean 'dataset'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_default_study_is_not_mixed_into_another(finished):
    done = snakemake(finished, "--dry-run")
    assert "results/fashion/" in done.stdout and "results/smoke/" not in done.stdout


def test_training_gives_the_same_bits_on_one_core(smoke, tmp_path):
    """What is made of predictions: see test_from_archive.py."""
    made = [path.relative_to(smoke) for path in (smoke / "results/smoke/predictions/main").glob("*-sgdn-*.zarr")]
    made = [*made[:3], *(path.relative_to(smoke) for path in (smoke / "results/smoke/predictions/corners").glob("n*"))]
    other = copy_project(tmp_path)
    done = snakemake(other, *SMOKE, "--", *map(str, made), cores=1)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    manifests = [store / "manifest.json" for store in made]
    assert len(manifests) >= 4
    assert not [str(file) for file in manifests if (smoke / file).read_bytes() != (other / file).read_bytes()]
