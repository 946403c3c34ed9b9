"""Var: a logic variable."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Hashable, Iterator
from typing import Any

_numbers = itertools.count(1)
_declared: set[Any] = set()


class Var:
    """A logic variable; two with the same token are equal."""

    def __new__(cls, *token: Hashable) -> Any:
        made = object.__new__(cls)
        made.token = token[0] if token else f"_{next(_numbers)}"  # type: ignore[attr-defined]
        return made

    def __str__(self) -> str:
        return f"~{self.token}"  # type: ignore[attr-defined]

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.token == other.token  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.token))  # type: ignore[attr-defined]


def var(*token: Hashable) -> Var:
    """A new variable."""
    return Var(*token)


def vars(n: int) -> list[Var]:
    """Several new variables."""
    return [Var() for _ in range(n)]


def isvar(v: Any) -> bool:
    """Whether something is a variable, or was declared to be one by `variables`."""
    if isinstance(v, Var):
        return True
    try:
        return bool(_declared) and v in _declared
    except TypeError:
        return False


@contextlib.contextmanager
def variables(*names: Hashable) -> Iterator[None]:
    """Inside, these values count as variables."""
    before = set(_declared)
    _declared.update(names)
    try:
        yield
    finally:
        _declared.clear()
        _declared.update(before)
