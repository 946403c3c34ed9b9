"""Conversion of convolution weights to a memory format."""

from __future__ import annotations

from typing import Any

import flambeau


def _convert(module: Any, memory_format: Any, kinds: tuple[Any, ...]) -> Any:
    for part in module.modules():
        if isinstance(part, kinds):
            part.weight.data = part.weight.detach().clone(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Weights of all Conv2d and ConvTranspose2d in ``module`` in another memory format."""
    return _convert(module, memory_format, (flambeau.nn.Conv2d, flambeau.nn.ConvTranspose2d))


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Weights of all Conv3d and ConvTranspose3d in ``module`` in another memory format."""
    return _convert(module, memory_format, (flambeau.nn.Conv3d, flambeau.nn.ConvTranspose3d))
