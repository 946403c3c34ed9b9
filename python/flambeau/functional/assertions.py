"""Checks of conditions that programs put between their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import _C

Tensor = _C.Tensor

__all__ = [
    "_assert",
    "_assert_async",
    "_check",
    "_check_index",
    "_check_is_size",
    "_check_not_implemented",
    "_check_tensor_all",
    "_check_tensor_all_with",
    "_check_type",
    "_check_value",
    "_check_with",
]


def _fail_unless(condition: Any, message: Callable[[], object] | None, error: type[Exception]) -> None:
    if not isinstance(condition, bool):
        raise TypeError(f"_check: the condition is a {type(condition).__name__}, a bool is wanted")
    if condition:
        return
    if message is None:
        raise error("_check: the condition does not hold")
    if not callable(message):
        raise TypeError(f"_check: the message is a {type(message).__name__}, a function that gives it is wanted")
    raise error(str(message()))


def _check(cond: Any, message: Callable[[], object] | None = None) -> None:
    """RuntimeError, with the text that `message` gives, unless the condition holds."""
    _fail_unless(cond, message, RuntimeError)


def _check_index(cond: Any, message: Callable[[], object] | None = None) -> None:
    """IndexError unless the condition holds."""
    _fail_unless(cond, message, IndexError)


def _check_value(cond: Any, message: Callable[[], object] | None = None) -> None:
    """ValueError unless the condition holds."""
    _fail_unless(cond, message, ValueError)


def _check_type(cond: Any, message: Callable[[], object] | None = None) -> None:
    """TypeError unless the condition holds."""
    _fail_unless(cond, message, TypeError)


def _check_not_implemented(cond: Any, message: Callable[[], object] | None = None) -> None:
    """NotImplementedError unless the condition holds."""
    _fail_unless(cond, message, NotImplementedError)


def _check_is_size(i: Any, message: Callable[[], object] | None = None, *, max: Any = None) -> None:
    """RuntimeError unless `i` is at least 0, and at most `max` where that is given."""
    _fail_unless(bool(i >= 0), message, RuntimeError)
    if max is not None:
        _fail_unless(bool(i <= max), message, RuntimeError)


def _check_tensor_all(cond: Any, message: Callable[[], object] | None = None) -> None:
    """RuntimeError unless all elements of a tensor of truth values hold."""
    if not isinstance(cond, Tensor) or cond.dtype != _C.bool:
        raise TypeError("_check_tensor_all: a tensor of dtype bool is wanted")
    _fail_unless(bool(cond.all().item()), message, RuntimeError)


@_C.overridable
def _assert(condition: Any, message: str) -> None:
    """AssertionError with the message unless the condition, a bool or a tensor of one element, holds."""
    if not bool(condition):
        raise AssertionError(message)


def _check_with(error_type: type[Exception], cond: Any, message: Callable[[], object] | None = None) -> None:
    """An error of the given type unless the condition holds."""
    _fail_unless(cond, message, error_type)


def _check_tensor_all_with(error_type: type[Exception], cond: Any, message: Callable[[], object] | None = None) -> None:
    """An error of the given type unless all elements of a tensor of truth values hold."""
    if not isinstance(cond, Tensor) or cond.dtype != _C.bool:
        raise TypeError("_check_tensor_all_with: a tensor of dtype bool is wanted")
    _fail_unless(bool(cond.all().item()), message, error_type)


def _assert_async(input: Tensor, assert_msg: str | None = None) -> None:
    """RuntimeError unless the one element of a tensor is not 0."""
    if not bool(input):
        raise RuntimeError(assert_msg or "_assert_async: the condition does not hold")
