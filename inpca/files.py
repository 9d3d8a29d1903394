"""Files that appear under their name only when they are whole, and locks that let one process write them."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Why a file system takes no more bytes: it is full, the user's share of it is, the file is too large, it is read-only.
TAKES_NO_MORE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class UnusableFile(RuntimeError):
    """What lies on the disk cannot be used as it is; the message is for the user, and says what to do."""


class DamagedFile(UnusableFile):
    """A file that cannot be read; the message names it and says what to do."""

    def __init__(self, path: str | Path, error: Exception):
        super().__init__(f"{path} is damaged ({reason(error)}); delete it and run again")


def reason(error: Exception) -> str:
    """Why something failed, on one line without the name of the file."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Path to write to in place of ``path``; renamed to it when the block ends well, left beside it when not.

    The temporary name keeps the suffix, so that writers that go by it work. What is written is on the disk before it
    gets its name, so that a file that stands under its name after a power cut is whole.

    Raises
    ------
    OSError
        If the file system takes no more bytes; its ``filename`` is ``path``, whatever the writer said.
    """
    path = Path(path)
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(partial)
        yield partial
        if partial.is_file():
            with open(partial, "rb") as file:
                os.fsync(file.fileno())
        remove(path)
        os.replace(partial, path)
    except OSError as error:
        if error.errno in TAKES_NO_MORE:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
        raise


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
