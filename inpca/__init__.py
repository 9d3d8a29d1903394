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
    "distance_to_geodesic": "trajectories",
    "geodesic": "geometry",
    "ignorance": "geometry",
    "mean_trajectory": "trajectories",
    "pairwise_distances": "distances",
    "progress": "geometry",
    "reindex": "trajectories",
    "riemannian_length": "geometry",
    "spherical_distance": "geometry",
    "trajectory_distance": "trajectories",
    "trajectory_distances": "trajectories",
    "truth": "geometry",
    "tube_width": "trajectories",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'inpca' has no attribute {name!r}")
    return getattr(import_module(f"inpca.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
