"""Distances between models."""

from inpca.distances.pairwise import METRICS, pairwise_distances

__all__ = ["METRICS", "pairwise_distances"]
