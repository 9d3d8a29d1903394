"""The same runs on the test split, and on both splits at once."""

from paper.study import files
from paper.study.rooms import Room, Section

ROOM = Room(
    place=3,
    section=Section,
    reads=lambda study, section: {
        **files.geometry("main", "test"),
        **files.trajectories("main"),
        "dimension": files.dimension("main", "test"),
        "joint_embedding": files.embedding("main", "joint"),
    },
    figures=("manifold_3d", "pairs", "loss_error", "spread", "outliers", "spectrum", "dimension", "joint"),
    pages=("manifold_3d",),
    analysis=(
        "spread_points",
        "spread_radius_test",
        "outlier_distance",
        "fitted_error",
    ),
)
