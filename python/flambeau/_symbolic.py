"""`SymInt`, `SymFloat`, `SymBool`: classes to ask `isinstance` of. Sizes are plain numbers here, so there are no
objects of them.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["SymBool", "SymFloat", "SymInt"]


class _Symbolic:
    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{cls.__name__}: there are no symbolic sizes here; sizes are plain numbers")


class SymInt(_Symbolic):
    """A symbolic integer; there are none."""


class SymFloat(_Symbolic):
    """A symbolic float; there are none."""


class SymBool(_Symbolic):
    """A symbolic truth value; there are none."""


SymInt.__module__ = SymFloat.__module__ = SymBool.__module__ = "torch"
