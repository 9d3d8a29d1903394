import pytest
import yaml
from conftest import ROOT

from paper.study.study import ConfigError, read_study


@pytest.fixture
def data():
    return yaml.safe_load((ROOT / "config/smoke.yaml").read_text())


def test_a_study_without_corners_has_no_corner_jobs(data):
    del data["corners"]
    assert read_study(data).corner_jobs() == {}


def test_there_is_one_job_for_each_start_and_label_seed(data):
    data["corners"]["label_seeds"] = [3, 1]
    jobs = read_study(data).corner_jobs()
    assert list(jobs) == ["normal", "random-3", "random-1", "subset-3", "subset-1"]
    assert all(job.configuration == jobs["normal"].configuration for job in jobs.values())
    assert all(job.checkpoints == jobs["normal"].checkpoints for job in jobs.values())
    assert jobs["normal"].fit is None and jobs["subset-1"].fit.samples == data["corners"]["subset"]


def test_the_default_study_fits_all_cnns_from_three_label_seeds_and_three_run_seeds():
    study = read_study(ROOT / "config/fashion.yaml")
    fits = [job for job in study.corner_jobs().values() if job.fit is not None]
    for start in ("random", "subset"):
        assert sum(job.fit.start == start for job in fits) >= 3
    assert all(len(job.seeds) >= 3 and job.fit.largest_error <= 0.1 for job in fits)
    assert all(job.configuration.network.kind == "allcnn" for job in fits)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("network", "lenet", "corners.network: 'lenet' is not defined; allowed: fc, allcnn"),
        ("subset", 301, "corners.subset: 301 samples are more than n_train 300"),
        ("subset", 10, "corners.batch_size: 20 does not fit subset 10"),
        ("subset", 41, "corners.batch_size: 20 does not fit subset 41"),
        ("batch_size", 301, "corners.batch_size: 301 does not fit n_train 300"),
        ("label_seeds", [1, 1], "corners.label_seeds: 1 is listed twice"),
        ("run_seeds", [-1], "corners.run_seeds.0: -1 is not allowed"),
        ("normal_seeds", [42], "corners.normal_seeds: .* not allowed"),
        ("largest_fit_error", 0, "corners.largest_fit_error: 0 is not allowed"),
        ("fit_epoch", 3, "corners: unknown key 'fit_epoch'; did you mean 'fit_epochs'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(data, key, value, message):
    data["corners"][key] = value
    with pytest.raises(ConfigError, match=message):
        read_study(data)


def test_no_grid_takes_the_name_of_the_section(data):
    data["experiments"]["corners"] = data["experiments"]["main"]
    with pytest.raises(ConfigError, match="name is kept for the section corners"):
        read_study(data)
