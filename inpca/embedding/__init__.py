"""InPCA: embedding of models by their distances."""

from inpca.embedding.estimator import InPCA

__all__ = ["InPCA"]
