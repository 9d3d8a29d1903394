"""The command line: every example of its help works, mistakes are said on one line, exit codes tell them apart."""

import csv
import shlex
import sys
import time

import numpy as np
import pytest
import xarray as xr
from scipy.special import log_softmax

from inpca import InPCA, PredictionStore, read_predictions
from inpca.cli import main
from inpca.cli.common import stage
from inpca.cli.embed import color_of
from inpca.cli.main import COMMANDS
from inpca.predictions.examples import example_store

N, C = 40, 4
LABELS = np.arange(N) % C
TABLES = ("sets.csv", "distances.csv")


def trajectories(optimizer, runs=3, length=7):
    """Logits (runs, checkpoints, samples, classes) that go from ignorance to truth, round a corner of the optimiser."""
    rng = np.random.default_rng(len(optimizer))
    shared, own = rng.normal(size=(N, C)), rng.normal(size=(runs, 1, N, C))
    u = np.linspace(0, 1, length)[:, None, None]
    return 5 * u * np.eye(C)[LABELS] + 5 * u * (1 - u) * (shared + 0.3 * own)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with what the examples name."""
    monkeypatch.chdir(tmp_path)
    for optimizer in ("adam", "sgd"):
        values = trajectories(optimizer).astype(np.float16)
        steps = np.geomspace(1, 100, values.shape[1]).astype(int)
        names = [f"{optimizer}-{number}" for number in range(len(values))]
        np.savez(f"{optimizer}.npz", logits=values, labels=LABELS, run=names, step=steps, optimizer=[optimizer] * 3)
    example_store(tmp_path)
    return tmp_path


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_works(files, command, capsys):
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    text = capsys.readouterr().out
    program, *example = shlex.split(text.partition("example:\n")[2])
    assert program == "inpca" and example[0] == command
    if command == "place":
        assert main(["embed", "adam.npz", "-o", "map"]) == 0
    assert main(example) == 0
    assert "inpca" not in capsys.readouterr().err  # neither errors nor warnings, but perhaps a progress bar


def test_embedding_writes_a_table_a_spectrum_figures_and_a_page(files, capsys):
    assert main(["embed", "adam.npz", "sgd.npz", "--color", "optimizer", "--axes", "5", "-o", "map"]) == 0
    found = {path.name for path in (files / "map").iterdir()}
    pictures = {"manifold.png", "spectrum.png", "progress.png", "dimension.png"}
    assert found == pictures | {"models.csv", "spectrum.csv", "embedding.nc", "predictions.json", "explorer.html"}
    table = rows("map/models.csv")
    predictions = read_predictions("adam.npz", "sgd.npz")
    coordinates = np.array([[float(row[f"PC{axis}"]) for axis in range(1, 6)] for row in table])
    assert np.allclose(coordinates, InPCA(5, log=True).fit_transform(predictions.log_probs), atol=1e-8)
    progress = [float(row["progress"]) for row in table]
    assert progress == pytest.approx(predictions.measured()["progress"])
    assert [row["optimizer"] for row in table] == ["adam"] * 21 + ["sgd"] * 21
    spectrum = rows("map/spectrum.csv")
    assert len(spectrum) == 5 and 0 < float(spectrum[2]["explained_stress_of_null"]) < 1
    assert "of that of the null" in capsys.readouterr().out
    assert "adam-0" in (files / "map/explorer.html").read_text(encoding="utf-8")


def test_without_labels_or_matplotlib_there_is_a_table_and_a_page(files, monkeypatch, capsys):
    np.save("run.npy", trajectories("adam")[0])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("inpca.cli.embed.find_spec", lambda name: None)
    assert main(["embed", "run.npy", "--kind", "logits", "-o", "map"]) == 0
    assert {path.suffix for path in (files / "map").iterdir()} == {".csv", ".nc", ".json", ".html"}
    assert "matplotlib is not installed" in capsys.readouterr().out
    assert "progress" not in rows("map/models.csv")[0]


def test_placing_leaves_the_map_and_finds_its_own_models_in_it(files, capsys):
    assert main(["embed", "adam.npz", "-o", "map"]) == 0
    before = (files / "map/embedding.nc").read_bytes()
    assert main(["place", "adam.npz", "--on", "map", "-o", "own.csv"]) == 0
    assert main(["place", "sgd.npz", "--on", "map", "-o", "new.csv"]) == 0
    assert (files / "map/embedding.nc").read_bytes() == before
    own, new, fitted = rows("own.csv"), rows("new.csv"), rows("map/models.csv")
    for one, other in zip(own, fitted, strict=True):
        assert float(one["PC1"]) == pytest.approx(float(other["PC1"]), abs=1e-6)
    explained = [np.median([float(row["explained_distance"]) for row in table]) for table in (own, new)]
    assert explained[1] < explained[0] <= 1
    assert "on a map of 21" in capsys.readouterr().out


def test_placing_on_a_saved_embedding_with_reference_points(files):
    predictions = read_predictions("adam.npz")
    ends = np.log(np.clip(np.stack([np.full((N, C), 1 / C), np.eye(C)[LABELS]]), 1e-300, None))
    models = np.concatenate([predictions.log_probs[:], ends])
    labels = [*predictions.table["model"], "ignorance", "truth"]
    dataset = InPCA(4, log=True).fit(models).to_xarray(labels=labels)
    dataset.to_netcdf("study.nc", engine="scipy")
    assert main(["place", "adam.npz", "--on", "study.nc", "--of", "adam.npz", "sgd.npz", "-o", "own.csv"]) == 0
    placed = [float(row["PC2"]) for row in rows("own.csv")]
    assert placed == pytest.approx(dataset["embedding"].sel(axis=2).values[:-2], abs=1e-5)
    assert xr.load_dataset("study.nc", engine="scipy").sizes["model"] == 23


def test_comparing_tells_optimisers_apart_and_equal_sets_not(files, capsys):
    assert main(["compare", "adam.npz", "sgd.npz", "--by", "optimizer", "-o", "compared"]) == 0
    sets = rows("compared/sets.csv")
    assert [row["set"] for row in sets] == ["adam", "sgd"]
    assert all(float(row["dimensions_between_runs"]) > 1 and float(row["stress_of_3_axes_of_null"]) < 1 for row in sets)
    distances = np.array([[float(value) for value in list(row.values())[1:]] for row in rows("compared/distances.csv")])
    assert distances[:3, 3:].min() > 2 * distances[:3, :3].max()
    assert "p = 0.1)" in capsys.readouterr().out  # the least that 3 and 3 runs allow: 2 of 20
    (files / "halves.csv").write_text("run,half\n" + "".join(f"adam-{i},{i % 2}\nsgd-{i},{i % 2}\n" for i in range(3)))
    halves = ["--factors", "halves.csv", "--by", "half", "-o", "halves"]
    assert main(["compare", "adam.npz", "sgd.npz", *halves]) == 0
    assert float(capsys.readouterr().out.partition("p = ")[2].split(")")[0]) > 0.1


def test_sets_of_files_are_compared_as_those_of_a_factor(files, capsys):
    assert main(["compare", "adam.npz", "sgd.npz", "--by", "optimizer", "-o", "by"]) == 0
    told = capsys.readouterr().out.replace("by/", "named/")
    assert main(["compare", "--set", "adam", "adam.npz", "--set", "sgd", "sgd.npz", "-o", "named"]) == 0
    assert capsys.readouterr().out == told
    assert all((files / "by" / name).read_bytes() == (files / "named" / name).read_bytes() for name in TABLES)


def test_figures_have_colours_that_tell_apart(files):
    predictions = read_predictions("adam.npz", "sgd.npz")
    assert color_of(predictions, None) == "optimizer" and color_of(read_predictions("adam.npz"), None) == "run"
    many = np.repeat(trajectories("adam", runs=1, length=3), 13, axis=0)
    np.savez("many.npz", logits=many, labels=LABELS)
    assert color_of(read_predictions("many.npz"), None) == "progress"
    with pytest.raises(ValueError, match="column 'run' has 13 names, and colours tell 12 apart"):
        color_of(read_predictions("many.npz"), "run")


def test_what_takes_long_is_said(monkeypatch, capsys):
    monkeypatch.setattr("inpca.cli.common.DELAY", 0.01)
    with stage("thinking"):
        time.sleep(0.3)
    with stage("blinking"):
        pass
    assert capsys.readouterr().err == "thinking …\n"


def test_verifying_names_the_chunk_and_tells_missing_from_changed_from_zero(files, capsys):
    assert main(["verify", "run.zarr", "adam.npz"]) == 0
    assert capsys.readouterr().out == "run.zarr: whole\nadam.npz: whole\n"
    (files / "run.zarr/train/log_probs/c/0/1/0/0").unlink()
    (files / "run.zarr/test/log_probs/c/1/1/0/0").write_bytes(b"\0" * 20)
    (files / "run.zarr/notes.txt").write_text("")
    probabilities = np.exp(log_softmax(trajectories("adam")[0], axis=2))
    probabilities[3] = 0
    np.save("half.npy", probabilities)
    assert main(["verify", "run.zarr", "half.npy"]) == 1
    text = capsys.readouterr().out
    assert "missing: train/log_probs/c/0/1/0/0 (train, seed 0, step 100)\n" in text
    assert "changed: test/log_probs/c/1/1/0/0 (test, seed 1, step 100): it cannot be decoded\n" in text
    assert "not listed in manifest.json: notes.txt\n" in text
    assert "half.npy: 1 damaged\n  run 'half', checkpoint 3 holds only zeros: it was never written\n" in text


def test_verifying_tells_zeros_that_were_put_into_a_store(files, capsys):
    import zarr

    zarr.open_group(files / "run.zarr")["train/log_probs"][1, 0] = 0
    assert main(["verify", "run.zarr"]) == 1
    text = capsys.readouterr().out
    zeros = "changed: train/log_probs/c/1/0/0/0 (train, seed 1, step 0): it holds only zeros"
    gone = "missing: train/log_probs/c/1/0/0/0 (train, seed 1, step 0)"  # zarr leaves chunks of the fill value out
    assert zeros in text or gone in text


def test_a_new_study_is_not_written_over_another(files, capsys):
    assert main(["new-study", "mine"]) == 0
    assert {path.name for path in (files / "mine").iterdir()} == {"README.md", "train.py"}
    assert main(["new-study", "mine"]) == 2
    assert "mine holds other files" in capsys.readouterr().err


def test_a_plan_advises_landmarks_where_distances_are_large(capsys):
    given = ["--samples", "50000", "--classes", "10", "--last-step", "50000", "--checkpoints", "67"]
    assert main(["plan", "--runs", "2296", *given]) == 0
    assert "advised: with --landmarks 2000" in capsys.readouterr().out
    assert main(["plan", "--runs", "3", *given]) == 0
    assert "landmarks            not needed" in capsys.readouterr().out


def test_commands_of_a_new_study_run_from_training_to_placing(files, monkeypatch):
    import re
    import runpy

    assert main(["new-study", "mine"]) == 0
    monkeypatch.chdir("mine")
    (block,) = re.findall(r"```sh\n(.*?)```", (files / "mine/README.md").read_text(encoding="utf-8"), re.S)
    for line in block.splitlines():
        program, *words = shlex.split(line)
        if program == "python":
            runpy.run_path(words[0], run_name="__main__")
        else:
            stores = [str(path) for path in sorted((files / "mine/predictions").glob("*.zarr"))]
            given = [one for word in words for one in (stores if "*" in word else [word])]
            assert main(given) == 0, line
    assert PredictionStore("predictions/adam-2.zarr").steps[-1] == 240
