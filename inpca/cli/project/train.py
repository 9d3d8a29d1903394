"""Train small networks with two optimisers, record what they predict, and say what each run is.

Replace data, network and optimisers by your own; what records is the three lines with Recorder and record().
"""

import csv

import torch
from sklearn.datasets import load_digits
from torch import nn

from inpca import Recorder

#: Checkpoints that inpca plan --last-step 240 --checkpoints 16 advises.
STEPS = (0, 1, 2, 3, 5, 7, 10, 15, 23, 34, 50, 74, 110, 162, 240)
STEPS_PER_EPOCH = 24
OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.003),
}
SEEDS = 3


def train(x, y, optimizer: str, seed: int, path: str) -> None:
    """Train one network on 64 pixels of ten digits, and record it."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    update = OPTIMIZERS[optimizer](network.parameters())
    checkpoints = {step: step / STEPS_PER_EPOCH for step in STEPS}
    with Recorder(path, {"train": (x, y)}, checkpoints=checkpoints, n_classes=10, if_exists="overwrite") as record:
        record(network, 0)
        for step in range(1, STEPS[-1] + 1):
            batch = torch.randint(len(x), (50,))
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            update.zero_grad()
            loss.backward()
            update.step()
            record(network, step)


def main() -> None:
    """Train all runs, and write the table of their factors."""
    pixels, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(pixels[:1200] / 16, dtype=torch.float32), torch.tensor(labels[:1200])
    rows = []
    for optimizer in OPTIMIZERS:
        for seed in range(SEEDS):
            name = f"{optimizer}-{seed}"
            train(x, y, optimizer, seed, f"predictions/{name}.zarr")
            rows.append({"run": name, "optimizer": optimizer})
            print(name)
    with open("factors.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
