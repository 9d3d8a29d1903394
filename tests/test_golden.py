"""The library gives the values that plain loops over the formulas give in 40 digits."""

import json

import golden
import numpy as np
import pytest
from conftest import ROOT

import inpca
from inpca import InPCA, Trajectory
from paper.study.configuration import Checkpoints

EXPECTED = json.loads((ROOT / "tests/golden.json").read_text())
MODELS = np.array(EXPECTED["models"])
LABELS = np.array(golden.LABELS)
EMBEDDED = np.concatenate([MODELS[:4], inpca.ignorance(3, 4)[None], inpca.truth(LABELS, 4)[None]])
S = np.array(golden.S, float)
RUN, OTHER = MODELS, MODELS[:, ::-1]


def close(found, expected, error=1e-12):
    return np.allclose(found, expected, rtol=0, atol=error)


@pytest.mark.slow
def test_the_golden_file_is_what_its_program_writes():
    assert golden.as_floats(golden.golden()) == EXPECTED


@pytest.mark.parametrize("metric", golden.METRICS)
def test_pairwise_distances(metric):
    expected = np.array(EXPECTED["distances"][metric])
    assert close(inpca.pairwise_distances(MODELS, metric=metric), expected, 2e-7)
    assert close(inpca.pairwise_distances(MODELS, MODELS[1:], metric=metric), expected[:, 1:], 2e-7)
    assert close(inpca.pairwise_distances(np.log(MODELS), metric=metric, log=True), expected, 2e-7)


@pytest.mark.parametrize("metric", ["bhattacharyya", "spherical"])
def test_paired_distances(metric):
    distance = getattr(inpca, f"{metric}_distance")
    assert close(
        distance(MODELS[:, None], MODELS), EXPECTED["distances"][metric], 1e-8 if metric == "spherical" else 1e-14
    )
    assert close(distance(inpca.ignorance(3, 4), inpca.truth(LABELS, 4)), EXPECTED["ends"][metric], 1e-14)


def test_samples_without_overlap():
    P = inpca.truth(LABELS, 4)
    assert close(inpca.bhattacharyya_distance(P, P[::-1]), EXPECTED["ends"]["no_overlap"])
    assert close(inpca.pairwise_distances(P[None], P[None, ::-1]), EXPECTED["ends"]["no_overlap"], 1e-5)


def test_geodesic_progress_and_length():
    assert close(inpca.geodesic(MODELS[0], MODELS[3], 0.3), EXPECTED["geodesic"])
    assert close(inpca.progress(MODELS, LABELS), EXPECTED["progress"], 1e-6)
    assert close(inpca.riemannian_length(RUN), EXPECTED["length"])


def test_trajectories():
    index = inpca.progress(RUN, LABELS)
    indexed = inpca.reindex(RUN, index, S, truth=LABELS)
    assert close(indexed, EXPECTED["at_progress"], 2e-6)
    assert close(Trajectory(RUN, range(5)).at(1.25), EXPECTED["at_constant_speed"], 1e-7)
    assert close(inpca.trajectory_distance(RUN, OTHER), EXPECTED["trajectory_distance"])
    runs = [Trajectory(run, range(5)) for run in (RUN, OTHER)]
    assert close(inpca.trajectory_distances(runs, s=range(5))[0, 1], EXPECTED["trajectory_distance"], 1e-7)
    assert close(inpca.distance_to_geodesic(indexed, LABELS, S), EXPECTED["distance_to_geodesic"], 2e-6)
    assert close(inpca.tube_width(np.stack([RUN, OTHER]))[0, 2], EXPECTED["tube_width"])
    assert close(inpca.mean_trajectory(np.stack([RUN, OTHER])), (RUN + OTHER) / 2)


@pytest.mark.parametrize("kind", ["arithmetic", "geometric", "harmonic", "sqrt", "bhattacharyya", "jeffreys"])
def test_centroids(kind):
    assert close(inpca.centroid(MODELS[:3], kind), EXPECTED["centroids"][kind], 1e-8)


def test_embedding_and_placing():
    expected = EXPECTED["inpca"]
    fitted = InPCA(n_components=golden.AXES).fit(EMBEDDED)
    assert close(fitted.eigenvalues_, expected["eigenvalues"], 1e-6)
    assert fitted.signature_.tolist() == np.sign(expected["eigenvalues"]).tolist()
    assert close(fitted.explained_stress_, expected["explained_stress"], 1e-6)
    assert close(fitted.explained_distance_, expected["explained_distance"], 1e-5)
    signs = np.sign((fitted.embedding_ * expected["coordinates"]).sum(axis=0))
    assert close(fitted.embedding_ * signs, expected["coordinates"], 1e-5)
    assert close(fitted.transform(MODELS[4:])[0] * signs, expected["placed"], 2e-5)


def test_weights_repeat_models():
    expected = EXPECTED["weighted_inpca"]
    fitted = InPCA(n_components=golden.AXES).fit(MODELS, sample_weight=golden.WEIGHTS)
    assert close(fitted.eigenvalues_, expected["eigenvalues"], 1e-6)
    assert close(fitted.explained_stress_, expected["explained_stress"], 1e-6)
    assert close(fitted.explained_distance_, expected["explained_distance"], 1e-5)


@pytest.mark.parametrize("steps_per_epoch", [250, 100, 50])
def test_positions_of_the_papers_checkpoints(steps_per_epoch):
    steps = Checkpoints(schedule="paper").steps(steps_per_epoch, 200)
    assert steps.tolist() == EXPECTED["papers_schedule"][str(steps_per_epoch)]
    whole = [step // steps_per_epoch for step in steps if step % steps_per_epoch == 0]
    assert whole == [0, *range(6, 27), *range(29, 66, 4), *range(76, 197, 15), 200]
