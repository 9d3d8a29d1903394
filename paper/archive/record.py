"""Which archive the predictions of a study came from, as its results say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from inpca.files import DamagedFile, atomic, sha256

#: In the results of a study that was unpacked.
RECORD = "archive.json"


def write_record(folder: str | Path, archive: str | Path, checksums: Mapping[str, str]) -> None:
    """Say in the results of a study which archive they came from.

    Parameters
    ----------
    folder : path
        Results of the study.
    archive : path
    checksums : mapping
        SHA-256 of each file that was in it; of a store, its manifest stands for all.
    """
    kept = {name: checksums[name] for name in sorted(checksums) if ".zarr/" not in name or name.endswith(STORE)}
    with atomic(Path(folder) / RECORD) as partial:
        text = json.dumps({"sha256": sha256(archive), "files": kept}, indent=1)
        partial.write_text(text + "\n", encoding="utf-8")


STORE = ".zarr/manifest.json"


def origin(folder: str | Path) -> str | None:
    """SHA-256 of the archive that the predictions of a study came from.

    None if they were trained here, or one of them was since.

    Raises
    ------
    DamagedFile
        If the file that says so is not whole.
    """
    try:
        record = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
        files = {Path(folder) / name: checksum for name, checksum in record["files"].items()}
        archive = record["sha256"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(Path(folder) / RECORD, error) from None
    same = all(file.is_file() and sha256(file) == checksum for file, checksum in files.items())
    return archive if same else None
