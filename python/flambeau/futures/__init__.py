"""Futures: values that another thread will give."""

from __future__ import annotations

import concurrent.futures
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Generic, NoReturn, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")
COMPLETE = "the future is complete already: a Future can only be marked completed once"


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
        """Wait for the value; raises the error if there is one (that of a callback of `then` as RuntimeError)."""
        return self._inner.result()

    def value(self) -> T:
        """The value, which has to be there already."""
        if not self.done():
            raise RuntimeError("Future.value: there is no value yet; wait() waits for it")
        return self._inner.result()

    def set_result(self, result: T) -> None:
        """Give the value. A second value or error raises RuntimeError; an error of a callback is only logged."""
        try:
            self._inner.set_result(result)
        except concurrent.futures.InvalidStateError:
            raise RuntimeError(f"Future.set_result: {COMPLETE}") from None

    def set_exception(self, result: Exception) -> None:
        """Give an error instead, which `wait` and `value` raise."""
        if not isinstance(result, Exception):
            raise AssertionError(f"Future.set_exception: {result!r} is of type {type(result)}, not an Exception")
        try:
            self._inner.set_exception(result)
        except concurrent.futures.InvalidStateError:
            raise RuntimeError(f"Future.set_exception: {COMPLETE}") from None

    def add_done_callback(self, callback: Callable[[Future[T]], Any]) -> None:
        """Call a function with this future when it is complete, at once if it is; callbacks run in their order."""
        if not callable(callback):
            raise TypeError(f"Future.add_done_callback: the callback has to be callable, got {type(callback)}")
        self._inner.add_done_callback(lambda _: callback(self))

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """A future of what the function makes of this one; of a RuntimeError with its text where it raises."""
        if not callable(callback):
            raise TypeError(f"Future.then: the callback has to be callable, got {type(callback)}")
        later: Future[Any] = Future()

        def forward(future: Future[T]) -> None:
            try:
                result = callback(future)
            except Exception as error:
                failed = RuntimeError(
                    "Future.then: Got the following error when running the callback: "
                    + "".join(traceback.format_exception_only(error)).strip()
                )
                failed.__cause__ = error
                later.set_exception(failed)
            else:
                later.set_result(result)

        self.add_done_callback(forward)
        return later

    def __reduce__(self) -> NoReturn:
        raise RuntimeError(
            "Future: Can not pickle a future: what waits for a value belongs to its process; send the value "
            "once it is there"
        )


def _checked(name: str, futures: Sequence[Future[Any]]) -> list[Future[Any]]:
    futures = list(futures)
    for future in futures:
        if future is None:
            raise RuntimeError(f"{name}: Future can't be None")
        if not isinstance(future, Future):
            raise TypeError(f"{name}: expected futures, got {type(future)}")
    return futures


def collect_all(futures: Sequence[Future[Any]]) -> Future[list[Future[Any]]]:
    """A future of the list of futures, complete when all are; of an error where one of them gets one."""
    futures = _checked("collect_all", futures)
    everything: Future[list[Future[Any]]] = Future()
    missing = len(futures)
    errors: list[Exception] = []
    lock = threading.Lock()  # they may be completed by several threads

    def finish() -> None:
        if errors:
            everything.set_exception(errors[0])
        else:
            everything.set_result(futures)

    def count(future: Future[Any]) -> None:
        nonlocal missing
        try:
            future.value()
        except Exception as error:
            failed: Exception | None = error
        else:
            failed = None
        with lock:
            if failed is not None:
                errors.append(failed)
            missing -= 1
            last = missing == 0
        if last:
            finish()

    for future in futures:
        future.add_done_callback(count)
    if not futures:
        finish()
    return everything


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The values of all, in order; raises the first error once all are complete."""
    return [future.wait() for future in collect_all(_checked("wait_all", futures)).wait()]
