"""What an embedding accepts and refuses."""

import re

import numpy as np
import pytest
import scipy.sparse
import zarr

from inpca import InPCA

PAIR = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.5], [2.0, 1.5, 0.0]])


def changed(value, *where):
    D = PAIR.copy()
    for index in where:
        D[index] = value
    return D


@pytest.mark.parametrize(
    ("D", "error", "message"),
    [
        (changed(-0.1, (0, 1), (1, 0)), ValueError, "Negative values in data: a distance cannot be -0.1, as at (0, 1)"),
        (
            np.exp(-PAIR),
            ValueError,
            "distances of models to themselves must be 0, not 1 at (0, 0); for a matrix of similarities or overlaps "
            "pass the distances, such as -ln of an overlap",
        ),
        (changed(0.5, (2, 2)), ValueError, "distances of models to themselves must be 0, not 0.5 at (2, 2)"),
        (changed(np.nan, (0, 1)), ValueError, "Input X contains NaN."),
        (changed(np.inf, (0, 1)), ValueError, "Input X contains infinity"),
        (changed(1.2, (0, 1)), ValueError, "distances are not symmetric: entries (0, 1) and (1, 0) differ by 0.2"),
        (
            np.ma.array(PAIR, mask=PAIR == 2),
            TypeError,
            "X is a masked array with masked entries; fill or leave them out first",
        ),
        (
            changed(0.5e160, (0, 1)),
            ValueError,
            "distances are not symmetric: entries (0, 1) and (1, 0) differ by 5e+159",
        ),
        (PAIR[:2], ValueError, "distances must be a square matrix, not of shape (2, 3)"),
        (PAIR + 0j, ValueError, "Complex data not supported"),
        (np.array([[0, "x"], ["x", 0]], object), ValueError, "could not convert string to float: 'x'"),
        (PAIR[0], ValueError, "X must be a square matrix of distances, not an array of shape (3,)"),
        ([[0, 1], [1]], ValueError, "with metric='precomputed' X must be a square matrix of distances, not list"),
        ("abc", ValueError, "with metric='precomputed' X must be a square matrix of distances, not str"),
        (None, ValueError, "with metric='precomputed' X must be a square matrix of distances, not NoneType"),
        ((row for row in PAIR), ValueError, "X must be a square matrix of distances, not generator"),
        (scipy.sparse.csr_matrix(PAIR), TypeError, "Sparse data was passed"),
        (
            np.full((3, 4, 2), 0.5),
            ValueError,
            "with metric='precomputed' X is a matrix of distances (m, m), not of shape (3, 4, 2); for models name a "
            "metric such as 'bhattacharyya'",
        ),
    ],
)
def test_what_is_no_matrix_of_distances_is_named(D, error, message):
    with pytest.raises(error, match=re.escape(message)):
        InPCA(1, metric="precomputed").fit(D)


@pytest.mark.parametrize("kind", [list, np.array])
def test_whole_numbers_are_distances(kind):
    D = kind([[0, 1, 4], [1, 0, 1], [4, 1, 0]])  # points 0, 1, 2 on a line
    assert np.allclose(InPCA(1, metric="precomputed").fit(D).eigenvalues_, 2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (dict(n_components=2.0), "n_components must be an int of at least 1, not 2.0"),
        (dict(n_components=None), "n_components must be an int of at least 1, not None"),
        (dict(n_components="3"), "n_components must be an int of at least 1, not '3'"),
        (dict(n_components=True), "n_components must be an int of at least 1, not True"),
        (dict(n_components=0), "n_components must be an int of at least 1, not 0"),
        (dict(n_components=-1), "n_components must be an int of at least 1, not -1"),
        (dict(n_components=[2]), "n_components must be an int of at least 1, not [2]"),
        (dict(n_components=np.nan), "n_components must be an int of at least 1, not nan"),
        (dict(n_components=41), "n_components must lie in 1 … 40 (the number of models), not 41"),
        (dict(n_landmarks=10.0), "n_landmarks must be an int of at least 1, or None, not 10.0"),
        (dict(n_landmarks=True), "n_landmarks must be an int of at least 1, or None, not True"),
        (dict(n_landmarks="all"), "n_landmarks must be an int of at least 1, or None, not 'all'"),
        (dict(n_landmarks=0), "n_landmarks must be an int of at least 1, or None, not 0"),
        (dict(n_landmarks=41), "n_landmarks must lie in 1 … 40 (the number of models), not 41"),
        (dict(random_state=-1), "random_state must be an int of at least 0, not -1"),
        (dict(random_state=None), "random_state must be an int of at least 0, not None"),
        (dict(random_state="0"), "random_state must be an int of at least 0, not '0'"),
        (dict(log="yes"), "log must be True or False, not 'yes'"),
        (dict(log=1), "log must be True or False, not 1"),
        (dict(normalize=1), "normalize must be True or False, not 1"),
        (dict(metric=None), "unknown metric None; allowed: precomputed, bhattacharyya"),
        (dict(metric=["jeffreys"]), "unknown metric ['jeffreys']; allowed: precomputed, bhattacharyya"),
    ],
)
def test_wrong_parameters_are_named(models, parameters, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        InPCA(**parameters).fit(models)


def test_numpy_integers_are_numbers_of_axes(models):
    assert InPCA(np.int64(2), n_landmarks=np.int32(9)).fit(models).embedding_.shape == (40, 2)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ((x for x in [1]), TypeError, "X must be an array"),
        ({"models": np.ones(3)}, TypeError, "pass one of its arrays, such as X['models']"),
        (np.full((3, 3), 0.5), ValueError, "for a matrix of distances pass metric='precomputed'"),
        (np.full((3, 2), 0.5), ValueError, "a single model is passed as X[None]"),
    ],
)
def test_what_are_no_models_is_named(X, error, message):
    with pytest.raises(error, match=re.escape(message)):
        InPCA(1).fit(X)


def test_parameters_set_after_the_fit_change_nothing_until_the_next(models):
    inpca = InPCA(2).fit(models)
    before = inpca.to_xarray()
    inpca.set_params(metric="jeffreys", log=True, normalize=True, n_components=5)
    assert np.allclose(inpca.transform(models), inpca.embedding_, atol=1e-9)
    assert inpca.to_xarray().identical(before)
    assert (inpca.metric_, inpca.log_, inpca.normalize_) == ("bhattacharyya", False, False)
    assert inpca.fit(np.log(models)).metric_ == "jeffreys"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda rows: -rows, ValueError, r"^Negative values in data: a distance cannot be -2, as at \(0, 2\)$"),
        (
            lambda rows: np.where(rows == 1.5, np.nan, rows),
            ValueError,
            "^Input X contains NaN|^distances hold NaN or infinite values$",
        ),
        (
            lambda rows: np.where(rows == 1.5, np.inf, rows),
            ValueError,
            "^Input X contains infinity|^distances hold NaN or infinite values$",
        ),
        (
            lambda rows: rows[:, :2],
            ValueError,
            r"^X has 2 features, but InPCA is expecting 3 |the shape \(q, 3\), not \(2, 2\)$",
        ),
        (
            lambda rows: rows[:0],
            ValueError,
            r"^Found array with 0 sample|^distances are empty: there is no model to place$",
        ),
        (
            lambda rows: rows + 0j,
            (TypeError, ValueError),
            "^Complex data not supported|of real numbers, not Array of type complex128$",
        ),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, zarr.array])
@pytest.mark.parametrize("restored", [False, True])
def test_placed_distances_are_checked(change, error, message, kind, restored):
    inpca = InPCA(1, metric="precomputed").fit(PAIR)
    inpca = InPCA.from_xarray(inpca.to_xarray()) if restored else inpca
    with pytest.raises(error, match=message):
        inpca.transform(kind(change(PAIR[:2])))
    assert np.allclose(inpca.transform(kind(PAIR[:2] - 1e-9)), inpca.embedding_[:2], atol=1e-8)


def test_masked_distances_are_refused():
    masked, message = np.ma.array(PAIR, mask=PAIR == 2), "X is a masked array with masked entries"
    inpca = InPCA(1, metric="precomputed").fit(np.ma.array(PAIR))  # nothing is masked
    for call in (inpca.transform, inpca.transform_view, inpca.fit):
        with pytest.raises(TypeError, match=message):
            call(masked)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float16])
def test_numbers_of_any_type_in_chunks_are_distances(dtype):
    D = np.square(np.arange(6)[:, None] - np.arange(6)).astype(dtype)
    inpca = InPCA(1, metric="precomputed").fit(zarr.array(D, chunks=(2, 6)))
    assert inpca.eigenvalues_ == pytest.approx([17.5]) and inpca.explained_distance_ == pytest.approx([1])
    assert np.allclose(inpca.transform(zarr.array(D)), inpca.embedding_)
