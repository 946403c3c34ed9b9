"""Functions that bear the name of the file they stand in.

After importing ``package.name`` Python sets the attribute ``name`` of the package to the module. Where the package
means a function by that name (``autograd.gradcheck``, ``nn.utils.weight_norm``), the function has to stay, whoever
imports the module and whenever.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package some of whose submodules are called like their function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in self.__dict__["_named_as_their_file"]:
            value = getattr(value, name)
        super().__setattr__(name, value)


def functions_named_as_their_file(package: str, *names: str) -> None:
    """In this package these names are the functions, not the modules."""
    module = sys.modules[package]
    module.__dict__["_named_as_their_file"] = frozenset(names)
    module.__class__ = _Package
