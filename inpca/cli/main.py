"""Commands, each a module with the text of its help, its options and what it does."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

import inpca

#: Modules of this package, by the name of the command.
COMMANDS = {
    "embed": "embed",
    "compare": "compare",
    "place": "place",
    "diagnose": "diagnose",
    "verify": "verify",
    "plan": "plan",
    "new-study": "new_study",
}
#: Exit codes: a mistake of the user, as argparse has it, and data that are damaged.
MISTAKE, DAMAGED = 2, 1


def parser() -> argparse.ArgumentParser:
    """What reads the command line."""
    whole = argparse.ArgumentParser(
        prog="inpca",
        description="See how networks learn, as the geometry of what they predict.",
        epilog="inpca COMMAND --help shows an example of each.",
    )
    whole.add_argument("--version", action="version", version=f"inpca {inpca.__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = import_module(f"inpca.cli.{module}")
        text = command.__doc__ or ""
        one = commands.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            epilog=f"example:\n  {command.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_options(one)
        one.set_defaults(do=command.do)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code.

    0: done; 1: data are damaged or unfinished; 2: a mistake of the user, said on one line of standard error.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process unless given.

    Examples
    --------
    >>> from inpca.cli import main
    >>> main(["plan", "--runs", "10", "--samples", "1000", "--classes", "10", "--last-step", "100"])
    ... # doctest: +ELLIPSIS
    checkpoints          ...
    0
    """
    from inpca.predictions.files import PredictionStoreError

    given = parser().parse_args(arguments)
    warnings.showwarning = lambda message, *_: print(f"inpca {given.command}: warning: {message}", file=sys.stderr)
    try:
        return given.do(given) or 0
    except PredictionStoreError as error:
        return failed(given.command, error, DAMAGED)
    except (ValueError, TypeError, OSError, ModuleNotFoundError) as error:
        return failed(given.command, error, MISTAKE)
    except KeyboardInterrupt:
        return failed(given.command, "stopped", 130)


def failed(command: str, error: Exception | str, code: int) -> int:
    """Say on one line what is wrong."""
    print(f"inpca {command}: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code
