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


def to_dlpack(tensor: Any) -> Any:
    """A capsule that another library's ``from_dlpack`` takes once."""
    if not isinstance(tensor, flambeau.Tensor):
        raise TypeError(f"to_dlpack: a {type(tensor).__name__} is no tensor")
    return _C._to_dlpack(tensor)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor on the memory of another library's array, or of a capsule.

    Args:
        ext_tensor: an object with ``__dlpack__``, or a capsule.
        device: where it should be; None leaves it in place.
        copy: True always copies, False never does (and raises when it must), None copies when needed.
    """
    return _C.from_dlpack(ext_tensor, device=device, copy=copy)
