"""Data parallelism over processes. There are no process groups, so a module cannot be wrapped."""

from __future__ import annotations

from typing import Any

from ..modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """Averages gradients over the processes of a group; not there, as there are no groups.

    Raises:
        ValueError: always, as in PyTorch where no process group has been initialized.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise ValueError(
            "DistributedDataParallel: the default process group has not been initialized, and this build has no "
            "process groups (distributed.is_available() is False); train in one process"
        )
