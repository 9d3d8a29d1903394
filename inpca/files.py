"""Files that appear under their name only when they are whole, and locks that let one process write them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Path to write to in place of ``path``; renamed to it when the block ends well, left beside it when not.

    The temporary name keeps the suffix, so that writers that go by it work.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    remove(partial)
    yield partial
    remove(path)
    os.replace(partial, path)


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Lock:
    """A lock of the operating system on a file; the system drops it when its process ends, however that ends.

    It holds between processes and between two locks of one process.

    Parameters
    ----------
    path : path
        File of the lock; it names the process that holds it, and is deleted on release.

    Raises
    ------
    BlockingIOError
        If another lock on that file is held; the message names its process.
    OSError
        If the file cannot be made, or the file system has no locks.
    """

    def __init__(self, path: Path):
        self.path = path
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(file, 200).decode("utf-8", "replace")
                os.close(file)
                raise BlockingIOError(holder or "another process") from None
            except OSError:
                os.close(file)
                raise
            if path.exists() and os.path.samestat(os.fstat(file), os.stat(path)):
                break
            os.close(file)  # the former holder deleted the file between the two calls
        os.truncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()}".encode())
        self._close = weakref.finalize(self, os.close, file)

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if self._close.alive:
            self.path.unlink(missing_ok=True)
            self._close()
