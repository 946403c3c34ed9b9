"""Parameters, buffers and modules of a module by their dotted names: read, set, exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau

from ..modules.module import Module

__all__ = ["NamedMemberAccessor", "swap_tensor"]

_MISSING = object()


def swap_tensor(module: Module, name: str, tensor: Any, allow_missing: bool = False) -> Any:
    """Put a tensor in the place of a parameter or buffer, or of an attribute; gives what was there."""
    if not isinstance(module, Module):
        raise TypeError(f"swap_tensor: {module} is no Module")
    for place in (module._parameters, module._buffers):
        if name in place:
            before: Any = place[name]
            if tensor is _MISSING:
                del place[name]
            else:
                place[name] = tensor
            return before
    before = getattr(module, name, _MISSING)
    if before is _MISSING and not allow_missing:
        raise AttributeError(f"swap_tensor: {type(module).__name__} has no tensor {name!r}")
    if before is not _MISSING and not isinstance(before, flambeau.Tensor) and before is not None:
        raise TypeError(f"swap_tensor: {name!r} of {type(module).__name__} is a {type(before).__name__}, no tensor")
    if tensor is not _MISSING:
        setattr(module, name, tensor)
    elif hasattr(module, name):
        delattr(module, name)
    return before


class NamedMemberAccessor:
    """The members of a module and of those inside it, by names as in ``state_dict``."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def get_submodule(self, name: str) -> Module:
        """The module of a name; the empty name is the whole."""
        return self.module.get_submodule(name)

    def _place(self, name: str) -> tuple[Module, str]:
        path, _, leaf = name.rpartition(".")
        return self.get_submodule(path), leaf

    def get_tensor(self, name: str) -> Any:
        """The tensor of a name."""
        module, leaf = self._place(name)
        value = getattr(module, leaf)
        if not isinstance(value, flambeau.Tensor) and value is not None:
            raise TypeError(f"get_tensor: {name!r} is a {type(value).__name__}, no tensor")
        return value

    def swap_tensor(self, name: str, value: Any, allow_missing: bool = False) -> Any:
        """Put a tensor in the place of another; gives that."""
        module, leaf = self._place(name)
        return swap_tensor(module, leaf, value, allow_missing)

    def set_tensor(self, name: str, value: Any) -> None:
        """Put a tensor in its place."""
        self.swap_tensor(name, value, allow_missing=True)

    def del_tensor(self, name: str) -> None:
        """Take a tensor away."""
        self.swap_tensor(name, _MISSING)

    def get_tensors(self, names: Iterable[str]) -> list[Any]:
        """The tensors of several names."""
        return [self.get_tensor(name) for name in names]

    def set_tensors(self, names: Iterable[str], values: Iterable[Any]) -> None:
        """Put several tensors in their places."""
        for name, value in zip(names, values, strict=True):
            self.set_tensor(name, value)

    def set_tensors_dict(self, named_tensors: dict[str, Any]) -> None:
        """Put tensors in the places of their names."""
        self.set_tensors(named_tensors, named_tensors.values())

    def swap_tensors_dict(
        self, named_tensors: dict[str, Any], allow_missing: bool = False
    ) -> tuple[dict[str, Any], list[str]]:
        """Put tensors in the places of their names; gives those that were there, and the names that were not."""
        before, missing = {}, []
        for name, value in named_tensors.items():
            old = self.swap_tensor(name, value, allow_missing)
            before[name] = old
            if old is _MISSING:
                missing.append(name)
        return before, missing

    def check_keys(self, keys: Iterable[str]) -> tuple[list[str], list[str]]:
        """Names that are missing among the given, and names that are too many."""
        wanted = {name for name, _ in self.named_tensors(remove_duplicate=False)}
        given = set(keys)
        return sorted(wanted - given), sorted(given - wanted)

    def named_parameters(self, remove_duplicate: bool = True) -> Iterable[tuple[str, Any]]:
        """Parameters with their names."""
        yield from self.module.named_parameters(remove_duplicate=remove_duplicate)

    def named_buffers(self, remove_duplicate: bool = True) -> Iterable[tuple[str, Any]]:
        """Buffers with their names."""
        yield from self.module.named_buffers(remove_duplicate=remove_duplicate)

    def named_tensors(self, remove_duplicate: bool = True) -> Iterable[tuple[str, Any]]:
        """Parameters and buffers with their names."""
        yield from self.named_parameters(remove_duplicate)
        yield from self.named_buffers(remove_duplicate)

    def named_modules(self, remove_duplicate: bool = True) -> Iterable[tuple[str, Module]]:
        """Modules with their names."""
        yield from self.module.named_modules(remove_duplicate=remove_duplicate)
