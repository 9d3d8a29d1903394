"""Functions compiled by numba, kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numba


def compiled(**options) -> Callable:
    """Decorator like ``numba.njit``, whose machine code is kept on disk where there is a folder to write it to.

    It is kept beside the module, else in the user's folder for caches (``NUMBA_CACHE_DIR`` names another), for each
    type of processor. A change of the module makes it compile again; a change of another module does not, so that
    numbers from there are passed as arguments.

    Parameters
    ----------
    **options
        Of ``numba.njit``.
    """

    def decorate(function: Callable) -> Callable:
        dispatcher = numba.njit(**options)(function)
        with suppress(RuntimeError):  # no folder that can be written to
            dispatcher.enable_caching()
        return dispatcher

    return decorate
