from .calibrated import calibrated
from .dendrogram import dendrogram
from .embedding import axis_label
from .interactive import interactive
from .manifold import manifold
from .models import draw_geodesic, draw_groups, draw_values
from .pairs import pairs
from .progress_curves import progress_curves
from .spectrum import spectrum
from .three_dimensional import three_dimensional

__all__ = [
    "axis_label",
    "calibrated",
    "dendrogram",
    "draw_geodesic",
    "draw_groups",
    "draw_values",
    "interactive",
    "manifold",
    "pairs",
    "progress_curves",
    "spectrum",
    "three_dimensional",
]
