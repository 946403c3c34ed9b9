"""unifiable: letting objects of a class take part in `unify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["unifiable"]

Kind = TypeVar("Kind", bound=type)


def unifiable(cls: Kind) -> Kind:
    """Decorator of a class: its objects are unified attribute by attribute."""

    def read(obj: Any) -> dict[str, Any]:
        return dict(obj.__dict__)

    def rebuild(obj: Any, change: Callable[[Any], Any]) -> Any:
        made = object.__new__(type(obj))
        made.__dict__.update({name: change(value) for name, value in obj.__dict__.items()})
        return made

    cls._unifiable_fields = (read, rebuild)  # type: ignore[attr-defined]
    return cls
