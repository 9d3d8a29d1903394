"""The command line: ``inpca embed``, ``compare``, ``place``, ``verify``, ``plan`` and ``new-study``."""

from inpca.cli.main import main

__all__ = ["main"]
