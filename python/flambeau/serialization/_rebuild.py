"""Tensors and small objects out of the checked parts that a file gives.

Each function is the handler of one name in the table of `_names.py`: it believes nothing about its arguments. Shapes
and strides are checked against the storage before a tensor is made, so that no view reaches outside its bytes.
"""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Any

import flambeau
from flambeau.storage import TypedStorage, UntypedStorage

MAX_DIMS = 64
LIMIT = 1 << 63


def parameter_class() -> Any:
    """`flambeau.nn.Parameter`, without loading the rest of `nn` where its module stands alone."""
    from flambeau.nn.parameter import Parameter

    return Parameter


def integers(values: Any, what: str) -> tuple[int, ...]:
    """`values` as a tuple of integers that fit a tensor's 64 bits."""
    if not isinstance(values, (tuple, list)):
        raise UnpicklingError(f"{what} is a {type(values).__name__}, not a tuple")
    if len(values) > MAX_DIMS:
        raise UnpicklingError(f"{what} has {len(values)} dimensions; at most {MAX_DIMS} are possible")
    for value in values:
        if type(value) is not int or not 0 <= value < LIMIT:
            raise UnpicklingError(f"{what} {tuple(values)!r:.200} holds something other than numbers from 0 to 2**63-1")
    return tuple(values)


def check_view(sizes: tuple[int, ...], strides: tuple[int, ...], offset: Any, available: int) -> None:
    """Refuse a view that does not lie within `available` elements."""
    if len(sizes) != len(strides):
        raise UnpicklingError(f"shape {sizes} and strides {strides} differ in length")
    if type(offset) is not int or not 0 <= offset < LIMIT:
        raise UnpicklingError(f"storage offset {offset!r:.80}")
    count = 1
    for size in sizes:
        count *= size
    if count >= LIMIT:
        raise UnpicklingError(f"shape {sizes} has more than 2**63-1 elements")
    if count:
        last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
        if last >= available:
            raise UnpicklingError(
                f"a view of shape {sizes}, strides {strides} and offset {offset} ends at element "
                f"{last}, its storage has {available}"
            )
    elif offset > available:
        raise UnpicklingError(f"storage offset {offset} of an empty view; its storage has {available} elements")


def _make(storage: Any, dtype: Any, offset: Any, size: Any, stride: Any) -> Any:
    if not isinstance(storage, (TypedStorage, UntypedStorage)):
        raise UnpicklingError(f"a tensor on a {type(storage).__name__}, which is not a storage of this file")
    if not isinstance(dtype, flambeau.dtype):
        raise UnpicklingError(f"a tensor whose dtype is a {type(dtype).__name__}")
    sizes, strides = integers(size, "shape"), integers(stride, "strides")
    untyped = storage.untyped() if isinstance(storage, TypedStorage) else storage
    check_view(sizes, strides, offset, untyped.nbytes() // dtype.itemsize)
    return flambeau.empty(0, dtype=dtype, device=untyped.device).set_(untyped, offset, sizes, strides)


def _finish(tensor: Any, requires_grad: Any, metadata: Any) -> Any:
    if type(requires_grad) is not bool:
        raise UnpicklingError(f"requires_grad is a {type(requires_grad).__name__}")
    if metadata:
        if not isinstance(metadata, dict):
            raise UnpicklingError(f"tensor metadata is a {type(metadata).__name__}")
        from flambeau._tensor_pickle import apply_metadata

        tensor = apply_metadata(tensor, metadata)
    if requires_grad:
        if not (tensor.dtype.is_floating_point or tensor.dtype.is_complex):
            raise UnpicklingError(f"a tensor of {tensor.dtype} that requires gradients")
        tensor.requires_grad_(True)
    return tensor


def rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any) -> Any:
    return _make(storage, getattr(storage, "dtype", None), offset, size, stride)


def rebuild_tensor_v2(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, metadata: Any = None
) -> Any:
    return _finish(rebuild_tensor(storage, offset, size, stride), requires_grad, metadata)


def rebuild_tensor_v3(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, metadata: Any = None
) -> Any:
    return _finish(_make(storage, dtype, offset, size, stride), requires_grad, metadata)


def rebuild_parameter(data: Any, requires_grad: Any, hooks: Any) -> Any:
    if not isinstance(data, flambeau.Tensor) or type(requires_grad) is not bool:
        raise UnpicklingError(f"a parameter on a {type(data).__name__}")
    if requires_grad and not (data.dtype.is_floating_point or data.dtype.is_complex):
        raise UnpicklingError(f"a parameter of {data.dtype} that requires gradients")
    return parameter_class()(data, requires_grad)


def rebuild_parameter_with_state(data: Any, requires_grad: Any, hooks: Any, state: Any) -> Any:
    parameter = rebuild_parameter(data, requires_grad, hooks)
    add_attributes(parameter, state)
    return parameter


def rebuild_meta_tensor_no_storage(dtype: Any, size: Any, stride: Any, requires_grad: Any) -> Any:
    if not isinstance(dtype, flambeau.dtype):
        raise UnpicklingError(f"a meta tensor whose dtype is a {type(dtype).__name__}")
    sizes, strides = integers(size, "shape"), integers(stride, "strides")
    check_view(sizes, strides, 0, LIMIT // dtype.itemsize)
    return _finish(flambeau.empty_strided(sizes, strides, dtype=dtype, device="meta"), requires_grad, None)


def rebuild_device_tensor_from_cpu_tensor(data: Any, dtype: Any, target: Any, requires_grad: Any) -> Any:
    if not isinstance(data, flambeau.Tensor) or not isinstance(dtype, flambeau.dtype) or type(target) is not str:
        raise UnpicklingError("a device tensor without tensor, dtype and device")
    return _finish(data.to(dtype=dtype, device=device(target)), requires_grad, None)


def rebuild_sparse_tensor(kind: Any, data: Any, check: bool = True) -> Any:
    if type(data) is not tuple or not 3 <= len(data) <= 5:
        raise UnpicklingError("a sparse tensor without its parts")
    name = str(kind).rpartition(".")[2]
    maker = getattr(flambeau, "sparse_coo_tensor" if name == "sparse_coo" else "sparse_compressed_tensor", None)
    if maker is None or not name.startswith("sparse_"):
        raise UnpicklingError(
            f"Flambeau cannot load tensors of layout {name!r}; convert them with to_dense() before saving"
        )
    if name == "sparse_coo":
        tensors, shape = data[:2], data[2]
    else:
        tensors, shape = data[:3], data[3] if len(data) > 3 else None
    if not all(isinstance(part, flambeau.Tensor) for part in tensors):
        raise UnpicklingError("a sparse tensor whose indices or values are not tensors")
    sizes = integers(tuple(shape), "shape") if isinstance(shape, tuple) else None
    if sizes is None:
        raise UnpicklingError("a sparse tensor without a shape")
    if name == "sparse_coo":
        result = maker(*tensors, sizes, check_invariants=check)
        if len(data) > 3 and data[3] is True:
            result = result._coalesced_(True) if hasattr(result, "_coalesced_") else result.coalesce()
        return result
    return maker(*tensors, sizes, layout=kind, check_invariants=check)


def rebuild_from_type(function: Any, cls: Any, arguments: Any, state: Any) -> Any:
    """Stands for `torch._tensor._rebuild_from_type_v2`; the table of the load answers for it."""
    raise UnpicklingError("_rebuild_from_type_v2 outside of a load")


def size(values: Any = ()) -> Any:
    return flambeau.Size(integers(values, "size"))


def device(kind: Any, index: Any = None) -> Any:
    if type(kind) is not str or len(kind) > 64 or not (index is None or type(index) is int):
        raise UnpicklingError(f"device of {kind!r:.80}, {index!r:.80}")
    try:
        return flambeau.device(kind) if index is None else flambeau.device(kind, index)
    except RuntimeError as error:
        raise UnpicklingError(f"device {kind!r}: {error}") from None


def layout(name: Any) -> Any:
    short = name.removeprefix("torch.") if type(name) is str else ""
    found = getattr(flambeau, short, None) if short.startswith(("strided", "sparse_", "_mkldnn", "jagged")) else None
    if found is None or not isinstance(found, flambeau.layout):
        raise UnpicklingError(f"layout {name!r:.80} is not known")
    return found


def generator(where: Any = None) -> Any:
    if where is None:
        return flambeau.Generator()
    if not isinstance(where, flambeau.device):
        raise UnpicklingError(f"a generator on a {type(where).__name__}")
    return flambeau.Generator(device=where)


def generator_state(instance: Any, state: Any) -> Any:
    if type(state) is not tuple or len(state) != 3:
        raise UnpicklingError("generator state without its three parts")
    seed, offset, data = state
    if type(seed) is not int or not -LIMIT <= seed < 2 * LIMIT or not isinstance(data, flambeau.Tensor):
        raise UnpicklingError("generator state without seed and tensor")
    try:
        instance.manual_seed(seed)
        if type(offset) is int and hasattr(instance, "set_offset"):
            instance.set_offset(offset)
        instance.set_state(data)
    except (RuntimeError, TypeError) as error:
        raise UnpicklingError(f"generator state: {error}") from None
    return instance


def add_attributes(instance: Any, state: Any) -> None:
    """Put plain attributes on an object; names that its class already uses are refused."""
    if type(state) is tuple and len(state) == 2 and type(state[0]) is dict and not state[1]:
        state = state[0]
    if not isinstance(state, dict):
        raise UnpicklingError(f"state for a {type(instance).__name__} that is a {type(state).__name__}, not a dict")
    for name in state:
        if type(name) is not str or name.startswith("__") or hasattr(type(instance), name):
            raise UnpicklingError(f"state for a {type(instance).__name__} that would replace {name!r:.80}")
    instance.__dict__.update(state)
