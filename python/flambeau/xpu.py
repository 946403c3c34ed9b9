"""`flambeau.xpu`: there is no XPU backend, and every name here says so."""

from __future__ import annotations

from typing import Any

from flambeau._absent import AbsentDeviceContext, absent_class, refuse_all
from flambeau.cuda import (
    StreamContext,
    device_count,
    empty_cache,
    get_arch_list,
    get_gencode_flags,
    get_rng_state_all,
    is_available,
    is_bf16_supported,
    is_initialized,
    is_tf32_supported,
    manual_seed,
    manual_seed_all,
    max_memory_allocated,
    max_memory_reserved,
    memory_allocated,
    memory_reserved,
    memory_snapshot,
    memory_stats,
    memory_stats_as_nested_dict,
    reset_accumulated_memory_stats,
    reset_peak_memory_stats,
    seed,
    seed_all,
    set_rng_state_all,
    stream,
)

__all__ = [
    "StreamContext",
    "device",
    "device_count",
    "empty_cache",
    "get_arch_list",
    "get_gencode_flags",
    "get_rng_state_all",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "is_tf32_supported",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_snapshot",
    "memory_stats",
    "memory_stats_as_nested_dict",
    "reset_accumulated_memory_stats",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_rng_state_all",
    "stream",
]
default_generators: tuple[Any, ...] = ()


class device(AbsentDeviceContext):
    """Context for a current device."""

    kind = "xpu"


refuse_all(
    globals(),
    "xpu",
    (
        "can_device_access_peer",
        "current_device",
        "current_stream",
        "get_device_capability",
        "get_device_name",
        "get_device_properties",
        "get_rng_state",
        "get_stream_from_external",
        "init",
        "initial_seed",
        "mem_get_info",
        "set_device",
        "set_rng_state",
        "set_stream",
        "synchronize",
        "device_of",
    ),
    "XPU",
    AssertionError,
)
for _name in ("Stream", "Event"):
    globals()[_name] = absent_class("xpu", _name, "XPU", RuntimeError)


def is_current_stream_capturing() -> bool:
    """False: there are no streams."""
    return False
