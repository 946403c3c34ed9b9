"""flambeau.nn: neural network modules, their functions, initializers and utilities.

``grad`` and ``attention`` are loaded when asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import functional, init, modules, utils
from .modules import *  # noqa: F403
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    "Buffer",
    "DataParallel",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "attention",
    "functional",
    "grad",
    "init",
    "modules",
    "parallel",
    "utils",
]
__all__ += modules.__all__

_LAZY = frozenset(("attention", "grad", "intrinsic", "parallel", "qat", "quantizable", "quantized"))


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "DataParallel":
        from .parallel import DataParallel

        return DataParallel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The entries of ``kwargs`` that tensor factories take: device, dtype, memory_format. TypeError for others."""
    if kwargs is None:
        return {}
    known = {"device", "dtype", "memory_format"}
    chosen = dict(kwargs.get("factory_kwargs", {}))
    for name, value in kwargs.items():
        if name == "factory_kwargs":
            continue
        if name not in known:
            raise TypeError(f"unexpected kwargs {name!r}")
        if name in chosen:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        chosen[name] = value
    return chosen
