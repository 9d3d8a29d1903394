"""Settings of the geometry stage and of the notebooks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from paper.study.strict import LARGEST_COUNT, Different, Name, Positive, Seed, Strict

#: Less than half of the way from P0 to P*.
LessThanHalf = Annotated[float, Field(gt=0, lt=0.5)]
Between = Annotated[float, Field(gt=0, lt=1)]
LARGEST_DRAWS = 100_000
#: Of what takes its time again for each: draws, splits, points.
Repeats = Annotated[int, Field(ge=1, le=10_000)]


def _has_width(draws: int) -> int:
    if not 2 <= draws <= LARGEST_DRAWS:
        raise ValueError(
            f"{draws} is not allowed: it should be 2 to {LARGEST_DRAWS} (the interval of one draw has no width)"
        )
    return draws


Draws = Annotated[
    int, AfterValidator(_has_width), WithJsonSchema({"type": "integer", "minimum": 2, "maximum": LARGEST_DRAWS})
]


class Tangents(Strict):
    """The tangent embedding: P0, P* and two means of models weighted by their progress span its axes."""

    progress_at: LessThanHalf = Field(
        default=0.2, description="progress of the initial mean; the final one is at 1 minus it"
    )
    progress_of: dict[Name, LessThanHalf] = Field(
        default={}, description="the same for the models of one architecture alone, where it differs"
    )
    width: float = Field(
        default=0.05, ge=1e-6, le=10, description="standard deviation of the weights, in units of progress"
    )
    largest_loss: Positive = Field(default=4.0, description="models of at least this train loss are left out")
    n_draws: Repeats = Field(default=200, description="pairs of models of each kind that stand in for the means")
    n_sampled: int = Field(
        default=800, ge=4, le=LARGEST_COUNT, description="random models on which the axes of such pairs are judged"
    )
    seed: Seed = Field(default=0, description="of pairs and sampled models")


class Analysis(Strict):
    """Parameters of the geometry stage and of the notebooks."""

    n_components: int = Field(
        default=50,
        ge=3,
        le=10_000,
        description="axes of an embedding that are computed and kept; figures show three",
    )
    geodesic_points: Repeats = Field(default=100, description="points of the geodesic from P0 to P* that are embedded")
    spread_points: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Different] = Field(
        default=[0.25, 0.5, 0.75],
        min_length=1,
        max_length=4,
        description="points of the geodesic, as fractions of its length",
    )
    spread_radius: Positive = Field(default=0.1, description="largest Bhattacharyya distance to such a point")
    outlier_distance: Positive = Field(
        default=2.0, description="Bhattacharyya distance to P* from which a model is an outlier"
    )
    fitted_error: Between = Field(default=0.1, description="train error up to which a run counts as fitted")
    null_seed: Seed = Field(default=0, description="seed of the permutations within classes")
    bootstrap_draws: Draws = Field(default=1000, description="draws of runs behind an interval")
    bootstrap_seed: int = Field(
        default=0, ge=0, le=2**31 - 1, description="of the draws, and of scikit-learn's forests"
    )
    importance_splits: Repeats = Field(default=40, description="splits of configurations into known and held out")
    network_sizes: Annotated[list[Name], Different] = Field(
        default=[], description="networks of one family, from small to large, to compare in network_size"
    )
    progress_levels: Annotated[list[Between], Different] = Field(
        default=[0.25, 0.5, 0.75],
        min_length=1,
        max_length=100,
        description="progress whose times are compared between networks",
    )
    tangents: Tangents = Tangents()
    other_metrics: Annotated[list[Literal["spherical", "jeffreys", "euclidean"]], Different] = Field(
        default=["spherical", "jeffreys", "euclidean"],
        min_length=1,
        description="distances that are compared with Bhattacharyya and Hellinger",
    )
    progress_bins: Repeats = Field(default=20, description="bins of progress that weighted InPCA counts alike")
    tsne_perplexity: float = Field(default=30, ge=1, description="effective number of neighbours in t-SNE")
    umap_neighbours: int = Field(
        default=15, ge=2, le=LARGEST_COUNT, description="neighbours of a model in UMAP, and those counted as kept"
    )
    subset_models: int = Field(
        default=1000,
        ge=10,
        le=20_000,
        description="models, at most, that are embedded by subsets of the samples",
    )
    subset_halvings: int = Field(default=5, ge=1, le=20, description="how often the training samples are halved")
    subset_draws: int = Field(default=16, ge=1, le=1000, description="random subsets of each number of samples")
