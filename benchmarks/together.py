"""Time of a step of the default study's networks: seeds one by one, together, and in lower precision.

All ways train the same runs (weights, data order, optimiser); processor time of one core is taken, in turn, and the
ratio of each repetition. Usage::

    python benchmarks/together.py --repetitions 3
"""

import argparse
import statistics
import time
from itertools import islice

import torch

from paper.study.configuration import TrainingJob
from paper.study.study import read_study
from paper.study.training import Training
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import initial_run, trained_together

STEPS, WARM_UP = 10, 2
WAYS = {
    "one by one": Training(),
    "together": Training(seeds="together"),
    "one by one, bfloat16": Training(precision="bfloat16"),
}


def milliseconds(job: TrainingJob, source: Resident, training: Training) -> float:
    """Processor time of a step of one run."""
    spent = 0.0
    for seeds in trained_together(job.seeds, training):
        runs = [initial_run(job.configuration, seed, source.images, 10) for seed in seeds]
        networks, streams = [run.network for run in runs], [run.streams for run in runs]
        steps = train_networks(networks, source, job.configuration, streams, training)
        for _ in islice(steps, WARM_UP):
            pass
        start = time.process_time()
        for _ in islice(steps, STEPS):
            pass
        spent += time.process_time() - start
    return spent / STEPS / len(job.seeds) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="config/fashion.yaml")
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    study = read_study(arguments.study)
    images = torch.randn(1000, *study.dataset.input_shape).to(memory_format=torch.channels_last)
    source = Resident(images, torch.arange(1000) % 10)
    n_seeds = len(study.experiments["main"].seeds)
    print(f"{n_seeds} seeds, {STEPS} steps, one core, {arguments.repetitions} repetitions; ms of a step of a run\n")
    print(f"| network | batch | {' | '.join(WAYS)} | one by one over together (min–max) |")
    print("|---|---|" + "---|" * (len(WAYS) + 1))
    for name, configuration in study.configurations("main").items():
        is_plain = configuration.weight_decay == 0 and configuration.augmentation == "none"
        if configuration.optimizer != "sgdn" or not is_plain:
            continue
        job = study.job("main", name)
        with reproducible():
            times = [[milliseconds(job, source, way) for way in WAYS.values()] for _ in range(arguments.repetitions)]
        medians = " | ".join(f"{statistics.median(column):.2f}" for column in zip(*times, strict=True))
        ratios = [row[0] / row[1] for row in times]
        print(
            f"| {configuration.name} | {configuration.batch_size} | {medians} | {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f}–{max(ratios):.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
