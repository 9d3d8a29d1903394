"""Compiled kernels: what is kept and shared, and calls from threads and forked processes."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_distances import close_models

from inpca.compiled import compiled
from inpca.distances import kernels
from inpca.distances.close import correct_close
from inpca.distances.kernels import TILE
from inpca.distances.pairwise import METRICS, pairwise_distances


def test_from_17_classes_on_nothing_more_is_compiled(rng):
    counts = []
    for n_classes in (17, 29, 47):
        X = rng.dirichlet(np.ones(n_classes), size=(TILE, 2))
        X[1] = X[0]
        for metric in METRICS:
            pairwise_distances(X, metric=metric)
        used = kernels.overlap_tile, kernels.difference_tile, correct_close
        counts.append([len(kernel.signatures) for kernel in used])
    assert counts[0] == counts[1] == counts[2]


def test_compiled_kernels_are_loaded_by_the_next_process(tmp_path):
    program = """
import sys
import numpy as np
from inpca import pairwise_distances
from inpca.distances import kernels, quantities
X = np.full((200, 5, 3), 1 / 3)
pairwise_distances(X)
pairwise_distances(X, metric="spherical")
used = quantities.fill_quantities, kernels.overlap_tile, kernels.difference_tile
print(*[sum(getattr(kernel.stats, sys.argv[1]).values()) for kernel in used])
"""

    def run(counted):
        command = [sys.executable, "-c", program, counted]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        ).stdout.split()

    assert run("cache_misses") == ["1", "1", "1"]
    assert run("cache_hits") == ["1", "1", "1"]


def test_without_a_folder_to_write_to_kernels_are_compiled_each_time(monkeypatch):
    monkeypatch.setattr("numba.core.caching.CompileResultCacheImpl._locator_classes", [])
    assert compiled()(lambda x: x + 1)(1) == 2


def test_may_be_called_from_threads_and_after_a_fork(rng):
    X = close_models(rng, 2 * TILE, 20, 10)
    expected = pairwise_distances(X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: pairwise_distances(X), range(8)):
            assert np.array_equal(found, expected)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.map_async(pairwise_distances, [X, X]).get(timeout=60):
            assert np.array_equal(found, expected)


KERNEL = """
import multiprocessing, sys, threading
import numba, numpy as np
from inpca.compiled import compiled

@compiled(parallel=True)
def double(x, result):
    for i in numba.prange(len(x)):
        result[i] = 2 * x[i]

def right(n):
    x, result = np.arange(n), np.empty(n, np.int64)
    for _ in range(100):
        result[:] = -1
        double(x, result)
        if not np.array_equal(result, 2 * x):
            return False
    return True

found = []
threads = [threading.Thread(target=lambda: found.append(right(1000))) for _ in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
with multiprocessing.get_context("fork").Pool(2) as pool:
    found += pool.map_async(right, [10, 1000]).get(timeout=60)
print(*found, right(7), double.__name__)
"""


@pytest.mark.parametrize("layer", ["workqueue", "default"])
def test_parallel_kernels_take_turns_and_survive_a_fork(tmp_path, layer):
    (tmp_path / "program.py").write_text(KERNEL)
    environment = os.environ | {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=120, env=environment
    )
    assert (done.returncode, done.stdout.split()) == (0, ["True"] * 7 + ["double"]), done.stderr
