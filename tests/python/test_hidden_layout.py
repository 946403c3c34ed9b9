"""A convolution whose result lies in channels-last order behind the storage gate: every reader sees them right."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau
from flambeau import _C


@pytest.fixture()
def hidden() -> Iterator[None]:
    before = _C.aten._set_hidden_layouts(True)
    yield
    _C.aten._set_hidden_layouts(before)


def _inputs() -> tuple[Any, Any]:
    x = flambeau.arange(2 * 3 * 6 * 5, dtype=flambeau.float32).reshape(2, 3, 6, 5) / 64
    w = flambeau.arange(4 * 3 * 3 * 3, dtype=flambeau.float32).reshape(4, 3, 3, 3) / 128
    return x, w


def _view(y: Any, seen: list[Any]) -> None:
    seen.append(y[1, 2].tolist())


def _export(y: Any, seen: list[Any]) -> None:
    numpy = pytest.importorskip("numpy")
    seen.append(numpy.asarray(y.numpy())[1, 2].tolist())


def _write(y: Any, seen: list[Any]) -> None:
    y.add_(0.0)
    seen.append(y[1, 2].tolist())


def _thread(y: Any, seen: list[Any]) -> None:
    readers = [threading.Thread(target=lambda: seen.append(y[1, 2].tolist())) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()


def _convolve(y: Any, seen: list[Any]) -> None:
    flambeau.conv2d(y, flambeau.ones(2, 4, 1, 1))
    seen.append(y[1, 2].tolist())


LOOKS: list[Callable[[Any, list[Any]], None]] = [_view, _export, _write, _thread, _convolve]


@pytest.mark.parametrize("order", itertools.permutations(range(len(LOOKS)), 3))
def test_every_order_of_looking(order: tuple[int, ...], hidden: None) -> None:
    x, w = _inputs()
    _C.aten._set_hidden_layouts(False)
    expected = flambeau.conv2d(x, w, padding=1)[1, 2].tolist()
    _C.aten._set_hidden_layouts(True)
    y = flambeau.conv2d(x, w, padding=1)
    assert y.is_contiguous()
    seen: list[Any] = []
    for i in order:
        LOOKS[i](y, seen)
    for values in seen:
        assert flambeau.allclose(flambeau.tensor(values), flambeau.tensor(expected))


def test_chain_and_gradient(hidden: None) -> None:
    x, w = _inputs()
    results = []
    for on in (False, True):
        _C.aten._set_hidden_layouts(on)
        a, b = x.clone().requires_grad_(), w.clone().requires_grad_()
        y = flambeau.conv2d(flambeau.conv2d(a, b, padding=1), flambeau.ones(2, 4, 3, 3))
        y.sum().backward()
        results.append((y.detach(), a.grad, b.grad))
    for plain, other in zip(*results):
        assert flambeau.allclose(plain, other, rtol=1e-4)
