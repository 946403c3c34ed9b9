"""Choice of the implementation behind scaled_dot_product_attention.

There is one implementation, memory-linear in the sequence length, for every backend named here: the context manager
is accepted and remembered, and changes no result. `flex_attention`, `bias` and `varlen` are loaded when asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

__all__ = [
    "WARN_FOR_UNFUSED_KERNELS",
    "SDPBackend",
    "activate_flash_attention_impl",
    "current_flash_attention_impl",
    "list_flash_attention_impls",
    "register_flash_attention_impl",
    "restore_flash_attention_impl",
    "sdpa_kernel",
]


class SDPBackend(IntEnum):
    """Names of attention implementations, with PyTorch's numbers."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


WARN_FOR_UNFUSED_KERNELS = False
_enabled: list[SDPBackend] = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
    SDPBackend.CUDNN_ATTENTION,
]


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    return list(_enabled)


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[dict[Any, Any]]:
    """Restricts attention to the given backend or backends within the block.

    Raises AssertionError for anything but an SDPBackend or a list of them.
    """
    global _enabled
    if isinstance(backends, SDPBackend):
        backends = [backends]
    if not isinstance(backends, list | tuple) or not all(isinstance(b, SDPBackend) for b in backends):
        raise AssertionError(f"sdpa_kernel: backends must be an SDPBackend or a list of them, got {backends!r}")
    before = _enabled
    _enabled = list(dict.fromkeys(backends))
    try:
        yield {}
    finally:
        _enabled = before


# --- implementations of other packages -------------------------------------------------------------------------------
_implementations: dict[str, Callable[..., Any]] = {}
_active: str | None = None
_KNOWN = ("FA3", "FA4")  # those that PyTorch names; they run on GPUs


def register_flash_attention_impl(impl: str, *, register_fn: Callable[..., Any]) -> None:
    """Name an implementation of flash attention; `register_fn` is called when it is activated."""
    _implementations[impl] = register_fn


def list_flash_attention_impls() -> list[str]:
    """The names that `activate_flash_attention_impl` knows."""
    return sorted({*_KNOWN, *_implementations})


def activate_flash_attention_impl(impl: str) -> None:
    """Use an implementation that was registered.

    Raises:
        ValueError: the name is not known.
        NotImplementedError: it is one of those for GPUs.
    """
    global _active
    if impl in _implementations:
        _implementations[impl]()
        _active = impl
        return
    if impl in _KNOWN:
        raise NotImplementedError(
            f"activate_flash_attention_impl: {impl} runs on GPUs, and there are none here; "
            "scaled_dot_product_attention has one implementation, which needs no activation"
        )
    raise ValueError(f"activate_flash_attention_impl: {impl!r} is not known; {list_flash_attention_impls()} are")


def current_flash_attention_impl() -> str | None:
    """The one that was activated last, or None."""
    return _active


def restore_flash_attention_impl(_raise_warn: bool = True) -> None:
    """Back to the implementation that is there without activation."""
    global _active
    _active = None


def __getattr__(name: str) -> Any:
    if name in ("bias", "flex_attention", "varlen"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
