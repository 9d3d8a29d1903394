"""Images of three classes, and runs on them of which those of one seed diverge."""

import numpy as np

from paper.data.datasets import PreparedData, fingerprint

BAD = 43


def three_classes(rng) -> PreparedData:
    """40 images to train on and 20 to test, whose mean tells their class."""
    labels = np.arange(60) % 3
    images = (rng.standard_normal((60, 1, 8, 8)) + labels[:, None, None, None]).astype(np.float32)
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    return PreparedData(*arrays, ("a", "b", "c"), fingerprint(*arrays))


def change_initial_run(monkeypatch, module, change) -> None:
    """Let ``change`` have the network of every run of the seed :data:`BAD` that ``module`` starts."""
    initial = module.initial_run

    def initial_run(configuration, seed, *arguments):
        run = initial(configuration, seed, *arguments)
        if seed == BAD:
            change(run.network)
        return run

    monkeypatch.setattr(module, "initial_run", initial_run)


def poison(network) -> None:
    """Make one weight NaN."""
    next(network.parameters()).data[0] = float("nan")
