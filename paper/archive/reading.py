"""Whether a file is the archive of a study that was written: every member is there, once, with its checksum."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from paper.archive.contents import FORMAT, MADE, MANIFEST, README, RESULTS, STUDY, ArchiveError

#: Largest manifest that is read, in bytes: of a million members.
LARGEST_MANIFEST = 300_000_000
PIECE = 1 << 20
#: Two empty blocks at the end of a tar file.
END = 1024


def read_archive(path: str | Path) -> dict[str, Any]:
    """Manifest of an archive, all of whose members were read and have the checksums that it lists.

    Raises
    ------
    ArchiveError
        If it is no archive, is cut off, or holds a member that is damaged, missing, not listed, not a plain file, or
        that would be written outside of the folder it is unpacked into.
    """
    path = Path(path)
    try:
        with tarfile.open(path, "r:") as archive:
            members = iter(archive)
            manifest = _manifest(archive, next(members, None), path)
            seen = set(_checked(archive, members, manifest["files"], path))
        if missing := sorted(manifest["files"].keys() - seen):
            raise ArchiveError(f"{path} is damaged or cut off: it lacks {missing[0]}{_more(missing)}")
        _check_end(path)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:  # headers of damaged bytes lead to these
        raise ArchiveError(f"{path} is no archive of a study, or damaged or cut off: {error}") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from None
    return manifest


def member(path: str | Path, name: str) -> bytes:
    """Content of one member of an archive that was read before."""
    with tarfile.open(path, "r:") as archive:
        return _content(archive, archive.getmember(name))


def _content(archive: tarfile.TarFile, found: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(found)
    assert file is not None, "members are plain files"
    return file.read()


def _manifest(archive: tarfile.TarFile, first: tarfile.TarInfo | None, path: Path) -> dict[str, Any]:
    """The first member, which lists all others."""
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > LARGEST_MANIFEST:
        raise ArchiveError(f"{path} is no archive of a study: it does not begin with {MANIFEST}")
    try:
        manifest = json.loads(_content(archive, first))
    except (ValueError, RecursionError):
        raise ArchiveError(f"{path} is damaged: its {MANIFEST} is not JSON") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        said = manifest.get("format") if isinstance(manifest, dict) else manifest
        raise ArchiveError(f"{path} has the format {said!r}; this version of the project reads {FORMAT!r}")
    files = manifest.get("files")
    if (
        not isinstance(files, dict)
        or not {README, STUDY} <= files.keys()
        or not all(map(_is_described, files.values()))
    ):
        raise ArchiveError(f"{path} is damaged: its {MANIFEST} does not list files with sizes and checksums")
    if lacking := [key for key in ("study", "licence") if not isinstance(manifest.get(key), str)]:
        raise ArchiveError(f"{path} is damaged: its {MANIFEST} does not say the {' and the '.join(lacking)}")
    return manifest


def _is_described(entry: Any) -> bool:
    checksum = entry.get("sha256") if isinstance(entry, dict) else None
    sized = isinstance(entry, dict) and isinstance(entry.get("size"), int)
    return sized and isinstance(checksum, str) and re.fullmatch("[0-9a-f]{64}", checksum) is not None


def _checked(
    archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo], listed: dict[str, dict], path: Path
) -> Iterator[str]:
    """Names of the members, each compared with what the manifest says of it."""
    seen: set[str] = set()
    for found in members:
        name = found.name
        if not is_inside(name):
            raise ArchiveError(f"{path} is refused: its member {name!r} lies outside of the archive's folders")
        if not found.isreg():
            raise ArchiveError(f"{path} is refused: its member {name} is a link or a device, not a plain file")
        if name not in listed or name in seen:
            raise ArchiveError(f"{path} is damaged: it holds {name}, which {MANIFEST} does not list, or twice")
        seen.add(name)
        if found.size != listed[name]["size"] or _sha256(archive, found) != listed[name]["sha256"]:
            raise ArchiveError(f"{path} is damaged: {name} is not what was written")
        yield name


def _sha256(archive: tarfile.TarFile, found: tarfile.TarInfo) -> str:
    file, digest = archive.extractfile(found), hashlib.sha256()
    assert file is not None, "members are plain files"
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def is_inside(name: str) -> bool:
    """Whether the name of a member is one that archives have, and stays inside of the folder it is written into."""
    parts = PurePosixPath(name).parts
    plain = "\\" not in name and "\0" not in name and not name.startswith("/") and not {"..", "."} & set(parts)
    return plain and (name in (README, STUDY) or name.startswith((MADE, RESULTS)))


def _check_end(path: Path) -> None:
    """Whether the file ends as tar files do."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        file.seek(max(0, size - END))
        if size % tarfile.RECORDSIZE or any(file.read()):
            raise ArchiveError(f"{path} is cut off: it does not end as a tar file does")


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} files more" if len(names) > 1 else ""
