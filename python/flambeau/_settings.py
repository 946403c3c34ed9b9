"""Switches of the library: determinism, precision, warnings, the default type and device."""

from __future__ import annotations

from typing import Any

from flambeau import _C
from flambeau._device import get_default_device, set_default_device

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_float32_matmul_precision",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_default_device",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_deterministic = [False, False]


_precision = ["highest"]


_warn_always = [False]


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Equal results on every run. Flambeau's kernels give the same bits at any number of threads anyway."""
    for argument, value in (("mode", mode), ("warn_only", warn_only)):
        if not isinstance(value, bool):
            raise TypeError(
                f"use_deterministic_algorithms: argument {argument!r} must be bool, not {type(value).__name__}"
            )
    _deterministic[:] = [bool(mode), bool(warn_only)]


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` is on."""
    return _deterministic[0]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it only warns."""
    return _deterministic[1]


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: off, warn, error."""
    return (2 - _deterministic[1]) if _deterministic[0] else 0


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by number or name: 0 "default", 1 "warn", 2 "error"."""
    names = ("default", "warn", "error")
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in names:
            raise RuntimeError(f"set_deterministic_debug_mode: expected one of {names}, but got {debug_mode!r}")
        debug_mode = names.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"set_deterministic_debug_mode: expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def set_float32_matmul_precision(precision: str) -> None:
    """How exact float32 products are: 'highest', 'high' or 'medium'. On the CPU they are always exact."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"set_float32_matmul_precision: {precision!r} is not one of 'highest', 'high', 'medium'")
    _precision[0] = precision


def get_float32_matmul_precision() -> str:
    """The setting of `set_float32_matmul_precision`."""
    return _precision[0]


def set_warn_always(b: bool) -> None:
    """Show warnings each time rather than once."""
    _warn_always[0] = bool(b)
    _C._set_warn_always(bool(b))


def is_warn_always_enabled() -> bool:
    """Whether warnings are shown each time."""
    return _warn_always[0]


def set_flush_denormal(mode: bool) -> bool:
    """Ask for denormal numbers to be taken as zero; not supported, so False."""
    return False


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by the name of a tensor type."""
    from flambeau._tensor import LEGACY_TYPES

    name = t if isinstance(t, str) else getattr(t, "__name__", "")
    if isinstance(t, _C.dtype) or name.rsplit(".", 1)[-1] not in LEGACY_TYPES:
        raise TypeError(
            f"set_default_tensor_type: expected a tensor type such as torch.DoubleTensor or its name, got {t!r}; "
            "set_default_dtype takes a dtype"
        )
    _C.set_default_dtype(getattr(_C, LEGACY_TYPES[name.rsplit(".", 1)[-1]]))


def get_device_module(device: Any = None) -> Any:
    """The module of a device type: `flambeau.cpu`, `flambeau.cuda`."""
    import flambeau

    kind = "cpu" if device is None else _C.device(device).type if isinstance(device, str) else device.type
    return getattr(flambeau, kind)
