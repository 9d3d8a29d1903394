import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper.data.datasets import DataError, fingerprint
from paper.rooms.sloppy_synthetic.configuration import Spectrum, SyntheticData, Teacher
from paper.rooms.sloppy_synthetic.data import input_variances, synthetic_data, teacher_labels


def described(**changes):
    settings = dict(dimension=200, n_classes=5, n_train=4000, n_test=500, seed=0, decay=0.5)
    return SyntheticData(**(settings | {"teacher": {"hidden": 50, "seed": 9}} | changes))


@given(decay=st.floats(1e-3, 1), dimension=st.integers(2, 300))
def test_variances_decay_geometrically_from_50_c(decay, dimension):
    e = input_variances(Spectrum(decay=decay), dimension)
    assert np.isclose(e[0], 50 * decay) and np.allclose(e[1:] / e[:-1], np.exp(-decay))
    assert np.array_equal(input_variances(Spectrum(decay=0), dimension), np.ones(dimension))


@given(decay=st.just(0) | st.floats(1e-3, 1), sized_as=st.floats(1e-3, 1), dimension=st.integers(1, 300))
def test_inputs_sized_as_others_keep_their_shape(decay, sized_as, dimension):
    own, other = (input_variances(Spectrum(decay=c), dimension) for c in (decay, sized_as))
    e = input_variances(Spectrum(decay=decay, sized_as=sized_as), dimension)
    assert np.isclose(e.sum(), other.sum()) and np.allclose(e / e[0], own / own[0])


@pytest.mark.parametrize("decay", [0.5, 0.001, 0])
def test_inputs_have_the_covariance_that_was_asked_for(decay):
    inputs = synthetic_data(described(decay=decay)).train_images[:, 0, 0].astype(float)
    root = np.sqrt(input_variances(Spectrum(decay=decay), 200) / 200)
    whitened = inputs / root
    covariance = whitened.T @ whitened / len(inputs)
    # entries of a sample covariance of n independent standard normals: variance 1/n, on the diagonal 2/n
    assert np.abs(covariance - np.eye(200)).max() < 6 * np.sqrt(2 / len(inputs))
    assert np.isclose(np.trace(covariance), 200, rtol=0.01)
    # its eigenvalues lie where Marchenko and Pastur say
    edges = (1 + np.array([-1, 1]) * np.sqrt(200 / len(inputs))) ** 2
    eigenvalues = np.linalg.eigvalsh(covariance)
    assert edges[0] - 0.05 < eigenvalues[0] and eigenvalues[-1] < edges[1] + 0.05


def test_a_teacher_of_directions_gives_data_of_all_spectra_the_same_labels():
    teacher = {"hidden": 50, "seed": 9, "directions": 10}
    spectra = [{"decay": 0.5}, {"decay": 0.001}, {"decay": 0}, {"decay": 0.001, "sized_as": 0.5}]
    first, *others = (synthetic_data(described(teacher=teacher, **spectrum)) for spectrum in spectra)
    for other in others:
        assert np.array_equal(other.train_labels, first.train_labels)
        assert np.array_equal(other.test_labels, first.test_labels)
        assert not np.allclose(other.train_images, first.train_images)


def test_labels_depend_on_the_teachers_directions_alone():
    teacher = Teacher(hidden=50, seed=9, directions=3)
    data = synthetic_data(described(decay=0, teacher=teacher))
    z = data.train_images[:, 0, 0].astype(float) * np.sqrt(200)  # of variance 1
    assert np.array_equal(data.train_labels, teacher_labels(z[:, :3] / np.sqrt(3), teacher, 5))


def test_data_of_different_spectra_differ_in_scale_only():
    sloppy, isotropic = (synthetic_data(described(decay=c)).train_images[:, 0, 0] for c in (0.5, 0))
    assert np.allclose(
        sloppy[:, :20], isotropic[:, :20] * np.sqrt(input_variances(Spectrum(decay=0.5), 200)[:20]), rtol=1e-5
    )


@pytest.mark.parametrize("decay", [0.5, 0.001, 0])
def test_every_class_occurs_and_the_same_settings_give_the_same_data(decay):
    data = synthetic_data(described(decay=decay))
    for labels in (data.train_labels, data.test_labels):
        assert np.bincount(labels, minlength=5).min() > 0.05 * len(labels)
    arrays = data.train_images, data.train_labels, data.test_images, data.test_labels
    assert synthetic_data(described(decay=decay)).fingerprint == data.fingerprint == fingerprint(*arrays)
    assert synthetic_data(described(decay=decay, seed=1)).fingerprint != data.fingerprint


def test_labels_are_invariant_to_the_scale_of_small_inputs_and_odd_under_reflection(rng):
    # tanh is linear for small arguments, and without biases the teacher is odd: argmax of -f(x) is argmin of f(x)
    x = 1e-4 * rng.standard_normal((200, 30))
    teacher = Teacher(hidden=20, seed=2)
    assert np.array_equal(teacher_labels(x, teacher, 4), teacher_labels(10 * x, teacher, 4))
    assert not np.any(teacher_labels(x, teacher, 4) == teacher_labels(-x, teacher, 4))


def test_a_class_without_samples_is_an_error_that_says_what_to_do():
    with pytest.raises(DataError, match=r"seed 9 gives no test sample .* the class .*choose another teacher.seed"):
        synthetic_data(described(n_test=3))
