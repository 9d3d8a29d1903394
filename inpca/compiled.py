"""Functions compiled by numba, kept on disk for the next process, and safe to call from threads and after a fork."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import numba

#: Threading layers of numba that more than one thread may enter at once.
THREADSAFE_LAYERS = ("tbb", "omp")


def compiled(**options: Any) -> Callable:
    """Decorator like ``numba.njit``, whose machine code is kept on disk where there is a folder to write it to.

    It is kept beside the module, else in the user's folder for caches (``NUMBA_CACHE_DIR`` names another), for each
    type of processor. A change of the module makes it compile again; a change of another module does not, so that
    numbers from there are passed as arguments. With ``parallel=True`` it is a :class:`GuardedKernel`.

    Parameters
    ----------
    **options
        Of ``numba.njit``.
    """

    def decorate(function: Callable) -> Callable:
        dispatcher = numba.njit(**options)(function)
        with suppress(RuntimeError):  # no folder that can be written to
            dispatcher.enable_caching()
        return GuardedKernel(dispatcher, options) if options.get("parallel") else dispatcher

    return decorate


class GuardedKernel:
    """A parallel kernel that can be called from any thread, and in a process that was forked from one that ran it.

    Numba's threads die with a fork, and a kernel that waits for them hangs or aborts: in such a process it is compiled
    again for one thread. Numba's layer ``workqueue`` aborts when two threads enter it: they take turns.

    It can be called from Python only, not from another compiled function.
    """

    _turn = threading.RLock()
    _threads_lost = False

    def __init__(self, dispatcher: Any, options: dict[str, Any]):
        functools.update_wrapper(self, dispatcher.py_func)
        self.dispatcher = dispatcher
        self._options: dict[str, Any] = options | {"parallel": False}
        self._serial = None

    def __call__(self, *arguments):
        if GuardedKernel._threads_lost:
            self._serial = self._serial or numba.njit(**self._options)(self.dispatcher.py_func)
            return self._serial(*arguments)
        with nullcontext() if threading_layer() in THREADSAFE_LAYERS else GuardedKernel._turn:
            return self.dispatcher(*arguments)

    @classmethod
    def after_fork(cls) -> None:
        """Remember, in a new process, that the threads of its parent are not in it."""
        cls._turn = threading.RLock()
        cls._threads_lost = threading_layer() is not None


def threading_layer() -> str | None:
    """Numba's threading layer, None before a parallel kernel ran."""
    try:
        return numba.threading_layer()  # pyright: ignore[reportPrivateImportUsage] (numba documents it)
    except ValueError:
        return None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GuardedKernel.after_fork)
