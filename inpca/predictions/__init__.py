"""Stores of predictions."""

from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError, PredictionWriter

__all__ = ["SPLITS", "PredictionStore", "PredictionStoreError", "PredictionWriter"]
