"""A lock on a file that ends with its process, however that ends: one bot at a time has a store."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

# What an attempt fails with where another process has the lock; anything else: there are no locks here.
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class Taken(Exception):
    """Another process has the lock."""


class Lock:
    """Held from its making until `release`; the kernel releases it at the process's death.

    Raises Taken, or OSError if `path` cannot be opened. A file system that knows no locks gives it to all.
    The file itself stays: taken away, it would let two processes lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _lock(self._file)
        except OSError as error:
            if error.errno in _TAKEN:
                self.release()
                raise Taken(str(path)) from None

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # Not lockf: a lock of that kind goes when the process closes any other handle on the file.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
