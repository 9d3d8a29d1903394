r"""Imprinted heads: any network asked for all classes, whatever task it was trained on.

The last linear map of a network, its head, is replaced. With :math:`\hat\varphi(x)` the features before it, scaled to
length 1, the new weights of a class are their mean over its training samples, scaled to length 1 as well, and

.. math:: p(c\mid x)\propto\exp(\sigma\,\hat w_c\cdot\hat\varphi(x)),\qquad
          \hat w_c\propto\sum_{n:\,y_n=c}\hat\varphi(x_n).

Nothing is trained. The scale :math:`\sigma` sets how certain a perfect match is: 10 is where Gidaris & Komodakis start
theirs. It is also the softmax of :math:`-\tfrac\sigma2\lVert\hat\varphi-\hat w_c\rVert^2`, a classifier by the nearest
prototype; Ramesh et al. take prototypes of features as they are, with :math:`\sigma=2`.

References
----------
Qi, Brown & Lowe, Low-shot learning with imprinted weights, CVPR 2018. Gidaris & Komodakis, Dynamic few-shot visual
learning without forgetting, CVPR 2018. Ramesh et al., A picture of the space of typical learnable tasks, ICML 2023.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from inpca.recording.batch_norm import reestimated
from inpca.recording.recorder import EVALUATION_BATCH


class CosineHead(nn.Module):
    """Logits (B, C): cosines between features (B, d) and the weights (C, d) of the classes, times a scale."""

    def __init__(self, weights: Tensor, scale: float):
        super().__init__()
        self.register_buffer("weights", functional.normalize(weights, dim=1))
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        return self.scale * functional.linear(functional.normalize(features, dim=1), self.weights)


@contextmanager
def imprinted(
    network: nn.Module,
    own: tuple[Tensor, Tensor],
    samples: tuple[Tensor, Tensor],
    n_classes: int,
    scale: float,
) -> Iterator[nn.Module]:
    """Within the context, a network with an imprinted head; then the network is as it was.

    Parameters
    ----------
    network : nn.Module
        Its last linear map or convolution is its head.
    own : (images, labels)
        What it is trained on: its batch normalisation has the statistics of these, as while it is trained.
    samples : (images, labels)
        Of all classes; the head is imprinted on them.
    n_classes : int
    scale : float

    Examples
    --------
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.Linear(2, 5))
    >>> images, labels = torch.eye(2), torch.arange(2)
    >>> with imprinted(network, (images, labels), (images, labels), 2, 10.0) as model:
    ...     model(images).argmax(dim=1)
    tensor([0, 1])
    >>> network(images).shape
    torch.Size([2, 5])
    """
    images, labels = samples
    with reestimated(network, own), without_head(network):
        features = torch.cat([network(some) for some in images.split(EVALUATION_BATCH)])
        yield nn.Sequential(network, CosineHead(class_means(features, labels, n_classes), scale))


def class_means(features: Tensor, labels: Tensor, n_classes: int) -> Tensor:
    """Mean (C, d) of the features (N, d) of each class, each scaled to length 1."""
    member = functional.one_hot(labels, n_classes).to(features.dtype)
    return (member / member.sum(dim=0)).T @ functional.normalize(features, dim=1)


@contextmanager
def without_head(network: nn.Module) -> Iterator[None]:
    """Within the context, the head lets its input through, so that the network gives its features.

    Where a mean over pixels follows the head, features are means over pixels too: a linear map goes before or after it.
    """
    path = [name for name, part in network.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)][-1]
    parent, _, name = path.rpartition(".")
    holder, head = network.get_submodule(parent), network.get_submodule(path)
    setattr(holder, name, nn.Identity())
    try:
        yield
    finally:
        setattr(holder, name, head)
