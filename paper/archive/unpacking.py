"""Put the predictions of an archive where the workflow looks for them, or leave everything as it was."""

from __future__ import annotations

import os
import shutil
import tarfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from inpca.files import sha256
from inpca.predictions.files import IGNORED
from paper.archive.contents import MADE, RESULTS, STUDY, ArchiveError
from paper.archive.reading import member, read_archive
from paper.archive.record import write_record
from paper.study.study import ConfigError, Study, read_study
from paper.study.yaml_file import parse

PARTIAL = ".partial-archive"


def unpack(path: str | Path, study_file: str | Path, results: str | Path = "results") -> tuple[dict, Path]:
    """Put what an archive holds into the results of its study, once all of it is known to be sound.

    Parameters
    ----------
    path : path
        Of the archive.
    study_file : path
        Configuration of the study that is asked for.
    results : path
        Folder that holds the results of each study.

    Returns
    -------
    manifest : dict
    folder : Path
        Results of the study.

    Raises
    ------
    ArchiveError
        If the archive is damaged, is of another study, or other predictions are there already; nothing was changed.
    ConfigError
        If the configuration cannot be read.
    """
    manifest = read_archive(path)
    study = asked_study(Path(path), study_file)
    folder = Path(results) / study.study
    names = [name.removeprefix(RESULTS) for name in manifest["files"] if name.startswith(RESULTS)]
    check_place(folder, names, manifest, Path(path))
    wanted = {name for name in names if not (folder / name).is_file()}
    partial = folder / PARTIAL
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        extract(Path(path), {RESULTS + name for name in wanted}, partial)
        place(partial / RESULTS, folder, wanted)
    except OSError as error:
        raise ArchiveError(f"{folder} cannot be written: {error.strerror or error}; make room, and try again") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    write_record(folder, path, {name: manifest["files"][RESULTS + name]["sha256"] for name in names})
    return manifest, folder


def asked_study(path: Path, study_file: str | Path) -> Study:
    """The study that is asked for, which has to be that of the archive."""
    asked = read_study(study_file)
    try:
        archived = read_study(parse(member(path, STUDY).decode()), name=f"{STUDY} in {path}")
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ArchiveError(f"{path}: its {STUDY} is no YAML") from None
    except ConfigError as error:
        raise ArchiveError(f"{error}\n{path} was written by another version of the project") from None
    if archived.study != asked.study:
        raise ArchiveError(
            f"{path} is an archive of the study {archived.study!r}; {study_file} is the study {asked.study!r}"
        )
    ways = differences(asked.model_dump(mode="json"), archived.model_dump(mode="json"))
    if ways:
        shown = "\n".join(f"  {way}" for way in ways[:5])
        raise ArchiveError(
            f"{path} is an archive of another study than {study_file}, which says:\n{shown}\n"
            f"the archive's own: python -m paper.archive study {path}"
        )
    return asked


def differences(asked: Any, archived: Any, way: str = "") -> list[str]:
    """Where two configurations differ, one line for each place."""
    if isinstance(asked, list) and isinstance(archived, list) and len(asked) == len(archived):
        asked, archived = dict(enumerate(asked)), dict(enumerate(archived))
    if isinstance(asked, dict) and isinstance(archived, dict):
        keys = [*asked, *(key for key in archived if key not in asked)]
        found = (differences(asked.get(key), archived.get(key), f"{way}.{key}".strip(".")) for key in keys)
        return [line for lines in found for line in lines]
    short = [text if len(text) < 60 else f"{text[:60]}…" for text in map(repr, (asked, archived))]
    return [] if asked == archived else [f"{way}: {short[0]}, the archive {short[1]}"]


def check_place(folder: Path, names: Iterable[str], manifest: dict, path: Path) -> None:
    """Stop if something is where the archive's files belong, or beside them, that is not the same."""
    names = set(names)
    for name in sorted(names):
        file = folder / name
        if os.path.lexists(file) and (
            not file.is_file() or sha256(file) != manifest["files"][RESULTS + name]["sha256"]
        ):
            raise ArchiveError(f"{file} is there, and is not what {path} holds; {MOVE.format(folder=folder)}")
    for file in present(folder, {PurePosixPath(name).parts[0] for name in names}):
        if file.relative_to(folder).as_posix() not in names:
            raise ArchiveError(f"{file} is there, and {path} does not hold it; {MOVE.format(folder=folder)}")


MOVE = "move {folder} away, or delete what is not in git: make clean"


def present(folder: Path, tops: Iterable[str]) -> Iterator[Path]:
    """Files of finished stores that are there, in the folders that an archive fills."""
    for store in sorted(path for top in sorted(tops) for path in (folder / top).rglob("*.zarr")):
        if not store.name.startswith("."):
            yield from sorted(file for file in store.rglob("*") if file.is_file() and file.name not in IGNORED_BESIDE)


#: What may be in a store that its archive does not have: what Snakemake and browsers of files leave there.
IGNORED_BESIDE = IGNORED - {"manifest.json"}


def extract(path: Path, names: set[str], folder: Path) -> None:
    """Extract some members of an archive that was read before, by the strict filter of the standard library."""
    with tarfile.open(path, "r:") as archive:
        archive.extractall(folder, [found for found in archive if found.name in names], filter="data")


def place(source: Path, folder: Path, names: Iterable[str]) -> None:
    """Move extracted files to their places, stores as a whole; all get the time of now.

    Snakemake makes again what is older than what it is made from, here the code of the project.
    """
    now = time.time()
    for name in sorted(units(names)):
        moved, target = source / name, folder / name
        for file in (*moved.rglob("*"), moved):
            os.utime(file, (now, now))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():  # an archive that was unpacked before, and stopped
            shutil.copytree(moved, target, dirs_exist_ok=True)
        else:
            os.replace(moved, target)


def units(names: Iterable[str]) -> set[str]:
    """What is moved as a whole: stores, and files that are in none."""
    found = set()
    for name in names:
        parts = PurePosixPath(name).parts
        ends = [end for end, part in enumerate(parts, start=1) if part.endswith(".zarr")]
        found.add("/".join(parts[: ends[0]]) if ends else name)
    return found


def compared(manifest: dict, folder: Path) -> dict[str, bool]:
    """Whether each file that the archive's study had made, numbers and claims, is the same bytes in the results."""
    made = {name.removeprefix(MADE): entry for name, entry in manifest["files"].items() if name.startswith(MADE)}
    return {
        name: (folder / name).is_file() and sha256(folder / name) == entry["sha256"]
        for name, entry in made.items()
        if name != "provenance.json"  # which says that predictions came from here
    }
