"""The smoke study with something changed, and what is said about it."""

from copy import deepcopy

import pytest
from conftest import ROOT

from paper.study.study import ConfigError, read_study
from paper.study.yaml_file import read_yaml

SMOKE = read_yaml(ROOT / "config/smoke.yaml")
FC = {"kind": "fc", "widths": [3]}
GRID = "experiments.main.grids.0"
NETWORK_SIZES, DISTANCES, TANGENTS = (
    "notebooks.network_size.pairs",
    "notebooks.distances",
    "notebooks.tangent_embeddings",
)
CORNERS, SLOPPY = "notebooks.corner_initialization", "notebooks.sloppy_synthetic"
NAME = "allowed are 1 to 40 characters: lower-case letters a to z, digits and _, a letter first"
BATCH = "(larger than it, or a last batch of one sample, on which BatchNorm is undefined)"
NETWORKS = "fc, allcnn, convmixer, wrn_small, wrn_large, wrn_deep, vit"
MODELS = "models of experiments.main (with P0, P* and the points between them)"
INF, NAN = float("inf"), float("nan")


def changed(key, value):
    """The smoke study with one value replaced or added."""
    data = deepcopy(SMOKE)
    *parents, last = (int(part) if part.isdecimal() else part for part in key.split("."))
    place = data
    for part in parents:
        place = place[part]
    place[last] = value
    return data


def complaints(data):
    """Lines of the message about a study, without the first, which names it."""
    with pytest.raises(ConfigError) as error:
        read_study(data)
    first, *lines = str(error.value).splitlines()
    assert first == "configuration is not a valid study:"
    return [line.removeprefix("  ") for line in lines]


WHOLE, NUMBER, FINITE = "it should be a whole number", "it should be a number", "it should be a finite number"
NOT_NEGATIVE, POSITIVE = "it should be greater than or equal to 0", "it should be greater than 0"
AT_LEAST_ONE, A_LIST = "it should be greater than or equal to 1", "it should be a list"
ONE_ITEM, MAPPING = "it should have at least 1 of them, not 0", "it should be a mapping of keys to values"
LARGEST, TEN_THOUSAND = "it should be less than or equal to 1000000", "it should be less than or equal to 10000"

#: Where a value stands, the value, and what is said to be allowed there.
