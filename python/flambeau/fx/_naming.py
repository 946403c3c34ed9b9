"""Names in generated code: what a function or a type is called there, and names for variables.

The library appears as `torch` where it stands in for PyTorch (`flambeau._as_torch`), as `flambeau` otherwise. A name is
given out only if looking it up leads back to the very object.
"""

from __future__ import annotations

import builtins
import contextlib
import contextvars
import functools
import importlib
import keyword
import re
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau import _C

Operator = _C.Operator
# Where public functions are looked for whose own module is a private one.
_PUBLIC = ("functional", "", "nn.functional", "linalg", "fft", "special", "nn.init", "nn.utils", "signal.windows")


_as_torch: contextvars.ContextVar[bool] = contextvars.ContextVar("written_as_torch", default=False)


def library() -> str:
    """What the library is called in generated code here."""
    return "torch" if _as_torch.get() or sys.modules.get("torch") is flambeau else "flambeau"


@contextlib.contextmanager
def written_as_torch() -> Iterator[None]:
    """Code that is stored speaks of `torch`, so that either library can read it."""
    token = _as_torch.set(True)
    try:
        yield
    finally:
        _as_torch.reset(token)


def is_library_name(name: str) -> bool:
    """Whether a dotted name begins with a name of this library."""
    return name.partition(".")[0] in ("flambeau", "torch")


def _look_up(path: str) -> Any:
    """The object behind a dotted name below the package; None where there is none."""
    found: Any = flambeau
    at = "flambeau"
    for part in filter(None, path.split(".")):
        at += "." + part
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(at)
            except ImportError:
                return None
        except NotImplementedError:
            return None
    return found


def _tensor_attribute(func: Any, name: str) -> bool:
    """Whether the function is what stands under this name in the Tensor class."""
    for cls in flambeau.Tensor.__mro__:
        if name in cls.__dict__:
            found = cls.__dict__[name]
            return found is func or getattr(found, "__func__", None) is func
    return False


def is_tensor_method(func: Any) -> bool:
    """Whether a function is a method of Tensor, or the getter of a property."""
    if isinstance(func, Operator):
        return func.is_method
    name = getattr(func, "__name__", "")
    return name == "__get__" or _tensor_attribute(func, name)


def _within_library(func: Any, name: str) -> str | None:
    """The public path of an object of this library, without the library's own name."""
    if isinstance(func, type):
        path = f"{func.__module__.partition('.')[2]}.{func.__qualname__}".lstrip(".")
        if _look_up(path) is func:
            return path
        return name if getattr(flambeau, name, None) is func else None
    if _tensor_attribute(func, name):
        return f"Tensor.{name}"
    module = getattr(func, "__module__", None) or ""
    own = module.partition(".")[2]
    shown = [name]
    prefix = own.rpartition(".")[2] + "_"
    if name.startswith(prefix):  # torch.linalg.norm is the operator linalg_norm
        shown.insert(0, name[len(prefix) :])
    places = (own, *_PUBLIC) if own in _PUBLIC else (*_PUBLIC, own)
    qualified = getattr(func, "__qualname__", name)
    if "." in qualified and "<" not in qualified and _look_up(f"{own}.{qualified}".lstrip(".")) is func:
        return f"{own}.{qualified}".lstrip(".")
    for place in places:
        for last in shown:
            path = f"{place}.{last}".lstrip(".")
            if _look_up(path) is func:
                return path
    return _under_another_name(func)


def _under_another_name(func: Any) -> str | None:
    """The path of a function that is public under another name than its own: nn.functional.logsigmoid."""
    for place in _PUBLIC:
        for name, value in vars(_look_up(place) or types).items():
            if value is func and not name.startswith("_"):
                return f"{place}.{name}".lstrip(".")
    name = getattr(func, "__name__", "")
    return f"_C.aten.{name}" if getattr(_C.aten, name, None) is func else None


def operator_path(func: Any) -> str | None:
    """The path `ops.aten.add.Tensor` of an operator object of `flambeau.ops`; None for anything else."""
    if type(func).__name__ in ("OpOverload", "OpOverloadPacket"):
        return f"ops.{func}"
    return None


def is_library_object(obj: Any) -> bool:
    """Whether an object is one of this library's, reachable by name."""
    return library_path(obj) is not None


@functools.lru_cache(maxsize=4096)
def _cached_path(obj: Any) -> str | None:
    return _within_library(obj, obj.__name__)


def library_path(obj: Any) -> str | None:
    """The path of an object below the library's name, or None: "nn.functional.relu"."""
    if obj is None:
        return None
    if (path := operator_path(obj)) is not None:
        return path
    if isinstance(obj, types.ModuleType):
        return obj.__name__.partition(".")[2] if is_library_name(obj.__name__) else None
    module = getattr(obj, "__module__", None)
    if not isinstance(getattr(obj, "__name__", None), str):
        return None
    if module is None or not is_library_name(module):
        return f"Tensor.{obj.__name__}" if _tensor_attribute(obj, obj.__name__) else None
    try:
        return _cached_path(obj)
    except TypeError:  # not hashable
        return _within_library(obj, obj.__name__)


def qualified_name(func: Any) -> str:
    """The name by which generated code reaches a function: "torch.add", "_operator.add", "len", "pkg.module.f"."""
    if (path := library_path(func)) is not None:
        return f"{library()}.{path}"
    name: str = func.__name__
    if getattr(builtins, name, None) is func:
        return name
    module = getattr(func, "__module__", None)
    if module is None:
        module = getattr(getattr(func, "__objclass__", None), "__module__", None)
    if module is None:
        raise RuntimeError(f"fx: no module is known for the function {func!r}")
    if module == "__builtin__":
        module = "builtins"
    return f"{module}.{name}"


# Types. ---------------------------------------------------------------------------------------------------------------

SPECIAL_FORMS = {
    list: typing.List,  # noqa: UP006
    dict: typing.Dict,  # noqa: UP006
    set: typing.Set,  # noqa: UP006
    frozenset: typing.FrozenSet,  # noqa: UP006
    tuple: typing.Tuple,  # noqa: UP006
}


def type_repr(obj: Any) -> str:
    """A type as it is written: "int", "torch.Tensor", "typing.List[int]"."""
    if isinstance(obj, type) and not isinstance(obj, types.GenericAlias):
        path = library_path(obj)
        if path is not None:
            return f"{library()}.{path}"
        home = obj.__module__
        return obj.__qualname__ if home == "builtins" else ".".join([home, obj.__qualname__])
    if obj is ...:
        return "..."
    if isinstance(obj, types.FunctionType):
        return obj.__name__
    return repr(obj)


# Variables. -----------------------------------------------------------------------------------------------------------

_NOT_A_NAME = re.compile(r"[^0-9a-zA-Z_]+")
_NUMBERED = re.compile(r"(.*)_(\d+)$")


def snake_case(text: str) -> str:
    """CamelCase as snake_case."""
    out = []
    for at, letter in enumerate(text):
        if letter.isupper() and at and text[at - 1].islower():
            out.append("_")
        out.append(letter.lower())
    return "".join(out)


@functools.cache
def _reserved() -> frozenset[str]:
    return frozenset([*keyword.kwlist, *dir(builtins)])


class Namespace:
    """Gives out names that are Python identifiers, no keyword or builtin, and each to one object only."""

    def __init__(self) -> None:
        self._base_count: dict[str, int] = {}  # the highest number given out for each name without one
        self._obj_to_name: dict[Any, str] = {}
        self._used_names = set[str]()

    def create_name(self, candidate: str, obj: Any) -> str:
        """A name for an object, like `candidate`; the same one again for an object that has one."""
        if obj is not None and obj in self._obj_to_name:
            return self._obj_to_name[obj]
        candidate = _NOT_A_NAME.sub("_", candidate) or "_unnamed"
        if candidate[0].isdigit():
            candidate = f"_{candidate}"
        number = None
        base = candidate
        if (numbered := _NUMBERED.match(candidate)) is not None:
            base, number = numbered[1], int(numbered[2])
        if candidate in self._used_names or self._is_illegal_name(candidate, obj):
            number = self._base_count.get(base, 0) if number is None else number
            candidate = f"{base}_{number}" if number else base
            while candidate in self._used_names or self._is_illegal_name(candidate, obj):
                number += 1
                candidate = f"{base}_{number}"
        self._used_names.add(candidate)
        self._base_count[base] = max(self._base_count.get(base, 0), number or 0)
        if obj is not None:
            self._obj_to_name[obj] = candidate
        return candidate

    def associate_name_with_obj(self, name: str, obj: Any) -> None:
        """Keep a name that was given out for this object."""
        kept = self._obj_to_name.setdefault(obj, name)
        if kept != name:
            raise AssertionError(f"fx: {obj!r} has the name {kept!r} already")

    def _is_illegal_name(self, name: str, obj: Any) -> bool:
        if name in _reserved() and not (hasattr(builtins, name) and getattr(builtins, name) is obj):
            return True
        from .graph import _custom_builtins

        return name in _custom_builtins and _custom_builtins[name].obj is not obj

    def _rename_object(self, obj: Any, name: str) -> None:
        self._obj_to_name[obj] = name
        self._used_names.add(name)
