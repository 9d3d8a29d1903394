"""Stores of predictions, and predictions of anyone's networks."""

from inpca.predictions.read import Predictions, read_predictions
from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError, PredictionWriter

__all__ = ["SPLITS", "PredictionStore", "PredictionStoreError", "PredictionWriter", "Predictions", "read_predictions"]
