"""New models are placed without moving the others, and are said to be off the axes by what they are off."""

import numpy as np
import pytest

from inpca import InPCA, pairwise_distances


def squares(x, y):
    return ((x[:, None] - y) ** 2).sum(axis=2)


@pytest.fixture
def plane():
    """Points of a plane in five dimensions."""
    points = np.zeros((30, 5))
    points[:, :2] = np.random.default_rng(0).normal(size=(30, 2))
    return points


def test_the_residual_is_the_square_of_the_height_above_the_axes(plane):
    fitted = InPCA(2, metric="precomputed").fit(squares(plane, plane))
    new = np.array([[0.3, -1.0, 0, 0, 0], [0.3, -1.0, 0.5, 0, 0], [0.3, -1.0, 3, 4, 0]])
    placed = fitted.place(squares(new, plane), labels=["in", "above", "far"])
    assert placed["residual"].values == pytest.approx([0, 0.25, 25], abs=1e-9)
    assert np.ptp(placed["embedding"].values, axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert placed["explained_distance"].sel(model="in").item() == pytest.approx(1)
    d = squares(new, plane)[1]
    assert placed["explained_distance"].sel(model="above").item() == pytest.approx(1 - 0.25 * 30 / d.sum())


def test_fitted_models_are_placed_on_themselves_with_what_was_left_of_them():
    models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 6))
    whole = InPCA(19).fit(models)
    placed = whole.place(models)
    assert np.allclose(placed["embedding"], whole.embedding_, atol=1e-6)
    assert np.allclose(placed["residual"], 0, atol=1e-6) and np.allclose(placed["explained_distance"], 1, atol=1e-5)
    two = InPCA(2).fit(models).place(models)
    left = (whole.embedding_[:, 2:] ** 2) @ whole.signature_[2:]
    assert np.allclose(two["residual"], left, atol=1e-6)


def test_models_among_landmarks_have_the_residual_of_the_whole(plane):
    fitted = InPCA(2, metric="precomputed", n_landmarks=12).fit(squares(plane, plane))
    new = np.array([[0.3, -1.0, 0, 0, 0], [0.3, -1.0, 0.5, 0, 0]])
    rows = squares(new, plane)[:, fitted.landmarks_]
    assert fitted.place(rows)["residual"].values == pytest.approx([0, 0.25], abs=1e-5)


def test_placing_gives_the_coordinates_of_transform():
    models = np.random.default_rng(1).dirichlet(np.ones(4), size=(25, 5))
    fitted = InPCA(3).fit(models[:20])
    assert np.array_equal(fitted.place(models[20:])["embedding"], fitted.transform(models[20:]))
    rows = pairwise_distances(models[20:], models[:20])
    again = InPCA.from_xarray(fitted.to_xarray()).place(rows)
    assert np.allclose(again["residual"], fitted.place(models[20:])["residual"], atol=1e-9)
    with pytest.raises(ValueError, match="labels must be 5"):
        fitted.place(models[20:], labels=["a"])
