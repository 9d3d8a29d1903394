"""Progress bars of long computations, shown only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tqdm import tqdm

_SHOWN = ContextVar("progress bars are shown", default=False)


@contextmanager
def progress_bar(show: bool = True) -> Iterator[None]:
    """Show progress bars, on standard error, of the computations in a ``with`` block.

    There is one over pairs of models in :func:`inpca.pairwise_distances`, one over values of the index in
    :func:`inpca.trajectory_distances`, and so in all that calls them in the same thread.

    Parameters
    ----------
    show : bool
        False hides them, inside a block that shows them.

    See Also
    --------
    inpca.progress : the progress of models towards the truth, which is another thing.

    Examples
    --------
    >>> from inpca import ignorance, pairwise_distances, progress_bar
    >>> with progress_bar():
    ...     D = pairwise_distances(ignorance(2, 4)[None])
    """
    token = _SHOWN.set(show)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def bar(iterable=None, **options) -> tqdm:
    """A bar of tqdm, hidden unless :func:`progress_bar` shows it."""
    return tqdm(iterable, disable=not _SHOWN.get(), **options)
