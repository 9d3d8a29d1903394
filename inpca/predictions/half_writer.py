"""Write a prediction store of half the size."""

from __future__ import annotations

from inpca.predictions.writer import PredictionWriter


class HalfPrecisionWriter(PredictionWriter):
    """Writes a store of float16, of half the size; parameters and errors are those of the one of float32.

    Distances move by ``inpca.predictions.half.distance_error`` at most. What is read is float32, normalised.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from inpca import PredictionStore
    >>> from inpca.predictions import HalfPrecisionWriter
    >>> path = tempfile.mkdtemp() + "/run.zarr"
    >>> writer = HalfPrecisionWriter(path, seeds=[0], checkpoints={0: 0}, labels={"test": [1]}, n_classes=2)
    >>> writer.write("test", 0, 0, np.log([[0.4, 0.6]]))
    >>> writer.close()
    >>> np.exp(PredictionStore(path).log_probs("test")[0, 0])
    array([[0.3999288, 0.6000712]], dtype=float32)
    """

    stored = "float16"


#: Writers by the type of the numbers that they store.
WRITERS = {writer.stored: writer for writer in (PredictionWriter, HalfPrecisionWriter)}
