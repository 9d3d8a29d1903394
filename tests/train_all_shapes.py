"""Train every network of every study for some steps, as the studies do; run by a test in a process of its own.

python tests/train_all_shapes.py STUDY.yaml …
"""

import sys

import torch
from torch.nn import functional

from paper.study.study import read_study
from paper.training.loop import build_optimizer
from paper.training.networks import build_network
from paper.training.runs import memory_format

SIDES = {"fashion_mnist": 28, "digits": 8}
#: Steps of a study for this processor, and of one that takes a GPU where there is one, whose networks are large.
STEPS = {"cpu": 25, "auto": 2}


def shapes(studies):
    """Every network with every batch size that a study trains it with, the side of its images, and how many steps."""
    for study in map(read_study, studies):
        if study.dataset is None:
            continue
        side = SIDES[study.dataset.name] // study.dataset.pool
        found = [c for experiment in study.experiments for c in study.configurations(experiment).values()]
        if corners := study.sections().get("corner_initialization"):
            found += [job.configuration for job in corners.jobs(study).values()]
        for configuration in found:
            n_train = study.dataset.n_train
            for size in {configuration.batch_size, n_train % configuration.batch_size or configuration.batch_size}:
                yield configuration, size, side, STEPS[study.device]


def main() -> None:
    torch.set_num_threads(1)
    seen, kept = set(), []
    for configuration, size, side, steps in shapes(sys.argv[1:]):
        key = (configuration.network.model_dump_json(), size, side)
        if key in seen:
            continue
        seen.add(key)
        layout = memory_format(configuration)
        network = build_network(configuration.network, (1, side, side), 10).to(memory_format=layout)
        optimizer = build_optimizer(configuration, network.parameters())
        for step in range(steps):
            images = torch.randn(size, 1, side, side).to(memory_format=layout)
            loss = functional.cross_entropy(network(images), torch.arange(size) % 10)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            kept.append(torch.empty(100 + step))  # memory that a write beyond its bounds would hit
    print(f"{len(seen)} shapes")


if __name__ == "__main__":
    main()
