"""Rooms that are not there (distributed, quantization, export to ONNX, …): importable, and refused by name when used.

A program that only mentions `distributed.fsdp.FullyShardedDataParallel`, in an import, an annotation or an isinstance,
has to run; one that uses it has to be told. `_absent_rooms.txt` lists the names. The finder in
`flambeau/__init__.py` asks here for rooms that have no file; those that have one call `fill` for the names that the
file does not define.
"""

from __future__ import annotations

import abc
import enum
import importlib
import importlib.abc
import importlib.machinery
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

_PACKAGE = "flambeau."
_HINTS = {
    "distributed": "training is not distributed here (distributed.is_available() is False); one process does, with "
    "state_dict, save and load",
    "quantization": "there is no quantization; float16 and bfloat16 halve a model (model.bfloat16())",
    "onnx": "no ONNX files are written; save the state_dict, load it in PyTorch, and export there",
    "export": "programs are not exported as graphs; save(model.state_dict()) keeps what was learned, fx traces modules",
    "_functorch": "there is no tracing ahead of time; autograd runs as the program does",
    "utils": "sizes are plain numbers, not symbols",
    "numa": "processes are not bound to nodes of memory; taskset and numactl do that",
    "package": "there are no packages with code; save and load keep a state_dict",
    "_inductor": "there is no compiler of graphs; compile() gives its argument",
}
_FAMILIES = {"ao": "quantization", "nn": "quantization"}
_classes: dict[tuple[str, str], type] = {}
_rooms: dict[str, list[str]] = {}


def rooms() -> dict[str, list[str]]:
    """The names of each room, as they are written in the list."""
    if not _rooms:
        text = (pkgutil.get_data("flambeau", "_absent_rooms.txt") or b"").decode()
        name = ""
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith(" "):
                name, _, line = line.partition(":")
                _rooms[name] = []
            _rooms[name] += line.split()
        for name in list(_rooms):  # the packages around them
            while "." in name:
                name = name.rpartition(".")[0]
                _rooms.setdefault(name, [])
    return _rooms


def _family(room: str) -> str:
    first = room.partition(".")[0]
    return _FAMILIES.get(first, first)


def _refusal(room: str, name: str) -> Callable[..., NoReturn]:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{room}.{name}: {_HINTS[_family(room)]}")

    refused.__name__ = refused.__qualname__ = name
    refused.__module__ = _PACKAGE + room
    refused.__doc__ = f"Not available: {_HINTS[_family(room)]}."
    return refused


def _no(*args: Any, **kwargs: Any) -> bool:
    """False: it is not there."""
    return False


def _unchanged(function: Any, *args: Any, **kwargs: Any) -> Any:
    """The function itself; what would be added to it belongs to what is not there."""
    return function


def _absent_class(room: str, name: str) -> type:
    """A class for annotations, isinstance and bases; an object of it is made by no one but a subclass of its own."""
    refused = _refusal(room, name)
    if name.endswith(("Error", "Exception", "Warning")):
        return type(name, (Warning if name.endswith("Warning") else RuntimeError,), {"__module__": _PACKAGE + room})

    class Meta(abc.ABCMeta):  # so that it stands beside ABC among the bases of a class
        def __getattr__(cls, attribute: str) -> Any:  # a constructor or constant of the class that is not there
            if attribute.startswith("__"):
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {attribute!r}")
            return _refusal(room, f"{name}.{attribute}")

    def subscripted(cls: type, item: Any) -> type:
        return cls

    namespace = {"__init__": refused, "__module__": _PACKAGE + room, "__doc__": refused.__doc__}
    return Meta(name, (), {**namespace, "__class_getitem__": classmethod(subscripted)})


def _entry(room: str, word: str) -> tuple[str, Any]:
    """The name and the object that a word of the list stands for."""
    if word.endswith("()"):
        return word[:-2], _refusal(room, word[:-2])
    if word.startswith("?"):
        return word[1:], _no
    if word.startswith("@"):
        return word[1:], _unchanged
    if "=" in word:
        name, _, value = word.partition("=")
        return name, value.strip("'")
    name, _, members = word.partition("{")
    key = (_family(room), name)
    if key not in _classes:
        if members:
            _classes[key] = enum.Enum(name, members.rstrip("}").split(","), module=_PACKAGE + room)  # type: ignore
        else:
            _classes[key] = _absent_class(room, name)
    return name, _classes[key]


def _names_of(room: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in rooms()[room]:
        if word.startswith("<"):
            found = {**_names_of(word[1:]), **found}
        else:
            name, value = _entry(room, word)
            found[name] = value
    return found


def fill(namespace: dict[str, Any]) -> None:
    """Give a module the names of the list that it does not define, and its rooms as attributes."""
    module = namespace["__name__"]
    for name, value in _names_of(module.removeprefix(_PACKAGE)).items():
        namespace.setdefault(name, value)
    if "__path__" in namespace:
        namespace.setdefault("__getattr__", lambda name: _room_of(module, name))


def _room_of(package: str, name: str) -> ModuleType:
    if f"{package}.{name}".removeprefix(_PACKAGE) in rooms():
        return importlib.import_module(f"{package}.{name}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def spec_of(fullname: str) -> importlib.machinery.ModuleSpec | None:
    """The import system's description of a room that is not there, or None for what is no such room."""
    room = fullname.removeprefix(_PACKAGE)
    if room not in rooms():
        return None
    is_package = any(other.startswith(room + ".") for other in rooms())
    return importlib.machinery.ModuleSpec(fullname, _Loader(), origin="absent", is_package=is_package)


class _Loader(importlib.abc.Loader):
    """Makes a module of the names in the list."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        room = module.__name__.removeprefix(_PACKAGE)
        module.__all__ = [name for name in _names_of(room) if not name.startswith("_")]  # type: ignore[attr-defined]
        module.__doc__ = f"Not there: {_HINTS[_family(room)]}."
        fill(module.__dict__)
