"""Stores of predictions, and predictions of anyone's networks."""

from inpca.predictions.half_writer import HalfPrecisionWriter
from inpca.predictions.read import Predictions, read_predictions
from inpca.predictions.store import SPLITS, PredictionStore, PredictionStoreError, PredictionWriter

__all__ = [
    "SPLITS",
    "HalfPrecisionWriter",
    "PredictionStore",
    "PredictionStoreError",
    "PredictionWriter",
    "Predictions",
    "read_predictions",
]
