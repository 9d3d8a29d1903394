"""The main manifold: all runs of the main experiment on the train split."""

from paper.study import files
from paper.study.rooms import Room, Section

ROOM = Room(
    place=2,
    section=Section,
    reads=lambda study, section: {**files.geometry("main", "train"), "dimension": files.dimension("main", "train")},
    figures=("manifold_3d", "pairs", "loss_error", "spread", "outliers", "spectrum", "dimension", "final_errors"),
    pages=("manifold_3d",),
    analysis=("spread_points", "spread_radius", "outlier_distance", "fitted_error"),
)
