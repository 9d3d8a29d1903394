"""Data whose covariance is known: Gaussian inputs of a chosen spectrum, labelled by a random network."""

from __future__ import annotations

import numpy as np

from paper.data.datasets import DataError, PreparedData, fingerprint
from paper.rooms.sloppy_synthetic.configuration import Spectrum, SyntheticData, Teacher

#: Seeds of one number draw different random numbers for inputs, teachers and corners.
INPUTS, TEACHER, CORNER = range(3)


def input_variances(spectrum: Spectrum, dimension: int) -> np.ndarray:
    """Variances e_i = 50 c exp(-c i), i = 0 … d-1, of the inputs times d; all 1 for c = 0.

    Parameters
    ----------
    spectrum : Spectrum
        Its decay is c; the larger, the sloppier: more of the variance is in fewer inputs. The sum of the e_i, and with
        it the size of the inputs, depends on c; ``sized_as`` scales them to the sum that another decay gives.
    dimension : int
        d.

    Returns
    -------
    (d,) array
        Eigenvalues of the covariance of the inputs, times d.

    Examples
    --------
    >>> input_variances(Spectrum(decay=0.5), 4).round(2)
    array([25.  , 15.16,  9.2 ,  5.58])
    """
    decay = spectrum.decay
    variances = 50 * decay * np.exp(-decay * np.arange(dimension)) if decay else np.ones(dimension)
    if spectrum.sized_as is not None:
        variances *= input_variances(Spectrum(decay=spectrum.sized_as), dimension).sum() / variances.sum()
    return variances


def synthetic_data(data: SyntheticData) -> PreparedData:
    """Inputs x = z sqrt(e / d) with z standard normal, and labels argmax of the teacher.

    The same seed gives the same z and the same teacher for every spectrum. A teacher of ``directions`` k reads the
    first k of the z over sqrt(k), so that labels are the same too.

    Returns
    -------
    PreparedData
        Inputs as images of shape (1, 1, d).

    Raises
    ------
    DataError
        If a class has no sample in one of the splits.
    """
    rng = np.random.default_rng((data.seed, INPUTS))
    scale = np.sqrt(input_variances(data, data.dimension) / data.dimension)
    arrays = []
    for split, n in (("train", data.n_train), ("test", data.n_test)):
        z, k = rng.standard_normal((n, data.dimension)), data.teacher.directions
        inputs = z * scale
        labels = teacher_labels(inputs if k is None else z[:, :k] / np.sqrt(k), data.teacher, data.n_classes)
        if missing := sorted(set(range(data.n_classes)) - set(labels.tolist())):
            raise DataError(
                f"the teacher of seed {data.teacher.seed} gives no {split} sample of decay {data.decay:g} "
                f"the class {', '.join(map(str, missing))}; choose another teacher.seed, or more samples"
            )
        arrays += [inputs[:, None, None].astype(np.float32), labels]
    return PreparedData(*arrays, tuple(map(str, range(data.n_classes))), fingerprint(*arrays))


def teacher_labels(inputs: np.ndarray, teacher: Teacher, n_classes: int) -> np.ndarray:
    """argmax of W₂ tanh(W₁ x), weights drawn as torch draws those of a linear layer: uniform within ±1/sqrt(fan-in).

    Parameters
    ----------
    inputs : (N, d) array
    teacher : Teacher
    n_classes : int

    Returns
    -------
    (N,) array of int64
    """
    rng = np.random.default_rng((teacher.seed, TEACHER))
    first, second = (
        rng.uniform(-1, 1, (fan_out, fan_in)) / np.sqrt(fan_in)
        for fan_in, fan_out in ((inputs.shape[1], teacher.hidden), (teacher.hidden, n_classes))
    )
    return (np.tanh(inputs @ first.T) @ second.T).argmax(axis=1).astype(np.int64)
