"""Data parallelism inside one process: without several GPUs the module simply runs."""

from __future__ import annotations

from typing import Any

from .modules.module import Module


class DataParallel(Module):
    """Wraps a module as ``.module`` (so that checkpoints have their ``module.`` prefix) and runs it.

    There are no GPUs to spread a batch over yet: more than one device id raises NotImplementedError.
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        if device_ids is not None and len(device_ids) > 1:
            raise NotImplementedError(
                f"DataParallel: {len(device_ids)} devices are asked for; device_ids=None runs on one"
            )
        self.module = module
        self.device_ids: list[Any] = []
        self.output_device = output_device
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Data parallelism over processes; not there yet."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("DistributedDataParallel is not implemented; train in one process")
