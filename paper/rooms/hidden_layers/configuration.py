"""What one job is told that trains networks and reads every layer of them with probes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paper.study.configuration import AllCNN, Configuration, FullyConnected, TrainingJob
from paper.study.strict import Positive

#: Each probe, in words.
PROBES = {"linear": "linear probe", "means": "class means"}
#: Networks that are blocks of a linear map, ReLU and BatchNorm, one after the other: a block is a layer.
Blocks = Annotated[FullyConnected | AllCNN, Field(discriminator="kind")]
#: Convolutions of an all-convolutional network but its last, which gives the logits.
ALL_CNN_LAYERS = 8


class LayersJob(TrainingJob):
    """One job: a configuration and its seeds, when its layers are read, and how."""

    penalty: Positive = Field(description="of the linear probe: λ/2 times the sum of its squared weights")
    side: int = Field(ge=1, le=100, description="features of a convolution are means over side × side parts of it")


def n_layers(configuration: Configuration) -> int:
    """Hidden layers of a network."""
    network = configuration.network
    return len(network.widths) if isinstance(network, FullyConnected) else ALL_CNN_LAYERS


def split_name(split: str, probe: str, layer: int) -> str:
    """Name, in a prediction store, of what a probe of a layer predicts on a split; layer 0 is the images.

    Examples
    --------
    >>> split_name("test", "linear", 3)
    'test_linear_3'
    """
    return f"{split}_{probe}_{layer}"


def split_names(split: str, layers: int) -> dict[tuple[str, int], str]:
    """These names by probe and layer, of the images and of so many hidden layers."""
    return {(probe, layer): split_name(split, probe, layer) for probe in PROBES for layer in range(layers + 1)}
