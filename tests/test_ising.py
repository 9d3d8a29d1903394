"""The Ising model against brute force, known limits, and exact means."""

from itertools import product

import numpy as np
import pytest

from inpca import signed_spectrum
from paper.exponential_family import symmetrized_divergences
from paper.rooms.ising import analysis, enumeration, sampling
from paper.rooms.ising.experiment import Ising
from paper.study.study import ConfigError, read_study


@pytest.fixture(scope="module")
def eta():
    return analysis.members([1.5, 2.2, 4.0], [-1.0, -0.1, 0.1, 1.0]).reshape(-1, 2)


def test_the_density_of_states_is_known():
    statistics, counts = enumeration.density_of_states()
    assert counts.sum() == 2**16
    energies = {bonds: counts[statistics[:, 0] == bonds].sum() for bonds in (32, 24, 20, 16, 0, -32)}
    assert energies == {32: 2, 24: 32, 20: 64, 16: 424, 0: 20524, -32: 2}  # Kaufman's series for 4×4
    for bonds, spins in statistics[::7]:  # all spins turned
        assert ((statistics == [bonds, -spins]).all(axis=1)).sum() == 1
    assert (counts * statistics[:, 1] ** 2).sum() == 2**16 * 16  # independent spins


def test_distances_are_those_of_all_65536_probabilities(eta):
    some = eta[[0, 5, 11]]
    spins = np.array(list(product([1, -1], repeat=16)), np.int8).reshape(-1, 4, 4)
    bonds = sum((spins * np.roll(spins, 1, axis)).sum(axis=(1, 2), dtype=int) for axis in (1, 2))
    weights = np.exp(some @ np.stack([bonds, spins.sum(axis=(1, 2), dtype=int)]))
    p = weights / weights.sum(axis=1, keepdims=True)
    direct = -np.log(np.sqrt(p[:, None] * p).sum(axis=2))
    assert enumeration.exact_distances(some) == pytest.approx(direct, abs=1e-9)
    log_ratio = np.log(p[:, None] / p)
    divergence = ((p[:, None] - p) * log_ratio).sum(axis=2)
    assert symmetrized_divergences(some, enumeration.exact_means(some)) == pytest.approx(divergence)


def test_means_are_the_gradient_of_the_logarithm_of_z(eta):
    step = 1e-5
    slope = [
        (enumeration.log_partition(eta + step * unit) - enumeration.log_partition(eta - step * unit)) / (2 * step)
        for unit in np.eye(2)
    ]
    assert enumeration.exact_means(eta) == pytest.approx(np.stack(slope, axis=1), rel=1e-6)


def test_the_divergence_has_two_axes_of_each_sign_and_the_exact_coordinates(eta):
    spectrum = signed_spectrum(symmetrized_divergences(eta, enumeration.exact_means(eta)))
    assert sorted(np.sign(spectrum[:4])) == [-1, -1, 1, 1]
    assert np.abs(spectrum[4:]).max() < 1e-10 * spectrum[0]
    given = eta.reshape(3, 4, 2)
    numbers = analysis.exact_numbers(given, analysis.exact_spectra(given))
    assert numbers["divergence"]["axes"] == 4 < numbers["bhattacharyya"]["axes"]
    assert numbers["error"] < 1e-12


def test_the_divergence_of_close_members_is_eight_times_their_distance():
    close = enumeration.natural([2.0, 2.001], [0.1, 0.1002])
    divergence = symmetrized_divergences(close, enumeration.exact_means(close))[0, 1]
    assert divergence / enumeration.exact_distances(close)[0, 1] == pytest.approx(8, rel=1e-3)


def test_the_infinite_lattice_loses_its_magnetisation_at_the_critical_temperature():
    critical = enumeration.CRITICAL
    assert np.sinh(2 / critical) == pytest.approx(1)
    assert enumeration.spontaneous_magnetisation([1e-2, critical + 1e-9, 5]) == pytest.approx([1, 0, 0])
    assert enumeration.spontaneous_magnetisation(2.0) == pytest.approx(0.911319, abs=1e-6)


@pytest.fixture(scope="module")
def small():
    return sampling.sampled(4, [1.5, 2.2, 4.0], [0.05, 0.5], 4000, seed=1)


def test_samples_of_the_small_lattice_have_its_exact_means(small):
    deviations = analysis.deviations(small)
    assert np.sqrt(np.mean(deviations**2)) < 1.5 < np.sqrt(np.mean(analysis.deviations(small, wrong=1.05) ** 2))
    assert np.abs(deviations).max() < 5.5  # of Student's distribution with 19 degrees of freedom


def test_samples_are_those_of_their_seed(small):
    some = sampling.sampled(4, [1.5], [0.5], 50, seed=3)
    assert some.identical(sampling.sampled(4, [1.5], [0.5], 50, seed=3))
    assert not some.identical(sampling.sampled(4, [1.5], [0.5], 50, seed=4))


def test_free_spins_are_magnetised_by_the_field_alone():
    found = sampling.sampled(16, [1e6], [1e6], 300, seed=0)  # H/T = 1 without a coupling
    assert found["mean"].sel(statistic="spins", field=1e6).values / 256 == pytest.approx(np.tanh(1), abs=0.01)


def test_cold_phases_are_light_like_and_hot_ones_are_not():
    section = Ising(temperatures=[1.5, 2.0, 4.5], fields=[0.01, 1.0], side=24, sweeps=300)
    large = sampling.sampled(section.side, section.temperatures, section.fields, section.sweeps, seed=0)
    eta = analysis.members(section.temperatures, sampling.signed(section.fields))
    numbers = analysis.phase_numbers(analysis.phases(large, analysis.sampled_coordinates(eta, large)))
    assert numbers["cold"]["temperature"] == 2.0
    assert numbers["cold"]["magnetisation"] == pytest.approx(numbers["cold"]["infinite"], abs=0.03)
    assert numbers["hot"]["ratio"] < 0.5 < 0.85 < numbers["cold"]["ratio"]
    D = 2 * 0.01 / 2.0 * 2 * numbers["cold"]["magnetisation"]
    assert numbers["cold"]["divergence"] == pytest.approx(D)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"ising": {"temperatures": [1.0, 2.0]}}, "notebooks.ising.temperatures"),
        ({"ising": {"fields": [0.1, 0.1]}}, "notebooks.ising.fields: 0.1 is listed twice"),
        ({"ising": {"side": 2}}, "notebooks.ising.side: 2 is not allowed"),
        (
            {"intensive_geometry": {"coins": 10}},
            "notebooks.intensive_geometry.coins: 10 is not allowed: it should be odd",
        ),
    ],
)
def test_wrong_sections_are_said_before_any_job(section, message):
    with pytest.raises(ConfigError, match=message):
        read_study({"study": "mine", "notebooks": section})
