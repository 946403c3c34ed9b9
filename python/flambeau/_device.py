"""The default device: `set_default_device` and `with device:`. Factories ask for it through a function mode."""

from __future__ import annotations

from typing import Any

from flambeau import _C

_stack: list[Any] = []
_FACTORIES = frozenset(
    [
        "empty",
        "zeros",
        "ones",
        "full",
        "rand",
        "randn",
        "randint",
        "randperm",
        "arange",
        "range",
        "linspace",
        "logspace",
        "eye",
        "tensor",
        "as_tensor",
        "empty_strided",
        "scalar_tensor",
        "tril_indices",
        "triu_indices",
        "hann_window",
        "hamming_window",
        "bartlett_window",
        "blackman_window",
        "kaiser_window",
        "normal",
        "fft_fftfreq",
        "fft_rfftfreq",
        "asarray",
        "complex_tensor",
        "vander",
    ]
)


class _DeviceMode:
    """Adds `device=` to calls of factories that name none."""

    def __init__(self, device: Any) -> None:
        self.device = device

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in _FACTORIES and kwargs.get("device") is None:
            kwargs["device"] = self.device
        return func(*args, **kwargs)


def push(device: Any) -> Any:
    """Enter a device context."""
    _stack.append(device)
    _C._push_on_torch_function_stack(_DeviceMode(device))
    return device


def pop() -> None:
    """Leave the innermost device context."""
    _stack.pop()
    _C._pop_torch_function_stack()


_default: Any = None


def set_default_device(device: Any) -> None:
    """Make new tensors on `device`; None goes back to the CPU."""
    global _default
    if _default is not None:
        _C._pop_torch_function_stack()
        _default = None
    if device is not None:
        device = _C.device(device) if not isinstance(device, _C.device) else device
        if device.type != "cpu":
            _C._push_on_torch_function_stack(_DeviceMode(device))
            _default = device


def get_default_device() -> Any:
    """The device that new tensors are made on."""
    if _stack:
        return _stack[-1]
    return _default if _default is not None else _C.device("cpu")
