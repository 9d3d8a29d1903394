"""Tangent embeddings: axes spanned by P0, P* and two means of models, beside those of InPCA."""

from __future__ import annotations

from math import acos, log, sin

from paper.rooms.tangent_embeddings.configuration import TangentSettings
from paper.study import files
from paper.study.checks import check_trained
from paper.study.common import CommonStudy
from paper.study.rooms import Room, Section


class Tangents(TangentSettings, Section):
    """The tangent embedding: P0, P* and two means of models weighted by their progress span its axes."""

    def check(self, key: str, study: CommonStudy) -> None:
        """Whether the networks named are trained, and the losses left in hold the initial mean.

        On the geodesic from P0 to P* the model of progress s has the probability
        p = (sin((1-s) d) / sqrt(C) + sin(s d))² / sin(d)², cos(d) = 1 / sqrt(C), of the true one of C classes, a loss
        of -ln p.

        Raises
        ------
        ValueError
            If not.
        """
        for name in self.progress_of:
            check_trained(f"{key}.progress_of", name, study)
        of_truth = study.dataset.n_classes**-0.5
        s, d = min([self.progress_at, *self.progress_of.values()]), acos(of_truth)
        loss = -2 * log((sin((1 - s) * d) * of_truth + sin(s * d)) / sin(d))
        if self.largest_loss <= loss:
            raise ValueError(
                f"{key}.largest_loss: {self.largest_loss:g} leaves out the models of the initial mean, at progress "
                f"{s:g}, where the loss is {loss:.3g} on the geodesic; allowed: more than that"
            )


ROOM = Room(
    place=7,
    section=Tangents,
    reads=lambda study, section: {
        "models": files.models("main"),
        "tangents_train": "tangents/main/train.nc",
        "tangents_test": "tangents/main/test.nc",
    },
    figures=(
        "manifold_3d",
        "pairs",
        "architecture_pairs",
        "explained",
        "random_pairs",
        "cosines",
    ),
)
