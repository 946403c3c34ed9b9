"""Pickling and deep copies of tensors: the reductions that `Tensor.__reduce_ex__` and `__deepcopy__` answer with.

Reductions name the functions of `_utils.py`, as PyTorch's do, so that files carry over.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C, _tensor, _utils


def metadata_of(tensor: Any) -> dict[str, bool]:
    """The lazy conjugation and negation that a tensor carries."""
    metadata = {}
    if tensor.dtype.is_complex and tensor.is_conj():
        metadata["conj"] = True
    if tensor.is_neg():
        metadata["neg"] = True
    return metadata


def apply_metadata(tensor: Any, metadata: dict[str, Any]) -> Any:
    """The tensor with the lazy conjugation and negation that `metadata_of` found."""
    unknown = set(metadata) - {"conj", "neg"}
    if unknown:
        raise ValueError(f"tensor metadata {sorted(map(str, unknown))} is not known; conj and neg are")
    if metadata.get("conj"):
        tensor = tensor.conj()
    if metadata.get("neg"):
        tensor = flambeau._neg_view(tensor)
    return tensor


def _state_of(tensor: Any, ignored: tuple[str, ...] = ()) -> Any:
    if type(tensor).__getstate__ is not object.__getstate__:  # a subclass that says itself what belongs to it
        return tensor.__getstate__()
    state = _utils._get_obj_state(tensor)
    if isinstance(state, tuple):
        return state
    return {name: value for name, value in state.items() if name not in ignored}


def reduce_tensor(tensor: Any, protocol: int = 2, *, as_bytes: bool = False, for_file: bool = False) -> tuple[Any, ...]:
    """What `Tensor.__reduce_ex__` answers.

    `as_bytes` names the storage without an element type; `for_file` writes the class even where it is Tensor itself,
    as PyTorch's files do.
    """
    plain = _reduce_data(tensor, as_bytes)
    state = _state_of(tensor)
    if type(tensor) is flambeau.Tensor and not state:
        return plain
    function, arguments = plain
    if type(tensor) is flambeau.Tensor and not for_file:
        return _rebuild_with_state, (function, arguments, state)
    return _rebuild_from_type_v2, (function, type(tensor), arguments, state)


def _reduce_data(tensor: Any, as_bytes: bool) -> tuple[Any, ...]:
    if _C._holds_no_bytes(tensor):
        return _utils._rebuild_wrapper_subclass, (
            type(tensor),
            tensor.dtype,
            tuple(tensor.size()),
            tuple(tensor.stride()),
            tensor.storage_offset(),
            tensor.layout,
            tensor.device,
            tensor.requires_grad,
        )
    if tensor.layout != flambeau.strided:
        return _utils._rebuild_sparse_tensor, (tensor.layout, _sparse_parts(tensor))
    size, stride = tuple(tensor.size()), tuple(tensor.stride())
    if tensor.device.type == "meta":
        return _utils._rebuild_meta_tensor_no_storage, (tensor.dtype, size, stride, tensor.requires_grad)
    from flambeau.serialization._names import STORAGE_OF_DTYPE
    from flambeau.storage import TypedStorage

    untyped = tensor.untyped_storage()
    metadata = metadata_of(tensor)
    hooks: OrderedDict[Any, Any] = OrderedDict()
    view = (tensor.storage_offset(), size, stride, tensor.requires_grad, hooks)
    extra = (metadata,) if metadata else ()
    if as_bytes or dtype_name(tensor.dtype) not in STORAGE_OF_DTYPE:
        return _utils._rebuild_tensor_v3, (untyped, *view, tensor.dtype, *extra)
    typed = TypedStorage(wrap_storage=untyped, dtype=tensor.dtype, _internal=True)
    return _utils._rebuild_tensor_v2, (typed, *view, *extra)


def _sparse_parts(tensor: Any) -> tuple[Any, ...]:
    if tensor.layout == flambeau.sparse_coo:
        return tensor._indices(), tensor._values(), tensor.size(), tensor.is_coalesced()
    if tensor.layout in (flambeau.sparse_csr, flambeau.sparse_bsr):
        return tensor.crow_indices(), tensor.col_indices(), tensor.values(), tensor.size()
    return tensor.ccol_indices(), tensor.row_indices(), tensor.values(), tensor.size()


def reduce_parameter(parameter: Any, protocol: int = 2) -> tuple[Any, ...]:
    """What `nn.Parameter.__reduce_ex__` answers."""
    state = _state_of(parameter)
    arguments: tuple[Any, ...] = (parameter.data, parameter.requires_grad, OrderedDict())
    if not state:
        return _utils._rebuild_parameter, arguments
    return _utils._rebuild_parameter_with_state, (*arguments, state)


def _rebuild_from_type_v2(function: Callable[..., Any], cls: type, arguments: tuple[Any, ...], state: Any) -> Any:
    """A tensor of a subclass, or one with attributes."""
    result = function(*arguments)
    if type(result) is not cls:
        result = result.as_subclass(cls)
    setter = getattr(cls, "__setstate__", None)
    if setter is not None and setter is not getattr(flambeau.Tensor, "__setstate__", None):
        result.__setstate__(state)
        return result
    return _utils._set_obj_state(result, state) if state else result


def _rebuild_with_state(function: Callable[..., Any], arguments: tuple[Any, ...], state: Any) -> Any:
    """A plain tensor with attributes."""
    return _utils._set_obj_state(function(*arguments), state)


_rebuild_from_type_v2.__module__ = "flambeau._tensor_pickle"
_tensor.__dict__["_rebuild_from_type_v2"] = _rebuild_from_type_v2  # programs look for it there


def dtype_name(dtype: Any) -> str:
    """The name of an element type: "float32"."""
    return str(dtype).rpartition(".")[2]


def small_reducers() -> dict[type, Callable[[Any], Any]]:
    """Reductions of the small types of the core, by type."""
    from flambeau.serialization._rebuild import layout as layout_from_name

    return {
        flambeau.dtype: dtype_name,
        flambeau.memory_format: dtype_name,
        flambeau.device: lambda device: (
            flambeau.device,
            (device.type,) if device.index is None else (device.type, device.index),
        ),
        flambeau.Size: lambda size: (flambeau.Size, (tuple(size),)),
        flambeau.layout: lambda layout: (layout_from_name, (str(layout),)),
        flambeau.Generator: _reduce_generator,
    }


def _reduce_generator(generator: Any) -> tuple[Any, ...]:
    return (flambeau.Generator, (generator.device,), (generator.initial_seed(), None, generator.get_state()))


def _core_value(name: str) -> Any:
    """A constant of the package: a dtype, a layout, a memory format."""
    return getattr(flambeau, name)


def _core_object(name: str, arguments: tuple[Any, ...]) -> Any:
    """A small object of the core from its arguments."""
    return getattr(flambeau, name)(*arguments)


def _generator_with_state(device: str, seed: int, state: Any) -> Any:
    generator = flambeau.Generator(device=device)
    generator.manual_seed(seed)
    generator.set_state(state)
    return generator


def register_with_copyreg() -> None:
    """Teach plain `pickle` and `copy` the small types of the core.

    The core gives its types PyTorch's names, under which plain pickle would look for PyTorch; these reductions name
    this package instead.
    """
    import copyreg

    def constant(value: Any) -> tuple[Any, ...]:
        return _core_value, (dtype_name(value),)

    def generator(value: Any) -> tuple[Any, ...]:
        return _generator_with_state, (str(value.device), value.initial_seed(), value.get_state())

    for kind in (flambeau.dtype, flambeau.layout, flambeau.memory_format):
        copyreg.pickle(kind, constant)
    copyreg.pickle(flambeau.device, lambda value: (_core_object, ("device", (str(value),))))
    copyreg.pickle(flambeau.Size, lambda value: (_core_object, ("Size", (tuple(value),))))
    copyreg.pickle(flambeau.Generator, generator)


def deepcopy_tensor(tensor: Any, memo: dict[int, Any]) -> Any:
    """What `Tensor.__deepcopy__` answers: a copy with a storage of its own, shared among copies as among originals."""
    if id(tensor) in memo:
        return memo[id(tensor)]
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "deepcopy: this tensor is the result of an operation and carries its graph, which cannot be "
            "copied; copy tensor.detach() instead"
        )
    with flambeau.no_grad():
        if runs_own_calls := _C._runs_own_calls(type(tensor)):
            result = tensor.clone()
        else:
            result = _copy_data(tensor, memo)
    if type(result) is not type(tensor):
        if runs_own_calls:
            raise RuntimeError(
                f"deepcopy: clone() of a {type(tensor).__name__} gave a {type(result).__name__}; the default "
                "implementation is for classes for which cloning returns another instance of the same subclass. Either "
                "__torch_dispatch__ gives that, or the class defines __deepcopy__"
            )
        result = result.as_subclass(type(tensor))
    memo[id(tensor)] = result
    if tensor.requires_grad:
        result.requires_grad_(True)
    if tensor.is_leaf and tensor.grad is not None:
        result.grad = copy.deepcopy(tensor.grad, memo)
    state = _utils._get_obj_state(tensor)
    if state:
        _utils._set_obj_state(result, copy.deepcopy(state, memo))
    return result


def _copy_data(tensor: Any, memo: dict[int, Any]) -> Any:
    if tensor.layout != flambeau.strided or tensor.device.type == "meta":
        return tensor.detach().clone()
    from flambeau.storage import deepcopy_storage

    storage = deepcopy_storage(tensor.untyped_storage(), memo)
    result = flambeau.empty(0, dtype=tensor.dtype, device=tensor.device)
    result.set_(storage, tensor.storage_offset(), tuple(tensor.size()), tuple(tensor.stride()))
    return apply_metadata(result, metadata_of(tensor))


def deepcopy_parameter(parameter: Any, memo: dict[int, Any]) -> Any:
    """What `nn.Parameter.__deepcopy__` answers: the data are cloned, attributes are left behind, as in PyTorch."""
    if id(parameter) in memo:
        return memo[id(parameter)]
    data = parameter.data.clone(memory_format=flambeau.preserve_format)
    result = type(parameter)(data, parameter.requires_grad)
    memo[id(parameter)] = result
    return result
