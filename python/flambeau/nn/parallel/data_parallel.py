"""`DataParallel`: a batch spread over GPUs. There are none, so the module runs on the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..modules.module import Module

__all__ = ["DataParallel", "data_parallel"]


class DataParallel(Module):
    """Wraps a module as ``.module``, so that checkpoints have their ``module.`` prefix, and runs it.

    Args:
        module: what is run.
        device_ids, output_device, dim: where a batch would be spread, gathered and cut; without GPUs of no effect.
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """`DataParallel` for one call: the module's result for the inputs, a tuple or one value."""
    if device_ids:
        from .comm import device_of

        for device in device_ids:
            device_of("data_parallel", device)
    given = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*given, **(module_kwargs or {}))
