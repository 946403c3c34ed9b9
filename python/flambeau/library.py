"""Operators of one's own, from Python: `custom_op` and what registers its gradient.

A custom operator is a Python function behind a name ``namespace::name``; with `register_autograd` it has a gradient.
`register_fake` keeps the function that computes shapes alone, and uses it when an argument is on ``meta``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

__all__ = ["CustomOpDef", "custom_op", "register_autograd", "register_fake"]

_known: dict[str, CustomOpDef] = {}
_waiting: dict[str, Callable[..., Any]] = {}


class CustomOpDef:
    """A custom operator; calling it runs its function."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self._qualname, self._function = name, function
        self._fake: Callable[..., Any] | None = _waiting.pop(name, None)
        self._backward: Callable[..., Any] | None = None
        self._setup: Callable[..., Any] | None = None
        self.__doc__ = function.__doc__
        self.__name__ = name

    def register_fake(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function for arguments on ``meta``; usable as a decorator."""
        self._fake = function
        return function

    def register_autograd(self, backward: Callable[..., Any], /, *, setup_context: Any = None) -> None:
        """The gradient: ``backward(ctx, *gradients)``, with what ``setup_context(ctx, inputs, output)`` kept."""
        self._backward, self._setup = backward, setup_context

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, flambeau.Tensor)]
        if any(tensor.device.type == "meta" for tensor in tensors):
            if self._fake is None:
                raise NotImplementedError(f"{self._qualname}: no function for shapes alone; register_fake gives one")
            return self._fake(*args, **kwargs)
        return self._function(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._backward is None:
            return self._run(*args, **kwargs)
        operator = self

        class Run(flambeau.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *inputs: Any) -> Any:
                output = operator._run(*inputs, **kwargs)
                if operator._setup is not None:
                    operator._setup(ctx, inputs, output)
                return output

            @staticmethod
            def backward(ctx: Any, *gradients: Any) -> Any:
                assert operator._backward is not None
                return operator._backward(ctx, *gradients)

        return Run.apply(*args)

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: Any = (),
    device_types: Any = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make a custom operator of a function; usable as a decorator.

    Args:
        name: ``namespace::name``.
        mutates_args: names of the arguments it writes; only documentation here.
    """
    if "::" not in name:
        raise ValueError(f"custom_op: the name must be 'namespace::name', got {name!r}")

    def make(function: Callable[..., Any]) -> CustomOpDef:
        _known[name] = CustomOpDef(name, function)
        return _known[name]

    return make if fn is None else make(fn)


def _find(op: Any) -> CustomOpDef:
    found = op if isinstance(op, CustomOpDef) else _known.get(op)
    if found is None:
        raise NotImplementedError(f"library: {op!r} is no operator made by custom_op; only those can be added to")
    return found


def register_fake(op: Any, func: Any = None, /, **ignored: Any) -> Any:
    """Give a custom operator its function for shapes alone; one that is made later gets it then."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(op, str) and op not in _known:
            _waiting[op] = function
            return function
        return _find(op).register_fake(function)

    return enter if func is None else enter(func)


def register_autograd(op: Any, backward: Callable[..., Any], /, *, setup_context: Any = None, lib: Any = None) -> None:
    """Give a custom operator its gradient."""
    _find(op).register_autograd(backward, setup_context=setup_context)
