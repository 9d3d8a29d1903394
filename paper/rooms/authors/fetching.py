"""Find the authors' files, or fetch them; say of each whether its content is what it should be."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inpca.files import sha256
from paper.data.datasets import DataError, reason

#: Bytes that are read at once, and seconds without an answer after which a server counts as gone.
PIECE, TIMEOUT = 2**22, 60


def find_files(
    folder: Path, names: Sequence[str], *, source: str | None, checksums: Mapping[str, str], unverified: bool
) -> dict[str, dict[str, Any]]:
    """Files in a folder, fetched where they are not there.

    Parameters
    ----------
    folder : path
    names : sequence of str
    source : str or None
        Address that the names are added to; None if nothing is to be fetched.
    checksums : mapping from name to str
        SHA-256 of those files whose content is known beforehand.
    unverified : bool
        Fetch files whose content is not known beforehand.

    Returns
    -------
    dict
        For each name ``bytes``, ``sha256``, ``source`` (None for a file that was there), and ``verified``: whether the
        SHA-256 was known beforehand. That of an unverified file says what was used, not that it is the right one.

    Raises
    ------
    DataError
        If a file is not there and cannot or must not be fetched, or has another content than it should.
    """
    for name in names:
        if not (folder / name).is_file() and source is None:
            raise DataError(f"{folder / name} is not here, and there is no source to fetch it from; put it there")
    absent = [name for name in names if not (folder / name).is_file()]
    unknown = [name for name in absent if name not in checksums]
    if unknown and not unverified:
        raise DataError(
            f"not fetched from {source}, since nobody has said what the content should be: {', '.join(unknown)}. "
            f"Put files into {folder}, or give notebooks.authors.sha256 their SHA-256, or set "
            "notebooks.authors.unverified to true (make authors UNVERIFIED=true): whatever the server sends is then "
            "used, and recorded as unverified with its SHA-256"
        )
    found = {}
    for name in names:
        path = folder / name
        address = f"{source}/{name}" if name in absent else None
        if address:
            fetch(address, path)
        digest, expected = sha256(path), checksums.get(name)
        if expected is not None and digest != expected:
            raise DataError(f"{path} has the SHA-256 {digest}, {expected} is expected; delete it and run again")
        size = path.stat().st_size
        print(f"{path}: {size} bytes, SHA-256 {digest}, {'verified' if expected else 'UNVERIFIED'}", flush=True)
        found[name] = {"bytes": size, "sha256": digest, "verified": expected is not None, "source": address}
    return found


def fetch(address: str, path: Path) -> None:
    """Download a file; what an interrupted attempt left is kept and completed by the next.

    Raises
    ------
    DataError
        If there is no such file, the connection ends before it is whole, or the disk is too small for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    have = partial.stat().st_size if partial.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            goes_on = answer.status == 206
            have = have if goes_on else 0
            left = int(answer.headers.get("Content-Length", 0))
            free = shutil.disk_usage(path.parent).free
            if left > free:
                raise DataError(f"{address} has {left} bytes to come, but {path.parent} has room for {free}")
            with partial.open("ab" if goes_on else "wb") as file:
                shutil.copyfileobj(answer, file, PIECE)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is left to send: the file was whole
            raise DataError(f"{address} cannot be fetched: {error.code} {error.reason}") from None
        left = 0
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise DataError(f"{address} cannot be fetched ({why}); run again to go on where it stopped") from None
    size = partial.stat().st_size
    if left and size != have + left:
        raise DataError(f"{address} ended after {size} of {have + left} bytes; run again to go on where it stopped")
    partial.replace(path)
