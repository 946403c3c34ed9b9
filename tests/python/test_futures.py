"""Futures: values and errors, callbacks and their order, several threads, and what is refused."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau.futures import Future, collect_all, wait_all


def failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def given(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def test_an_error_is_raised_as_it_is() -> None:
    error = KeyError("k")
    future = failed(error)
    assert future.done()
    for look in (future.wait, future.value, future.wait):
        with pytest.raises(KeyError) as raised:
            look()
        assert raised.value is error


def test_an_error_of_a_callback_is_told_in_a_runtime_error() -> None:
    def fails(future: Future[int]) -> int:
        return future.wait() // 0

    later = given(1).then(fails)
    with pytest.raises(RuntimeError, match=r"Got the following error.*ZeroDivisionError") as raised:
        later.wait()
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(RuntimeError, match="ValueError: none"):  # the error of what it was made of, too
        failed(ValueError("none")).then(fails).value()
    with pytest.raises(RuntimeError, match="takes 0 positional arguments"):
        given(1).then(lambda: 1).wait()  # type: ignore[arg-type, misc]


def test_callbacks_run_in_their_order_with_the_future() -> None:
    seen: list[Any] = []
    future: Future[int] = Future()
    future.add_done_callback(lambda f: seen.append(("first", f is future)))
    later = future.then(lambda f: (seen.append("then"), f.value() + 1)[1])
    future.add_done_callback(lambda f: 1 // 0)  # is logged, and no more
    future.add_done_callback(lambda f: seen.append(f.value()))
    assert not later.done() and seen == []
    future.set_result(5)
    assert seen == [("first", True), "then", 5] and later.value() == 6 and future.value() == 5
    future.add_done_callback(lambda f: seen.append("late"))
    assert seen[-1] == "late"
    assert given(2).then(lambda f: f).wait().wait() == 2  # a future as a value stays one


def test_what_is_refused() -> None:
    future: Future[int] = Future()
    with pytest.raises(RuntimeError, match="no value yet"):
        future.value()
    with pytest.raises(AssertionError, match="not an Exception"):
        future.set_exception(3)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="not an Exception"):
        future.set_exception(ValueError)  # type: ignore[arg-type]
    for add in (future.then, future.add_done_callback):
        with pytest.raises(TypeError, match="callable"):
            add(3)  # type: ignore[arg-type]
    future.set_result(1)
    with pytest.raises(RuntimeError, match="only be marked completed once"):
        future.set_result(2)
    with pytest.raises(RuntimeError, match="only be marked completed once"):
        future.set_exception(ValueError("x"))
    assert future.value() == 1
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(RuntimeError, match="Can not pickle"):
            copied(future)
    for of_many in (collect_all, wait_all):
        with pytest.raises(RuntimeError, match="can't be None"):
            of_many((future, None))  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="expected futures"):
            of_many([future, 3])  # type: ignore[list-item]


def test_of_several() -> None:
    assert collect_all([]).value() == [] and wait_all([]) == []
    first, second = Future[int](), Future[int]()
    both = collect_all((first, second))
    second.set_result(2)
    assert not both.done()
    first.set_result(1)
    assert [f.value() for f in both.wait()] == [1, 2] and wait_all((first, second)) == [1, 2]

    first, second = Future[int](), Future[int]()
    both = collect_all([first, second])
    first.set_exception(ValueError("first"))
    assert not both.done()  # complete when all are
    second.set_result(1)
    with pytest.raises(ValueError, match="first"):
        both.value()
    with pytest.raises(ValueError, match="first"):
        wait_all([second, first])


def together(work: Callable[[int], None]) -> None:
    start = threading.Barrier(8)

    def run(i: int) -> None:
        start.wait()
        work(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_many_threads_one_completes_it() -> None:
    for _ in range(30):
        future: Future[int] = Future()
        late: list[int] = []

        def complete(i: int, future: Future[int] = future, late: list[int] = late) -> None:
            try:
                future.set_result(i)
            except RuntimeError:
                late.append(i)

        together(complete)
        assert sorted([*late, future.value()]) == list(range(8))


def test_many_threads_complete_those_of_a_list() -> None:
    for _ in range(30):
        futures = [Future[int]() for _ in range(8)]
        everything = collect_all(futures)
        together(lambda i, futures=futures: futures[i].set_result(i))  # type: ignore[misc]
        assert everything.done() and [f.value() for f in everything.value()] == list(range(8))


def test_the_fork_of_jit_gives_a_future() -> None:
    future = flambeau.jit.fork(lambda x: x + 1, 2)
    assert isinstance(future, Future) and isinstance(future, flambeau.jit.Future) and flambeau.jit.wait(future) == 3
    assert future.then(lambda f: f.value() * 2).wait() == 6
    with pytest.raises(RuntimeError, match="can't be None"):
        flambeau.jit.wait(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a future"):
        flambeau.jit.wait(3)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        flambeau.jit.fork(lambda: 1 // 0)
