"""Settings that stages and notebooks share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from paper.study.strict import Different, Positive, Seed, Strict

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

#: The error of a dimension comes from leaving out whole configurations.
FEWEST_CONFIGURATIONS = 3


class Analysis(Strict):
    """Settings that the stages and several notebooks share; those of one notebook are in its own section."""

    n_components: int = Field(
        default=50,
        ge=3,
        le=10_000,
        description="axes of an embedding that are computed and kept; figures show three",
    )
    geodesic_points: Repeats = Field(default=100, description="points of the geodesic from P0 to P* that are embedded")
    spread_points: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Different] = Field(
        default=[0.01, 0.51, 0.99],
        min_length=1,
        max_length=4,
        description="points of the geodesic, as fractions of its length",
    )
    spread_radius: Positive = Field(
        default=0.15, description="largest Bhattacharyya distance to such a point on the train split"
    )
    spread_radius_test: Positive = Field(default=0.3, description="the same on the test split")
    outlier_distance: Positive = Field(
        default=2.0, description="Bhattacharyya distance to P* from which a model is an outlier"
    )
    fitted_error: Between = Field(default=0.1, description="train error up to which a run counts as fitted")
    dimension_models: int = Field(
        default=2500,
        ge=10,
        le=20_000,
        description="models whose dimension is compared with nulls: of more, every k-th checkpoint is taken, and of "
        "very many runs some",
    )
    landmarks_above: int = Field(
        default=20_000,
        ge=10,
        le=200_000,
        description="models of an experiment up to which all distances between them are computed: 1.6 GB of 20,000; "
        "beyond, those to landmarks",
    )
    landmarks: int = Field(
        default=2000,
        ge=10,
        le=20_000,
        description="models of runs that are landmarks, beside P0, P* and the points between them",
    )
    sample_models: int = Field(
        default=3000,
        ge=10,
        le=20_000,
        description="models of whole runs between which all distances are computed in place of those of all, where "
        "there are landmarks",
    )
    sample_step: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="distances between models are means over every so-manieth sample; all, by default. Dimensions, "
        "trajectories and averages are of all samples",
    )
    tiles: int = Field(
        default=1,
        ge=1,
        le=100,
        description="parts of the models of an experiment, of 512 models or more each: the distances between every two "
        "parts are a job of their own",
    )
    null_draws: int = Field(default=5, ge=2, le=1000, description="nulls that a dimension is compared with")
    null_seed: Seed = Field(default=0, description="seed of the permutations within classes")
    excess_margin: Between = Field(
        default=0.1,
        description="smallest excess over the null that counts, as a fraction of the stress that the null leaves "
        "unexplained",
    )
    fewer_margin: float = Field(
        default=2.0,
        gt=1,
        le=1000,
        description="how many times fewer dimensions than their null runs must fill to count",
    )
    bootstrap_draws: Draws = Field(default=1000, description="draws of runs behind an interval")
    bootstrap_seed: int = Field(
        default=0, ge=0, le=2**31 - 1, description="of the draws, and of scikit-learn's forests"
    )
