"""`flambeau.utils`: data loading, trees of containers, checkpointing, exchange with other libraries.

Submodules are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

__all__ = ["set_module", "swap_tensors"]


def set_module(obj: Any, mod: str) -> None:
    """Say that an object belongs to another module."""
    if not isinstance(mod, str):
        raise TypeError(f"set_module: the module's name is a {type(mod).__name__}")
    obj.__module__ = mod


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange two tensors' contents and attributes; each object stays who it is.

    RuntimeError where weak references know one of them: they would show the other's contents.
    """
    from weakref import getweakrefs

    from flambeau import _C

    for name, t in (("t1", t1), ("t2", t2)):
        if getweakrefs(t):
            raise RuntimeError(f"swap_tensors: Cannot swap {name} because it has weakref associated with it")
    if t1.__class__ is not t2.__class__:
        t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
    _C._swap_contents(t1, t2)


def __getattr__(name: str) -> Any:
    if not name.startswith("__"):
        full = f"{__name__}.{name}"
        if importlib.util.find_spec(full) is not None:
            return importlib.import_module(full)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
