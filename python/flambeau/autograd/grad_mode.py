"""Switching recording on and off: contexts that are decorators too."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self, TypeVar, overload

from flambeau import _C

_Function = TypeVar("_Function", bound=Callable[..., Any])
_GENERATOR = 0x20  # CO_GENERATOR, without the cost of importing inspect


def _decorate(context: Callable[[], Any], function: Any) -> Any:
    """The function run inside a fresh context at each call; generators at each step."""
    if isinstance(function, type):
        kind: Any = function
        kind.__init__ = _decorate(context, kind.__init__)
        return kind
    if getattr(function, "__code__", None) is not None and function.__code__.co_flags & _GENERATOR:

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            request: Any = None
            try:
                with context():
                    response = steps.send(None)
                while True:
                    try:
                        request = yield response
                    except GeneratorExit:
                        with context():
                            steps.close()
                        raise
                    except BaseException as error:
                        with context():
                            response = steps.throw(error)
                    else:
                        with context():
                            response = steps.send(request)
            except StopIteration as end:
                return end.value

        return generator

    @functools.wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with context():
            return function(*args, **kwargs)

    return inside


class no_grad(_C._NoGrad):
    """Context and decorator under which operators are not recorded.

    >>> x = flambeau.ones(1, requires_grad=True)
    >>> with flambeau.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _Function) -> _Function: ...  # type: ignore[misc]  # a decorator, too
    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else _decorate(cls, function)

    def __call__(self, function: _Function) -> _Function:
        return _decorate(type(self), function)

    def clone(self) -> Any:
        """A fresh context of the same kind."""
        return type(self)()


class enable_grad(_C._EnableGrad):
    """Context and decorator under which operators are recorded, inside a `no_grad` region."""

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _Function) -> _Function: ...  # type: ignore[misc]  # a decorator, too
    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else _decorate(cls, function)

    def __call__(self, function: _Function) -> _Function:
        return _decorate(type(self), function)

    def clone(self) -> Any:
        """A fresh context of the same kind."""
        return type(self)()


class set_grad_enabled:
    """Switch recording by a condition: as a call for good, as a context for the region."""

    def __init__(self, mode: bool) -> None:
        self.prev = _C.is_grad_enabled()
        self.mode = mode
        _C._set_grad_enabled(mode)

    def __enter__(self) -> None:
        _C._set_grad_enabled(self.mode)

    def __exit__(self, *error: Any) -> None:
        _C._set_grad_enabled(self.prev)

    def __call__(self, function: _Function) -> _Function:
        _C._set_grad_enabled(self.prev)
        return _decorate(lambda: set_grad_enabled(self.mode), function)

    def __str__(self) -> str:
        return f"torch.set_grad_enabled(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        """A fresh context with the same condition."""
        return set_grad_enabled(self.mode)


class inference_mode:
    """Like `no_grad`, and new tensors carry no version counter; they can't be saved for a later backward pass."""

    @overload
    def __new__(cls, mode: bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: _Function) -> _Function: ...  # type: ignore[misc]  # a decorator, too
    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.prev = _C.is_inference_mode_enabled(), _C.is_grad_enabled()
        _C._set_inference(self.mode)
        _C._set_grad_enabled(not self.mode)

    def __exit__(self, *error: Any) -> None:
        inference, grad = self.prev
        _C._set_inference(inference)
        _C._set_grad_enabled(grad)

    def __call__(self, function: _Function) -> _Function:
        return _decorate(lambda: inference_mode(self.mode), function)

    def clone(self) -> inference_mode:
        """A fresh context with the same setting."""
        return inference_mode(self.mode)


class set_multithreading_enabled:
    """Whether a backward pass may use several threads; on the CPU it runs on the calling thread anyway."""

    def __init__(self, mode: bool) -> None:
        global _multithreading
        self.prev, self.mode = _multithreading, mode
        _multithreading = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        global _multithreading
        _multithreading = self.prev

    def clone(self) -> set_multithreading_enabled:
        """A fresh context with the same setting."""
        return set_multithreading_enabled(self.mode)


_multithreading = True
