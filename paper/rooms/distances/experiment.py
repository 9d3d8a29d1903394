"""Distances: what other distances, weights and ways of embedding, and fewer samples, make of the same models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paper.study import files
from paper.study.analysis import Repeats
from paper.study.checks import landmarks_of, n_models
from paper.study.common import CommonStudy
from paper.study.rooms import Files, Room, Section
from paper.study.strict import LARGEST_COUNT, Different


class Distances(Section):
    """Settings of the comparisons."""

    other_metrics: Annotated[list[Literal["spherical", "jeffreys", "euclidean"]], Different] = Field(
        default=["spherical", "jeffreys", "euclidean"],
        min_length=1,
        description="distances that are compared with Bhattacharyya and Hellinger",
    )
    progress_bins: Repeats = Field(default=20, description="bins of progress that weighted InPCA counts alike")
    tsne_perplexity: float = Field(default=30, ge=1, description="effective number of neighbours in t-SNE")
    umap_neighbours: int = Field(
        default=15,
        ge=2,
        le=LARGEST_COUNT,
        description="neighbours of a model in UMAP, and nearest models that a picture should preserve",
    )
    subset_models: int = Field(
        default=1000,
        ge=10,
        le=20_000,
        description="models, at most, that are embedded by subsets of the samples, or compared with their nulls",
    )
    null_draws: int = Field(default=3, ge=2, le=1000, description="nulls under each distance")
    subset_halvings: int = Field(default=5, ge=1, le=20, description="how often the training samples are halved")
    subset_draws: int = Field(default=16, ge=1, le=1000, description="random subsets of each number of samples")

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether there are configurations, samples and models enough; raises ValueError if not."""
        n_train = study.dataset.n_recorded
        if not n_train >> self.subset_halvings:
            raise ValueError(
                f"{key}.subset_halvings: n_train {n_train} cannot be halved {self.subset_halvings} times, only "
                f"{n_train.bit_length() - 1}"
            )
        n_configurations = len(study.configurations("main"))
        if n_configurations < 3:
            raise ValueError(
                f"{key}: needs three configurations in experiments.main to compare with nulls, which has "
                f"{n_configurations}; leave the notebook out"
            )
        models = study.analysis.sample_models if landmarks_of(study, "main") else n_models(study, "main")
        for name in ("tsne_perplexity", "umap_neighbours"):
            value = getattr(self, name)
            if value >= models:
                raise ValueError(
                    f"{key}.{name}: {value:g} must be less than the {models} models of experiments.main (with P0, P* "
                    "and the points between them)"
                )


def _reads(study: CommonStudy, section: Distances) -> Files:
    sample = landmarks_of(study, "main") > 0  # all distances are needed: where only some models have them, of these
    of_metrics = {"distances": files.distances, "embeddings": files.embedding}
    others = {
        f"other_{name}": [of_metric("main", "train", metric, sample=sample) for metric in section.other_metrics]
        for name, of_metric in of_metrics.items()
    }
    return {
        **files.geometry("main", "train", sample=sample),
        **others,
        "neighbours": f"embeddings/main/train{files.SAMPLE if sample else ''}_neighbours.nc",
        "subsets": "distances/main/train_subsets.parquet",
        "nulls": "distances/main/train_nulls.nc",
    }


ROOM = Room(
    place=8,
    section=Distances,
    reads=_reads,
    figures=("metrics", "hellinger", "weighted", "pictures", "preservation", "subsets"),
    settings=("other_metrics", "progress_bins", "umap_neighbours"),
)
