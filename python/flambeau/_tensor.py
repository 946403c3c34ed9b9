"""Methods of Tensor that are not operators of the table: printing, hooks, conversions, the old constructors.

They are attached to the class when the package is loaded. What is heavy is imported when it is first used.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable, as_called = _C.overridable, _C.overridable_as_called

LEGACY_TYPES = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8", "CharTensor": "int8", "ShortTensor": "int16", "IntTensor": "int32", "LongTensor": "int64",
    "BoolTensor": "bool",
}  # fmt: skip


def _dtype_of(name: str) -> Any:
    return getattr(_C, LEGACY_TYPES[name])


class _LegacyMeta(type):
    _dtype: Any = None

    def __instancecheck__(cls, value: Any) -> bool:
        fits = isinstance(value, Tensor) and value.dtype is cls._dtype and value.device.type == "cpu"
        return fits and value.is_sparse == (cls.__module__ == "torch.sparse")

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.__name__}'>"

    def __new__(meta, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
        for base in bases:
            if isinstance(base, _LegacyMeta):
                kind = f"{base.__module__}.{base.__name__}"
                raise TypeError(f"type '{kind}' is not an acceptable base type; Tensor can be subclassed")
        return super().__new__(meta, name, bases, members)


def legacy_type(name: str) -> Any:
    """FloatTensor and its kin: callable like a constructor, and a test for the type."""

    def new(cls: Any, *args: Any, **kwargs: Any) -> Tensor:
        return _construct(cls._dtype, args, kwargs)

    return _LegacyMeta(
        name, (), {"_dtype": _dtype_of(name), "dtype": _dtype_of(name), "__new__": new, "__module__": "torch"}
    )


def legacy_sparse_type(name: str) -> Any:
    """`sparse.FloatTensor` and its kin: made from sizes, or from indices, values, which keep their type, and sizes."""

    def new(cls: Any, *args: Any, device: Any = None) -> Tensor:
        return _construct_sparse(f"sparse.{name}", cls._dtype, args, device)

    return _LegacyMeta(
        name, (), {"_dtype": _dtype_of(name), "dtype": _dtype_of(name), "__new__": new, "__module__": "torch.sparse"}
    )


# From indices, values and perhaps sizes, or from sizes alone.
def _construct_sparse(name: str, dtype: Any, args: tuple[Any, ...], device: Any) -> Any:
    from flambeau.sparse import sparse_coo_tensor

    if device is not None and _C.device(device).type not in ("cpu", "meta"):
        raise RuntimeError(f"{name}: makes tensors on 'cpu', got device {device}; sparse_coo_tensor takes a device")
    if args and isinstance(args[0], Tensor):
        if len(args) not in (2, 3) or not isinstance(args[1], Tensor):
            raise TypeError(
                f"{name}: expected indices, values and perhaps a size, or sizes, got {len(args)} argument(s)"
            )
        return sparse_coo_tensor(args[0], args[1], args[2] if len(args) > 2 else None, device=device)
    sizes = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args or (0,)
    if not all(isinstance(size, int) for size in sizes):
        kinds = ", ".join(type(a).__name__ for a in args)
        raise TypeError(f"{name}: expected indices and values, or sizes, got ({kinds})")
    return sparse_coo_tensor(sizes, dtype=dtype, device=device)


# A tensor among the arguments is shown by a view; None for the type takes any, otherwise the default type is meant.
def _construct(dtype: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    device = kwargs.pop("device", None)
    if "size" in kwargs and not args:
        args = (_C.Size(kwargs.pop("size")),)
    if kwargs:
        raise TypeError(f"Tensor(): unexpected keyword arguments {sorted(kwargs)}")
    if device is not None and _C.device(device).type not in ("cpu", "meta"):
        raise RuntimeError(f"Tensor(): makes tensors on 'cpu', got device {device}; tensor() takes a device")
    if not args:
        return _C.tensor([], dtype=dtype, device=device)
    first = args[0]
    if len(args) == 1 and isinstance(first, Tensor):
        if dtype is not None and first.dtype is not dtype:
            raise TypeError(f"Tensor(): expected a tensor of {dtype}, got one of {first.dtype}; .to() converts")
        return aten.alias(first)
    dtype = _C.get_default_dtype() if dtype is None else dtype
    if len(args) == 1 and (isinstance(first, _C.UntypedStorage) or hasattr(first, "_untyped_storage")):
        return aten.empty((0,), dtype=dtype).set_(first)
    if len(args) == 1 and not isinstance(first, (int, _C.Size)):
        return _C.tensor(first, dtype=dtype, device=device)
    sizes = tuple(first) if isinstance(first, _C.Size) else args
    return aten.empty(sizes, dtype=dtype, device=device)


def legacy_new(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """`Tensor(data)` and `Tensor(2, 3)`."""
    made = _construct(None, args, kwargs)
    return made if cls is Tensor else _C._as_subclass(cls, made)


# --- hooks -----------------------------------------------------------------------------------------------------------
def _add_hook(tensor: Any, table: str, hook: Any) -> Any:
    from flambeau.utils.hooks import RemovableHandle

    hooks = getattr(tensor, table)
    if hooks is None:
        hooks = OrderedDict()
        setattr(tensor, table, hooks)
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


@overridable
def register_hook(self: Any, hook: Any) -> Any:
    """Call `hook(grad)` whenever the gradient of this tensor is known; what it returns replaces the gradient."""
    if not self.requires_grad:
        raise RuntimeError("register_hook: cannot register a hook on a tensor that doesn't require gradient")
    return _add_hook(self, "_backward_hooks", hook)


@overridable
def register_post_accumulate_grad_hook(self: Any, hook: Any) -> Any:
    """Call `hook(tensor)` after the gradient of this leaf was added to ``.grad``."""
    if not self.requires_grad or not self.is_leaf:
        raise RuntimeError(
            "register_post_accumulate_grad_hook: can only be registered on leaf tensors that require gradient"
        )
    return _add_hook(self, "_post_accumulate_grad_hooks", hook)


@as_called
def retain_grad(self: Any) -> None:
    """Keep the gradient of this non-leaf in ``.grad``."""
    _C._retain_grad(self)


# --- conversions -----------------------------------------------------------------------------------------------------
def _to_type(method: str, name: str) -> Any:
    dtype = getattr(_C, name)

    def convert(self: Any, memory_format: Any = _C.preserve_format) -> Tensor:
        return self.to(dtype, memory_format=memory_format)

    convert.__name__ = method
    convert.__doc__ = f"The tensor as {name}."
    return convert


@as_called
def cpu(self: Any, memory_format: Any = _C.preserve_format) -> Tensor:
    """The tensor in host memory; itself where it is there already."""
    return self.to("cpu", memory_format=memory_format)


@as_called
def cuda(self: Any, device: Any = None, non_blocking: bool = False, memory_format: Any = _C.preserve_format) -> Tensor:
    """The tensor on a CUDA device."""
    return self.to(_C.device("cuda") if device is None else device, non_blocking=non_blocking)


def type_(self: Any, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """The name of the tensor's type ('torch.FloatTensor'), or the tensor as another type."""
    if dtype is None:
        room = "torch.sparse." if self.is_sparse else "torch."
        for name, kind in LEGACY_TYPES.items():
            if getattr(_C, kind) is self.dtype:
                return room + name
        return room + {"complex64": "ComplexFloatTensor", "complex128": "ComplexDoubleTensor"}.get(
            str(self.dtype)[6:], "Tensor"
        )
    if isinstance(dtype, str):
        dtype = _dtype_of(dtype.rsplit(".", 1)[-1])
    elif isinstance(dtype, _LegacyMeta):
        dtype = dtype._dtype
    elif dtype is Tensor:
        dtype = _C.get_default_dtype()
    return self.to(dtype)


@as_called
def new(self: Any, *args: Any, **kwargs: Any) -> Tensor:
    """A tensor of this one's type and layout from data or sizes."""
    if self.is_sparse:
        device = kwargs.pop("device", None)
        if kwargs:
            raise TypeError(f"new(): unexpected keyword arguments {sorted(kwargs)}")
        return _construct_sparse("new()", self.dtype, args, device)
    return _construct(self.dtype, args, kwargs)


@as_called
def is_pinned(self: Any, device: Any = None) -> bool:
    """Whether the tensor lies in page-locked memory."""
    return bool(_C._cuda_is_pinned(self))


@as_called
def pin_memory(self: Any, device: Any = None) -> Tensor:
    """A copy in page-locked memory, which a CUDA device reads while the program goes on; itself if it lies there."""
    if _C._cuda_device_count() == 0:
        raise RuntimeError(
            "pin_memory: no accelerator is available, and page-locked memory is of use only for one; "
            "use the tensor as it is"
        )
    return self if _C._cuda_is_pinned(self) else _C._cuda_pin(self)


@overridable
def share_memory_(self: Any) -> Tensor:
    """Move the storage into shared memory, so that other processes see the same values."""
    self.untyped_storage().share_memory_()
    return self


@overridable
def is_shared(self: Any) -> bool:
    """Whether the storage lies in shared memory."""
    return bool(self.untyped_storage().is_shared())


def _load_storage_methods(self: Any, name: str) -> Any:
    """What storages do in Python, read when first asked for."""
    from importlib import import_module

    for room in ("storage", "multiprocessing"):
        import_module(f"flambeau.{room}")
        if hasattr(type(self), name):
            return getattr(self, name)
    raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


def _late_storage_method(name: str) -> Any:
    def method(self: Any, *args: Any) -> Any:
        import flambeau.storage  # noqa: F401  (puts the method itself in this one's place)

        return getattr(self, name)(*args)

    method._loads_methods = True  # type: ignore[attr-defined]
    return method


@overridable
def storage(self: Any) -> Any:
    """The storage with a type; `untyped_storage` is the plain one."""
    from flambeau.storage import TypedStorage

    return TypedStorage(wrap_storage=self.untyped_storage(), dtype=self.dtype, _internal=True)


@as_called
def get_device(self: Any) -> int:
    """The index of the device; -1 for the CPU."""
    return -1 if self.device.index is None else self.device.index


@as_called
def to_sparse(
    self: Any, sparse_dim: int | None = None, *, layout: Any = None, blocksize: Any = None, dense_dim: int | None = None
) -> Any:
    """The elements that differ from 0 in coordinate form, with ``sparse_dim`` dimensions of indices (all of them)."""
    if layout is not None and layout != _C.sparse_coo:
        raise NotImplementedError(f"to_sparse: layout {layout} is not implemented; the nearest is sparse_coo")
    if blocksize is not None:
        raise RuntimeError(
            f"to_sparse: blocksize {blocksize} belongs to blocked layouts, the layout here is sparse_coo"
        )
    if dense_dim is not None and layout is None and not self.is_sparse:
        raise RuntimeError("to_sparse: dense_dim is for compressed layouts; give sparse_dim")
    if sparse_dim is None:
        sparse_dim = self.sparse_dim() if self.is_sparse else self.dim()
    return aten._to_sparse(self, sparse_dim)


def as_subclass(self: Any, cls: Any) -> Any:
    """The same data as a tensor of a subclass."""
    return _C._as_subclass(cls, self)


@as_called
def detach_(self: Any) -> Tensor:
    """Take the tensor itself off the tape. Not for views: their base would keep them on it."""
    if self._is_view():
        raise RuntimeError("detach_: Can't detach views in-place. Use detach() instead.")
    self._forget_history()
    return self


@overridable
def dim_order(self: Any) -> tuple[int, ...]:
    """The dimensions from the slowest to the fastest in memory."""
    strides = self.stride()
    return tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))


def _mapped(name: str, self: Any, others: tuple[Any, ...], function: Any) -> Tensor:
    for t in (self, *others):
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: expected tensors, but got {type(t).__name__}")
        if t.requires_grad:
            raise RuntimeError(f"Can't call {name} on Variable that requires grad. Use var.detach().{name} instead.")
        if t.device.type != "cpu":
            raise TypeError(f"{name} is only implemented on CPU tensors, got one on {t.device}")
        if t.dtype != self.dtype:
            raise TypeError(f"{name}: expected tensors of type {self.dtype}, but got {t.dtype}")
    columns = [t.expand_as(self).flatten().tolist() for t in (self, *others)]
    values = [function(*row) for row in zip(*columns, strict=True)]
    for value in values:
        if isinstance(value, (str, bytes)):
            raise TypeError(f"{name}: the function gave a {type(value).__name__}, but numbers are wanted")
    return self.copy_(_C.tensor(values, dtype=self.dtype).view(self.shape))


@as_called
def map_(self: Any, tensor: Any, callable: Any) -> Tensor:
    """Replace each element by `callable(element, tensor's element)`; slow, in Python."""
    return _mapped("map_", self, (tensor,), callable)


@as_called
def map2_(self: Any, x: Any, y: Any, callable: Any) -> Tensor:
    """Replace each element by `callable(element, x's element, y's element)`; slow, in Python."""
    return _mapped("map2_", self, (x, y), callable)


@as_called
def apply_(self: Any, callable: Any) -> Tensor:
    """Replace each element by `callable(element)`; slow, in Python."""
    return _mapped("apply_", self, (), callable)


@as_called
def is_set_to(self: Any, tensor: Any) -> bool:
    """Whether both show the same elements: one storage, offset, sizes and strides."""
    return (
        self.untyped_storage() is tensor.untyped_storage()
        and self.storage_offset() == tensor.storage_offset()
        and self.shape == tensor.shape
        and self.stride() == tensor.stride()
    )


@as_called
def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Tensor:
    """Set the main diagonal; with `wrap` it starts again below the square part of a tall matrix."""
    if self.dim() < 2:
        raise RuntimeError(f"fill_diagonal_: dimensions must be larger than 1, got {self.dim()}")
    if self.dim() > 2 and len(set(self.shape)) > 1:
        raise RuntimeError(f"fill_diagonal_: all dimensions of input must be of equal length, got {tuple(self.shape)}")
    rows, step = min(self.shape), sum(self.stride())
    self.as_strided((rows,), (step,)).fill_(fill_value)
    if wrap and self.dim() == 2 and self.shape[0] > self.shape[1] + 1:
        self[self.shape[1] + 1 :].fill_diagonal_(fill_value, wrap=True)
    return self


@overridable
def resize(self: Any, *sizes: Any) -> Tensor:
    """The former out-of-place name of reshaping to as many elements."""
    return self.reshape(*sizes)


@overridable
def index(self: Any, positions: Any, dims: Any) -> Any:
    """Binding dimensions to names is missing. (``x[…]`` indexes.)"""
    raise NotImplementedError(
        "Tensor.index: there are no first-class dimensions; x[…], einsum and func.vmap do what they are for"
    )


@as_called
def dequantize(self: Any) -> Tensor:
    """The tensor in float32: quantized types do not exist here, so no scale applies."""
    return self.to(_C.float32)


@overridable
def lu(self: Any, pivot: bool = True, get_infos: bool = False) -> tuple[Any, ...]:
    """LU factors and pivots; see :func:`flambeau.lu`."""
    from flambeau.functional.linalg import lu as factorize

    return factorize(self, pivot, get_infos)


def _fix_weakref(self: Any) -> None:
    """For what is had of a weak reference; here such a tensor is whole from the start."""


@as_called
def is_nonzero(self: Any) -> bool:
    """Whether the only element is not zero. RuntimeError for another number of elements."""
    return bool(self)


@overridable
def storage_type(self: Any) -> Any:
    """The class of the tensor's storage by its type, such as `torch.FloatStorage`."""
    from flambeau import storage as storages

    return storages.legacy_classes()[self.storage().pickle_storage_type()]


def _absent_layout(name: str, what: str, instead: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"Tensor.{name}: there are no {what} tensors here; {instead}")

    method.__name__ = name
    method.__doc__ = f"Only {what} tensors have this; raises NotImplementedError."
    return method


def _make_wrapper_subclass(
    cls: Any,
    size: Any,
    strides: Any = None,
    storage_offset: int | None = None,
    memory_format: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    dispatch_sizes_strides_policy: str | None = None,
    dispatch_device: bool = False,
    dispatch_layout: bool = False,
    _extra_dispatch_keys: Any = None,
    storage_size: int | None = None,
) -> Any:
    """A tensor of a class with ``__torch_dispatch__`` that has sizes, strides, type and device, and no elements.

    Args:
        cls: the class; its ``__torch_dispatch__`` runs every operator on the tensor.
        size: its sizes; `strides` in elements, those of a contiguous tensor when left out.
        dtype: the default type when left out; `device` the CPU.

    Raises:
        NotImplementedError: sizes, device or layout that ``__torch_dispatch__`` is asked for at each look
            (`dispatch_sizes_strides_policy`, `dispatch_device`, `dispatch_layout`), or a sparse layout.
        RuntimeError: the class has no ``__torch_dispatch__``.
    """
    for name, asked in (
        ("dispatch_sizes_strides_policy", dispatch_sizes_strides_policy is not None),
        ("dispatch_layout", dispatch_layout),
    ):
        if asked:
            raise NotImplementedError(
                f"Tensor._make_wrapper_subclass: {name}; sizes, strides and layout are read from the tensor and not "
                "asked for by __torch_dispatch__; the nearest alternative is to give the ones that are to be seen"
            )
    if layout is not None and layout != _C.strided:
        raise NotImplementedError(f"Tensor._make_wrapper_subclass: layout {layout}; wrappers are strided here")
    if (
        memory_format is not None
        and strides is None
        and memory_format not in (_C.contiguous_format, _C.preserve_format)
    ):
        import flambeau

        like = flambeau.empty(tuple(size), device="meta", memory_format=memory_format)
        strides = like.stride()
    return _C._make_wrapper(
        cls,
        tuple(size),
        None if strides is None else tuple(strides),
        storage_offset or 0,
        _C.get_default_dtype() if dtype is None else dtype,
        "cpu" if device is None else device,
        requires_grad,
        storage_size,
    )


# --- Python protocols ------------------------------------------------------------------------------------------------
@overridable
def __repr__(self: Any, *, tensor_contents: Any = None) -> str:
    from flambeau._tensor_str import tensor_repr

    return tensor_repr(self, tensor_contents=tensor_contents)


@overridable
def __format__(self: Any, spec: str) -> str:
    from flambeau._tensor_str import tensor_format

    return tensor_format(self, spec)


@overridable
def __reduce_ex__(self: Any, protocol: int) -> Any:
    from flambeau._tensor_pickle import reduce_tensor

    return reduce_tensor(self, protocol)


@overridable
def __deepcopy__(self: Any, memo: Any) -> Tensor:
    from flambeau._tensor_pickle import deepcopy_tensor

    return deepcopy_tensor(self, memo)


def __iter__(self: Any) -> Any:
    if self.dim() == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


@overridable
def __reversed__(self: Any) -> Tensor:
    return self if self.dim() == 0 else self.flip(0)


@overridable
def __contains__(self: Any, element: Any) -> bool:
    if isinstance(element, (Tensor, int, float, complex, bool)):
        return bool((self == element).any().item())
    raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")


def _reflected(other: Any) -> bool:
    """Whether an operand left of the sign is one that operators take; Python asks no further than NotImplemented."""
    return isinstance(other, (Tensor, int, float, complex)) or hasattr(other, "__array__")


@overridable
def __rsub__(self: Any, other: Any) -> Any:
    return aten.rsub(self, other) if _reflected(other) else NotImplemented


@as_called
def __complex__(self: Any) -> complex:
    if self.numel() != 1:
        raise ValueError(f"complex: only one element tensors can be converted, got shape {tuple(self.shape)}")
    return complex(self.item())


def __dir__(self: Any) -> list[str]:
    return sorted({*dir(type(self)), *self.__dict__})


def _torch_function(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The default for subclasses: run on plain tensors, and give results the subclass."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with _C.DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
    return result if func in keep_their_class() else _as_class(result, cls)


def _as_class(value: Any, cls: Any) -> Any:
    if cls is Tensor:
        return value
    if isinstance(value, Tensor):
        return value if isinstance(value, cls) else _C._as_subclass(cls, value)
    if isinstance(value, (tuple, list)):
        items = [_as_class(v, cls) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


_KEEP: set[Any] = set()


def keep_their_class() -> set[Any]:
    """Attributes that hold another tensor, which a subclass does not change."""
    if not _KEEP:
        tensor: Any = Tensor
        _KEEP.update((tensor._base.__get__, tensor.grad.__get__, tensor._grad.__get__))
    return _KEEP


def _attach() -> None:
    for function in (
        register_hook, register_post_accumulate_grad_hook, retain_grad, cpu, cuda, new, is_pinned, pin_memory,
        share_memory_, is_shared, storage, get_device, fill_diagonal_, resize, to_sparse, as_subclass, detach_,
        dim_order, map_, map2_, apply_, is_set_to, __repr__, __format__, __reduce_ex__, __deepcopy__, __iter__,
        __reversed__, index, dequantize, lu, is_nonzero, storage_type, __contains__, __rsub__, __complex__, __dir__,
        _fix_weakref,
    ):  # fmt: skip
        setattr(Tensor, function.__name__, function)
    for method, dtype in {
        "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
        "int": "int32", "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64",
        "cdouble": "complex128", "chalf": "complex32",
    }.items():  # fmt: skip
        setattr(Tensor, method, as_called(_to_type(method, dtype)))
    for name in ("crow_indices", "col_indices", "ccol_indices", "row_indices",
                 "to_sparse_csr", "to_sparse_csc", "to_sparse_bsr", "to_sparse_bsc"):  # fmt: skip
        setattr(Tensor, name, as_called(_absent_layout(name, "compressed sparse", "to_sparse() gives coordinate form")))
    for name, value in {
        "type": as_called(type_),
        "_make_wrapper_subclass": staticmethod(_make_wrapper_subclass),
        "__rdiv__": Tensor.__rtruediv__,
        "__torch_function__": classmethod(_torch_function),
        "__torch_dispatch__": _C._disabled_torch_dispatch_impl,
    }.items():
        setattr(Tensor, name, value)
    Tensor.__module__ = "torch"
    storage_class: Any = _C.UntypedStorage
    storage_class.__getattr__ = _load_storage_methods
    for name in ("__copy__", "__deepcopy__", "__iter__", "__reduce_ex__", "__repr__", "__str__"):
        setattr(storage_class, name, _late_storage_method(name))


_attach()
