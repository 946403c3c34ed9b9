"""`flambeau.accelerator`: the device beside the CPU, of which there is none."""

from __future__ import annotations

from typing import Any

from flambeau._absent import refuse_all


def is_available() -> bool:
    """False: there is no accelerator."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> Any:
    """None: there is no accelerator."""
    return None


class device_index:
    """Context for a current device; only None is possible."""

    def __init__(self, device: int | None, /) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            raise RuntimeError(f"accelerator.device_index: index {self.idx}, but there is no accelerator")

    def __exit__(self, *exception: object) -> None:
        pass


refuse_all(
    globals(),
    "accelerator",
    (
        "current_device_idx",
        "current_device_index",
        "current_stream",
        "empty_cache",
        "empty_host_cache",
        "get_device_capability",
        "get_memory_info",
        "max_memory_allocated",
        "max_memory_reserved",
        "memory_allocated",
        "memory_reserved",
        "memory_stats",
        "reset_accumulated_memory_stats",
        "reset_peak_memory_stats",
        "set_device_idx",
        "set_device_index",
        "set_stream",
        "synchronize",
    ),
    "an accelerator",
    RuntimeError,
)
