"""Futures: values that another thread will give."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]


T = TypeVar("T")


class Future(Generic[T]):
    """A value to come, or an error.

    Args:
        devices: accepted for compatibility; values live on the CPU.
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._inner: concurrent.futures.Future[T] = concurrent.futures.Future()

    def done(self) -> bool:
        """Whether the value or the error is there."""
        return self._inner.done()

    def wait(self) -> T:
        """Wait for the value; raises the error if there is one."""
        return self._inner.result()

    def value(self) -> T:
        """The value, which has to be there already."""
        if not self.done():
            raise RuntimeError("Future.value: there is no value yet; wait() waits for it")
        return self._inner.result()

    def set_result(self, result: T) -> None:
        """Give the value, once."""
        if self.done():
            raise RuntimeError("Future.set_result: the future is complete already")
        self._inner.set_result(result)

    def set_exception(self, result: BaseException) -> None:
        """Give an error instead."""
        if not isinstance(result, BaseException):
            raise AssertionError(f"Future.set_exception: {result!r} is not an exception")
        if self.done():
            raise RuntimeError("Future.set_exception: the future is complete already")
        self._inner.set_exception(result)

    def add_done_callback(self, callback: Callable[[Future[T]], Any]) -> None:
        """Call a function with this future when it is complete."""
        self._inner.add_done_callback(lambda _: callback(self))

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """A future of what the function makes of this one."""
        later: Future[Any] = Future()

        def forward(future: Future[T]) -> None:
            try:
                later.set_result(callback(future))
            except BaseException as error:
                later.set_exception(error)

        self.add_done_callback(forward)
        return later


def collect_all(futures: list[Future[Any]]) -> Future[list[Future[Any]]]:
    """A future of the list of futures, complete when all are."""
    everything: Future[list[Future[Any]]] = Future()
    missing = len(futures)
    if not missing:
        everything.set_result(futures)

    def count(_: Future[Any]) -> None:
        nonlocal missing
        missing -= 1
        if missing == 0:
            everything.set_result(futures)

    for future in futures:
        future.add_done_callback(count)
    return everything


def wait_all(futures: list[Future[Any]]) -> list[Any]:
    """The values of all, in order."""
    return [future.wait() for future in futures]
