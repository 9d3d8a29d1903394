"""Which share of the rate of a float32 matrix product distances reach, on one core, in CPU-seconds.

``python benchmarks/shares.py > results/benchmarks/shares.md``; half a minute. Both are measured in turns, so that other
work on the machine slows both.
"""

import os

THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ |= dict.fromkeys(THREADS, "1")

import statistics  # noqa: E402 -- libraries read the number of threads when they are imported
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import torch  # noqa: E402
from synthetic import synthetic_models  # noqa: E402

from inpca import pairwise_distances  # noqa: E402

HEAD = """# Distances beside a matrix product

Operations a second of `pairwise_distances`, a multiplication and an addition for each class, sample and pair of models,
as a share of those of a product of float32 matrices, {n} by {n}, by torch. One thread, CPU-seconds, median of {turns}
turns of both. By `python benchmarks/shares.py`; instructions: {instructions}.

| models | samples | classes | share | least | most |
|---|---|---|---|---|---|"""
CASES, N, TURNS = ((1000, 2000, 10), (300, 500, 1000)), 1500, 7
#: Variables that keep libraries to some instructions of the processor.
KEPT_TO = ("NUMBA_CPU_NAME", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA")


def cpu_seconds(work: Callable, repetitions: int = 2) -> float:
    """Least CPU time of some calls."""
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def shares(m: int, n_samples: int, n_classes: int) -> list[float]:
    """The share of each turn, in order of size."""
    X, a = synthetic_models(m, n_samples, n_classes), torch.rand(N, N)
    pairwise_distances(X, n_jobs=1)
    operations = m * (m + 1) * n_samples * n_classes
    found = []
    for _ in range(TURNS):
        rate = 2 * N**3 / cpu_seconds(lambda: a @ a)
        found.append(operations / cpu_seconds(lambda: pairwise_distances(X, n_jobs=1)) / rate)
    return sorted(found)


if __name__ == "__main__":
    torch.set_num_threads(1)
    kept = ", ".join(f"`{name}={os.environ[name]}`" for name in KEPT_TO if name in os.environ) or "all of the processor"
    print(HEAD.format(n=N, turns=TURNS, instructions=kept))
    for case in CASES:
        found = shares(*case)
        print(f"| {' | '.join(map(str, case))} | {statistics.median(found):.2f} | {found[0]:.2f} | {found[-1]:.2f} |")
