"""Contexts that are decorators too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["_DecoratorContextManager", "_NoParamDecoratorContextManager", "context_decorator"]


def _over_generator(make: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator whose every step runs inside a context; between steps the context is left."""

    @functools.wraps(function)
    def stepping(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        step, given = generator.send, None
        try:
            while True:
                with make():
                    value = step(given)
                try:
                    given = yield value
                    step = generator.send
                except GeneratorExit:
                    with make():
                        generator.close()
                    raise
                except BaseException as error:
                    step, given = generator.throw, error
        except StopIteration as end:
            return end.value

    return stepping


def context_decorator(ctx: Any, func: Any) -> Any:
    """A function, or a generator's steps, inside a context that is made anew for each call.

    Args:
        ctx: a context, or a function that makes one.
    """
    make = ctx if callable(ctx) and not hasattr(ctx, "__enter__") else (lambda: ctx)
    if inspect.isclass(func):
        raise RuntimeError(f"context_decorator: {func} is a class; decorate its methods")
    if inspect.isgeneratorfunction(func):
        return _over_generator(make, func)

    @functools.wraps(func)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with make():
            return func(*args, **kwargs)

    return inside


class _DecoratorContextManager:
    """Base of contexts that decorate functions; `clone` gives a fresh one for each call."""

    def __call__(self, orig_func: Callable[..., Any]) -> Callable[..., Any]:
        return context_decorator(self.clone, orig_func)

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        raise NotImplementedError

    def clone(self) -> Any:
        """A context like this one; a subclass with arguments gives them again."""
        return self.__class__()


class _NoParamDecoratorContextManager(_DecoratorContextManager):
    """The same for contexts without arguments, which may decorate without brackets."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if orig_func is None else cls()(orig_func)
