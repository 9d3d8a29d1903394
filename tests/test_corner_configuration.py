import pytest
import yaml
from conftest import ROOT

from paper.study.study import ConfigError, read_study


@pytest.fixture
def data():
    return yaml.safe_load((ROOT / "config/smoke.yaml").read_text())


def test_a_study_without_the_notebook_has_no_stores_of_corners(data):
    del data["notebooks"]["corner_initialization"]
    assert "corners" not in read_study(data).stores()


def corner_jobs(study):
    return study.sections()["corner_initialization"].jobs(study)


def test_there_is_one_job_for_each_start_and_label_seed(data):
    data["notebooks"]["corner_initialization"]["label_seeds"] = [3, 1]
    jobs = corner_jobs(read_study(data))
    assert list(jobs) == ["normal", "random-3", "random-1", "subset-3", "subset-1"]
    assert all(job.configuration == jobs["normal"].configuration for job in jobs.values())
    assert all(job.checkpoints == jobs["normal"].checkpoints for job in jobs.values())
    assert (
        jobs["normal"].fit is None
        and jobs["subset-1"].fit.samples == data["notebooks"]["corner_initialization"]["subset"]
    )


def test_the_default_study_fits_all_cnns_from_three_label_seeds_and_three_run_seeds():
    study = read_study(ROOT / "config/fashion.yaml")
    fits = [job for job in corner_jobs(study).values() if job.fit is not None]
    for start in ("random", "subset"):
        assert sum(job.fit.start == start for job in fits) >= 3
    assert all(len(job.seeds) >= 3 and job.fit.largest_error <= 0.1 for job in fits)
    assert all(job.configuration.network.kind == "allcnn" for job in fits)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("network", "lenet", "notebooks.corner_initialization.network: 'lenet' is not defined; allowed: fc, allcnn"),
        ("subset", 301, "notebooks.corner_initialization.subset: 301 samples are more than n_train 300"),
        ("subset", 10, "notebooks.corner_initialization.batch_size: 20 does not fit subset 10"),
        ("subset", 41, "notebooks.corner_initialization.batch_size: 20 does not fit subset 41"),
        ("batch_size", 301, "notebooks.corner_initialization.batch_size: 301 does not fit n_train 300"),
        ("label_seeds", [1, 1], "notebooks.corner_initialization.label_seeds: 1 is listed twice"),
        ("run_seeds", [-1], "notebooks.corner_initialization.run_seeds.0: -1 is not allowed"),
        ("normal_seeds", [42], "notebooks.corner_initialization.normal_seeds: .* not allowed"),
        ("largest_fit_error", 0, "notebooks.corner_initialization.largest_fit_error: 0 is not allowed"),
        ("fit_epoch", 3, "notebooks.corner_initialization: unknown key 'fit_epoch'; did you mean 'fit_epochs'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(data, key, value, message):
    data["notebooks"]["corner_initialization"][key] = value
    with pytest.raises(ConfigError, match=message):
        read_study(data)


def test_no_grid_takes_the_name_of_the_section(data):
    data["experiments"]["corners"] = data["experiments"]["main"]
    with pytest.raises(ConfigError, match="name is kept for the notebook corner_initialization"):
        read_study(data)
