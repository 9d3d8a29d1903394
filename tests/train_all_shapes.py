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

#: Steps of a study for this processor, and of one that takes a GPU where there is one, whose networks are large.
STEPS = {"cpu": 25, "auto": 2}
#: Largest batch of the latter: what a network does with its memory depends on its images, hardly on their number.
LARGEST_BATCH = 8


def shapes(studies):
    """Every network with every batch size that a study trains it with, the shape of its images, and how many steps."""
    for study in map(read_study, studies):
        if study.dataset is None or study.made_up is not None:
            continue
        data, largest = study.dataset, None if study.device == "cpu" else LARGEST_BATCH
        found = [c for experiment in study.experiments for c in study.configurations(experiment).values()]
        if corners := study.sections().get("corner_initialization"):
            found += [job.configuration for job in corners.jobs(study).values()]
        for configuration in found:
            last = data.n_train % configuration.batch_size or configuration.batch_size
            for size in {min(size, largest or size) for size in (configuration.batch_size, last)}:
                yield configuration, size, data, STEPS[study.device]


def main() -> None:
    torch.set_num_threads(1)
    seen, kept = set(), []
    for configuration, size, data, steps in shapes(sys.argv[1:]):
        key = (configuration.network.model_dump_json(), size, data.input_shape)
        if key in seen:
            continue
        seen.add(key)
        layout = memory_format(configuration)
        network = build_network(configuration.network, data.input_shape, data.n_classes).to(memory_format=layout)
        optimizer = build_optimizer(configuration, network.parameters())
        for step in range(steps):
            images = torch.randn(size, *data.input_shape).to(memory_format=layout)
            loss = functional.cross_entropy(network(images), torch.arange(size) % data.n_classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            kept.append(torch.empty(100 + step))  # memory that a write beyond its bounds would hit
    print(f"{len(seen)} shapes")


if __name__ == "__main__":
    main()
