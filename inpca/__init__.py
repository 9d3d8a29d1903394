"""InPCA: see how networks learn, as the geometry of what they predict.

Names are loaded when they are first used, so that geometry does not wait for torch.
"""

from importlib import import_module

_HOME = {
    "InPCA": "embedding",
    "PredictionStore": "predictions",
    "Recorder": "recording",
    "Trajectory": "trajectories",
    "bhattacharyya_distance": "geometry",
    "centroid": "centroids",
    "distance_to_geodesic": "tubes",
    "geodesic": "geometry",
    "ignorance": "labels",
    "mean_trajectory": "tubes",
    "pairwise_distances": "distances",
    "progress": "geometry",
    "progress_bar": "bars",
    "reindex": "trajectories",
    "riemannian_length": "geometry",
    "spherical_distance": "geometry",
    "trajectory_distance": "tubes",
    "trajectory_distances": "tubes",
    "truth": "labels",
    "tube_width": "tubes",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'inpca' has no attribute {name!r}")
    return getattr(import_module(f"inpca.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
