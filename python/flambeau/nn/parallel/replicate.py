"""Copies of a module for several devices."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ..modules.module import Module
from . import comm

__all__ = ["replicate"]


def replicate(network: Module, devices: Sequence[Any], detach: bool = False) -> list[Module]:
    """A copy of the module for each device.

    Gradients of the copies' parameters go to the module's own, unless `detach` cuts them off; so the copies' parameters
    are plain tensors and appear in no ``parameters()``.
    """
    places = [comm.device_of("replicate", device) for device in devices]

    def share(module: Module, place: Any) -> Module:
        twin = copy.copy(module)
        twin.__dict__ = dict(module.__dict__)
        for group in ("_parameters", "_buffers", "_modules"):
            twin.__dict__[group] = dict(module.__dict__[group])
        for name, child in module._modules.items():
            twin._modules[name] = None if child is None else share(child, place)
        for name, parameter in module._parameters.items():
            if parameter is None:
                continue
            del twin._parameters[name]
            value = parameter.detach() if detach else parameter.view_as(parameter)
            object.__setattr__(twin, name, value.to(place))
        for name, buffer in module._buffers.items():
            twin._buffers[name] = None if buffer is None else buffer.to(place)
        return twin

    return [share(network, place) for place in places]
