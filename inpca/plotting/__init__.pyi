from .calibrated import calibrated
from .embedding import axis_label
from .interactive import interactive
from .models import draw_geodesic, draw_groups, draw_values
from .pairs import pairs
from .spectrum import spectrum
from .three_dimensional import three_dimensional

__all__ = [
    "axis_label",
    "calibrated",
    "draw_geodesic",
    "draw_groups",
    "draw_values",
    "interactive",
    "pairs",
    "spectrum",
    "three_dimensional",
]
