"""`flambeau.backends`: switches that programs set, one module for each library or device.

A switch keeps what was set; those of absent devices change nothing.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

_MODULES = ("cpu", "cuda", "cudnn", "mha", "mkl", "mkldnn", "mps", "nnpack", "openmp", "opt_einsum", "quantized")
fp32_precision = "none"


def disable_global_flags() -> None:
    """PyTorch forbids setting switches from here on; Flambeau leaves them settable."""


def flags_frozen() -> bool:
    """False: switches stay settable."""
    return False


@contextlib.contextmanager
def keeping(module: ModuleType, **values: Any) -> Iterator[None]:
    """Context in which a module's switches have the given values; None leaves one as it is."""
    changed = {name: value for name, value in values.items() if value is not None}
    before = {name: getattr(module, name) for name in changed}
    try:
        for name, value in changed.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


@contextlib.contextmanager
def __allow_nonbracketed_mutation() -> Iterator[None]:
    """A context in which switches may be set from anywhere, as they always may here."""
    yield


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
