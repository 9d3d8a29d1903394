"""Begin a study of your own networks: a folder with a script that trains and records, and the commands that follow.

The script trains small networks on scikit-learn's digits and needs PyTorch; put your own in their place. The paper's
studies are YAML files of the checkout (config/), not of this library.
"""

from __future__ import annotations

import argparse
from importlib.resources import files

from inpca.cli.common import folder_for

EXAMPLE = "inpca new-study mine"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("folder", metavar="DIR", help="folder to make; it may be there, but be empty")


def do(given: argparse.Namespace) -> None:
    """Write the files of the study."""
    folder = folder_for(given.folder)
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty; name a new folder")
    for file in ("README.md", "train.py"):
        text = files("inpca.cli").joinpath("project", file).read_text(encoding="utf-8")
        (folder / file).write_text(text, encoding="utf-8")
    print(f"{folder / 'README.md'} has the commands, {folder / 'train.py'} is the first of them")
