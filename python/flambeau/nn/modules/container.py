"""Containers: Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

import operator
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from flambeau._C import Tensor

from ..parameter import Parameter
from .module import Module, _addindent, _type_name


class Container(Module):
    """Old base class of the containers; kept for programs that name it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        warnings.warn(
            "nn.Container is deprecated. All of its functionality is in nn.Module.", FutureWarning, stacklevel=2
        )
        for name, module in kwargs.items():
            self.add_module(name, module)


def _position(index: Any, length: int) -> int:
    """A non-negative index. Raises IndexError when out of range."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


class _Numbered(Module):
    """What Sequential and ModuleList share: submodules named "0", "1", …"""

    def _get_item_by_idx(self, items: Iterable[Any], index: Any) -> Any:
        return next(islice(iter(items), _position(index, len(self)), None))

    def _rename(self, modules: list[Any]) -> None:
        self._modules = {str(i): module for i, module in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._get_item_by_idx(self._modules.keys(), index), module)

    def __delitem__(self, index: Any) -> None:
        keys = list(self._modules)
        doomed = keys[index] if isinstance(index, slice) else [self._get_item_by_idx(keys, index)]
        for key in doomed:
            delattr(self, key)
        self._rename(list(self._modules.values()))

    def __dir__(self) -> list[str]:
        return [key for key in super().__dir__() if not key.isdigit()]

    def append(self, module: Module) -> Any:
        """Adds a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: Any) -> Any:
        """Removes and returns the module at an index."""
        value = self[key]  # type: ignore[index]
        del self[key]
        return value


class Sequential(_Numbered):
    """Modules run one after the other: ``Sequential(a, b)``, or named, ``Sequential(OrderedDict(a=…, b=…))``."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.__class__(OrderedDict(list(self._modules.items())[index]))
        return self._get_item_by_idx(self._modules.values(), index)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def insert(self, index: int, module: Module) -> Any:
        """Puts a module before position ``index``. Raises IndexError when that is out of range."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        count = len(self._modules)
        if not -count <= index <= count:
            raise IndexError(f"Index out of range: {index}")
        modules = list(self._modules.values())
        modules.insert(index + count if index < 0 else index, module)
        self._rename(modules)
        return self

    def extend(self, sequential: Iterable[Module]) -> Any:
        """Adds modules at the end."""
        for module in list(sequential):
            self.append(module)
        return self

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Sequential):
            raise ValueError(f"a Sequential can be added to a Sequential only, got {type(other)}")
        result = Sequential()
        for module in chain(self, other):
            result.append(module)
        return result

    def __iadd__(self, other: Any) -> Any:
        if not isinstance(other, Sequential):
            raise ValueError(f"a Sequential can be added to a Sequential only, got {type(other)}")
        return self.extend(other)

    def _check_count(self, other: Any) -> int:
        if not isinstance(other, int):
            raise TypeError(f"a Sequential is repeated an integer number of times, got {other!r}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {type(self)}")
        return other

    def __mul__(self, other: int) -> Any:
        result = Sequential()
        for module in list(self) * self._check_count(other):
            result.append(module)
        return result

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Any:
        return self.extend(list(self) * (self._check_count(other) - 1))


class ModuleList(_Numbered):
    """A list of modules, each registered under its index."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def _get_abs_string_index(self, index: Any) -> str:
        return str(_position(index, len(self)))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            chosen: list[Any] = list(self._modules.values())[index]
            return self.__class__(chosen)
        return self._modules[self._get_abs_string_index(index)]

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._get_abs_string_index(index), module)

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def insert(self, index: int, module: Module) -> None:
        """Puts a module before position ``index``."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._rename(modules)

    def extend(self, modules: Iterable[Module]) -> Any:
        """Adds modules at the end; returns the list. Raises TypeError for what cannot be iterated."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        offset = len(self)
        for i, module in enumerate(list(modules)):
            self.add_module(str(offset + i), module)
        return self

    def __repr__(self) -> str:
        """Runs of equal entries are shown once, as ``(0-2): 3 x …``."""
        shown = [repr(module) for module in self]
        if not shown:
            return self._get_name() + "()"
        lines = []
        start = 0
        for i in range(1, len(shown) + 1):
            if i == len(shown) or shown[i] != shown[start]:
                block = _addindent(shown[start], 2)
                if i - start > 1:
                    lines.append(f"({start}-{i - 1}): {i - start} x {block}")
                else:
                    lines.append(f"({start}): {block}")
                start = i
        return self._get_name() + "(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dictionary of modules, each registered under its key, in insertion order."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Removes all entries."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Removes and returns an entry."""
        value = self[key]
        del self[key]
        return value

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """Pairs of name and module."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Adds the entries of a mapping, or of an iterable of pairs (name, module)."""
        _update(self, modules, "ModuleDict")


def _update(container: Any, entries: Any, kind: str) -> None:
    """Adds entries of a mapping or of pairs; TypeError and ValueError for what is neither."""
    if not isinstance(entries, Iterable):
        raise TypeError(
            f"{kind}.update should be called with an iterable of key/value pairs, got {_type_name(entries)}"
        )
    if isinstance(entries, Mapping | ModuleDict | ParameterDict):
        for key, value in entries.items():
            container[key] = value
        return
    for place, pair in enumerate(entries):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{kind} update sequence element #{place} should be Iterable; is {type(pair).__name__}")
        key_value = list(pair)
        if len(key_value) != 2:
            raise ValueError(f"{kind} update sequence element #{place} has length {len(key_value)}; 2 is required")
        container[key_value[0]] = key_value[1]


def _described(value: Any, kind: Any) -> str:
    """A tensor's line in the printed form of the parameter containers."""
    size = "x".join(str(extent) for extent in value.size())
    device = f" (GPU {value.get_device()})" if value.is_cuda else ""
    name = "Parameter" if isinstance(value, Parameter) else type(value).__name__
    return f"{name} containing: [{kind} of size {size}{device}]"


class ParameterList(Module):
    """A list whose tensors are registered as parameters under their index; other values are kept as they are."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def _get_abs_string_index(self, index: Any) -> str:
        return str(_position(index, len(self)))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            out = self.__class__()
            for i in range(*index.indices(len(self))):
                out.append(self[i])
            return out
        return getattr(self, self._get_abs_string_index(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, self._get_abs_string_index(index), value)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter(self[i] for i in range(len(self)))

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)

    def __dir__(self) -> list[str]:
        return [key for key in super().__dir__() if not key.isdigit()]

    def append(self, value: Any) -> Any:
        """Adds a value at the end; a tensor becomes a Parameter."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Adds values at the end. Raises TypeError for a tensor or what cannot be iterated."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        lines = []
        for index, value in enumerate(self):
            if isinstance(value, Tensor):
                lines.append(f"  ({index}): {_described(value, value.dtype)}")
            else:
                lines.append(f"  ({index}): Object of type: {type(value).__name__}")
        return "\n".join(lines)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a ParameterList holds parameters and cannot be called")


class ParameterDict(Module):
    """A dictionary whose tensors are registered as parameters; other values are kept as they are."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        self.update({} if parameters is None else parameters)

    def _key_to_attr(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: a key has to be a string, got {key!r} of type {type(key).__name__}")
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._key_to_attr(key))

    def __setitem__(self, key: str, value: Any) -> None:
        # Keys are attribute names; the dictionary of keys keeps their order.
        name = self._key_to_attr(key)
        self._keys[key] = None
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, name, value)

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._key_to_attr(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """A new dictionary with the same parameters."""
        return ParameterDict(OrderedDict((key, self[key]) for key in self._keys))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, which is first set to ``default`` when it is not there."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Removes all entries."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Removes and returns a value."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Removes and returns the last pair."""
        key, _ = self._keys.popitem()
        self._keys[key] = None
        value = self[key]
        del self[key]
        return key, value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        return self[key] if key in self else default  # noqa: SIM401  (this is that method)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with ``default`` under every key."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of name and value."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Adds the entries of a mapping (those of a plain dict by sorted key) or of an iterable of pairs."""
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = sorted(parameters.items())
        _update(self, parameters, "ParameterDict")

    def extra_repr(self) -> str:
        lines = []
        for key, value in self.items():
            if isinstance(value, Tensor):
                lines.append(f"  ({key}): {_described(value, value.type())}")
            else:
                lines.append(f"  ({key}): Object of type: {type(value).__name__}")
        return "\n".join(lines)

    def __call__(self, input: Any) -> Any:
        raise RuntimeError("a ParameterDict holds parameters and cannot be called")

    def __or__(self, other: Any) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Any) -> ParameterDict:
        result = other.copy()
        result.update(self)
        return result

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self
