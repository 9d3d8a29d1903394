"""Progress bars of long computations, shown only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tqdm import tqdm

#: Seconds after which a bar is shown; None for never.
_DELAY: ContextVar[float | None] = ContextVar("delay of progress bars", default=None)


@contextmanager
def progress_bar(show: bool = True, *, delay: float = 0) -> Iterator[None]:
    """Show progress bars, on standard error, of the computations in a ``with`` block.

    There is one over pairs of models in :func:`inpca.pairwise_distances`, one over values of the index in
    :func:`inpca.trajectory_distances`, and so in all that calls them in the same thread.

    Parameters
    ----------
    show : bool
        False hides them, inside a block that shows them.
    delay : float
        Seconds that a computation takes before its bar is shown.

    See Also
    --------
    inpca.progress : the progress of models towards the truth, which is another thing.

    Examples
    --------
    >>> from inpca import ignorance, pairwise_distances, progress_bar
    >>> with progress_bar():
    ...     D = pairwise_distances(ignorance(2, 4)[None])
    """
    token = _DELAY.set(delay if show else None)
    try:
        yield
    finally:
        _DELAY.reset(token)


def bar(iterable=None, **options) -> tqdm:
    """A bar of tqdm, hidden unless :func:`progress_bar` shows it."""
    delay = _DELAY.get()
    return tqdm(iterable, disable=delay is None, delay=delay or 0, **options)
