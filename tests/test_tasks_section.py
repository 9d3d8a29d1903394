"""Sections of tasks: what they plan, and mistakes in them, which are said before any job."""

import pytest
from test_tasks import NETWORKS, TEN

from paper.study.study import ConfigError, read_study

SMALL = {"name": "digits", "n_train": 600, "n_test": 50, "pool": 2}


def section(**changes):
    tasks = {"all": {"groups": TEN}, "low": {"groups": [0, 1, 2]}, "high": {"groups": [7, 8]}}
    given = {
        "data": {"name": "digits", "n_train": 600, "n_test": 50},
        "n_images": 100,
        "tasks": tasks | changes.pop("tasks", {}),
        "networks": {"fc": NETWORKS["fc"]},
        "seeds": [1, 2],
        "batch_size": 20,
        "learning_rate": 0.1,
        "epochs": 2,
        "checkpoints": {"schedule": "log", "number": 3},
    }
    return {"study": "mine", "notebooks": {"tasks": given | changes}}


def test_tasks_of_a_study_have_seeds_of_their_own():
    jobs = read_study(section()).notebooks.tasks.jobs(read_study(section()))["fc"]
    seeds = [seed for one in jobs for seed in one.seeds]
    assert len(set(seeds)) == len(seeds) == 6
    assert jobs[0].id == "fc-all"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": {"low": {"groups": [0, 10]}}}, r"tasks\.low\.groups: there is no class 10; allowed: 0 to 9"),
        ({"tasks": {"low": {"groups": [0, [1, 0]]}}}, "the class 0 is listed twice"),
        ({"tasks": {"low": {"groups": [0, []]}}}, "a group has no class"),
        ({"tasks": {"low": {"groups": [0]}}}, "at least 2"),
        ({"tasks": {"low": {"groups": TEN}}}, "2 of them have every class as a label of its own"),
        ({"tasks": {"all": {"groups": [1, 0]}}}, "0 of them have every class"),
        ({"n_images": 130, "batch_size": 26}, r"tasks\.high: takes 65 images of each of its classes, and there are 60"),
        ({"n_images": 105}, "n_images: 105 is not a multiple of the 10 classes"),
        ({"data": SMALL, "tasks": {"other": {"groups": TEN, "images": "digits"}}}, "cannot be padded alike"),
        ({"seeds": [1]}, "seeds: .* it should have at least 2"),
        ({"seeds": [1, 10_000]}, "seeds"),
        ({"networks": {"vit": NETWORKS["vit"] | {"patch": 9}}}, r"networks\.vit\.patch: 9 is larger than the images"),
    ],
)
def test_wrong_sections_are_said_before_any_job(changes, message):
    with pytest.raises(ConfigError, match=message):
        read_study(section(**changes))
