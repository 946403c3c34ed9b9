"""Tensors from one device to several and back. A device is "cpu"; an index is that of a GPU, and there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau


def device_of(name: str, device: Any) -> Any:
    """The device that is meant. RuntimeError for a GPU."""
    device = flambeau.device("cuda", device) if isinstance(device, int) else flambeau.device(device)
    if device.type == "cuda":
        raise RuntimeError(f"{name}: device {device} is asked for, there are no GPUs (cuda.is_available() is False)")
    return device


def broadcast(
    tensor: Any, devices: Sequence[Any] | None = None, *, out: Sequence[Any] | None = None
) -> tuple[Any, ...]:
    """The tensor on each device, or copied into each tensor of `out`."""
    if (devices is None) == (out is None):
        raise RuntimeError(f"broadcast: devices is {devices} and out is {out}; one of the two is wanted")
    if out is not None:
        return tuple(target.copy_(tensor) for target in out)
    assert devices is not None
    places = [device_of("broadcast", device) for device in devices]
    return tuple(tensor.to(place, copy=number > 0) for number, place in enumerate(places))


def broadcast_coalesced(
    tensors: Sequence[Any], devices: Sequence[Any], buffer_size: int = 10485760
) -> list[tuple[Any, ...]]:
    """All tensors on each device, as a list by device."""
    copies = [broadcast(tensor, devices) for tensor in tensors]
    return [tuple(copy[place] for copy in copies) for place in range(len(devices))]


def reduce_add(inputs: Sequence[Any], destination: Any = None) -> Any:
    """The sum of tensors of one shape, on one device."""
    shapes = {tuple(tensor.shape) for tensor in inputs}
    if len(shapes) != 1:
        raise ValueError(f"reduce_add: tensors of one shape are wanted, got {sorted(shapes)}")
    place = inputs[0].device if destination is None else device_of("reduce_add", destination)
    total = inputs[0].to(place, copy=True)
    for tensor in inputs[1:]:
        total = total + tensor.to(place)
    return total


def reduce_add_coalesced(
    inputs: Sequence[Sequence[Any]], destination: Any = None, buffer_size: int = 10485760
) -> tuple[Any, ...]:
    """The sums of the first tensors of each list, of the second ones, …"""
    return tuple(reduce_add(tensors, destination) for tensors in zip(*inputs, strict=True))


def scatter(
    tensor: Any,
    devices: Sequence[Any] | None = None,
    chunk_sizes: Sequence[int] | None = None,
    dim: int = 0,
    streams: Any = None,
    *,
    out: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """Cut a tensor along `dim`, in equal pieces or those of `chunk_sizes`, and put a piece on each device."""
    if out is not None:
        pieces = tensor.split([target.shape[dim] for target in out], dim)
        return tuple(target.copy_(piece) for target, piece in zip(out, pieces, strict=True))
    places = [device_of("scatter", device) for device in devices or ()]
    pieces = tensor.chunk(len(places), dim) if chunk_sizes is None else tensor.split(list(chunk_sizes), dim)
    return tuple(piece.to(place) for piece, place in zip(pieces, places, strict=False))


def gather(tensors: Sequence[Any], dim: int = 0, destination: Any = None, *, out: Any = None) -> Any:
    """Tensors joined along `dim` on one device, or into `out`."""
    if out is not None:
        return flambeau.cat(list(tensors), dim, out=out)
    place = device_of("gather", "cpu" if destination in (None, -1) else destination)
    return flambeau.cat([tensor.to(place) for tensor in tensors], dim)
