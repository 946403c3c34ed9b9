"""Python's `multiprocessing` with tensors: those put into queues and pipes stay in memory that both sides map.

Everything of the standard module is here too. `reductions` says how a tensor is sent. As with the standard module, a
sender must live until what it has sent has been received.
"""

from __future__ import annotations

import multiprocessing as _standard
from multiprocessing import *  # noqa: F403
from typing import Any

from . import reductions
from .reductions import init_reductions
from .spawn import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    *_standard.__all__, "ProcessContext", "ProcessExitedException", "ProcessRaisedException",
    "SpawnContext", "get_all_sharing_strategies", "get_sharing_strategy", "init_reductions", "reductions",
    "set_sharing_strategy", "spawn", "start_processes",
]  # fmt: skip


_strategy = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """The two names that PyTorch knows on Linux; both mean the arenas of `reductions`."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """The name last set."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Accept a name; a process takes one descriptor for each other that sends to it, in either case."""
    global _strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(
            f"set_sharing_strategy: {new_strategy!r} is not one of {sorted(get_all_sharing_strategies())}"
        )
    _strategy = new_strategy


def __getattr__(name: str) -> Any:
    return getattr(_standard, name)


init_reductions()
