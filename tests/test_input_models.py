"""What is not a table of probabilities is refused where it enters, by every function that takes one."""

import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import inpca
from inpca.probabilities import check_models

RNG = np.random.default_rng(5)
LABELS = np.arange(6) % 4
P = RNG.dirichlet(np.ones(4), (5, 6))
P = P[np.argsort(inpca.progress(P, LABELS))]
INDEX = inpca.progress(P, LABELS)
Q = RNG.dirichlet(np.ones(4), (5, 6))
LOGITS = RNG.normal(size=(5, 6, 4)) * 3
S = np.linspace(0, 1, 5)

#: Every public function that takes probabilities, called with something in the place of (5, 6, 4) models.
FUNCTIONS = {
    "bhattacharyya_distance": lambda X, **how: inpca.bhattacharyya_distance(X, X, **how),
    "bhattacharyya_distance, second": lambda X, **how: inpca.bhattacharyya_distance(_like(how), X, **how),
    "spherical_distance": lambda X, **how: inpca.spherical_distance(X, X, **how),
    "spherical_distance, second": lambda X, **how: inpca.spherical_distance(_like(how), X, **how),
    "geodesic": lambda X, **how: inpca.geodesic(X, X, 0.5, **how),
    "geodesic, second": lambda X, **how: inpca.geodesic(_like(how), X, 0.5, **how),
    "riemannian_length": lambda X, **how: inpca.riemannian_length(X, **how),
    "progress": lambda X, **how: inpca.progress(X, LABELS, **how),
    "Trajectory": lambda X, **how: [inpca.Trajectory(X, S, **how).at(s) for s in S],
    "reindex": lambda X, **how: inpca.reindex(X, S, S, **how),
    "reindex to a truth": lambda X, **how: inpca.reindex(X, INDEX, (INDEX[1:] + INDEX[:-1]) / 2, truth=LABELS, **how),
    "trajectory_distance": lambda X, **how: inpca.trajectory_distance(X, X, **how),
    "trajectory_distance, second": lambda X, **how: inpca.trajectory_distance(_like(how), X, **how),
    "mean_trajectory": lambda X, **how: inpca.mean_trajectory(_twice(X), **how),
    "tube_width": lambda X, **how: inpca.tube_width(_twice(X), **how),
    "distance_to_geodesic": lambda X, **how: inpca.distance_to_geodesic(X, LABELS, S, **how),
    "centroid": lambda X, **how: inpca.centroid(X, "harmonic", **how),
    "pairwise_distances": lambda X, **how: inpca.pairwise_distances(X, **how),
    "pairwise_distances, second": lambda X, **how: inpca.pairwise_distances(_like(how), X, **how),
}


def test_no_function_that_takes_probabilities_is_left_out():
    taking = {name for name in inpca.__all__ if "log" in inspect.signature(getattr(inpca, name)).parameters}
    assert taking - {"InPCA", "calibrated_dimension", "diagnose"} == {re.match(r"\w+", name)[0] for name in FUNCTIONS}


def _twice(X):
    return torch.stack([X, X]) if isinstance(X, torch.Tensor) else np.stack([X, X])


def _like(how):
    """Models that are right, given in the way that is asked for."""
    return np.log(P) if how.get("log") else P


def changed(X, where, value):
    X = X.copy()
    X[where] = value
    return X


#: What is passed, how, and what the error says.
BAD = {
    "log-probabilities": (
        np.log(P),
        {},
        r"negative probabilities, .*; are these log-probabilities\? then pass log=True",
    ),
    "logits": (LOGITS, {}, r"negative probabilities, .*; are these logits\? then take their softmax first"),
    "percentages": (100 * P, {}, r"sum to 100, not to 1; are these percentages\? then pass normalize=True"),
    "four digits": (np.round(P, 3), {}, r"not normalised: .* not to 1; if they were rounded, pass normalize=True"),
    "counts": (np.full((5, 6, 4), 7.0), {}, r"sum to 28, not to 1$"),
    "NaN": (changed(P, (2, 3, 1), np.nan), {}, "NaN or infinite values"),
    "infinity": (changed(P, (2, 3, 1), np.inf), {}, "NaN or infinite values"),
    "a negative one": (changed(P, (2, 3, 1), -0.25), {}, "negative probabilities, the lowest -0.25 at index"),
    "nothing but zeros": (np.zeros((5, 6, 4)), {}, "sum to 0, not to 1"),
    "zeros to normalise": (np.zeros((5, 6, 4)), {"normalize": True}, "cannot be normalised: .* are all 0"),
    "probabilities as logs": (
        P,
        {"log": True},
        "log-probabilities above 0, .*these are probabilities, leave out log=True",
    ),
    "logits as logs": (
        LOGITS,
        {"log": True},
        r"log-probabilities above 0, .*; are these logits\? then pass normalize=True",
    ),
    "negative logits as logs": (
        np.minimum(LOGITS, -1),
        {"log": True},
        r"sum to .*, not to 1",
    ),
    "NaN among logs": (changed(np.log(P), (2, 3, 1), np.nan), {"log": True}, "NaN or infinite values"),
    "logs of percentages": (np.log(100 * P), {"log": True}, "log-probabilities above 0"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_refuses_what_is_not_probabilities(name, what):
    given, how, message = BAD[what]
    with pytest.raises(ValueError, match=message) as error:
        FUNCTIONS[name](given, **how)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_logs_logits_percentages_torch_and_half(name):
    function = FUNCTIONS[name]
    expected = np.asarray(function(P))

    def same(found, error=2e-6):
        return np.allclose(np.asarray(found), expected, rtol=0, atol=error)

    assert same(function(np.log(P), log=True))
    assert same(function(100 * P, normalize=True)) if "second" not in name else True
    assert same(function(np.log(P) + 3, log=True, normalize=True))
    assert same(function(torch.tensor(P, requires_grad=True)))
    assert same(function(P.astype(np.float16)), 3e-3)
    assert same(function(np.log(P).astype(np.float16), log=True), 2e-2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "X must be an array of real numbers, not of type NoneType"),
        ("models.npy", "X must be an array of real numbers, not of type str"),
        ({"train": P}, "X must be an array of real numbers, not of type dict"),
        ((row for row in P), "X must be an array of real numbers, not of type generator"),
        (SimpleNamespace(), "X must be an array of real numbers, not of type SimpleNamespace"),
        ([["0.5", "0.5"]], "X must be an array of real numbers, not values of type <U3"),
        (P + 0j, "X must be an array of real numbers, not values of type complex128"),
        (P.astype(object), "X must be an array of real numbers, not values of type object"),
        ([[0.5, 0.5], [1.0]], "X must be an array of numbers; the lists in it differ in length"),
        (np.ma.masked_less(P, 0.1), "X is a masked array with masked entries; fill or leave them out first"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_array_of_numbers_is_a_type_error(given, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_models(given)


@pytest.mark.parametrize("given", [np.eye(4, dtype=int), np.eye(4, dtype=bool), np.eye(4, dtype=np.uint8)])
def test_one_hot_tables_of_any_type_are_models(given):
    assert np.array_equal(check_models(given), np.eye(4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: inpca.bhattacharyya_distance(P, P[:, :, :1]), ValueError, r"P and Q must|Q is not normalised"),
        (
            lambda: inpca.bhattacharyya_distance(P, np.ones((5, 6, 1))),
            ValueError,
            r"same samples and classes, not \(6, 4\) and \(6, 1\)",
        ),
        (
            lambda: inpca.bhattacharyya_distance(P, P[:, :1]),
            ValueError,
            r"same samples and classes, not \(6, 4\) and \(1, 4\)",
        ),
        (
            lambda: inpca.bhattacharyya_distance(P, P[:3]),
            ValueError,
            r"cannot be paired: shapes \(5, 6, 4\) and \(3, 6, 4\)",
        ),
        (lambda: inpca.spherical_distance(3 * P, Q), ValueError, "P is not normalised: .* sum to 3, not to 1"),
        (lambda: inpca.geodesic(P, Q, 1.5), ValueError, r"t must be a number in \[0, 1\]"),
        (lambda: inpca.geodesic(P, Q, np.nan), ValueError, r"t must be a number in \[0, 1\]"),
        (lambda: inpca.geodesic(P, Q, [[0.1]]), ValueError, r"t must be a number in \[0, 1\]"),
        (lambda: inpca.riemannian_length(P[0]), ValueError, r"shape \(checkpoints, samples, classes\), not \(6, 4\)"),
        (lambda: inpca.progress(P, np.log(Q[0])), ValueError, r"truth holds negative .* then pass np.exp\(truth\)"),
        (lambda: inpca.progress(P, np.full((6, 4), np.nan)), ValueError, "truth holds NaN or infinite"),
        (lambda: inpca.progress(P, 2 * Q[0]), ValueError, "truth is not normalised"),
        (lambda: inpca.progress(P, np.zeros((6, 4))), ValueError, "truth is not normalised: .* sum to 0"),
        (lambda: inpca.progress(P, LABELS, start=2 * Q[0]), ValueError, "start is not normalised"),
        (lambda: inpca.progress(P, LABELS[:5]), ValueError, r"truth has the shape \(5, 4\), the models have \(6, 4\)"),
        (lambda: inpca.progress(P, LABELS + 1), ValueError, "truth: sample 3 has 4, not a class in 0 … 3"),
        (lambda: inpca.progress(P, LABELS - 1), ValueError, "truth: sample 0 has -1, not a class in 0 … 3; leave out"),
        (lambda: inpca.progress(P, LABELS + 0.5), ValueError, "truth: sample 0 has 0.5, not a class in 0 … 3"),
        (lambda: inpca.Trajectory(P, ["a"] * 5), ValueError, "index must hold one finite number for each checkpoint"),
        (lambda: inpca.Trajectory(iter(P), S), TypeError, "a trajectory must be an array"),
        (lambda: inpca.reindex(P, S, [np.nan]), ValueError, "s must hold finite numbers"),
        (lambda: inpca.Trajectory(P, S).at(None), ValueError, "s must be a finite number, not None"),
        (lambda: inpca.Trajectory(P, S).at("a"), ValueError, "s must be a finite number, not 'a'"),
        (lambda: inpca.Trajectory(P, S).at(np.nan), ValueError, "s must be a finite number, not nan"),
        (lambda: inpca.reindex(P, S + 2, [2.3], truth=LABELS), ValueError, "index is not the progress towards this"),
        (
            lambda: inpca.reindex([P[0], P[1][:4]], [0, 1], [0.5]),
            ValueError,
            "checkpoints of a trajectory differ in shape",
        ),
        (lambda: inpca.trajectory_distances([]), ValueError, "there are no trajectories: at least one is needed"),
        (
            lambda: inpca.trajectory_distances([inpca.Trajectory(P, S)], []),
            ValueError,
            "there are no trajectories: at least one is needed",
        ),
        (lambda: inpca.ignorance(0, 0), ValueError, "n_classes must be 1 or more, not 0"),
        (lambda: inpca.progress(P, P[0].round(2)), ValueError, "truth is not normalised: .* pass normalize=True"),
        (lambda: inpca.reindex(P, S, []), ValueError, "s must hold finite numbers, at least one"),
        (lambda: inpca.reindex(P[:, 0], S, S), ValueError, "must have the shape"),
        (lambda: inpca.trajectory_distance(P[0], Q[0]), ValueError, "must have the same shape"),
        (lambda: inpca.trajectory_distances([P, Q]), TypeError, "must be inpca.Trajectory objects, not ndarray"),
        (lambda: inpca.distance_to_geodesic(P, LABELS, 0.5), ValueError, "one model for each s"),
        (lambda: inpca.distance_to_geodesic(P, LABELS, S[:3]), ValueError, "one model for each s"),
        (lambda: inpca.distance_to_geodesic(P, LABELS[:5], S), ValueError, r"truth has the shape \(5, 4\), the models"),
        (lambda: inpca.centroid(P[0]), ValueError, "X must have the shape"),
    ],
)
def test_other_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_model_that_was_given_out_is_no_part_of_the_trajectory():
    trajectory = inpca.Trajectory(P, S)
    trajectory.at(0.4)[:] = 0
    assert np.allclose(trajectory.at(0.4).sum(axis=-1), 1)


def test_rounded_truths_and_lists_of_tensors_and_many_classes():
    assert np.allclose(inpca.progress(P, Q[0].round(3), normalize=True), inpca.progress(P, Q[0]), atol=1e-2)
    tensors = [torch.tensor(model, requires_grad=True) for model in P]
    assert np.array_equal(check_models(tensors), P)
    assert check_models([torch.tensor(model).bfloat16() for model in P]).shape == P.shape
    with pytest.raises(TypeError, match="the tensors in it differ in shape"):
        check_models([torch.tensor(P[0]), torch.tensor(P[1, :3])])
    assert inpca.truth([0, 1], 100_000).nbytes == 1_600_000
