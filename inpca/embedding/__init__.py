"""InPCA: embedding of models by their distances."""

from inpca.embedding.estimator import InPCA
from inpca.embedding.spectral import explained_distance

__all__ = ["InPCA", "explained_distance"]
