"""The functions that pickled tensors name: they put a tensor together again from its storage and its shape.

Plain pickle and `copy` call them with arguments of this process. `serialization/_rebuild.py` has the counterparts that
trust nothing, for files.
"""

from __future__ import annotations

from typing import Any

import flambeau


def _untyped(storage: Any) -> Any:
    return storage.untyped() if hasattr(storage, "untyped") else storage


def _rebuild_tensor(storage: Any, storage_offset: int, size: Any, stride: Any) -> Any:
    """A tensor on a typed storage."""
    untyped = _untyped(storage)
    empty = flambeau.empty(0, dtype=storage.dtype, device=untyped.device)
    return empty.set_(untyped, storage_offset, size, stride)


def _finish(tensor: Any, requires_grad: bool, hooks: Any, metadata: Any) -> Any:
    if metadata:
        from flambeau._tensor_pickle import apply_metadata

        tensor = apply_metadata(tensor, metadata)
    if requires_grad:
        tensor.requires_grad_(True)
    if hooks:
        tensor._backward_hooks = hooks
    return tensor


def _rebuild_tensor_v2(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Any:
    """A tensor whose element type is its storage's."""
    return _finish(_rebuild_tensor(storage, storage_offset, size, stride), requires_grad, backward_hooks, metadata)


def _rebuild_tensor_v3(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Any:
    """A tensor of any element type on raw bytes."""
    untyped = _untyped(storage)
    tensor = flambeau.empty(0, dtype=dtype, device=untyped.device).set_(untyped, storage_offset, size, stride)
    return _finish(tensor, requires_grad, backward_hooks, metadata)


def _rebuild_parameter(data: Any, requires_grad: bool, backward_hooks: Any) -> Any:
    """A `nn.Parameter`."""
    from flambeau.nn.parameter import Parameter

    parameter: Any = Parameter(data, requires_grad)
    if backward_hooks:
        parameter._backward_hooks = backward_hooks
    return parameter


def _rebuild_parameter_with_state(data: Any, requires_grad: bool, backward_hooks: Any, state: Any) -> Any:
    """A `nn.Parameter` that carries attributes."""
    return _set_obj_state(_rebuild_parameter(data, requires_grad, backward_hooks), state)


def _rebuild_meta_tensor_no_storage(dtype: Any, size: Any, stride: Any, requires_grad: bool) -> Any:
    """A tensor on the meta device."""
    return flambeau.empty_strided(size, stride, dtype=dtype, device="meta", requires_grad=requires_grad)


def _rebuild_wrapper_subclass(
    cls: Any, dtype: Any, size: Any, stride: Any, storage_offset: int, layout: Any, device: Any, requires_grad: bool
) -> Any:
    """A tensor without elements of its own, before it is given what it holds."""
    return flambeau.Tensor._make_wrapper_subclass(
        cls,
        size,
        strides=stride,
        storage_offset=storage_offset,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def _rebuild_device_tensor_from_cpu_tensor(data: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    """A tensor of a device whose storages are not written as they are."""
    return _finish(data.to(dtype=dtype, device=device), requires_grad, None, None)


def _rebuild_sparse_tensor(layout: Any, data: Any) -> Any:
    """A sparse tensor from its indices, values and shape."""
    from flambeau.serialization._rebuild import rebuild_sparse_tensor

    return rebuild_sparse_tensor(layout, data, check=False)


def _get_obj_state(obj: Any) -> Any:
    """The attributes of an object: its dict, with its slots beside it when it has any."""
    state = dict(getattr(obj, "__dict__", {}))
    slots = {}
    for cls in type(obj).__mro__:
        names = cls.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__") and hasattr(obj, name):
                slots[name] = getattr(obj, name)
    return (state, slots) if slots else state


def _set_obj_state(obj: Any, state: Any) -> Any:
    """Give an object the attributes that `_get_obj_state` answered with."""
    attributes, slots = state if isinstance(state, tuple) else (state, {})
    for name, value in (*(attributes or {}).items(), *(slots or {}).items()):
        setattr(obj, name, value)
    return obj


def _element_size(dtype: Any) -> int:
    """Bytes of an element of a type."""
    if not isinstance(dtype, flambeau.dtype):
        raise RuntimeError(f"_element_size: {dtype!r} is no dtype")
    return dtype.itemsize


def _get_available_device_type() -> str | None:
    """The kind of accelerator there is: none."""
    return None


def _get_device_module(device_type: str | None = None) -> Any:
    """The module of a kind of device, such as `flambeau.cpu`."""
    module = getattr(flambeau, device_type or "cpu", None)
    if module is None:
        raise RuntimeError(f"_get_device_module: there is no module for device {device_type!r}")
    return module


def _get_device_index(device: Any, optional: bool = False, allow_cpu: bool = False) -> int:
    """The index of a device, given as one, as text or as an index; -1 for the CPU if that is allowed."""
    if isinstance(device, str):
        device = flambeau.device(device)
    if isinstance(device, flambeau.device):
        if device.type == "cpu":
            if allow_cpu:
                return -1
            raise ValueError(f"_get_device_index: expected a non cpu device, but got: {device}")
        device = device.index
    if device is None:
        if optional:
            raise RuntimeError("_get_device_index: there is no current accelerator")
        raise ValueError("_get_device_index: a device with an index is wanted, got None")
    return int(device)


def _flatten_dense_tensors(tensors: Any) -> Any:
    """The elements of tensors of one type in one vector."""
    return flambeau.cat([tensor.reshape(-1) for tensor in tensors])


def _unflatten_dense_tensors(flat: Any, tensors: Any) -> tuple[Any, ...]:
    """A vector cut into tensors of the shapes of the given."""
    pieces = flat.split([tensor.numel() for tensor in tensors])
    return tuple(piece.view_as(tensor) for piece, tensor in zip(pieces, tensors, strict=True))


class classproperty:
    """A property of a class."""

    def __init__(self, func: Any) -> None:
        self.func = func

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.func(owner)
