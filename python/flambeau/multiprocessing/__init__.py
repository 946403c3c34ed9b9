"""Python's `multiprocessing` with tensors: those put into queues and pipes travel through shared memory files.

Everything of the standard module is here too. A sent tensor's storage moves into a file under /dev/shm that sender and
receiver both map, so that no copy is made and writes are seen on both sides; the file's name goes with the message and
is removed when the sender is done.
"""

from __future__ import annotations

import multiprocessing as _standard
from multiprocessing import *  # noqa: F403
from typing import Any

from . import _sharing
from .spawn import ProcessContext, ProcessExitedException, ProcessRaisedException, spawn, start_processes

__all__ = [
    *_standard.__all__, "ProcessContext", "ProcessExitedException", "ProcessRaisedException",
    "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy", "spawn", "start_processes",
]  # fmt: skip


def get_all_sharing_strategies() -> set[str]:
    """The two names PyTorch knows on Linux; both mean shared memory files here."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """The name last set."""
    return _sharing.strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Accept a name; tensors take no descriptors in either case."""
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(
            f"set_sharing_strategy: {new_strategy!r} is not one of {sorted(get_all_sharing_strategies())}"
        )
    _sharing.strategy = new_strategy


def __getattr__(name: str) -> Any:
    return getattr(_standard, name)


_sharing.register()
