"""How a list of samples becomes a batch.

`default_collate_fn_map` says it by type, and programs may add types of their own; containers are gone through.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import flambeau
from flambeau.storage import UntypedStorage

from . import worker as _worker

np_str_obj_array_pattern = re.compile(r"[SaUO]")  # kinds of NumPy arrays that are text or objects
_UNSUPPORTED = (
    "default_collate: a sample holds {}; tensors, arrays, numbers, strings, dicts and lists of them are understood"
)


def default_convert(data: Any) -> Any:
    """Make the NumPy arrays in a sample tensors; all else stays."""
    if isinstance(data, flambeau.Tensor):
        return data
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(data, (numpy.ndarray, numpy.generic)):
        text = isinstance(data, (str, bytes)) or (isinstance(data, numpy.ndarray) and data.dtype.kind in "SUOaM")
        return data if text else flambeau.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuilt(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple):
        items = [default_convert(item) for item in data]
        return type(data)(*items) if hasattr(data, "_fields") else items
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuilt(data, [default_convert(item) for item in data])
    return data


def _rebuilt(like: Any, items: Any) -> Any:
    """The items in a container of the type of `like`, or as they are where that type cannot be filled so."""
    kind = type(like)
    clone: Any
    if kind in (list, dict):
        return items
    try:
        if hasattr(like, "update") and isinstance(like, Mapping):
            clone = copy(like)
            clone.update(items)
            return clone
        if hasattr(like, "__setitem__") and hasattr(like, "insert"):
            clone = copy(like)
            for place, item in enumerate(items):
                clone[place] = item
            return clone
        return kind(items)
    except TypeError:
        return items


def collate_tensor_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Stack tensors along a new first dimension; in a worker straight into the memory that the loader will see."""
    elem = batch[0]
    out = None
    if _worker.get_worker_info() is not None and all(_is_plain(sample, elem.dtype) for sample in batch):
        storage = UntypedStorage._new_shared(len(batch) * elem.numel() * elem.itemsize)
        out = elem.new_empty(0).set_(storage, 0, (len(batch), *elem.shape))
    return flambeau.stack(batch, 0, out=out)


def _is_plain(sample: Any, dtype: Any) -> bool:
    return (
        type(sample) is flambeau.Tensor
        and sample.dtype == dtype
        and sample.layout is flambeau.strided
        and sample.device.type == "cpu"
        and not sample.requires_grad
    )


def collate_float_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A float64 tensor of Python floats."""
    return flambeau.tensor(batch, dtype=flambeau.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A tensor of Python integers or booleans."""
    return flambeau.tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Strings stay a list."""
    return batch


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Stack arrays into a tensor."""
    if batch[0].dtype.kind in "SUOaM":
        raise TypeError(_UNSUPPORTED.format(f"an array of {batch[0].dtype}"))
    return collate([flambeau.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A tensor of NumPy numbers, of their dtype."""
    return flambeau.as_tensor(sys.modules["numpy"].asarray(batch))


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    flambeau.Tensor: collate_tensor_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def _function_for(elem: Any, functions: Mapping[Any, Callable[..., Any]]) -> Callable[..., Any] | None:
    kind = type(elem)
    if kind in functions:
        return functions[kind]
    # NumPy before the plain types, because np.float64 is a float; and only if a program has loaded it.
    numpy = sys.modules.get("numpy")
    if numpy is not None and functions is default_collate_fn_map:
        if isinstance(elem, numpy.ndarray):
            return collate_numpy_array_fn
        if isinstance(elem, (numpy.bool_, numpy.number, numpy.object_)):
            return collate_numpy_scalar_fn
    for known, function in functions.items():
        if isinstance(elem, known):
            return function
    return None


def collate(batch: Any, *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None) -> Any:
    """Collate with functions by type; containers of samples become containers of batches.

    Args:
        batch: list of samples of one structure.
        collate_fn_map: function for each type (or tuple of types) of leaf.
    """
    functions = collate_fn_map or {}
    elem = batch[0]
    function = _function_for(elem, functions)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(elem, Mapping):
        columns = {key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map) for key in elem}
        return _rebuilt(elem, columns)
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return type(elem)(*(collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)))
    if isinstance(elem, Sequence):
        lengths = [len(sample) for sample in batch]
        if any(length != lengths[0] for length in lengths):
            raise RuntimeError(f"default_collate: samples have {lengths} items, all must have equally many")
        columns_list = [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)]
        return columns_list if isinstance(elem, tuple) else _rebuilt(elem, columns_list)
    raise TypeError(_UNSUPPORTED.format(type(elem)))


def default_collate(batch: Any) -> Any:
    """Make a batch of a list of samples.

    Tensors and arrays are stacked along a new first dimension, numbers become a tensor, strings a list; dicts,
    tuples and lists of those are collated item by item.

        >>> flambeau.utils.data.default_collate([{"x": 1.0, "y": "a"}, {"x": 2.0, "y": "b"}])
        {'x': tensor([1., 2.], dtype=torch.float64), 'y': ['a', 'b']}

    Raises:
        TypeError: a sample holds something else.
        RuntimeError: tensors or lists differ in size.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
