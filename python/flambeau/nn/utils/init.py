"""skip_init: a module without the cost of drawing its parameters."""

from __future__ import annotations

import inspect
from typing import Any

from ..modules.module import Module


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Makes ``module_cls(*args, **kwargs)`` with uninitialized parameters.

    The class must take a ``device`` argument. RuntimeError when it does not or is no Module.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"skip_init: {module_cls} is no Module class")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"skip_init: {module_cls.__name__} has no argument named device")
    device = kwargs.pop("device", "cpu")
    return module_cls(*args, device="meta", **kwargs).to_empty(device=device)
