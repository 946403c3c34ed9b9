"""`flambeau.cuda`: there is no CUDA backend in this build, and every name here says so.

Programs that ask first (`is_available`, `device_count`) run on the CPU; bookkeeping calls do nothing.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from flambeau._absent import AbsentDeviceContext, AbsentStreamContext, absent_class, check_device, refuse_all

has_half = True
has_magma = False
default_generators: tuple[Any, ...] = ()
_WHAT = "CUDA"


def is_available() -> bool:
    """False: there is no CUDA backend."""
    return False


def device_count() -> int:
    """0."""
    return 0


_initialized = False


def is_initialized() -> bool:
    """False."""
    return False


def _is_in_bad_fork() -> bool:
    return False


def _lazy_call(callable: Any, **kwargs: Any) -> None:
    """Kept for programs that queue work for the first use of CUDA; it is dropped."""


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no device."""
    return False


def is_tf32_supported() -> bool:
    """False: there is no device."""
    return False


def get_arch_list() -> list[str]:
    """No architectures."""
    return []


def get_gencode_flags() -> str:
    """No compiler flags."""
    return ""


def get_rng_state_all() -> list[Any]:
    """No generators, no states."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Takes the empty list that `get_rng_state_all` answers."""
    if len(list(new_states)):
        raise RuntimeError("cuda.set_rng_state_all: states for devices that are not there")


def manual_seed(seed: int) -> None:
    """Nothing to seed."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Nothing to seed."""
    int(seed)


def seed() -> None:
    """Nothing to seed."""


def seed_all() -> None:
    """Nothing to seed."""


def empty_cache() -> None:
    """Nothing is cached."""


def memory_allocated(device: Any = None) -> int:
    """0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """No statistics."""
    return OrderedDict()


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """No statistics."""
    return {}


def host_memory_stats() -> OrderedDict[str, Any]:
    """No statistics."""
    return OrderedDict()


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A line that says that there is nothing to report."""
    return "no CUDA devices"


def memory_snapshot(mempool_id: Any = None, include_traces: bool = True) -> list[Any]:
    """No blocks."""
    return []


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing to reset."""


reset_max_memory_allocated = reset_max_memory_cached = reset_accumulated_memory_stats = reset_peak_memory_stats


def set_device(device: Any) -> None:
    """Takes None and negative indices, refuses the others."""
    check_device("cuda", device)


class device(AbsentDeviceContext):
    """Context for a current device."""


class device_of(device):
    """Context for the device of a tensor; one on the CPU changes nothing."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if getattr(obj, "is_cuda", False) else -1)


class StreamContext(AbsentStreamContext):
    """Context for a current stream; only None is possible."""


def stream(stream: Any) -> StreamContext:
    """Context for a current stream; only None is possible."""
    return StreamContext(stream)


@contextlib.contextmanager
def caching_allocator_disabled() -> Iterator[None]:
    """There is no allocator to disable."""
    yield


def caching_allocator_enable(value: bool = True) -> None:
    """There is no allocator."""


@contextlib.contextmanager
def use_mem_pool(pool: Any, device: Any = None) -> Iterator[None]:
    """There is no memory pool."""
    yield


refuse_all(
    globals(),
    "cuda",
    (
        "caching_allocator_alloc",
        "caching_allocator_delete",
        "can_device_access_peer",
        "change_current_allocator",
        "clock_rate",
        "cudart",
        "current_blas_handle",
        "current_device",
        "current_stream",
        "default_stream",
        "device_memory_used",
        "get_allocator_backend",
        "get_device_capability",
        "get_device_name",
        "get_device_properties",
        "get_per_process_memory_fraction",
        "get_rng_state",
        "get_stream_from_external",
        "get_sync_debug_mode",
        "graph_pool_handle",
        "init",
        "initial_seed",
        "ipc_collect",
        "list_gpu_processes",
        "make_graphed_callables",
        "mem_get_info",
        "memory_usage",
        "power_draw",
        "set_per_process_memory_fraction",
        "set_rng_state",
        "set_stream",
        "set_sync_debug_mode",
        "synchronize",
        "temperature",
        "utilization",
        "is_current_stream_capturing",
        "_lazy_init",
    ),
    _WHAT,
    AssertionError,
)

for _name in ("Stream", "Event", "ExternalStream", "CUDAGraph", "MemPool", "CUDAPluggableAllocator", "graph"):
    globals()[_name] = absent_class("cuda", _name, _WHAT, RuntimeError)
for _name in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"):
    globals()[f"{_name}Tensor"] = absent_class("cuda", f"{_name}Tensor", _WHAT, TypeError)


class CudaError(RuntimeError):
    """An error of the CUDA runtime."""


class DeferredCudaCallError(Exception):
    """A queued call that failed when CUDA was first used."""


def __getattr__(name: str) -> Any:
    if name in ("amp", "nvtx", "profiler", "random", "sparse"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name == "OutOfMemoryError":
        import flambeau

        return flambeau.OutOfMemoryError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
