from copy import deepcopy

import pytest
import yaml
from conftest import ROOT

from paper.rooms.sloppy_synthetic.configuration import Run
from paper.rooms.sloppy_synthetic.runs import all_runs, members, runs_from
from paper.study.study import ConfigError, read_study


@pytest.fixture
def data():
    return yaml.safe_load((ROOT / "config/smoke.yaml").read_text())


def test_a_study_may_be_synthetic_alone_but_not_empty(data):
    alone = {"study": "alone", "notebooks": {"sloppy_synthetic": data["notebooks"]["sloppy_synthetic"]}}
    assert read_study(alone).experiments == {}
    with pytest.raises(ConfigError, match="needs a dataset with experiments, or a notebook that has data of its own"):
        read_study({"study": "empty"})
    with pytest.raises(ConfigError, match="networks and experiments need a dataset"):
        read_study(alone | {"experiments": data["experiments"], "networks": data["networks"]})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["spectra", "sloppy"], -1, r"sloppy_synthetic.spectra.sloppy: -1 is not allowed"),
        (["spectra"], {"Not Sloppy": 1}, r"'Not Sloppy' is not allowed"),
        (["settings", 0, "optimizer"], "adam", r"sloppy_synthetic.settings.0.optimizer: 'adam' .* 'sgd' or 'sgdn'"),
        (["settings", 0, "batch_size"], 199, r"settings.0: batch_size 199 does not fit n_train 200"),
        (["settings", 0, "batch_size"], 201, r"settings.0: batch_size 201 does not fit n_train 200"),
        (["corners"], {0: 2}, r"sloppy_synthetic: corners.0: 2 runs give a dimension no interval; give it 3 runs"),
        (["data", "teacher", "directions"], 41, r"data.teacher.directions: 41 are more than the 40 of data.dimension"),
        (["corners"], {-1: 3}, r"sloppy_synthetic.corners: -1 is not allowed"),
        (["corners"], {1: 0}, r"sloppy_synthetic.corners.1: 0 is not allowed"),
        (["sweep", "decays"], [0.5, 0.1], "different, ascending and not negative"),
        (["data", "teacher", "hiden"], 3, "unknown key 'hiden'; did you mean 'hidden'"),
        (["data", "n_classes"], 1, "sloppy_synthetic.data.n_classes: 1 is not allowed"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(data, path, value, message):
    data = deepcopy(data)
    *parents, last = path
    place = data["notebooks"]["sloppy_synthetic"]
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(ConfigError, match=message):
        read_study(data)


def test_settings_that_differ_in_epochs_only_are_an_error(data):
    settings = data["notebooks"]["sloppy_synthetic"]["settings"]
    settings.append(settings[0] | {"epochs": 99})
    with pytest.raises(ConfigError, match="occurs twice"):
        read_study(data)


def test_a_student_and_a_setting_more_are_a_line_each(data):
    data["notebooks"]["sloppy_synthetic"]["students"]["deep"] = [16, 16]
    data["notebooks"]["sloppy_synthetic"]["settings"].append(
        data["notebooks"]["sloppy_synthetic"]["settings"][0] | {"optimizer": "sgd"}
    )
    synthetic = read_study(data).sections()["sloppy_synthetic"]
    assert [name.split("-b")[0] for name in synthetic.configurations()] == [
        "mlp-sgdn",
        "mlp-sgd",
        "deep-sgdn",
        "deep-sgd",
    ]


def test_the_full_size_study_is_the_papers():
    study = read_study(ROOT / "config/synthetic.yaml").sections()["sloppy_synthetic"]
    assert (study.data.n_train, study.data.n_test, study.data.dimension, study.data.n_classes) == (5000, 1000, 200, 5)
    assert study.data.teacher.hidden == 50 and study.settings[0].epochs == 200
    assert {spectrum.decay for spectrum in study.spectra.values() if spectrum.sized_as is None} == {0.5, 0.001, 0}
    assert study.corners == {0: 50, 1: 50, 2: 25, 5: 10, 10: 5}
    assert len(study.sweep.decays) >= 8


def test_cases_have_their_runs_and_share_those_that_are_the_same():
    corners = {0: 50, 1: 50, 2: 25, 5: 10, 10: 5}
    runs = all_runs(corners)
    assert len(runs) == len(set(runs)) == 50 + 50 + 25 + 3 * 10 + 5 * 5
    for number, seeds in corners.items():
        of_case = [run for run, chosen in zip(runs, members(runs, number, seeds), strict=True) if chosen]
        assert len(of_case) == 50 and set(of_case) == set(runs_from(number, seeds))
    assert runs_from(0, 2) == [Run(seed=0), Run(seed=1)]
    assert {run.corner for run in runs_from(3, 2)} == {0, 1, 2}
