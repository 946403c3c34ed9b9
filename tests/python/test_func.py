"""Function transforms and forward derivatives."""

from __future__ import annotations

import math

import pytest

import flambeau
from flambeau import func
from flambeau.autograd import forward_ad

Tensor = flambeau.Tensor


def test_gradients_of_higher_order() -> None:
    f = lambda x: (x**3).sum()  # noqa: E731
    x = flambeau.tensor(2.0)
    assert func.grad(f)(x).item() == 12.0
    assert func.grad(func.grad(f))(x).item() == 12.0
    assert func.grad(func.grad(func.grad(f)))(x).item() == 6.0
    assert not func.grad(f)(x).requires_grad


def test_gradient_with_value_and_more() -> None:
    def f(x: Tensor, y: Tensor) -> tuple[Tensor, str]:
        return (x * y).sum(), "more"

    x, y = flambeau.tensor([1.0, 2.0]), flambeau.tensor([3.0, 4.0])
    (gx, gy), (value, aux) = func.grad_and_value(f, argnums=(0, 1), has_aux=True)(x, y)
    assert gx.tolist() == [3.0, 4.0]
    assert gy.tolist() == [1.0, 2.0]
    assert value.item() == 11.0
    assert aux == "more"
    with pytest.raises(RuntimeError, match=r"scalar tensor"):
        func.grad(lambda x: x * 2)(x)


def test_results_stay_on_the_tape_of_inputs() -> None:
    x = flambeau.tensor(3.0, requires_grad=True)
    g = func.grad(lambda x: x * x)(x)
    g.backward()
    assert x.grad is not None
    assert x.grad.item() == 2.0


def test_pull_back_and_push_forward() -> None:
    f = lambda x: (x.sin(), x * x)  # noqa: E731
    x = flambeau.tensor([0.5, 1.0])
    (_, q), back = func.vjp(f, x)
    assert q.tolist() == [0.25, 1.0]
    (g,) = back((flambeau.ones(2), flambeau.ones(2)))
    assert g.tolist() == pytest.approx([math.cos(0.5) + 1, math.cos(1.0) + 2])
    (_, _), (ts, tq) = func.jvp(f, (x,), (flambeau.tensor([1.0, 0.0]),))
    assert ts.tolist() == pytest.approx([math.cos(0.5), 0.0])
    assert tq.tolist() == [1.0, 0.0]


def test_jacobians() -> None:
    f = lambda x: flambeau.stack([x[0] * x[1], x[1].sin(), x.sum()])  # noqa: E731
    x = flambeau.tensor([2.0, 0.5])
    expected = [[0.5, 2.0], [0.0, math.cos(0.5)], [1.0, 1.0]]
    for transform in (func.jacrev, func.jacfwd):
        found = transform(f)(x)
        assert found.shape == (3, 2)
        assert [v for row in found.tolist() for v in row] == pytest.approx([v for row in expected for v in row])
    assert func.hessian(lambda x: x[0] * x[0] * x[1])(x).tolist() == [[1.0, 4.0], [4.0, 0.0]]


def test_batches() -> None:
    a, b = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]), flambeau.tensor([10.0, 100.0])
    assert func.vmap(lambda x, y: (x * y).sum(), in_dims=(0, None))(a, b).tolist() == [210.0, 430.0]
    assert func.vmap(lambda x: x * 2, in_dims=1, out_dims=1)(a).tolist() == (a * 2).tolist()
    per_sample = func.vmap(func.grad(lambda w, x: (w * x).sum()), in_dims=(None, 0))(b, a)
    assert per_sample.tolist() == a.tolist()
    with pytest.raises(ValueError, match=r"same size"):
        func.vmap(lambda x, y: x)(a, flambeau.ones(3))


def test_forward_mode() -> None:
    x, t = flambeau.tensor([0.5, 1.0]), flambeau.tensor([1.0, 2.0])
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, t)
        y, tangent = forward_ad.unpack_dual(dual * dual + 1)
        assert forward_ad.unpack_dual(dual).tangent.tolist() == t.tolist()
        assert forward_ad.unpack_dual(flambeau.ones(2)).tangent is None
    assert y.tolist() == [1.25, 2.0]
    assert tangent.tolist() == [1.0, 4.0]
    with pytest.raises(RuntimeError, match=r"no level is open"):
        forward_ad.make_dual(x, t)


def test_modules_as_functions() -> None:
    model = flambeau.nn.Linear(2, 1)
    weight = {"weight": flambeau.ones(1, 2), "bias": flambeau.zeros(1)}
    assert func.functional_call(model, weight, flambeau.tensor([[1.0, 2.0]])).tolist() == [[3.0]]
    parameters, buffers = func.stack_module_state([model, flambeau.nn.Linear(2, 1)])
    assert parameters["weight"].shape == (2, 1, 2)
    assert buffers == {}
