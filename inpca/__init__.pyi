from .bars import progress_bar
from .centroids import centroid
from .diagnosis import diagnose
from .dimension import (
    axes_needed,
    calibrated_dimension,
    explained_stress,
    participation_ratio,
    signed_spectrum,
)
from .distances import pairwise_distances
from .embedding import InPCA
from .geometry import bhattacharyya_distance, geodesic, progress, riemannian_length, spherical_distance
from .labels import ignorance, truth
from .predictions import PredictionStore, read_predictions
from .recording import Recorder
from .trajectories import Trajectory, reindex
from .tubes import distance_to_geodesic, mean_trajectory, trajectory_distance, trajectory_distances, tube_width

__all__ = [
    "InPCA",
    "PredictionStore",
    "Recorder",
    "Trajectory",
    "axes_needed",
    "bhattacharyya_distance",
    "calibrated_dimension",
    "centroid",
    "diagnose",
    "distance_to_geodesic",
    "explained_stress",
    "geodesic",
    "ignorance",
    "mean_trajectory",
    "pairwise_distances",
    "participation_ratio",
    "progress",
    "progress_bar",
    "read_predictions",
    "reindex",
    "riemannian_length",
    "signed_spectrum",
    "spherical_distance",
    "trajectory_distance",
    "trajectory_distances",
    "truth",
    "tube_width",
]
__version__: str
