"""How many dimensions models fill: spectra of their distances, measures of dimension, and what nulls give."""

from inpca.dimension.calibrated import calibrated_dimension
from inpca.dimension.nulls import StackedRuns, class_preserving_orders
from inpca.dimension.spectrum import (
    ENOUGH_STRESS,
    axes_needed,
    checked_weights,
    explained_stress,
    participation_ratio,
    signed_spectrum,
)

__all__ = [
    "ENOUGH_STRESS",
    "StackedRuns",
    "axes_needed",
    "calibrated_dimension",
    "checked_weights",
    "class_preserving_orders",
    "explained_stress",
    "participation_ratio",
    "signed_spectrum",
]
