"""Compiled loop that makes of models the quantities that distances are computed from: square roots, p or ln p."""

from __future__ import annotations

import math

import numpy as np

from inpca.compiled import compiled

#: What can be made of a model: sqrt(p), p or ln p, of probabilities that are divided by their sum.
QUANTITIES = {"root": 0, "probability": 1, "log": 2}
#: Samples that are read of all models before the next, so that what is written stays in the cache.
SAMPLES_A_PASS = 32
HALF = np.float32(0.5)


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def fill_quantities(models, log, quantity, largest, target, deviation):  # pragma: no cover (compiled)
    """Fill ``target`` (models, samples, classes) with a quantity of normalised models, and ``deviation`` (models).

    ``quantity`` is a value of :data:`QUANTITIES`; logarithms are bounded below by ``-largest``. ``deviation`` is the
    largest |Σ_c p - 1| of a model's samples before they were divided by their sums; NaN if any probability is NaN or
    negative, or if they cannot be normalised.
    """
    n_models, n_samples, n_classes = models.shape
    values = np.empty(n_classes, target.dtype)  # without gaps, in vectors
    deviation[:] = 0
    for first in range(0, n_samples, SAMPLES_A_PASS):
        for a in range(n_models):
            for n in range(first, min(first + SAMPLES_A_PASS, n_samples)):
                source = models[a, n]
                total, top = 0.0, source[0]
                if log:
                    for c in range(n_classes):
                        top = max(top, source[c])
                    for c in range(n_classes):
                        # in the type of the models: half the time in single precision
                        root = math.exp((source[c] - top) * HALF)
                        values[c] = root
                        total += np.float64(root) * np.float64(root)
                    error = abs(total * math.exp(top) - 1)
                else:
                    for c in range(n_classes):
                        total += source[c] if source[c] >= 0 else np.nan
                    error = abs(total - 1)
                if not 0 < total < np.inf:
                    error = np.nan
                scale = 1 / math.sqrt(total)
                if quantity == 0:
                    for c in range(n_classes):
                        values[c] = (values[c] if log else math.sqrt(np.float64(source[c]))) * scale
                elif quantity == 1:
                    for c in range(n_classes):
                        values[c] = (values[c] * scale) ** 2 if log else source[c] / total
                else:
                    shift = math.log(total)
                    for c in range(n_classes):
                        x = np.float64(source[c]) - top if log else math.log(np.float64(source[c]))
                        values[c] = max(x - shift, -largest)
                target[a, n] = values
                if error > deviation[a] or error != error:
                    deviation[a] = error
