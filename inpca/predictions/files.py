"""The files of a prediction store: their names, the manifest of a finished one, the journal of an unfinished one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inpca.files import Lock, UnusableFile, remove, sha256

MANIFEST = "manifest.json"
#: What was recorded so far in an unfinished store, one line for each split of a checkpoint, with checksums.
JOURNAL = "recorded.jsonl"
#: What browsers of files leave in folders; it is no part of a store.
IGNORED = {MANIFEST, JOURNAL, ".snakemake_timestamp", ".DS_Store", "Thumbs.db", "desktop.ini"}
OWN_FILES = re.compile(
    r"zarr\.json|(seed|step|epoch)/(zarr\.json|c/.+)|[\w.-]+/zarr\.json|[\w.-]+/(label|log_probs)/(zarr\.json|c/.+)"
    r"|([\w.-]+/){0,2}zarr\.[0-9a-f]{32}\.partial|manifest\.json\.partial"  # what a killed process was writing
)
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
PARTIAL = ".partial-"
#: In bytes; files beside a store have its name with up to 20 more.
LONGEST_NAME = 230
#: In characters; of a file within a store.
LONGEST_PATH = 1000


class PredictionStoreError(UnusableFile):
    """A store that is unfinished, damaged, in use, or written at other checkpoints than its own."""


def store_path(path) -> Path:
    """The path of a store, a folder of this machine.

    Raises
    ------
    TypeError, ValueError
        If it is no path, a URL, begins with an unknown home folder, or has no name that a folder can have.
    """
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise TypeError(f"path must be the name of a folder, a str or a Path, not {path!r}")
    text = os.fspath(path)
    if URL.match(text):
        raise ValueError(f"{text!r} is a URL; a prediction store is a folder of this machine, such as 'run.zarr'")
    if not text.strip() or "\0" in text:
        raise ValueError(f"path must be the name of a folder, such as 'run.zarr', not {text!r}")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{text!r} begins with {Path(text).parts[0]!r}, which is no home folder here") from None
    if path.name in ("", ".."):
        raise ValueError(f"{text!r} does not name a store; add a name, such as {str(path / 'run.zarr')!r}")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise ValueError(f"the name {path.name[:20]!r}… is longer than {LONGEST_NAME} bytes")
    return path


def partial_path(path: Path) -> Path:
    """Where a store is until it is finished."""
    return path if path.name.startswith(PARTIAL) else path.with_name(PARTIAL + path.name)


def foreign_file(folder: Path) -> str | None:
    """Name of a file that no prediction store has, or None; an empty folder has none."""
    if folder.is_symlink() or not folder.is_dir():
        return folder.name
    files = sorted(name for name, entry in below(folder).items() if not os.path.isdir(entry))
    for name in files:
        if not OWN_FILES.fullmatch(name) and name not in IGNORED:
            return name
    return None if not files or {"zarr.json", MANIFEST} & set(files) else files[0]


def is_finished(folder: Path) -> bool:
    """Whether a folder is a prediction store that was finished, damaged or not, and nothing else."""
    if not (folder / MANIFEST).is_file() or foreign_file(folder) is not None:
        return False
    return (folder / "zarr.json").is_file() and (folder / "seed").is_dir() and (folder / "step").is_dir()


def read_manifest(folder: Path) -> dict[str, str]:
    """Checksums by file of a finished store.

    Raises
    ------
    PredictionStoreError
        If there is no manifest or it is not one.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        what = f"it has no {MANIFEST}" if folder.is_dir() else "there is no such folder"
        hint = "; its unfinished one can be opened with partial=True" if partial_path(folder).is_dir() else ""
        raise PredictionStoreError(f"{folder} is not a finished prediction store: {what}{hint}") from None
    except (ValueError, RecursionError):
        raise PredictionStoreError(f"{folder} is damaged: {MANIFEST} is not JSON") from None
    if not isinstance(manifest, dict) or not manifest:
        raise PredictionStoreError(f"{folder} is damaged: {MANIFEST} does not list the files of a store")
    for name, checksum in manifest.items():
        if not isinstance(checksum, str) or not re.fullmatch("[0-9a-f]{64}", checksum):
            raise PredictionStoreError(f"{folder} is damaged: {MANIFEST} has no SHA-256 of {name!r}")
        if not is_inside(name):
            raise PredictionStoreError(f"{folder} is damaged: {MANIFEST} lists {name!r}, outside of the store")
    return manifest


def is_inside(name: Any) -> bool:
    """Whether the name of a file that a store lists is one below its folder."""
    if not isinstance(name, str) or "\\" in name or "\0" in name or len(name) > LONGEST_PATH:
        return False
    return not name.startswith("/") and ".." not in name.split("/")


def check_files(folder: Path, manifest: dict[str, str], *, verify: bool) -> None:
    """Raise a PredictionStoreError if a listed file is missing or changed, one is not listed, or leads elsewhere."""
    entries = below(folder)
    check_links(folder, entries)
    for name, checksum in manifest.items():
        if name not in entries or not os.path.isfile(entries[name]):
            raise PredictionStoreError(f"{folder} is damaged: {name} is missing")
        if verify and sha256(folder / name) != checksum:
            raise PredictionStoreError(f"{folder} is damaged: {name} is not what was written")
    for name in listed(entries):
        if name not in manifest:
            raise PredictionStoreError(f"{folder} is damaged: it holds {name}, which {MANIFEST} does not list")


def below(folder: Path) -> dict[str, os.DirEntry]:
    """All files and folders below a folder, by their names within it; links to folders are not followed.

    A store has a file for each checkpoint, in folders of its own, so that this is the time that opening it takes.
    """
    found, folders = {}, [""]
    while folders:
        parent = folders.pop()
        try:
            with os.scandir(os.path.join(folder, parent)) as entries:
                here = {f"{parent}{entry.name}": entry for entry in entries}
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        found |= here
        folders += [f"{name}/" for name, entry in here.items() if entry.is_dir(follow_symlinks=False)]
    return found


def check_links(folder: Path, entries: Mapping[str, os.DirEntry]) -> None:
    """Raise a PredictionStoreError if a file or a folder of a store is a link that leads outside of it."""
    whole = folder.resolve()
    for name, entry in entries.items():
        if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(whole):
            raise PredictionStoreError(f"{folder} is refused: {name} is a link that leads outside of the store")


def list_files(folder: Path) -> list[str]:
    """Names of the files of a store that its manifest lists."""
    return listed(below(folder))


def listed(entries: Mapping[str, os.DirEntry]) -> list[str]:
    """Names of the files among what is :func:`below` a folder that a manifest lists."""
    names = (name for name, entry in entries.items() if not os.path.isdir(entry))
    return sorted(name for name in names if name.rsplit("/", 1)[-1] not in IGNORED)


def split_names(folder: Path) -> list[str]:
    """Names of the splits of a store: its folders that hold labels or predictions."""
    parts = {part.parent.name for name in ("label", "log_probs") for part in folder.glob(f"*/{name}")}
    return sorted(parts)


def checksums(folder: Path, names) -> dict[str, str]:
    """SHA-256 of some files of a store."""
    return {name: sha256(folder / name) for name in names}


def write_manifest(folder: Path, manifest: dict[str, str]) -> None:
    """Write the manifest so that it is there whole or not at all."""
    temporary = folder / f"{MANIFEST}.partial"
    temporary.write_text(json.dumps(manifest, indent=0) + "\n", encoding="utf-8")
    os.replace(temporary, folder / MANIFEST)


def append_to_journal(folder: Path, entry: dict) -> None:
    """Add one line to the journal of an unfinished store."""
    with open(folder / JOURNAL, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def read_journal(folder: Path) -> list[dict]:
    """Entries of the journal whose files are as they were written; the line that a killed process cut off is none.

    The first entry is that of all files but the predictions.

    Raises
    ------
    PredictionStoreError
        If the folder is no unfinished store, or its first entry is missing or damaged.
    """
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise PredictionStoreError(f"{folder} is not an unfinished prediction store: it has no {JOURNAL}") from None
    entries = []
    for line in lines:
        try:
            entry = json.loads(line)
            sound = is_entry(entry) and all(os.path.isfile(folder / name) for name in entry["files"])
            if sound and checksums(folder, entry["files"]) == entry["files"]:
                entries.append(entry)
        except (ValueError, RecursionError):
            continue
    if not entries or "split" in entries[0] or not all("split" in entry for entry in entries[1:]):
        raise PredictionStoreError(f"{folder} is damaged: its labels or its checkpoints are not what was written")
    return entries


def is_entry(entry: Any) -> bool:
    """Whether a line of a journal is one that a writer wrote: the files of a split of a checkpoint, or of all else."""
    files = entry.get("files") if isinstance(entry, dict) else None
    if not isinstance(files, dict) or not all(map(is_inside, files)):
        return False
    if "split" not in entry:
        return isinstance(entry.get("origin", {}), dict)
    index = entry.get("index")
    if not isinstance(index, list) or len(index) != 2 or not all(type(place) is int for place in index):
        return False
    chunks = "{}/log_probs/c/{}/{}/".format(entry["split"], *index)
    return bool(files) and all(name.startswith(chunks) for name in files)


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raise a PredictionStoreError if something has a name that may not be replaced."""
    if not os.path.lexists(path):
        return
    if not is_finished(path) or path.is_symlink():
        raise PredictionStoreError(f"{path} exists and is not a prediction store; choose another name")
    if not overwrite:
        raise PredictionStoreError(f"{path} is a finished prediction store; pass if_exists='overwrite' to replace it")
    old = replaced_path(path)
    if os.path.lexists(old) and not is_finished(old):
        raise PredictionStoreError(f"{old} exists and is not a prediction store; move it, to replace {path.name}")


def check_outside_stores(path: Path) -> None:
    """Raise a PredictionStoreError if a folder around a path is a store, finished or not: it would damage that."""
    for folder in (parent := path.parent.resolve(), *parent.parents):
        if os.path.isfile(folder / "zarr.json") and any(os.path.isfile(folder / name) for name in (MANIFEST, JOURNAL)):
            raise PredictionStoreError(f"{path} is inside of the prediction store {folder}; choose another folder")


def claim(path: Path, *, overwrite: bool) -> Lock:
    """The lock of a store that is to be written under a name that it may have.

    Raises
    ------
    ValueError
        If the name is that of an unfinished store.
    PredictionStoreError
        If the name may not be used, another process writes that store, or its folder cannot be written.
    """
    if path.name.startswith(PARTIAL):
        raise ValueError(f"{path.name}: names that begin with {PARTIAL} are those of unfinished stores")
    partial = partial_path(path)
    check_outside_stores(path)
    check_target(path, overwrite=overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Lock(partial.with_name(f"{partial.name}.lock"))
    except BlockingIOError as error:
        raise PredictionStoreError(
            f"{path.name} is being written by {error}; close that recorder first, and record on one rank only"
        ) from None
    except OSError as error:
        raise PredictionStoreError(f"{path}: cannot be written: {error.strerror}") from None


def replaced_path(path: Path) -> Path:
    """Where a finished store is while another one takes its name."""
    return path.with_name(f".replaced-{path.name}")


def replace_store(new: Path, path: Path) -> None:
    """Give a complete store its name; a finished store of that name goes only when the new one is there."""
    old = replaced_path(path)
    if os.path.lexists(path):
        if is_finished(old):
            remove(old)
        os.rename(path, old)
    os.rename(new, path)
    if is_finished(old):
        remove(old)
