import numpy as np
import pandas as pd
import pytest

from paper.rooms.distances.subsets import aligned_error, sampling_errors, subset_errors
from paper.rooms.distances.tables import sampling_table


def test_all_samples_have_no_error(models, rng):
    table = subset_errors(np.log(models), [30], 2, rng=rng)
    assert table["samples"].tolist() == [30, 30, 30]
    assert np.allclose(table[["stress_error", "coordinate_error"]], 0, atol=1e-7)


def test_samples_that_are_all_alike_have_no_error_in_any_subset(models, rng):
    alike = np.repeat(np.log(models[:, :1]), 30, axis=1)
    table = subset_errors(alike, [3, 10], 2, rng=rng)
    assert len(table) == 5 and np.allclose(table[["stress_error", "coordinate_error"]], 0, atol=1e-5)


def test_errors_fall_with_the_number_of_samples_and_draws_are_reproducible(models):
    table, again = (subset_errors(np.log(models), [3, 24], 4, rng=np.random.default_rng(1)) for _ in range(2))
    pd.testing.assert_frame_equal(table, again)
    mean = table.groupby("samples")["coordinate_error"].mean()
    assert mean[3] > mean[24] > 0
    assert table[table["samples"] == 3]["coordinate_error"].nunique() == 4


def test_a_rotation_is_no_error_and_a_stretch_is(rng):
    points = rng.standard_normal((20, 3))
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    assert aligned_error(points @ turn, points) == pytest.approx(0, abs=1e-12)
    assert aligned_error(1.1 * points, points) == pytest.approx(0.1)


def test_the_law_of_sampling_is_recovered():
    n_samples, sizes = 800, np.array([25, 50, 100, 400])
    law = 0.7 * np.sqrt(1 / sizes - 1 / n_samples)
    table = pd.DataFrame(
        {"samples": [n_samples, *sizes], "coordinate_error": [0, *law], "stress_error": [0, *law / 10]}
    )
    numbers = sampling_errors(table)
    assert numbers["n_samples"] == n_samples
    assert numbers["coordinate_error"]["constant"] == pytest.approx(0.7)
    assert numbers["stress_error"]["constant"] == pytest.approx(0.07)
    assert numbers["coordinate_error"]["all_samples"] == pytest.approx(0.7 / np.sqrt(n_samples))
    rows = sampling_table(numbers)
    assert rows.index.tolist() == ["25", "50", "100", "400"]
    assert rows["relative error of three coordinates"].tolist() == pytest.approx(list(law))
