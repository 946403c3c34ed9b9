"""The context in which operators choose their dtype: matrix products low, sums and losses high.

Which operator does what stands with the operators; this file only switches.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["autocast", "autocast_decorator", "custom_bwd", "custom_fwd", "is_autocast_available"]

_DEVICE_TYPES = ("cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla", "meta", "privateuseone", "maia", "ipu")


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` knows this kind of device."""
    return device_type in ("cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla", "maia", "ipu")


def autocast_decorator(autocast_instance: Any, func: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run inside the context."""

    @functools.wraps(func)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with autocast_instance:
            return func(*args, **kwargs)

    return inside


class autocast:
    """Context manager and decorator that runs operators in a lower precision where that is safe.

        >>> with flambeau.autocast("cpu"):
        ...     (flambeau.ones(2, 2) @ flambeau.ones(2, 2)).dtype
        torch.bfloat16

    Args:
        device_type: of the tensors, ``"cpu"`` or ``"cuda"``.
        dtype: the lower precision, bfloat16 or float16; by default bfloat16 on the CPU.
        enabled: False makes a region inside another one keep its precision.
        cache_enabled: convert a parameter once in a region, not at each use.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"autocast: device_type is a {type(device_type).__name__}, a name such as 'cpu' is wanted")
        device_type = device_type.split(":")[0]
        if device_type not in _DEVICE_TYPES:
            raise RuntimeError(f"autocast: device_type is {device_type!r}, one of {', '.join(_DEVICE_TYPES)} is wanted")
        if not is_autocast_available(device_type):
            raise RuntimeError(f"autocast: there is no lower precision for {device_type!r} tensors")
        self.device = device_type
        if dtype is None:
            dtype = _C.get_autocast_dtype(device_type) if device_type == "cpu" else flambeau.float16
        self.fast_dtype = dtype
        if cache_enabled is None:
            cache_enabled = _C.is_autocast_cache_enabled()
        self._cache_enabled = cache_enabled
        if device_type == "cpu":
            if enabled and dtype not in (flambeau.bfloat16, flambeau.float16):
                warnings.warn(
                    f"autocast: dtype is {dtype}; on the CPU bfloat16 and float16 are understood, so nothing is cast",
                    stacklevel=2,
                )
                enabled = False
        elif enabled and not _available(device_type):
            warnings.warn(f"autocast: there is no {device_type} device here, so nothing is cast", stacklevel=2)
            enabled = False
        self._enabled = enabled

    def __enter__(self) -> autocast:
        self.prev_cache_enabled = _C.is_autocast_cache_enabled()
        self.prev = _C.is_autocast_enabled(self.device)
        self.prev_fastdtype = _C.get_autocast_dtype(self.device)
        _C.set_autocast_enabled(self.device, self._enabled)
        _C.set_autocast_dtype(self.device, self.fast_dtype)
        _C.autocast_increment_nesting()
        _C.set_autocast_cache_enabled(self._cache_enabled)
        return self

    def __exit__(self, *error: Any) -> None:
        # Converted parameters live until the outermost region ends.
        if _C.autocast_decrement_nesting() == 0:
            _C.clear_autocast_cache()
        _C.set_autocast_enabled(self.device, self.prev)
        _C.set_autocast_dtype(self.device, self.prev_fastdtype)
        _C.set_autocast_cache_enabled(self.prev_cache_enabled)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return autocast_decorator(self, func)


def _available(device_type: str) -> bool:
    module = getattr(flambeau, device_type, None)
    return module is not None and bool(getattr(module, "is_available", lambda: False)())


def _cast(value: Any, device_type: str, dtype: Any) -> Any:
    """All float tensors of a kind of device in a structure, in another dtype; float64 stays."""
    if isinstance(value, flambeau.Tensor):
        fits = value.is_floating_point() and value.device.type == device_type and value.dtype is not flambeau.float64
        return value.to(dtype) if fits else value
    if isinstance(value, (str, bytes)):
        return value
    if isinstance(value, Mapping):
        return {_cast(k, device_type, dtype): _cast(v, device_type, dtype) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_cast(item, device_type, dtype) for item in value]
        return type(value)(items) if type(value) in (list, tuple) else items
    return value


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Any:
    """Decorator for the ``forward`` of an ``autograd.Function`` used inside `autocast`.

    Args:
        fwd: the method.
        device_type: of the tensors.
        cast_inputs: if given, inputs are converted to this dtype and the method runs without autocast.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"custom_fwd: device_type is a {type(device_type).__name__}, a name such as 'cpu' is wanted")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def forward(*args: Any, **kwargs: Any) -> Any:
        args[0]._dtype = _C.get_autocast_dtype(device_type)
        active = _C.is_autocast_enabled(device_type)
        if cast_inputs is None:
            args[0]._fwd_used_autocast = active
            return fwd(*args, **kwargs)
        args[0]._fwd_used_autocast = False
        if not active:
            return fwd(*args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(*_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return forward


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """Decorator for the ``backward`` that belongs to a `custom_fwd`: it runs with the forward's autocast state."""
    if not isinstance(device_type, str):
        raise ValueError(f"custom_bwd: device_type is a {type(device_type).__name__}, a name such as 'cpu' is wanted")
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def backward(*args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return backward
