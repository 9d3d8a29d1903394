"""The command line of a job: one option for each parameter of a function."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, NoReturn, get_args, get_origin

from pydantic import BaseModel

from inpca.files import TAKES_NO_MORE, UnusableFile


def run(job: Callable[..., None], *, errors: tuple[type[Exception], ...] = ()) -> None:
    """Call a job with the options of the command line, all of which are required.

    Parameters
    ----------
    job : callable
        Parameter ``geodesic_points: int`` is the option ``--geodesic-points``. Types: what takes text (int, float, str,
        Path); ``list[…]`` of these, for one value or more; pydantic models, dict and bare list, given as JSON.
        ``Annotated[…, text]`` adds the text to the help.
    errors : tuple of exception types
        Said on one line, without a traceback; what they tell is for the user. So are damaged files, stores that cannot
        be used, and a disk that takes no more.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(job))
    for name, parameter in inspect.signature(job, eval_str=True).parameters.items():
        parser.add_argument(f"--{name.replace('_', '-')}", required=True, **_reader(parameter.annotation))
    options = parser.parse_args()
    with said(*errors):
        job(**vars(options))


@contextmanager
def said(*errors: type[Exception]) -> Iterator[None]:
    """End the process with one line, without a traceback, for what a user can mend.

    Parameters
    ----------
    *errors : exception type
        Besides :class:`inpca.files.UnusableFile`, and a disk that takes no more; the log may lie on that disk, so the
        last is said where the workflow speaks as well.
    """
    try:
        yield
        sys.stdout.flush()
    except Exception as error:
        if full := full_disk_behind(error):
            stop_for_room(f"{full.filename or 'a file'} cannot be written: {full.strerror}")
        if isinstance(error, (UnusableFile, *errors)):
            sys.exit(f"error: {error}")
        raise


def full_disk_behind(error: BaseException | None) -> OSError | None:
    """The first error of a disk that takes no more among an error and those it came from; None without one."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in TAKES_NO_MORE:
            return error
        error = error.__cause__ or error.__context__
    return None


def stop_for_room(problem: str) -> NoReturn:
    """End the process because a disk takes no more; say so in the log and, if it is another, where the workflow speaks.

    The workflow opens a descriptor for this and names it in the environment (``BESIDE_LOG``).
    """
    message = f"error: {problem}; make room and run again"
    if beside := os.environ.get("BESIDE_LOG"):
        with suppress(OSError):
            os.write(int(beside), f"{message}\n".encode())
    sys.exit(message)


def _reader(kind: Any) -> dict[str, Any]:
    """How argparse reads a value of some type."""
    if get_origin(kind) is Annotated:
        kind, text = get_args(kind)
        return _reader(kind) | {"help": text}
    if get_origin(kind) is list:
        return _reader(get_args(kind)[0]) | {"nargs": "+"}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {"type": kind.model_validate_json, "metavar": "JSON"}
    if kind in (dict, list):
        return {"type": json.loads, "metavar": "JSON"}
    return {"type": kind}
