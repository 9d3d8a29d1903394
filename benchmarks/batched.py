"""Time of a step of small networks trained together, against one by one and against torch's own batching of modules.

All three train the same runs (weights, data order, optimiser, schedule); processor time of one core is taken, in turn,
and the ratio of each repetition. Usage::

    python benchmarks/batched.py --repetitions 5
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

import torch
from torch import Tensor
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn import functional

from paper.rooms.sloppy_synthetic.batched import RUNS_AT_ONCE, SyntheticStack, as_inputs, starting_network, steps_of
from paper.rooms.sloppy_synthetic.configuration import Run, Spectrum, SyntheticJob
from paper.rooms.sloppy_synthetic.data import synthetic_data
from paper.study.study import read_study
from paper.training.batches import batches
from paper.training.loop import build_optimizer
from paper.training.random_streams import random_streams

STEPS = 40


def indices(job: SyntheticJob, run: Run, n_train: int) -> Iterator[Tensor]:
    """Indices of the samples of each step."""
    return islice(batches(n_train, job.configuration, random_streams(run.seed)["order"]), STEPS)


def one_by_one(job: SyntheticJob, inputs: Tensor, labels: Tensor, n_classes: int) -> None:
    """The plain loop over runs with torch's modules."""
    for run in job.runs:
        model = starting_network(job.configuration, run, inputs.shape[1], n_classes).train()
        optimizer = build_optimizer(job.configuration, model.parameters())
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        for batch in indices(job, run, len(labels)):
            loss = functional.cross_entropy(model(inputs[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def torch_func(job: SyntheticJob, inputs: Tensor, labels: Tensor, n_classes: int) -> None:
    """vmap of the gradient of one network over stacked weights."""
    models = [starting_network(job.configuration, run, inputs.shape[1], n_classes).train() for run in job.runs]
    weights, buffers = stack_module_state(models)

    def loss(weights, buffers, x, y):
        return functional.cross_entropy(functional_call(models[0], (weights, buffers), (x,)), y)

    gradient = vmap(grad(loss))
    optimizer = torch.optim.SGD(
        weights.values(), lr=job.configuration.learning_rate, momentum=0.9, nesterov=True, fused=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for same_step in zip(*(indices(job, run, len(labels)) for run in job.runs), strict=True):
        batch = torch.stack(same_step)
        gradients = gradient(weights, buffers, inputs[batch], labels[batch])
        for name, weight in weights.items():
            weight.grad = gradients[name]
        optimizer.step()
        schedule.step()


def together(job: SyntheticJob, inputs: Tensor, labels: Tensor, n_classes: int) -> None:
    """What the project does."""
    stack = SyntheticStack(job.runs, job.configuration, inputs.shape[1], n_classes)
    for step in steps_of(stack, job.runs, job.configuration, inputs, labels):
        if step == STEPS:
            return


def milliseconds(work: Callable, *arguments) -> float:
    """Processor time of a step of one run."""
    start = time.process_time()
    work(*arguments)
    return (time.process_time() - start) / STEPS / RUNS_AT_ONCE * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    study = read_study("config/synthetic.yaml").sections()["sloppy_synthetic"]
    data = synthetic_data(study.dataset(Spectrum(decay=0.5)))
    tensors = as_inputs(data.train_images), torch.from_numpy(data.train_labels)
    (base,) = study.configurations().values()
    print(f"{RUNS_AT_ONCE} runs together, {STEPS} steps, one core, {arguments.repetitions} repetitions\n")
    head = (
        "hidden widths",
        "batch",
        "one by one (ms)",
        "torch.func (ms)",
        "together (ms)",
        "ratio (median)",
        "ratio (min–max)",
    )
    print(f"| {' | '.join(head)} |")
    print("|---|---|---|---|---|---|---|")
    for widths in ((512,), (512, 512)):
        for batch_size in (50, 200):
            network = base.network.model_copy(update={"widths": list(widths)})
            configuration = base.model_copy(update={"network": network, "batch_size": batch_size})
            runs = [Run(seed=seed) for seed in range(RUNS_AT_ONCE)]
            job = SyntheticJob(configuration=configuration, runs=runs, checkpoints=study.checkpoints)
            ways = one_by_one, torch_func, together
            times = [
                [milliseconds(way, job, *tensors, len(data.classes)) for way in ways]
                for _ in range(arguments.repetitions)
            ]
            ratios = [plain / ours for plain, _, ours in times]
            medians = " | ".join(f"{statistics.median(column):.2f}" for column in zip(*times, strict=True))
            print(
                f"| {', '.join(map(str, widths))} | {batch_size} | {medians} | {statistics.median(ratios):.2f} "
                f"| {min(ratios):.2f}–{max(ratios):.2f} |"
            )


if __name__ == "__main__":
    main()
