"""The archive of a study: look at it, unpack it, compare what was made from it.

``make archive STUDY=fashion`` writes it. ``make from-archive ARCHIVE=fashion.tar STUDY=fashion`` does the last four of
these::

    python -m paper.archive check fashion.tar
    python -m paper.archive unpack fashion.tar --study config/fashion.yaml
    snakemake --cores all --touch --forceall trained
    snakemake --cores all
    python -m paper.archive compare fashion.tar --study config/fashion.yaml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inpca.files import sha256
from paper.archive.contents import RESULTS, STUDY, ArchiveError
from paper.archive.reading import member, read_archive
from paper.archive.unpacking import asked_study, compared, unpack
from paper.study.study import ConfigError


def check(archive: Path) -> None:
    """Read every member, compare it with its checksum, and say what the archive is of."""
    manifest = read_archive(archive)
    held = [entry["size"] for name, entry in manifest["files"].items() if name.startswith(RESULTS)]
    print(f"{archive}: study {manifest['study']}, {len(held)} files of {sum(held) / 1e6:.1f} MB, all as written")
    print(f"licence {manifest['licence']}, SHA-256 of the archive {sha256(archive)}")


def show_study(archive: Path) -> None:
    """Print the configuration of the study."""
    read_archive(archive)
    print(member(archive, STUDY).decode(), end="")


def unpack_archive(archive: Path, study: Path) -> None:
    """Check everything, then put the predictions into the results of the study, which has to be the archive's."""
    manifest, folder = unpack(archive, study)
    n = sum(name.startswith(RESULTS) for name in manifest["files"])
    print(f"{folder} has the {n} files of {archive}")


def compare(archive: Path, study: Path) -> None:
    """Say which numbers and verdicts of the study's results are other than those in the archive."""
    manifest = read_archive(archive)
    same = compared(manifest, Path("results") / asked_study(archive, study).study)
    others = [name for name, equal in same.items() if not equal]
    print(f"{sum(same.values())} of {len(same)} files of numbers and claims are those of {archive}, byte for byte")
    if others:
        sys.exit(f"other or missing: {', '.join(others)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m paper.archive", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, job in {"check": check, "study": show_study, "unpack": unpack_archive, "compare": compare}.items():
        command = commands.add_parser(name, help=(job.__doc__ or "").rstrip("."), description=job.__doc__)
        command.add_argument("archive", type=Path)
        if name in ("unpack", "compare"):
            command.add_argument("--study", type=Path, required=True, help="configuration, such as config/fashion.yaml")
        command.set_defaults(job=job)
    options = vars(parser.parse_args())
    job = options.pop("job")
    try:
        job(**options)
    except (ArchiveError, ConfigError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
