"""`flambeau.cuda`: the CUDA devices. NVIDIA's driver is looked for when it is first needed, never at import.

Where there is none, what a program asks behind a guard (`is_available`, `device_count`, `memory_allocated`) answers,
bookkeeping calls do nothing, and what needs a device raises and says why there is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau import _C
from flambeau._absent import absent_class, refuse_all

from .memory import *  # noqa: F403
from .random import *  # noqa: F403
from .streams import *  # noqa: F403

has_half = True
has_magma = False
_WHAT = "CUDA"


def is_available() -> bool:
    """Whether there is a CUDA device. Looks for the driver, and makes no context."""
    return device_count() > 0


def device_count() -> int:
    """The number of CUDA devices; 0 where there is no driver."""
    return int(_C._cuda_device_count())


def is_initialized() -> bool:
    """Whether a device has been used: by a tensor, a stream or an event."""
    return bool(_C._cuda_is_initialized())


def init() -> None:
    """Make the context of the current device now, rather than with the first tensor."""
    _lazy_init("cuda.init")


def _lazy_init(what: str = "cuda") -> None:
    if device_count() == 0:
        raise AssertionError(f"{what}: CUDA is not available here; tensors live on device 'cpu'. {_C._cuda_problem()}")
    _C._cuda_init(_C._cuda_current_device())


def _lazy_call(callable: Any, **kwargs: Any) -> None:
    """Run what a program queues for the first use of CUDA, where there is a device; else it is dropped."""
    if is_available():
        callable()


def _is_in_bad_fork() -> bool:
    return False


def _index(device: Any, optional: bool = True) -> int:
    """The index of a device given as a number, a text, a `device` or None (the current one)."""
    if device is None and optional:
        return int(_C._cuda_current_device())
    if isinstance(device, int):
        return device if device >= 0 else int(_C._cuda_current_device())
    device = flambeau.device(device)
    if device.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {device}")
    return int(_C._cuda_current_device()) if device.index is None else device.index


def current_device() -> int:
    """The index of the calling thread's current device."""
    _lazy_init("cuda.current_device")
    return int(_C._cuda_current_device())


def set_device(device: Any) -> None:
    """Make a device the current one of the calling thread; negative indices and None change nothing."""
    index = device if isinstance(device, int) else None
    if device is None or (index is not None and index < 0):
        return
    if device_count() == 0:
        raise RuntimeError(f"cuda.set_device: device {device!r}, but there are 0 cuda devices")
    _C._cuda_set_device(_index(device))


class device:
    """Context in which another device is the current one; None and negative indices change nothing."""

    def __init__(self, device: Any) -> None:
        if isinstance(device, str):
            device = flambeau.device(device)
        if device is None or (isinstance(device, int) and device < 0):
            self.idx = -1
        else:
            self.idx = device if isinstance(device, int) else _index(device) if device_count() else device.index or 0
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx < 0:
            return
        if device_count() == 0:
            raise RuntimeError(f"cuda.device: index {self.idx}, but there are 0 cuda devices")
        self.prev_idx = int(_C._cuda_current_device())
        _C._cuda_set_device(self.idx)

    def __exit__(self, *exception: object) -> None:
        if self.idx >= 0:
            _C._cuda_set_device(self.prev_idx)


class device_of(device):
    """Context for the device of a tensor; one on the CPU changes nothing."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if getattr(obj, "is_cuda", False) else -1)


class _Properties:
    """What a device is; each entry of `get_device_properties` is an attribute."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self.__dict__.update(entries)

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, multi_processor_count={self.multi_processor_count})"
        )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"device properties have no {name!r}; there are {', '.join(self.__dict__)}")


def get_device_properties(device: Any = None) -> Any:
    """Name, compute capability, memory in bytes, multiprocessors and limits of a device."""
    _lazy_init("cuda.get_device_properties")
    return _Properties(_C._cuda_properties(_index(device)))


def get_device_name(device: Any = None) -> str:
    """The device's name, as its driver gives it."""
    _lazy_init("cuda.get_device_name")
    return str(get_device_properties(device).name)


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability, (major, minor)."""
    properties = get_device_properties(device)
    return properties.major, properties.minor


def synchronize(device: Any = None) -> None:
    """Wait for everything that was put on a device's streams. An index that was out of bounds in a kernel is raised."""
    _lazy_init("cuda.synchronize")
    _C._cuda_synchronize(_index(device))


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether kernels take bfloat16: on every device there is."""
    return is_available()


def is_tf32_supported() -> bool:
    """Whether the device has TensorFloat-32 (compute capability 8.0 or later)."""
    return is_available() and get_device_capability()[0] >= 8


def get_arch_list() -> list[str]:
    """The architectures that kernels are compiled for here: those of the devices, at first use."""
    return sorted({"sm_{}{}".format(*get_device_capability(i)) for i in range(device_count())})


def get_gencode_flags() -> str:
    """The compiler's options for these architectures."""
    return " ".join(f"-gencode compute=compute_{a[3:]},code={a}" for a in get_arch_list())


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """False: copies between devices go by way of the host."""
    _lazy_init("cuda.can_device_access_peer")
    return False


def is_current_stream_capturing() -> bool:
    """False: graphs are not recorded yet."""
    _lazy_init("cuda.is_current_stream_capturing")
    return False


@contextlib.contextmanager
def _device_index(index: int) -> Iterator[None]:
    with device(index):
        yield


refuse_all(
    globals(),
    "cuda",
    (
        "caching_allocator_alloc",
        "caching_allocator_delete",
        "change_current_allocator",
        "clock_rate",
        "cudart",
        "current_blas_handle",
        "device_memory_used",
        "get_per_process_memory_fraction",
        "get_stream_from_external",
        "get_sync_debug_mode",
        "graph_pool_handle",
        "ipc_collect",
        "list_gpu_processes",
        "make_graphed_callables",
        "memory_usage",
        "power_draw",
        "set_sync_debug_mode",
        "temperature",
        "utilization",
    ),
    "this part of CUDA",
    AssertionError,
)

for _name in ("CUDAGraph", "MemPool", "CUDAPluggableAllocator", "graph"):
    globals()[_name] = absent_class("cuda", _name, _WHAT, RuntimeError)


def _tensor_class(name: str, dtype: str) -> type:
    """The class of that name: tensors of the type on CUDA devices are its instances; making one needs a device."""

    class Meta(type):
        def __instancecheck__(cls, tensor: Any) -> bool:
            return getattr(tensor, "is_cuda", False) and tensor.dtype == getattr(flambeau, dtype)

    def construct(cls: type, *sizes: Any) -> Any:
        if not is_available():
            raise TypeError(f"cuda.{name}: CUDA is not available here")
        if len(sizes) == 1 and not isinstance(sizes[0], int):
            return flambeau.tensor(sizes[0], dtype=getattr(flambeau, dtype), device="cuda")
        return flambeau.empty(sizes, dtype=getattr(flambeau, dtype), device="cuda")

    return Meta(name, (), {"__new__": construct, "__module__": "flambeau.cuda", "__doc__": _tensor_class.__doc__})


for _name, _dtype in {
    "Float": "float32",
    "Double": "float64",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
}.items():
    globals()[f"{_name}Tensor"] = _tensor_class(f"{_name}Tensor", _dtype)


class CudaError(RuntimeError):
    """An error of the CUDA driver."""


class DeferredCudaCallError(Exception):
    """A queued call that failed when CUDA was first used."""


def __getattr__(name: str) -> Any:
    if name in ("amp", "nvtx", "profiler", "random", "sparse", "memory", "streams"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name == "OutOfMemoryError":
        return flambeau.OutOfMemoryError
    if name == "default_generators":
        return tuple(_C._cuda_default_generator(i) for i in range(device_count()))
    if name == "_initialized":
        return is_initialized()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
