"""A page of smoke tests, to be run first: if one of these fails, nothing else is worth reading."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flambeau


def test_version() -> None:
    assert flambeau.__version__.startswith("2.13")


def test_make_and_read() -> None:
    t = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert t.shape == (2, 2) and t.dtype is flambeau.float32 and t.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert flambeau.tensor(3).item() == 3 and flambeau.zeros(2, 3).tolist() == [[0.0] * 3] * 2


def test_arithmetic() -> None:
    a, b = flambeau.tensor([1.0, 2.0]), flambeau.tensor([[10.0], [20.0]])
    assert (a + b).tolist() == [[11.0, 12.0], [21.0, 22.0]]
    assert (2 * a - 1).tolist() == [1.0, 3.0] and (a / 2).tolist() == [0.5, 1.0] and (-a).tolist() == [-1.0, -2.0]
    assert (flambeau.tensor([1, 2]) + 0.5).dtype is flambeau.float32


def test_views_share_memory() -> None:
    t = flambeau.zeros(2, 3)
    t.t()[1] = 7
    t[0].fill_(1)
    assert t.tolist() == [[1.0, 1.0, 1.0], [0.0, 7.0, 0.0]]


def test_in_place_and_out() -> None:
    t = flambeau.ones(3)
    assert t.add_(1) is t and t.tolist() == [2.0, 2.0, 2.0]
    o = flambeau.empty(0)
    assert flambeau.add(t, t, out=o) is o and o.tolist() == [4.0, 4.0, 4.0]


def test_backward() -> None:
    x = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x * x + 3 * x).backward(flambeau.ones(3))
    assert x.grad.tolist() == [5.0, 7.0, 9.0]
    assert x.grad is x.grad and x.is_leaf and not (x * 2).is_leaf


def test_second_derivative() -> None:
    x = flambeau.tensor(2.0, requires_grad=True)
    (g,) = flambeau.autograd.grad(x**3, x, create_graph=True)
    (gg,) = flambeau.autograd.grad(g, x)
    assert abs(g.item() - 12) < 1e-5 and abs(gg.item() - 12) < 1e-5


def test_no_grad() -> None:
    x = flambeau.ones(2, requires_grad=True)
    with flambeau.no_grad():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_errors_are_exceptions() -> None:
    with pytest.raises(RuntimeError, match="add"):
        flambeau.ones(2) + flambeau.ones(3)
    with pytest.raises(TypeError, match="add"):
        flambeau.add(flambeau.ones(2), "x")
    with pytest.raises(IndexError):
        flambeau.ones(2)[5]


def test_reductions_and_products() -> None:
    t = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (
        t.sum().item() == 10
        and t.sum(0).tolist() == [4.0, 6.0]
        and t.max().item() == 4
        and t.mean(1).tolist() == [1.5, 3.5]
    )
    assert (t @ t).tolist() == [[7.0, 10.0], [15.0, 22.0]]


def test_a_layer_learns() -> None:
    flambeau.manual_seed(0)
    model = flambeau.nn.Linear(2, 1)
    optimizer = flambeau.optim.SGD(model.parameters(), lr=0.1)
    x = flambeau.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = flambeau.tensor([[0.0], [1.0], [2.0], [3.0]])
    losses = []
    for _ in range(200):
        loss = flambeau.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-2 < losses[0]


def test_import_is_light() -> None:
    heavy = ("numpy", "flambeau.nn", "flambeau.optim", "inspect", "typing")
    code = f"import sys, flambeau; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in done.stdout and "flambeau.nn" not in done.stdout
