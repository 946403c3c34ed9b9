"""Truthful answers for devices that are not there: the functions that `cuda`, `xpu`, `mps` and `accelerator` share.

What a program calls behind a guard (`is_available`, `device_count`, `empty_cache`) answers; what needs the device
raises and says which name was called and what is there instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn


def refuse(module: str, name: str, what: str, error: type[Exception]) -> Callable[..., NoReturn]:
    """A function that says that `what` is not available."""

    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise error(
            f"{module}.{name}: {what} is not available here ({module}.is_available() is False); "
            "tensors live on device 'cpu'"
        )

    refused.__name__ = refused.__qualname__ = name
    refused.__module__ = f"flambeau.{module}"
    refused.__doc__ = f"Raises {error.__name__}: {what} is not available."
    return refused


def refuse_all(namespace: dict[str, Any], module: str, names: Iterable[str], what: str, error: type[Exception]) -> None:
    """Put a refusing function for each name into a module."""
    for name in names:
        namespace[name] = refuse(module, name, what, error)


def absent_class(module: str, name: str, what: str, error: type[Exception]) -> type:
    """A class for annotations and isinstance; making an object of it raises."""

    def construct(cls: type, *args: Any, **kwargs: Any) -> NoReturn:
        raise error(f"{module}.{name}: {what} is not available here")

    return type(
        name, (), {"__new__": construct, "__module__": f"flambeau.{module}", "__doc__": f"Not available: {what}."}
    )


class AbsentDeviceContext:
    """`with device(None)` or a negative index does nothing; a real index raises on entry."""

    kind = "cuda"
    error: type[Exception] = RuntimeError

    def __init__(self, device: Any) -> None:
        import flambeau

        if isinstance(device, str):
            device = flambeau.device(device)
        index = getattr(device, "index", device)
        self.idx = -1 if index is None and not hasattr(device, "type") else (index if index is not None else 0)

    def __enter__(self) -> None:
        if self.idx >= 0:
            raise self.error(f"{self.kind}.device: index {self.idx}, but there are 0 {self.kind} devices")

    def __exit__(self, *exception: object) -> None:
        pass


class AbsentStreamContext:
    """`with stream(None)` does nothing; there are no other streams."""

    def __init__(self, stream: Any = None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def check_device(kind: str, device: Any) -> None:
    """Refuse a device index; negative ones and None mean none."""
    import flambeau

    if isinstance(device, str):
        device = flambeau.device(device)
    index = device if isinstance(device, int) else getattr(device, "index", None)
    if (device is not None and index is None) or (index is not None and index >= 0):
        raise RuntimeError(f"{kind}.set_device: device {device!r}, but there are 0 {kind} devices")
