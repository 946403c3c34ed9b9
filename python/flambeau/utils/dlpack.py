"""DLPack: tensors handed to other libraries, and taken from them, without a copy."""

from __future__ import annotations

import enum
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(enum.IntEnum):
    """DLPack's numbers for kinds of device."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


def _core(name: str) -> Any:
    function = getattr(_C, name, None)
    if function is None:
        raise NotImplementedError(
            f"{name.removeprefix('_')}: this build of Flambeau has no DLPack exchange; "
            "flambeau.from_numpy and Tensor.numpy share memory through NumPy"
        )
    return function


def to_dlpack(tensor: Any) -> Any:
    """A capsule that another library's ``from_dlpack`` takes once."""
    if not isinstance(tensor, flambeau.Tensor):
        raise TypeError(f"to_dlpack: a {type(tensor).__name__} is no tensor")
    return _core("_to_dlpack")(tensor)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor on the memory of another library's array, or of a capsule.

    Args:
        ext_tensor: an object with ``__dlpack__``, or a capsule.
        device: where it should be; None leaves it in place.
        copy: True always copies, False never does (and raises when it must), None copies when needed.
    """
    capsule = ext_tensor
    if hasattr(ext_tensor, "__dlpack__"):
        options: dict[str, Any] = {}
        if copy is not None:
            options["copy"] = copy
        if device is not None:
            options["dl_device"] = flambeau.empty(0, device=device).__dlpack_device__()
        if ext_tensor.__dlpack_device__()[0] in (DLDeviceType.kDLCUDA, DLDeviceType.kDLROCM):
            options["stream"] = flambeau.cuda.current_stream().cuda_stream
        try:
            capsule = ext_tensor.__dlpack__(max_version=(1, 0), **options)
        except TypeError:  # a producer older than DLPack 1.0
            capsule = ext_tensor.__dlpack__(**{name: value for name, value in options.items() if name == "stream"})
    elif type(ext_tensor).__name__ != "PyCapsule":
        raise TypeError(f"from_dlpack: a {type(ext_tensor).__name__} has no __dlpack__ and is no capsule")
    return _core("_from_dlpack")(capsule)
