"""An InPCA of distances to landmarks that were chosen beforehand."""

from __future__ import annotations

from typing import Any

from inpca.embedding.distance_matrix import check_own, check_rows, read_distances
from inpca.embedding.fitting import fit_given_landmarks
from inpca.embedding.input import check_landmarks, check_numbers, labels_of, warn_of_zeros


def fit_columns(inpca, X, landmarks, landmark_weight, sample_weight):
    """Embed models from their distances to landmarks that were chosen beforehand."""
    if inpca.metric != "precomputed" or sample_weight is not None or landmarks is None:
        raise ValueError(
            "landmarks go with metric='precomputed' and distances (m, n) to them; landmark_weight goes with them, "
            "sample_weight does not"
        )
    D: Any = read_distances(inpca, X, reset=True)
    landmarks, weight = check_landmarks(landmarks, landmark_weight, tuple(D.shape))
    check_rows(D, len(landmarks))
    check_own(D, landmarks)
    check_numbers(inpca, D.shape[0])
    if len(landmarks) < inpca.n_components:
        raise ValueError(f"{len(landmarks)} landmarks are fewer than n_components {inpca.n_components}")
    inpca.n_features_in_ = len(landmarks)
    inpca.metric_, inpca.log_, inpca.normalize_ = inpca.metric, bool(inpca.log), bool(inpca.normalize)
    inpca._labels, inpca._order, inpca._weight, inpca._of_columns = labels_of(X), None, None, weight
    inpca._learn(fit_given_landmarks(inpca, D, landmarks, weight))
    inpca._fingerprints = inpca._fingerprints_seen = None
    warn_of_zeros(inpca.embedding_)
    return inpca
