"""Another replicate of a study has other seeds everywhere, but for its data."""

import numpy as np
import pytest
from conftest import ROOT
from test_batched import DATA, make_job

from inpca.predictions.store import PredictionStore
from paper.rooms.sloppy_synthetic.batched import train_synthetic
from paper.rooms.sloppy_synthetic.configuration import Run
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.study.study import ConfigError, read_study

STUDIES = sorted((ROOT / "config").glob("*.yaml"))


def seeds_of(value, name=""):
    """Every whole number under a key that speaks of seeds, with the way to it."""
    if isinstance(value, dict):
        return {way: seed for key, item in value.items() for way, seed in seeds_of(item, f"{name}.{key}").items()}
    if isinstance(value, list):
        return {way: seed for i, item in enumerate(value) for way, seed in seeds_of(item, f"{name}.{i}").items()}
    return {name: value} if "seed" in name and isinstance(value, int) else {}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_seed_is_shifted_but_those_of_data(path):
    study, other = (read_study(path, changes=changes) for changes in ({}, {"seed_shift": 1000}))
    seeds, shifted = (seeds_of(one.model_dump(mode="json")) for one in (study, other))
    assert seeds.keys() == shifted.keys() and len(seeds) > 3
    of_data = {way for way in seeds if ".data." in way}
    assert {way: shifted[way] - seed for way, seed in seeds.items()} == {
        way: 0 if way in of_data else 1000 for way in seeds
    }
    assert study.stores().keys() == other.stores().keys()
    for experiment in study.experiments:
        name = study.stores()[experiment][0]
        assert other.job(experiment, name).seeds == [seed + 1000 for seed in study.job(experiment, name).seeds]


def test_synthetic_runs_of_a_replicate_are_those_of_the_shifted_seeds(tmp_path):
    data = synthetic_data(DATA)
    shifted = make_job([Run(seed=1), Run(seed=0, corner=2)]).model_copy(update={"seed_shift": 5})
    train_synthetic(shifted, data, tmp_path / "shifted.zarr")
    train_synthetic(make_job([Run(seed=6), Run(seed=5, corner=7)]), data, tmp_path / "own.zarr")
    a, b = (PredictionStore(tmp_path / f"{name}.zarr").log_probs("test")[:] for name in ("shifted", "own"))
    assert np.array_equal(a, b)


@pytest.mark.parametrize("shift", [-1, 0.5, "all", 10**7])
def test_a_shift_is_a_whole_number(shift):
    with pytest.raises(ConfigError, match="seed_shift"):
        read_study(ROOT / "config/smoke.yaml", changes={"seed_shift": shift})
