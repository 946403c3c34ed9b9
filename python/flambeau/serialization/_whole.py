"""How a path gets new content at once or not at all, and how what a killed process has left behind is cleared away.

The new content is written beside the file and renamed over it. The file beside is locked while it is written; the
kernel takes the lock from a process that ends, however it ends, so one that is not locked is nobody's.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable
from typing import IO

try:
    import fcntl
except ImportError:  # no such locks here: what is left behind stays
    fcntl = None  # type: ignore[assignment]

_SUFFIX = ".flambeau.tmp"


def write_whole(path: str, write: Callable[[IO[bytes]], None]) -> None:
    """Write beside `path`, sync, rename: whatever happens, the old file or the new one stands there."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"save: parent directory {folder} does not exist")
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as stream:  # a device or a pipe; a directory raises IsADirectoryError
            write(stream)
        return
    try:
        descriptor, beside, locks = _file_beside(target, folder)
    except PermissionError:
        with open(target, "wb") as stream:  # the directory takes no new file, the old one may be writable
            write(stream)
        return
    if locks:
        _remove_stale(folder)  # first, for the sake of the room they take
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.chmod(beside, _mode_for(target))
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(beside, target)  # before the file is closed: without its lock another save may remove it
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _file_beside(target: str, folder: str) -> tuple[int, str, bool]:
    """A new locked file in the target's folder: its descriptor and path, and whether locks work there."""
    while True:
        descriptor, beside = tempfile.mkstemp(prefix=f".{os.path.basename(target)[:100]}.", suffix=_SUFFIX, dir=folder)
        if fcntl is None:
            return descriptor, beside, False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            return descriptor, beside, False
        with contextlib.suppress(FileNotFoundError):  # another save took it for stale before it was locked
            if os.path.samestat(os.stat(beside), os.fstat(descriptor)):
                return descriptor, beside, True
        os.close(descriptor)


def _remove_stale(folder: str) -> None:
    """Remove what saves that were killed have left in a folder: the files beside that nobody has locked."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if not (name.startswith(".") and name.endswith(_SUFFIX)):
                continue
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: it is being written
                    if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                        os.unlink(path)
                finally:
                    os.close(descriptor)


_umask_lock = threading.Lock()


def _mode_for(target: str) -> int:
    try:
        return os.stat(target).st_mode & 0o7777
    except OSError:
        with _umask_lock:
            mask = os.umask(0)
            os.umask(mask)
        return 0o666 & ~mask
