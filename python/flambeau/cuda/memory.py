"""What the caching allocator of the CUDA devices holds. Sizes are in bytes; without a device they are 0."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau import _C

__all__ = [
    "caching_allocator_disabled",
    "caching_allocator_enable",
    "empty_cache",
    "get_allocator_backend",
    "host_memory_stats",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_snapshot",
    "memory_stats",
    "memory_stats_as_nested_dict",
    "memory_summary",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "set_per_process_memory_fraction",
    "use_mem_pool",
]


def _used() -> bool:
    return bool(_C._cuda_is_initialized())


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """Figures by name, such as "allocated_bytes.all.current" and "num_ooms"; empty before a device is used."""
    if not _used():
        return OrderedDict()
    return OrderedDict(sorted(_C._cuda_memory_stats(flambeau.cuda._index(device)).items()))


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """The same by parts of the names."""
    nested: dict[str, Any] = {}
    for name, value in memory_stats(device).items():
        *path, last = name.split(".")
        place = nested
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


def _figure(name: str, device: Any) -> int:
    return int(memory_stats(device).get(name, 0))


def memory_allocated(device: Any = None) -> int:
    """Bytes in live tensors."""
    return _figure("allocated_bytes.all.current", device)


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes in live tensors since the start or `reset_peak_memory_stats`."""
    return _figure("allocated_bytes.all.peak", device)


def memory_reserved(device: Any = None) -> int:
    """Bytes taken from the driver, in tensors or cached."""
    return _figure("reserved_bytes.all.current", device)


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes taken from the driver since the start or `reset_peak_memory_stats`."""
    return _figure("reserved_bytes.all.peak", device)


memory_cached, max_memory_cached = memory_reserved, max_memory_reserved


def reset_peak_memory_stats(device: Any = None) -> None:
    """Count peaks from here on."""
    if _used():
        _C._cuda_reset_peaks(flambeau.cuda._index(device))


reset_max_memory_allocated = reset_max_memory_cached = reset_accumulated_memory_stats = reset_peak_memory_stats


def empty_cache() -> None:
    """Give what is cached back to the driver."""
    _C._cuda_empty_cache()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """(free, total) bytes of a device, as its driver says."""
    flambeau.cuda._lazy_init("cuda.mem_get_info")
    free, total = _C._cuda_memory_info(flambeau.cuda._index(device))
    return free, total


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Let this process take at most this part of a device's memory; from 0 to 1."""
    flambeau.cuda._lazy_init("cuda.set_per_process_memory_fraction")
    if not isinstance(fraction, float):
        raise TypeError("Invalid type for fraction argument, must be `float`")
    if not 0 <= fraction <= 1:
        raise ValueError(f"Invalid fraction value: {fraction}. Allowed range: 0~1")
    _C._cuda_limit_memory(flambeau.cuda._index(device), fraction)


def memory_snapshot(mempool_id: Any = None, include_traces: bool = True) -> list[dict[str, Any]]:
    """Each segment of the driver's memory with its blocks."""
    segments: dict[int, dict[str, Any]] = {}
    for block in _C._cuda_memory_snapshot() if _used() else ():
        segment = segments.setdefault(
            block["segment"],
            {
                "device": block["device"],
                "address": block["segment"],
                "total_size": 0,
                "allocated_size": 0,
                "stream": block["stream"],
                "blocks": [],
            },
        )
        segment["total_size"] += block["size"]
        segment["allocated_size"] += block["size"] if block["allocated"] else 0
        state = "active_allocated" if block["allocated"] else "inactive"
        segment["blocks"].append({"address": block["address"], "size": block["size"], "state": state})
    return sorted(segments.values(), key=lambda s: s["address"])


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """The figures as a table for people."""
    stats = memory_stats(device)
    if not stats:
        return "no CUDA devices"
    lines = [f"{'':24}{'now':>14}{'peak':>14}{'taken':>16}{'given back':>16}"]
    for name in ("allocated_bytes", "requested_bytes", "reserved_bytes", "allocation", "segment"):
        columns = (stats[f"{name}.all.{column}"] for column in ("current", "peak", "allocated", "freed"))
        lines.append(
            f"{name:24}" + "".join(f"{value:>{width}}" for value, width in zip(columns, (14, 14, 16, 16), strict=True))
        )
    return "\n".join([*lines, f"out of memory {stats['num_ooms']} times, {stats['num_alloc_retries']} second tries"])


def host_memory_stats() -> OrderedDict[str, Any]:
    """No statistics of pinned memory."""
    return OrderedDict()


def get_allocator_backend() -> str:
    """The allocator: "native", the library's own."""
    flambeau.cuda._lazy_init("cuda.get_allocator_backend")
    return "native"


@contextlib.contextmanager
def caching_allocator_disabled() -> Iterator[None]:
    """Blocks stay cached; the context changes nothing."""
    yield


def caching_allocator_enable(value: bool = True) -> None:
    """Blocks are always cached."""


@contextlib.contextmanager
def use_mem_pool(pool: Any, device: Any = None) -> Iterator[None]:
    """There are no pools beside the allocator's own; the context changes nothing."""
    yield
