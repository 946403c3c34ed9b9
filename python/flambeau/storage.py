"""Storages as Python sees them: the untyped one of the core, and the typed names that older programs and files use.

`UntypedStorage` is the core's class; what it lacks for Python (copies, lists, printing, pickling) is attached here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from types import MethodType
from typing import Any

import flambeau
from flambeau import _C, _storage_names

UntypedStorage: Any = _C.UntypedStorage
_LOAD_LIMIT = 1 << 16


def storage_bytes(storage: Any) -> memoryview:
    """The bytes of a CPU storage, writable and without a copy."""
    view = memoryview(storage)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def _load_from_bytes(data: bytes) -> Any:
    """Back from the bytes that a plain pickle of a storage holds."""
    return flambeau.load(io.BytesIO(data), weights_only=True)


def _reduce_storage(self: Any, protocol: int = 2) -> tuple[Any, ...]:
    stream = io.BytesIO()
    flambeau.save(self, stream, _use_new_zipfile_serialization=False)
    return _load_from_bytes, (stream.getvalue(),)


def deepcopy_storage(storage: Any, memo: dict[int, Any]) -> Any:
    """A copy of a storage, made once for each storage and memo."""
    copies = memo.setdefault("flambeau.storage", {})  # type: ignore[call-overload]
    kept = copies.get(storage._cdata)
    if kept is None:
        kept = copies[storage._cdata] = (storage.clone(), storage)  # the original stays alive, so its number too
    return kept[0]


def _clone(self: Any) -> Any:
    copied = UntypedStorage(self.nbytes(), device=self.device)
    if self.device.type != "meta":
        copied.copy_(self)
    return copied


def _copy(self: Any, source: Any, non_blocking: bool | None = None) -> Any:
    if self.nbytes() != source.nbytes():
        raise RuntimeError(f"copy_: storages of {self.nbytes()} and {source.nbytes()} bytes")
    _as_tensor(self).copy_(_as_tensor(source))
    return self


def _as_tensor(storage: Any, dtype: Any = None) -> Any:
    """All of a storage as a tensor of one dimension."""
    dtype = flambeau.uint8 if dtype is None else dtype
    count = storage.nbytes() // dtype.itemsize
    return flambeau.empty(0, dtype=dtype, device=storage.device).set_(storage, 0, (count,), (1,))


def _to(self: Any, *, device: Any, non_blocking: bool = False) -> Any:
    device = flambeau.device(device)
    return self if self.device == device else _as_tensor(self).to(device).untyped_storage()


def _storage_text(name: str, storage: Any, count: int, dtype: Any, values: Iterable[Any]) -> str:
    kind = "" if dtype is None else f"dtype={dtype}, "
    head = f"[torch.storage.{name}({kind}device={storage.device}) of size {count}]"
    if storage.device.type == "meta":
        return f"...\n{head}"
    return "".join(f" {value}\n" for value in values).removesuffix("\n") + f"\n{head}"


def _untyped_repr(self: Any) -> str:
    return _storage_text("UntypedStorage", self, self.nbytes(), None, () if self.device.type == "meta" else self)


_UNTYPED_METHODS: dict[str, Any] = {
    "clone": _clone,
    "copy_": _copy,
    "cpu": lambda self: _to(self, device="cpu"),
    "cuda": lambda self, device=None, non_blocking=False: _to(self, device="cuda" if device is None else device),
    "to": _to,
    "tolist": lambda self: list(storage_bytes(self)),
    "size": lambda self: self.nbytes(),
    "element_size": lambda self: 1,
    "untyped": lambda self: self,
    "get_device": lambda self: -1 if self.device.index is None else self.device.index,
    "is_cuda": property(lambda self: self.device.type == "cuda"),
    "is_sparse": False,
    "is_sparse_csr": False,
    "__copy__": lambda self: self.clone(),
    "__deepcopy__": deepcopy_storage,
    "__reduce_ex__": _reduce_storage,
    "__repr__": _untyped_repr,
    "__str__": _untyped_repr,
    "__iter__": lambda self: iter(storage_bytes(self)),
    **_storage_names.UNTYPED,
}


def _attach() -> None:
    """Give the core's class the methods that it does not define itself."""
    for name, member in _UNTYPED_METHODS.items():
        known = getattr(UntypedStorage, name, None)
        if known is getattr(object, name, None) or hasattr(known, "_loads_methods"):
            try:
                setattr(UntypedStorage, name, member)
            except TypeError:  # an immutable class: the functions above still serve `save` and `load`
                return


_attach()


class _OfClassOrObject:
    """A method that takes the class where it is called on that."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: Any) -> Any:
        return MethodType(self.function, owner if instance is None else instance)


class StorageBase:
    """Base of storages in programs written for PyTorch, for annotations."""


class TypedStorage:
    """A storage with an element type: what `Tensor.storage()` answers and what files call FloatStorage and so on."""

    is_sparse = False
    dtype: Any

    def __new__(
        cls, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None, _internal: bool = False
    ) -> Any:
        if cls is TypedStorage or wrap_storage is None:
            return super().__new__(cls)
        typed = super().__new__(TypedStorage)  # a legacy class around a storage answers with the general one
        typed.__init__(wrap_storage=wrap_storage, dtype=_class_dtype(cls))  # type: ignore[misc]
        return typed

    def __init__(
        self, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None, _internal: bool = False
    ) -> None:
        name = type(self).__name__
        if dtype is None:
            dtype = _class_dtype(type(self)) or flambeau.get_default_dtype()
        self.dtype = dtype
        if wrap_storage is not None:
            if not isinstance(wrap_storage, UntypedStorage):
                raise TypeError(f"{name}: wrap_storage is a {type(wrap_storage).__name__}, not an UntypedStorage")
            self._untyped_storage = wrap_storage
            return
        device = flambeau.device("cpu" if device is None else device)
        if len(args) > 1:
            raise TypeError(f"{name}: {len(args)} positional arguments; a size or a sequence is wanted")
        if args and not isinstance(args[0], int):
            values = flambeau.tensor(list(args[0]), dtype=dtype, device=device)
            self._untyped_storage = values.untyped_storage()
        else:
            count = args[0] if args else 0
            if count < 0:
                raise RuntimeError(f"{name}: a size of {count}")
            self._untyped_storage = UntypedStorage(count * dtype.itemsize, device=device)

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, size: int = 0) -> TypedStorage:
        """The first ``size`` elements of a file, mapped into memory; with ``shared``, changes go into the file."""
        dtype = _class_dtype(cls)
        if dtype is None:
            raise RuntimeError("TypedStorage.from_file: an element type is wanted; call it on FloatStorage and so on")
        untyped = UntypedStorage.from_file(filename, shared, size * dtype.itemsize)
        return TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)

    @_OfClassOrObject
    def _new_shared(self: Any, size: int, *, device: Any = "cpu") -> TypedStorage:
        dtype = _class_dtype(self) if isinstance(self, type) else self.dtype
        dtype = dtype or flambeau.get_default_dtype()
        untyped = UntypedStorage._new_shared(size * dtype.itemsize, device=device)
        return TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)

    @property
    def filename(self) -> Any:
        return self._untyped_storage.filename

    @property
    def device(self) -> Any:
        return self._untyped_storage.device

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def _cdata(self) -> int:
        return self._untyped_storage._cdata

    def untyped(self) -> Any:
        """The storage without the element type."""
        return self._untyped_storage

    def _tensor(self) -> Any:
        return _as_tensor(self._untyped_storage, self.dtype)

    def _wrap(self, untyped: Any, dtype: Any = None) -> TypedStorage:
        return TypedStorage(wrap_storage=untyped, dtype=dtype or self.dtype, _internal=True)

    def _pickle_storage_class(self) -> Any:
        """The legacy class that names this element type in files."""
        from flambeau.serialization._names import STORAGE_OF_DTYPE

        name = STORAGE_OF_DTYPE.get(str(self.dtype).rpartition(".")[2])
        if name is None:
            raise RuntimeError(
                f"save: no storage class is called after {self.dtype}; save the tensor or the untyped storage instead"
            )
        return legacy_classes()[name]

    def pickle_storage_type(self) -> str:
        return self._pickle_storage_class().__name__

    def size(self) -> int:
        return self.nbytes() // self.dtype.itemsize

    def _size(self) -> int:
        return self.size()

    def __len__(self) -> int:
        return self.size()

    def nbytes(self) -> int:
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        return self._untyped_storage.data_ptr()

    def get_device(self) -> int:
        return -1 if self.device.index is None else self.device.index

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()

    def _need_values(self) -> None:
        if self.device.type == "meta":
            raise NotImplementedError("TypedStorage: Not available for the 'meta' device, which holds no elements")

    def __getitem__(self, index: Any) -> Any:
        self._need_values()
        if isinstance(index, slice):
            start, stop, step = index.indices(self.size())
            if step != 1:
                raise RuntimeError(f"TypedStorage: slices of step {step}; only 1 is possible")
            itemsize = self.dtype.itemsize
            return self._wrap(self._untyped_storage[start * itemsize : max(start, stop) * itemsize])
        return self._tensor()[self._checked(index)].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._need_values()
        if isinstance(index, slice):
            self._tensor()[index] = value
        else:
            self._tensor()[self._checked(index)] = value

    def _checked(self, index: Any) -> int:
        if not isinstance(index, int):
            raise TypeError(f"TypedStorage: an index of type {type(index).__name__}")
        count = self.size()
        if not -count <= index < count:
            raise IndexError(f"TypedStorage: index {index} out of range for a storage of size {count}")
        return index + count if index < 0 else index

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        return self._tensor().tolist()

    def fill_(self, value: Any) -> TypedStorage:
        self._tensor().fill_(value)
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> TypedStorage:
        if isinstance(source, TypedStorage):
            self._tensor().copy_(source._tensor())
        else:
            self._untyped_storage.copy_(source)
        return self

    def resize_(self, size: int) -> TypedStorage:
        self._untyped_storage.resize_(size * self.dtype.itemsize)
        return self

    def clone(self) -> TypedStorage:
        return self._wrap(self._untyped_storage.clone())

    def cpu(self) -> TypedStorage:
        return self._wrap(self._untyped_storage.cpu())

    def to(self, *, device: Any, non_blocking: bool = False) -> TypedStorage:
        return self._wrap(self._untyped_storage.to(device=device))

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        if dtype is None:
            return f"torch.{self.pickle_storage_type()}"
        return self._converted(dtype)

    def share_memory_(self) -> TypedStorage:
        self._untyped_storage.share_memory_()
        return self

    def is_shared(self) -> bool:
        return self._untyped_storage.is_shared()

    def _converted(self, dtype: Any) -> TypedStorage:
        if dtype == self.dtype:
            return self
        return self._wrap(self._tensor().to(dtype).untyped_storage(), dtype)

    def __eq__(self, other: object) -> Any:
        return isinstance(other, TypedStorage) and (self is other or self.data_ptr() == other.data_ptr())

    __hash__ = object.__hash__

    def __copy__(self) -> TypedStorage:
        return self.clone()

    def __deepcopy__(self, memo: dict[Any, Any]) -> TypedStorage:
        return self._wrap(deepcopy_storage(self._untyped_storage, memo))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _reduce_storage(self)

    def __repr__(self) -> str:
        values = () if self.device.type == "meta" else self.tolist()
        return _storage_text("TypedStorage", self, self.size(), self.dtype, values)

    __str__ = __repr__


for _name, _member in _storage_names.TYPED.items():
    setattr(TypedStorage, _name, _member)


class _LegacyStorageMeta(type):
    @property
    def dtype(cls) -> Any:
        """The element type that the class is called after."""
        return _class_dtype(cls)

    def __instancecheck__(cls, instance: Any) -> bool:
        if type(instance) is TypedStorage and cls is not _LegacyStorage:
            return instance.dtype == _class_dtype(cls)
        return super().__instancecheck__(instance)


class _LegacyStorage(TypedStorage, metaclass=_LegacyStorageMeta):
    """Base of the classes that are called after one element type."""


_legacy: dict[str, Any] = {}


def legacy_classes() -> dict[str, Any]:
    """FloatStorage, LongStorage and the others, by name; `flambeau.FloatStorage` is looked up here."""
    if not _legacy:
        from flambeau.serialization._names import LEGACY_STORAGES

        for name, dtype in LEGACY_STORAGES.items():
            _legacy[name] = _LegacyStorageMeta(
                name,
                (_LegacyStorage,),
                {"__module__": "flambeau", "_legacy_dtype": dtype, "__doc__": f"A storage of {dtype} elements."},
            )
    return _legacy


def _storage_type_to_dtype_map() -> dict[str, Any]:
    """The element type of each legacy class, by its name."""
    return {name: _class_dtype(cls) for name, cls in legacy_classes().items()}


def _dtype_to_storage_type_map() -> dict[Any, str]:
    """The name of the legacy class of each element type."""
    return {dtype: name for name, dtype in _storage_type_to_dtype_map().items()}


def _get_dtype_from_pickle_storage_type(pickle_storage_type: str) -> Any:
    """The element type of "FloatStorage" and the like. KeyError for another name."""
    known = _storage_type_to_dtype_map()
    if pickle_storage_type not in known:
        raise KeyError(f"pickle storage type {pickle_storage_type!r} is not recognized; {', '.join(known)} are")
    return known[pickle_storage_type]


def _warn_typed_storage_removal(stacklevel: int = 2) -> None:
    """Typed storages stay here, so there is nothing to warn of."""


def _class_dtype(cls: Any) -> Any:
    name = getattr(cls, "_legacy_dtype", None)
    return None if name is None else getattr(flambeau, name)
