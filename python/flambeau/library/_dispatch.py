"""Operators of one's own below autograd: what modes and classes with `__torch_dispatch__` do for them."""

from __future__ import annotations

from typing import Any

from flambeau import _C
from flambeau.utils import _python_dispatch as dispatch

Tensor = _C.Tensor


def offered(operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any] | None:
    """The result of whoever runs the call, in a tuple; None where the operator's kernel is to run.

    What `library.register_torch_dispatch` gave goes before ``__torch_dispatch__`` itself.
    """
    if _C._torch_dispatch_disabled():
        return None
    return _by_rule(operator, args, kwargs) or _C._offer_torch_dispatch(operator.overload, args, kwargs)


def _by_rule(operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any] | None:
    rules = operator.dispatch_rules
    if not rules:
        return None
    from flambeau.library._operators import tensors_in

    tensors = tensors_in((*args, *kwargs.values()))
    types = tuple(dict.fromkeys(type(t) for t in tensors if _C._runs_own_calls(type(t))))
    mode = dispatch._get_current_dispatch_mode()
    if mode is not None:
        rule = rules.get(type(mode))
        if rule is None:
            return None
        with dispatch._pop_mode_temporarily(dispatch._place_of(mode)):
            return (rule(mode, operator.overload, types, args, kwargs),)
    kind = next((kind for kind in types if kind in rules), None)
    return None if kind is None else (rules[kind](operator.overload, types, args, kwargs),)
