"""unify and reify: making two terms equal, and putting in what that takes.

After J. A. Robinson, "A machine-oriented logic based on the resolution principle" (1965).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .variable import isvar

__all__ = ["reify", "unify"]


def walk(key: Any, s: dict[Any, Any]) -> Any:
    """What a variable stands for, followed to the end."""
    while isvar(key) and key in s:
        key = s[key]
    return key


def reify(e: Any, s: dict[Any, Any]) -> Any:
    """A term with values in the place of variables."""
    e = walk(e, s)
    if isvar(e):
        return e
    if isinstance(e, (tuple, list)):
        items = [reify(item, s) for item in e]
        return type(e)(*items) if hasattr(e, "_fields") else type(e)(items)
    if isinstance(e, dict):
        return {key: reify(value, s) for key, value in e.items()}
    if isinstance(e, slice):
        return slice(*map(partial(reify, s=s), (e.start, e.stop, e.step)))
    fields = getattr(type(e), "_unifiable_fields", None)
    return fields[1](e, partial(reify, s=s)) if fields is not None else e


def unify(u: Any, v: Any, s: dict[Any, Any] | None = None) -> Any:
    """Values of variables with which two terms are equal; False if there are none.

    Args:
        u, v: the terms.
        s: values that are settled.
    """
    s = {} if s is None else s
    u, v = walk(u, s), walk(v, s)
    if u is v:
        return s
    if isvar(u):
        return {**s, u: v}
    if isvar(v):
        return {**s, v: u}
    if isinstance(u, (tuple, list)) and type(u) is type(v):
        return _unify_all(u, v, s)
    if isinstance(u, dict) and isinstance(v, dict):
        if u.keys() != v.keys():
            return False
        return _unify_all(list(u.values()), [v[key] for key in u], s)
    if isinstance(u, slice) and isinstance(v, slice):
        return _unify_all((u.start, u.stop, u.step), (v.start, v.stop, v.step), s)
    fields = getattr(type(u), "_unifiable_fields", None)
    if fields is not None and type(u) is type(v):
        return unify(fields[0](u), fields[0](v), s)
    return s if u == v else False


def _unify_all(first: Any, second: Any, s: Any) -> Any:
    if len(first) != len(second):
        return False
    for a, b in zip(first, second, strict=True):
        s = unify(a, b, s)
        if s is False:
            return False
    return s
