"""What an archive of a study holds, and how it is written.

An archive is a plain tar file, whose first member lists all others with their SHA-256::

    manifest.json       format, study, licence, and size and checksum of every member below
    README.md           what this file is, for who finds it
    study.yaml          the configuration of the study
    made/               provenance, claims and numbers that the study's notebooks gave
    results/            prepared data, and what training made: prediction stores and others; names as in the results

The same files give the same bytes. Chunks of predictions are compressed already.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from inpca.files import atomic, sha256
from inpca.predictions.files import MANIFEST as STORE_MANIFEST
from inpca.predictions.files import list_files
from paper.study.yaml_file import merged, read_yaml
from paper.verification import open_store

FORMAT = "archive of a study, version 1"
MANIFEST, README, STUDY = "manifest.json", "README.md", "study.yaml"
MADE, RESULTS = "made/", "results/"
LICENCE = "CC-BY-4.0"
TEXT = """# Predictions of the study {study}

What networks predicted at every checkpoint, on every sample: {stores} zarr stores (format 3) in `results/predictions`,
what else was trained, and data as networks saw them. `manifest.json` has the SHA-256 of every file. Licence: {licence};
images of a data set are under the licence of that.

With the project that wrote it, figures, notebooks and numbers are made again from this file, without training:

    make from-archive ARCHIVE=this-file.tar STUDY={study}

Without it, any program that reads zarr opens a store; `docs/guide/archive.md` of the project says more.
"""


class ArchiveError(RuntimeError):
    """A file that is no sound archive, or cannot be unpacked where it should; the message names both."""


def study_text(file: str | Path, changes: Mapping[str, Any]) -> str:
    """The configuration of a study as one file: as it was written, or with the changes of a command line in it."""
    if not changes:
        return Path(file).read_text(encoding="utf-8")
    return yaml.safe_dump(merged(read_yaml(file), changes), sort_keys=False, allow_unicode=True)


def write_archive(
    output: str | Path, *, study: str, text: str, folder: str | Path, trained: Iterable[Path], made: Iterable[Path]
) -> dict:
    """Write what training made into one file; every store is verified before.

    Parameters
    ----------
    output : path
    study : str
        Name of the study.
    text : str
        Its configuration, as YAML.
    folder : path
        Its results, in which all other files are.
    trained, made : iterable of Path
        Prediction stores and files that training made; files that the notebooks gave.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    PredictionStoreError
        If a store is damaged or unfinished.
    """
    folder, trained = Path(folder), sorted(map(Path, trained))
    stores = [path for path in trained if path.is_dir()]
    for path in stores:
        open_store(path, verify=True)
    said = TEXT.format(study=study, stores=len(stores), licence=LICENCE)
    members: dict[str, bytes | Path] = {README: said.encode(), STUDY: text.encode()}
    members |= {MADE + path.relative_to(folder).as_posix(): path for path in map(Path, made)}
    members |= {RESULTS + path.relative_to(folder).as_posix(): path for path in files_of(trained)}
    manifest = {
        "format": FORMAT,
        "study": study,
        "licence": LICENCE,
        "files": {name: described(members[name]) for name in sorted(members)},
    }
    members[MANIFEST] = (json.dumps(manifest, indent=1) + "\n").encode()
    with atomic(output) as partial, tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
        for name in (MANIFEST, *manifest["files"]):
            add(archive, name, members[name])
    return manifest


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Files themselves, and the files of prediction stores; what browsers of files leave in folders is none."""
    for path in paths:
        yield from (path / name for name in (STORE_MANIFEST, *list_files(path))) if path.is_dir() else (path,)


def described(content: bytes | Path) -> dict:
    """Size in bytes and SHA-256 of a member."""
    if isinstance(content, Path):
        return {"size": content.stat().st_size, "sha256": sha256(content)}
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def add(archive: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    """Add a member with neither owner nor time, so that the same files give the same archive."""
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    if isinstance(content, Path):
        member.size = content.stat().st_size
        with open(content, "rb") as file:
            archive.addfile(member, file)
    else:
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
