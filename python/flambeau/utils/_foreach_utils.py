"""Grouping of tensors for operators over lists."""

from __future__ import annotations

from typing import Any

__all__ = ["_group_tensors_by_device_and_dtype"]


def _get_foreach_kernels_supported_devices() -> list[str]:
    """Kinds of device for which optimizers of other libraries choose lists by themselves: none beside the CPU."""
    return []


def _get_fused_kernels_supported_devices() -> list[str]:
    """Kinds of device with fused steps of optimizers."""
    return ["cpu"]


def _device_has_foreach_support(device: Any) -> bool:
    return device.type == "cpu"


def _has_foreach_support(tensors: list[Any], device: Any) -> bool:
    return _device_has_foreach_support(device)


def _group_tensors_by_device_and_dtype(
    tensorlistlist: list[list[Any]], with_indices: bool = False
) -> dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]]:
    """Lists of one length cut into lists whose first one's tensors have one device and dtype.

    Args:
        tensorlistlist: the lists; those after the first may hold None.
        with_indices: say beside the lists which places they were.
    """
    length = len(tensorlistlist[0])
    groups: dict[tuple[Any, Any], tuple[list[list[Any]], list[int]]] = {}
    for place in range(length):
        first = tensorlistlist[0][place]
        lists, indices = groups.setdefault((first.device, first.dtype), ([[] for _ in tensorlistlist], []))
        for target, source in zip(lists, tensorlistlist, strict=True):
            if source:
                target.append(source[place])
        if with_indices:
            indices.append(place)
    return groups
