"""Types of tensors by their sizes, some of which may be unknown: ``TensorType((1, 2, Dyn))``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._compatibility import unstable
from .experimental.unification import Var

__all__ = ["Dyn", "TensorType", "is_consistent", "is_more_precise"]


@unstable
class TensorType:
    """The type of tensors with these sizes; `Dyn` is any size. Used as an annotation: ``x: TensorType((1, Dyn))``."""

    def __init__(self, dim: Sequence[Any]) -> None:
        self.__origin__ = TensorType
        self.__args__ = dim

    def __repr__(self) -> str:
        return f"TensorType[{self.__args__}]"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorType) and list(self.__args__) == list(other.__args__)

    def __hash__(self) -> int:
        return hash(tuple(self.__args__))

    def __class_getitem__(cls, dims: Any) -> TensorType:
        return cls(dims if isinstance(dims, tuple) else (dims,))


class _DynType:
    """Any size, or any type."""

    __name__ = "_DynType"

    def __repr__(self) -> str:
        return "Dyn"

    def __hash__(self) -> int:
        return hash(type(self))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)


Dyn = _DynType()


@unstable
def is_consistent(t1: Any, t2: Any) -> bool:
    """Whether one value may have both types: where both say a size, it is the same."""
    if Dyn in (t1, t2) or isinstance(t1, Var) or isinstance(t2, Var) or t1 == t2:
        return True
    if isinstance(t1, TensorType) and isinstance(t2, TensorType):
        return len(t1.__args__) == len(t2.__args__) and all(map(is_consistent, t1.__args__, t2.__args__))
    return False


@unstable
def is_more_precise(t1: Any, t2: Any) -> bool:
    """Whether the first type says all that the second does."""
    if t1 == t2 or t2 == Dyn or isinstance(t2, Var):
        return True
    if isinstance(t1, TensorType) and isinstance(t2, TensorType):
        return len(t1.__args__) == len(t2.__args__) and all(map(is_more_precise, t1.__args__, t2.__args__))
    return False
