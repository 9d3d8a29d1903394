"""Time of a training job against the plain way: a per-sample DataLoader and one process for each run.

Both train the same runs (network, optimiser, schedule, epochs, augmentation) and evaluate both splits at the same
steps; each is timed as whole processes, in turn, and the ratio of each pair is taken. Usage::

    python benchmarks/training.py --repetitions 3
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from paper.data.datasets import PreparedData
from paper.data.preparation import prepare
from paper.study.configuration import TrainingJob
from paper.study.study import read_study
from paper.training.loop import build_optimizer
from paper.training.networks import build_network

CONFIGURATIONS = (
    "fc-sgdn-b50-lr0.05-wd0-none",
    "allcnn-sgdn-b50-lr0.05-wd0-none",
    "allcnn-sgdn-b50-lr0.05-wd0-cropflip",
)
EPOCHS = 8


class Samples(Dataset):
    """One image at a time, transformed when it is asked for."""

    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = torch.as_tensor(images), torch.as_tensor(labels), transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        return image if self.transform is None else self.transform(image), self.labels[index]


def plain_run(job: TrainingJob, data: PreparedData, seed: int) -> None:
    """The loop that a tutorial would write, with predictions kept in a list."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    configuration = job.configuration
    transform = None
    if configuration.augmentation == "cropflip":
        size = data.train_images.shape[-1]
        transform = v2.Compose([v2.RandomCrop(size, padding=job.crop_padding), v2.RandomHorizontalFlip()])
    batch_size = configuration.batch_size
    train = DataLoader(Samples(data.train_images, data.train_labels, transform), batch_size, shuffle=True)
    fixed = [
        DataLoader(Samples(images, labels), batch_size)
        for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels))
    ]
    model = build_network(configuration.network, data.train_images.shape[1:], len(data.classes))
    optimizer = build_optimizer(configuration, model.parameters())
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, configuration.epochs * len(train))
    checkpoints = set(job.checkpoints.steps(len(train), configuration.epochs).tolist())
    step, recorded = 0, []
    for _ in range(configuration.epochs):
        for images, labels in train:
            if step in checkpoints:
                recorded.append(evaluate(model, fixed))
            loss = functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
    recorded.append(evaluate(model, fixed))


def evaluate(model, loaders):
    """Log-probabilities on each split."""
    model.eval()
    with torch.no_grad():
        result = [torch.cat([torch.log_softmax(model(x), 1) for x, _ in loader]) for loader in loaders]
    model.train()
    return result


def seconds(*commands: list[str]) -> float:
    """Wall time of commands that run one after the other, with one thread each."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="config/fashion.yaml")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--plain", nargs=3, metavar=("JOB", "DATA", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.plain:
        job, data, seed = arguments.plain
        plain_run(TrainingJob.model_validate_json(job), PreparedData.load(data), int(seed))
        return
    study = read_study(arguments.study)
    n_seeds = len(study.experiments["main"].seeds)
    print(f"{EPOCHS} epochs, {n_seeds} seeds, one core, {arguments.repetitions} repetitions\n")
    print("| configuration | plain (s) | job (s) | ratio (median) | ratio (min–max) |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch, "data.npz")
        prepare(folder=Path("data"), **study.dataset.model_dump()).save(data)
        for name in CONFIGURATIONS:
            job = study.job("main", name)
            configuration = job.configuration.model_copy(update={"epochs": EPOCHS})
            text = job.model_copy(update={"configuration": configuration}).model_dump_json()
            ours = [sys.executable, "workflow/scripts/train.py", "--job", text, "--data", str(data)]
            plain = [sys.executable, __file__, "--plain", text, str(data)]
            runs = [[*plain, str(seed)] for seed in job.seeds]
            job_run = [*ours, "--output", f"{scratch}/run.zarr"]
            times = [(seconds(*runs), seconds(job_run)) for _ in range(arguments.repetitions)]
            ratios = [a / b for a, b in times]
            medians = " | ".join(f"{statistics.median(column):.1f}" for column in zip(*times, strict=True))
            print(f"| {name} | {medians} | {statistics.median(ratios):.2f} | {min(ratios):.2f}–{max(ratios):.2f} |")


if __name__ == "__main__":
    main()
