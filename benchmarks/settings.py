"""The trial that chose rates and recording of the default study: how runs go at several rates, recorded in two ways.

Each network is trained from one seed by each optimiser in both batch sizes at multiples of a rate. Two things are
recorded at the same checkpoints: the network with the running statistics of BatchNorm as training left them, and with
those re-estimated over the train split. A run falls back by the largest loss of progress that follows a gain. Usage::

    python benchmarks/settings.py --cores 2 > results/benchmarks/settings.md
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

from inpca import progress
from inpca.recording import log_probabilities, reestimated
from paper.data.preparation import prepare
from paper.study.configuration import Checkpoints, Configuration
from paper.training.batches import Resident
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import choose_device, initial_run, on_device

DATA = {"n_train": 2000, "n_test": 1000, "pool": 2, "normalize": True}
NETWORKS = {
    "fc": {"kind": "fc", "widths": [256, 128, 64]},
    "allcnn": {"kind": "allcnn", "c1": 12, "c2": 16},
    "convmixer": {"kind": "convmixer", "dim": 24, "depth": 3, "kernel": 5, "patch": 2},
    "wrn": {"kind": "wrn", "depth": 10, "planes": 4, "widen": 2},
    "vit": {"kind": "vit", "patch": 4, "dim": 48, "depth": 2, "heads": 4, "mlp": 96},
}
#: Largest rate of each optimiser in batches of 50; in larger ones it grows with the batch, as in the paper.
RATES = {"sgd": 0.2, "sgdn": 0.05, "adam": 0.002}
BATCHES = (50, 200)
MULTIPLES = (1.0, 0.5, 0.25)
EPOCHS = 30
CHECKPOINTS = Checkpoints(schedule="log", number=25)
SEED = 42
#: Progress between which most of the way is gone.
MIDDLE = (0.15, 0.6)
FELL_BACK = 0.1


def trial(case: tuple[str, str, int, float]) -> list[dict]:
    """Train one network and record it in both ways; one row for each."""
    network, optimizer, batch, multiple = case
    configuration = Configuration(
        name=network,
        network=NETWORKS[network],
        optimizer=optimizer,
        batch_size=batch,
        learning_rate=RATES[optimizer] * multiple * batch / BATCHES[0],
        weight_decay=0,
        augmentation="none",
        epochs=EPOCHS,
    )
    data = prepare("fashion_mnist", Path("data"), **DATA)
    splits = on_device(data, configuration, choose_device("cpu"))
    ways = {"running": lambda _: nullcontext(), "re-estimated": lambda model: reestimated(model, splits["train"])}
    found = {way: [] for way in ways}
    steps = set(CHECKPOINTS.steps_of(configuration, len(data.train_labels)).tolist())
    with reproducible():
        run = initial_run(configuration, SEED, splits["train"][0], len(data.classes))
        losses = train_networks([run.network], Resident(*splits["train"]), configuration, [run.streams])
        for step in range(configuration.n_steps(len(data.train_labels)) + 1):
            if step:
                next(losses)
            if step not in steps:
                continue
            for way, context in ways.items():
                with context(run.network):
                    found[way].append(measured(run.network, splits))
    return [summary(case, configuration, way, np.array(values)) for way, values in found.items()]


def measured(network, splits: dict) -> tuple[float, float, float]:
    """Train progress, train error and test error of a network as it is now."""
    train, test = (log_probabilities(network, splits[name]).numpy() for name in ("train", "test"))
    labels = {name: splits[name][1].numpy() for name in ("train", "test")}
    errors = [float((p.argmax(1) != labels[name]).mean()) for name, p in (("train", train), ("test", test))]
    return float(progress(train[None], labels["train"], log=True)[0]), *errors


def summary(case: tuple, configuration: Configuration, way: str, values: np.ndarray) -> dict:
    """One row of the table of runs."""
    network, optimizer, batch, multiple = case
    s = values[:, 0]
    return {
        "network": network,
        "optimizer": optimizer,
        "batch": batch,
        "multiple": multiple,
        "rate": configuration.learning_rate,
        "statistics": way,
        "falls back by": float((np.maximum.accumulate(s) - s).max()),
        "checkpoints in the middle": int(((s >= MIDDLE[0]) & (s <= MIDDLE[1])).sum()),
        "end": s[-1],
        "train error": values[-1, 1],
        "test error": values[-1, 2],
    }


def by_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of one optimiser, batch size, rate and way to record, put together."""
    groups = runs.groupby(["optimizer", "batch", "rate", "statistics"], sort=False)
    return pd.DataFrame(
        {
            f"fall back by more than {FELL_BACK:g}": groups["falls back by"].apply(
                lambda fall: (fall > FELL_BACK).mean()
            ),
            "median fall": groups["falls back by"].median(),
            "checkpoints in the middle": groups["checkpoints in the middle"].median(),
            "median end": groups["end"].median(),
            "median train error": groups["train error"].median(),
            "largest train error": groups["train error"].max(),
            "median test error": groups["test error"].median(),
        }
    ).reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--runs", type=Path, help="write every run as CSV too")
    arguments = parser.parse_args()
    cases = [(n, o, b, k) for n in NETWORKS for o in RATES for b in BATCHES for k in MULTIPLES]
    with ProcessPoolExecutor(arguments.cores) as pool:
        runs = pd.DataFrame([row for rows in pool.map(trial, cases) for row in rows])
    if arguments.runs:
        runs.to_csv(arguments.runs, index=False)
    print(by_rate(runs).to_markdown(index=False, floatfmt=".3g"))


if __name__ == "__main__":
    main()
