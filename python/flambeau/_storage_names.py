"""The less common methods of storages: conversions, buffers, and the names with an underscore that libraries call.

`storage` puts them onto its classes when it is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

CONVERSIONS = {
    "bfloat16": "bfloat16", "bool": "bool", "byte": "uint8", "char": "int8", "complex_double": "complex128",
    "complex_float": "complex64", "double": "float64", "float": "float32", "float8_e4m3fn": "float8_e4m3fn",
    "float8_e4m3fnuz": "float8_e4m3fnuz", "float8_e5m2": "float8_e5m2", "float8_e5m2fnuz": "float8_e5m2fnuz",
    "half": "float16", "int": "int32", "long": "int64", "short": "int16",
}  # fmt: skip


def _swap(view: memoryview, itemsize: int) -> None:
    from flambeau.serialization._archive import swap_bytes

    swap_bytes(view, itemsize)


# --- of both kinds ----------------------------------------------------------------------------------------------------
def _no_device(name: str) -> Callable[..., Any]:
    def refused(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"{type(self).__name__}.{name}: device '{name}' is not available here; the bytes stay on 'cpu'"
        )

    refused.__name__ = name
    refused.__doc__ = f"Not available: device '{name}'."
    return refused


def pin_memory(self: Any, device: Any = None) -> Any:
    """Not available: page-locked memory, which is of use only for an accelerator."""
    raise RuntimeError(f"{type(self).__name__}.pin_memory: no accelerator is available; use the storage as it is")


# --- UntypedStorage ---------------------------------------------------------------------------------------------------
def _typed(self: Any, dtype: Any) -> Any:
    """Each byte as an element of a type."""
    from flambeau.storage import TypedStorage, _as_tensor

    made = _as_tensor(self).to(dtype).untyped_storage()
    if made._cdata == self._cdata:
        made = self.clone()
    return TypedStorage(wrap_storage=made, dtype=dtype, _internal=True)


def untyped_conversion(name: str) -> Callable[..., Any]:
    """The method that gives each byte as an element of a type."""

    def convert(self: Any) -> Any:
        return _typed(self, getattr(flambeau, CONVERSIONS[name]))

    convert.__name__ = name
    convert.__doc__ = f"A typed storage with each byte as a {CONVERSIONS[name]}."
    return convert


def untyped_type(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the class, or the bytes as elements of a type."""
    if dtype is None:
        return "torch.storage.UntypedStorage"
    if isinstance(dtype, str):
        from flambeau.storage import _class_dtype, legacy_classes

        dtype = _class_dtype(legacy_classes()[dtype.rpartition(".")[2]])
    return _typed(self, dtype)


def untyped_new(self: Any) -> Any:
    """An empty storage on the same device."""
    return _C.UntypedStorage(0, device=self.device)


def untyped_byteswap(self: Any, dtype: Any) -> None:
    """Reverse the bytes of each element of a type."""
    elements = 2 if dtype.is_complex else 1
    if dtype.itemsize // elements > 1:
        self.byteswap_(dtype.itemsize // elements)


def untyped_from_buffer(
    cls: Any, buffer: Any, byte_order: Any = None, count: int = -1, offset: int = 0, *, dtype: Any = None
) -> Any:
    """A storage with a copy of a buffer's elements.

    Args:
        byte_order: of the buffer, ``"native"``, ``"little"`` or ``"big"``; needed for elements of several bytes.
        count: how many elements, -1 for all from ``offset`` bytes on.

    Raises:
        RuntimeError: ``dtype`` or ``byte_order`` is missing.
        ValueError: the buffer is too short, or the byte order is none.
    """
    if dtype is None:
        raise RuntimeError("from_buffer: argument 'dtype' cannot be None; it says how long an element is")
    itemsize = dtype.itemsize
    if itemsize > 1 and byte_order is None:
        raise RuntimeError(f"from_buffer: byte_order is missing, and elements of {dtype} have {itemsize} bytes")
    if byte_order not in (None, "native", "little", "big"):
        raise ValueError(f"from_buffer: byte_order {byte_order!r}; native, little or big are possible")
    raw = memoryview(buffer).cast("B")
    if not 0 <= offset <= len(raw):
        raise ValueError(f"from_buffer: offset {offset} of a buffer of {len(raw)} bytes")
    if count < 0:
        if (len(raw) - offset) % itemsize:
            raise ValueError(f"from_buffer: {len(raw) - offset} bytes are not a whole number of {dtype} elements")
        count = (len(raw) - offset) // itemsize
    if offset + count * itemsize > len(raw):
        raise ValueError(f"from_buffer: {count} elements from byte {offset} on, the buffer has {len(raw)} bytes")
    made = _C.UntypedStorage(count * itemsize)
    if count:
        from flambeau.storage import storage_bytes

        storage_bytes(made)[:] = raw[offset : offset + count * itemsize]
        if byte_order in ("little", "big") and byte_order != sys.byteorder:
            untyped_byteswap(made, dtype)
    return made


def untyped_new_shared(cls: Any, size: int, *, device: Any = "cpu") -> Any:
    """A storage in memory that other processes can see."""
    made: Any = _C.UntypedStorage(size, device=device)
    made.share_memory_()
    return made


UNTYPED: dict[str, Any] = {
    "byteswap": untyped_byteswap,
    "from_buffer": classmethod(untyped_from_buffer),
    "hpu": _no_device("hpu"),
    "is_hpu": False,
    "mps": _no_device("mps"),
    "new": untyped_new,
    "pin_memory": pin_memory,
    "type": untyped_type,
    "_new_shared": classmethod(untyped_new_shared),
    **{name: untyped_conversion(name) for name in CONVERSIONS},
}


# --- TypedStorage -----------------------------------------------------------------------------------------------------
def typed_conversion(name: str) -> Callable[..., Any]:
    """The method that gives the elements in another type."""

    def convert(self: Any) -> Any:
        return self._converted(getattr(flambeau, CONVERSIONS[name]))

    convert.__name__ = name
    convert.__doc__ = f"The elements as {CONVERSIONS[name]}."
    return convert


def typed_from_buffer(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A storage with a copy of a buffer's elements, of the class's type; see `UntypedStorage.from_buffer`."""
    from flambeau.storage import TypedStorage, _class_dtype

    dtype = _class_dtype(cls)
    if dtype is None:
        dtype = kwargs.pop("dtype", None) or flambeau.get_default_dtype()
    elif "dtype" in kwargs:
        raise RuntimeError(f"{cls.__name__}.from_buffer: the class says the type, dtype= does not go with it")
    made = untyped_from_buffer(_C.UntypedStorage, *args, dtype=dtype, **kwargs)
    return TypedStorage(wrap_storage=made, dtype=dtype, _internal=True)


def typed_from_file(cls: Any, filename: Any, shared: bool = False, size: int = 0) -> Any:
    """A storage over a file's bytes; with ``shared``, changes go into the file. ``size`` counts elements."""
    from flambeau.storage import TypedStorage, _class_dtype

    if cls is TypedStorage:
        raise RuntimeError(
            "TypedStorage.from_file: call it on a class with an element type, such as torch.FloatStorage"
        )
    dtype = _class_dtype(cls)
    untyped = _C.UntypedStorage.from_file(filename, shared, size * dtype.itemsize)
    return TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)


def _typed_new_shared(self: Any, size: int, *, device: Any = None) -> Any:
    from flambeau.storage import TypedStorage

    untyped = untyped_new_shared(_C.UntypedStorage, size * self.dtype.itemsize)
    return TypedStorage(wrap_storage=untyped, dtype=self.dtype, _internal=True)


def _typed_legacy_class(self: Any) -> Any:
    return self._pickle_storage_class()


TYPED: dict[str, Any] = {
    "filename": property(lambda self: self.untyped().filename),
    "from_buffer": classmethod(typed_from_buffer),
    "from_file": classmethod(typed_from_file),
    "hpu": _no_device("hpu"),
    "is_hpu": False,
    "is_pinned": lambda self, device=None: False,
    "pin_memory": pin_memory,
    "resizable": lambda self: self.untyped().resizable(),
    "_data_ptr": lambda self: self.data_ptr(),
    "_deepcopy": lambda self, memo: self.__deepcopy__(memo),
    "_dtype": property(lambda self: self.dtype),
    "_element_size": lambda self: self.element_size(),
    "_from_buffer": classmethod(typed_from_buffer),
    "_get_legacy_storage_class": _typed_legacy_class,
    "_getitem": lambda self, index: self[index],
    "_is_shared": lambda self: self.is_shared(),
    "_maybe_wrap_index": lambda self, index, is_stop=False: self._checked(index),
    "_nbytes": lambda self: self.nbytes(),
    "_new_shared": _typed_new_shared,
    "_new_wrapped_storage": lambda self, untyped: self._wrap(untyped),
    "_pickle_storage_type": lambda self: self.pickle_storage_type(),
    "_resize_": lambda self, size: (self.resize_(size), None)[1],
    "_setitem": lambda self, index, value: self.__setitem__(index, value),
    "_share_memory_": lambda self: self.share_memory_(),
    "_to": lambda self, dtype: self._converted(dtype),
    **{name: typed_conversion(name) for name in CONVERSIONS},
}
