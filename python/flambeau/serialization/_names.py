"""The names that a saved file may mention, and what each may do.

`SafeGlobals` is the table behind the pickle machine: a name is a value (a dtype, a storage type, a class used as an
argument) or has a handler of ours that checks its arguments. Classes and functions that the user has added with
`add_safe_globals` are called as pickle would. `torch_name` and `flambeau_name` translate between the names in a file,
which are PyTorch's, and ours.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

import flambeau
from flambeau import _C
from flambeau._tensor import LEGACY_TYPES

from . import _rebuild
from ._numpy import NUMPY_NAMES, build_numpy

LEGACY_STORAGES = {
    **{name.replace("Tensor", "Storage"): dtype for name, dtype in LEGACY_TYPES.items()},
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
}
STORAGE_OF_DTYPE = {dtype: name for name, dtype in LEGACY_STORAGES.items()}
QUANTIZED = ("QInt8Storage", "QInt32Storage", "QUInt8Storage", "QUInt4x2Storage", "QUInt2x4Storage")
# The core's names of types: those that the types show, and the other ones.
_CORE_TYPES = {name: str(value)[6:] for name, value in vars(_C).items() if isinstance(value, _C.dtype)}
DTYPES = tuple(name for name, shown in _CORE_TYPES.items() if name == shown)
DTYPE_ALIASES = {name: shown for name, shown in _CORE_TYPES.items() if name != shown}
MEMORY_FORMATS = ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format")
ABSENT = {
    "torch._utils._rebuild_qtensor": "quantized tensors",
    "torch._utils._rebuild_nested_tensor": "nested tensors",
    "torch._utils._rebuild_wrapper_subclass": "wrapper subclasses",
    "torch._utils._rebuild_xla_tensor": "XLA tensors",
    "torch._utils._rebuild_device_tensor_from_numpy": "tensors saved as NumPy arrays of another device",
}
PYTHON2_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class StorageType:
    """The storage class that a file names: an element type, or raw bytes when `dtype` is None."""

    __slots__ = ("dtype", "name")

    def __init__(self, name: str, dtype: Any) -> None:
        self.name, self.dtype = name, dtype

    def __repr__(self) -> str:
        return f"<storage type {self.name}>"


def _codecs_encode(text: Any, encoding: Any = "utf-8") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise UnpicklingError(f"_codecs.encode of a {type(text).__name__} with encoding {encoding!r}")
    return text.encode(encoding)


def _set(items: Any = ()) -> set[Any]:
    from ._pickle_vm import check_key

    if type(items) not in (list, tuple):
        raise UnpicklingError(f"set of a {type(items).__name__}")
    for item in items:
        check_key(item)
    return set(items)


def _bytearray(data: Any = b"", encoding: Any = None) -> bytearray:
    if type(data) is str:
        return bytearray(_codecs_encode(data, encoding))
    if type(data) not in (bytes, bytearray):
        raise UnpicklingError(f"bytearray of a {type(data).__name__}")
    return bytearray(data)


def _bytes(data: Any = b"", encoding: Any = None) -> bytes:
    return bytes(_bytearray(data, encoding))


def _complex(real: Any = 0.0, imag: Any = 0.0) -> complex:
    if type(real) not in (int, float) or type(imag) not in (int, float):
        raise UnpicklingError(f"complex of {type(real).__name__} and {type(imag).__name__}")
    return complex(real, imag)


def _slice(*bounds: Any) -> slice:
    if not 1 <= len(bounds) <= 3 or any(type(bound) not in (int, type(None)) for bound in bounds):
        raise UnpicklingError(f"slice of {bounds!r:.80}")
    return slice(*bounds)


def _range(*bounds: Any) -> range:
    if not 1 <= len(bounds) <= 3 or any(type(bound) is not int for bound in bounds):
        raise UnpicklingError(f"range of {bounds!r:.80}")
    return range(*bounds)


def _ordered_dict(pairs: Any = ()) -> OrderedDict[Any, Any]:
    return _fill(OrderedDict(), pairs)


def _counter(counts: Any = ()) -> Counter[Any]:
    return _fill(Counter(), counts)


def _defaultdict(factory: Any = None, pairs: Any = ()) -> defaultdict[Any, Any]:
    if not any(factory is known for known in (None, list, dict, int, float, str, bool, set, tuple)):
        raise UnpicklingError(f"a defaultdict whose factory is {factory!r:.80}")
    return _fill(defaultdict(factory), pairs)


def _fill(target: Any, pairs: Any) -> Any:
    from ._pickle_vm import check_key

    if type(pairs) is dict:
        pairs = list(pairs.items())
    if type(pairs) not in (list, tuple):
        raise UnpicklingError(f"{type(target).__name__} of a {type(pairs).__name__}")
    for pair in pairs:
        if type(pair) not in (list, tuple) or len(pair) != 2:
            raise UnpicklingError(f"{type(target).__name__} wants pairs of key and value")
        check_key(pair[0])
        target[pair[0]] = pair[1]
    return target


@functools.cache
def value_table() -> dict[str, Any]:
    """Names that stand for values."""
    table: dict[str, Any] = {}
    for name in DTYPES:
        dtype = getattr(flambeau, name, None)
        if dtype is not None:
            table[f"torch.{name}"] = dtype
    for alias, name in DTYPE_ALIASES.items():
        if f"torch.{name}" in table:
            table[f"torch.{alias}"] = table[f"torch.{name}"]
    for name in MEMORY_FORMATS:
        if hasattr(flambeau, name):
            table[f"torch.{name}"] = getattr(flambeau, name)
    for name, dtype_name in LEGACY_STORAGES.items():
        kind = StorageType(name, getattr(flambeau, dtype_name))
        table[f"torch.{name}"] = table[f"torch.cuda.{name}"] = table[f"torch.storage.{name}"] = kind
    table["torch.storage.UntypedStorage"] = table["torch.UntypedStorage"] = StorageType("UntypedStorage", None)
    table["torch.Tensor"] = flambeau.Tensor
    table["torch.nn.parameter.Parameter"] = _rebuild.parameter_class()
    for builtin in (list, dict, int, float, str, bool, tuple):
        table[f"builtins.{builtin.__name__}"] = builtin
    return table


@functools.cache
def call_table() -> dict[str, tuple[Any, Callable[..., Any]]]:
    """Names that REDUCE may mention: the object that goes on the stack and the handler that answers for it."""
    table: dict[str, tuple[Any, Callable[..., Any]]] = {
        "collections.OrderedDict": (OrderedDict, _ordered_dict),
        "collections.Counter": (Counter, _counter),
        "collections.defaultdict": (defaultdict, _defaultdict),
        "builtins.set": (set, _set),
        "builtins.frozenset": (frozenset, lambda items=(): frozenset(_set(items))),
        "builtins.bytearray": (bytearray, _bytearray),
        "builtins.bytes": (bytes, _bytes),
        "builtins.complex": (complex, _complex),
        "builtins.slice": (slice, _slice),
        "builtins.range": (range, _range),
        "_codecs.encode": (_codecs_encode, _codecs_encode),
        "torch.Size": (flambeau.Size, _rebuild.size),
        "torch.device": (flambeau.device, _rebuild.device),
        "torch._C.Generator": (flambeau.Generator, _rebuild.generator),
        "torch.serialization._get_layout": (_rebuild.layout, _rebuild.layout),
    }
    for name in (
        "_rebuild_tensor",
        "_rebuild_tensor_v2",
        "_rebuild_tensor_v3",
        "_rebuild_parameter",
        "_rebuild_parameter_with_state",
        "_rebuild_sparse_tensor",
        "_rebuild_meta_tensor_no_storage",
        "_rebuild_device_tensor_from_cpu_tensor",
    ):
        handler = getattr(_rebuild, name.removeprefix("_"))
        table[f"torch._utils.{name}"] = (handler, handler)
    return table


class SafeGlobals:
    """The table of one load: the fixed names and those that the user allowed."""

    def __init__(self, allowed: dict[str, Any]) -> None:
        self.allowed = allowed
        self.allowed_ids = {id(value): value for value in allowed.values()}
        self.handlers = {id(value): handler for value, handler in call_table().values()}
        self.unknown: list[str] = []

    def lookup(self, module: str, name: str) -> Any:
        full = f"{PYTHON2_MODULES.get(module, module)}.{name}"
        if full in self.allowed:
            return self.allowed[full]
        call = call_table().get(full)
        if call is not None:
            return call[0]
        values = value_table()
        if full in values:
            return values[full]
        if full == "torch._tensor._rebuild_from_type_v2":
            self.handlers[id(_rebuild.rebuild_from_type)] = self._rebuild_from_type
            return _rebuild.rebuild_from_type
        if full in NUMPY_NAMES:
            value, handler = NUMPY_NAMES[full]()
            if handler is not None:
                self.handlers[id(value)] = handler
            return value
        if full in ABSENT:
            raise UnpicklingError(
                f"{full}: Flambeau has no {ABSENT[full]}; convert them to plain tensors before saving"
            )
        if module == "torch" and name in QUANTIZED:
            raise UnpicklingError(f"{full}: Flambeau has no quantized tensors; dequantize before saving")
        self.unknown.append(full)
        raise UnpicklingError(refusal(full))

    def reduce(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        if isinstance(function, type) or callable(function):
            if id(function) in self.allowed_ids:
                return function(*arguments)
            handler = self.handlers.get(id(function))
            if handler is not None:
                return handler(*arguments)
        raise UnpicklingError(f"a call of {_describe(function)}; only known constructors are called")

    def new(self, cls: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if isinstance(cls, type) and id(cls) in self.allowed_ids:
            return cls.__new__(cls, *arguments, **keywords)
        if not keywords and any(cls is known for known in (OrderedDict, Counter, set, flambeau.Size)):
            return self.reduce(cls, arguments)
        raise UnpicklingError(f"a new object of {_describe(cls)}; its class is not allowed")

    def build(self, instance: Any, state: Any) -> Any:
        kind = type(instance)
        if id(kind) in self.allowed_ids:
            return _set_state(instance, state)
        if kind is OrderedDict:
            _rebuild.add_attributes(instance, state)
            return instance
        if isinstance(instance, flambeau.Tensor):
            _rebuild.add_attributes(instance, state)
            return instance
        if kind is flambeau.Generator:
            return _rebuild.generator_state(instance, state)
        if kind.__module__ == "numpy" or kind.__module__.startswith("numpy."):
            return build_numpy(instance, state)
        raise UnpicklingError(f"state for an object of {_describe(kind)}, which takes none")

    def _rebuild_from_type(self, function: Any, cls: Any, arguments: Any, state: Any) -> Any:
        if type(arguments) is not tuple:
            raise UnpicklingError("_rebuild_from_type_v2: arguments are not a tuple")
        result = self.reduce(function, arguments)
        if not isinstance(result, flambeau.Tensor):
            raise UnpicklingError(f"_rebuild_from_type_v2: {type(result).__name__} is not a tensor")
        if type(result) is not cls:
            safe = (flambeau.Tensor, _rebuild.parameter_class())
            if not isinstance(cls, type) or not (cls in safe or id(cls) in self.allowed_ids):
                raise UnpicklingError(f"_rebuild_from_type_v2: {_describe(cls)} is not allowed")
            result = result.as_subclass(cls)
        if id(cls) in self.allowed_ids:
            return _set_state(result, state) if state is not None else result
        if state is not None:
            _rebuild.add_attributes(result, state)
        return result


def refusal(full: str) -> str:
    return (
        f"{full} is not among the names that load reads from a file. If you trust the file, allow it with "
        f"flambeau.serialization.add_safe_globals([{full}]) or the safe_globals context, or load with "
        "weights_only=False, which lets the file run any code"
    )


def _describe(value: Any) -> str:
    if isinstance(value, type) or callable(value):
        return f"{getattr(value, '__module__', '?')}.{getattr(value, '__qualname__', type(value).__name__)}"
    return f"a {type(value).__name__}"


def _set_state(instance: Any, state: Any) -> Any:
    """What pickle's BUILD does, for an object of a class that the user allowed."""
    setter = getattr(instance, "__setstate__", None)
    if setter is not None:
        setter(state)
        return instance
    slots: Any = None
    if type(state) is tuple and len(state) == 2:
        state, slots = state
    if state:
        instance.__dict__.update(state)
    for name, value in (slots or {}).items():
        setattr(instance, name, value)
    return instance


def torch_name(module: str, name: str) -> tuple[str, str] | None:
    """The name under which an object of ours is written, or None when it is not ours."""
    if module == "torch" or module.startswith("torch."):
        return module, name
    if module != "flambeau" and not module.startswith("flambeau."):
        return None
    renamed = _OWN_TO_TORCH.get((module, name))
    return renamed if renamed is not None else ("torch" + module[len("flambeau") :], name)


@functools.cache
def _core_names() -> dict[int, tuple[str, str]]:
    names = {id(getattr(flambeau, name)): ("torch", name) for name in ("Tensor", "Size", "device", "dtype", "layout")}
    names[id(flambeau.Generator)] = ("torch._C", "Generator")
    names[id(flambeau.UntypedStorage)] = ("torch.storage", "UntypedStorage")
    return names


def name_of_core(obj: Any) -> tuple[str, str] | None:
    """The name of a class of the core, whatever module the core says that it is from."""
    return _core_names().get(id(obj))


_OWN_TO_TORCH = {
    ("flambeau._tensor_pickle", "_rebuild_from_type_v2"): ("torch._tensor", "_rebuild_from_type_v2"),
    ("flambeau.serialization._rebuild", "layout"): ("torch.serialization", "_get_layout"),
}


def flambeau_name(module: str, name: str) -> tuple[str, str]:
    """Where a name in a file is found in this package."""
    module = PYTHON2_MODULES.get(module, module)
    if module == "torch" or module.startswith("torch."):
        renamed = _TORCH_TO_OWN.get((module, name))
        if renamed is not None:
            return renamed
        own = "flambeau" + module[len("torch") :]
        # A module of that name that is none of ours: a program's own, or one that it borrowed.
        if module in sys.modules and own not in sys.modules and not _is_there(own):
            return module, name
        return own, name
    return module, name


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


_TORCH_TO_OWN = {
    ("torch._tensor", "_rebuild_from_type_v2"): ("flambeau._tensor_pickle", "_rebuild_from_type_v2"),
    ("torch._C", "Generator"): ("flambeau", "Generator"),
}
