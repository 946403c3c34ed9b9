"""Functions of functions: what captured tensors keep, nesting, in-place changes, randomness, errors, whole models."""

from __future__ import annotations

import math
from typing import Any

import pytest

import flambeau
from flambeau import _C, func, nn
from flambeau.autograd import forward_ad

Tensor = flambeau.Tensor


# --- histories of their own -------------------------------------------------------------------------------------------
def test_a_captured_tensor_keeps_its_history_outside() -> None:
    w = flambeau.tensor(2.0, requires_grad=True)
    g = func.grad(lambda x: w * x * x)(flambeau.tensor(3.0))
    assert g.item() == 12.0
    (g + w).backward()
    assert w.grad is not None
    assert w.grad.item() == 7.0


@pytest.mark.parametrize("transform", ["vjp", "jvp"])
def test_captured_tensors_under_vjp_and_jvp(transform: str) -> None:
    w = flambeau.tensor([2.0, 3.0], requires_grad=True)
    x = flambeau.tensor([1.0, 4.0])
    f = lambda v: (w * v * v).sum()  # noqa: E731
    if transform == "vjp":
        value, back = func.vjp(f, x)
        (found,) = back(flambeau.ones(()))
        found = found.sum()
    else:
        value, found = func.jvp(f, (x,), (flambeau.ones(2),))
    (value + found).backward()
    assert w.grad is not None
    assert w.grad.tolist() == [1.0 + 2.0, 16.0 + 8.0]


def test_no_gradient_mode_inside_is_of_the_level() -> None:
    x = flambeau.tensor(3.0, requires_grad=True)

    def f(v: Tensor) -> Tensor:
        with flambeau.no_grad():
            factor = v * v
        return factor * v

    assert func.grad(f)(x).item() == 9.0
    with flambeau.no_grad():
        assert func.grad(lambda v: v**3)(x).item() == 27.0
    assert flambeau.is_grad_enabled()


def test_a_level_ends_with_an_exception() -> None:
    def broken(v: Tensor) -> Tensor:
        raise KeyError("no")

    for transform in (func.grad(broken), func.vmap(broken), lambda x: func.jvp(broken, (x,), (x,))):
        with pytest.raises(KeyError):
            transform(flambeau.ones(2))
        assert _C._current_level() is None
    assert func.grad(lambda v: v.sum())(flambeau.ones(2)).tolist() == [1.0, 1.0]


def test_a_tensor_that_escapes_is_its_value() -> None:
    kept: list[Any] = []

    def f(v: Tensor) -> Tensor:
        kept.append(v * 2)
        return (v * v).sum()

    func.grad(f)(flambeau.tensor([1.0, 2.0]))
    assert (kept[0] + 1).tolist() == [3.0, 5.0]


# --- views and in-place changes ---------------------------------------------------------------------------------------
def test_changes_in_place_of_views_inside() -> None:
    def f(x: Tensor) -> Tensor:
        y = x.clone()
        y[0].mul_(3)
        y[1:].add_(x[:-1] * 2)
        return (y * y).sum()

    x = flambeau.tensor([1.0, 2.0, 3.0])
    y = [3.0, 2.0 + 2.0, 3.0 + 4.0]
    wanted = [2 * y[0] * 3 + 2 * y[1] * 2, 2 * y[1] + 2 * y[2] * 2, 2 * y[2]]
    assert func.grad(f)(x).tolist() == wanted
    _, tangent = func.jvp(f, (x,), (flambeau.tensor([1.0, 0.0, 0.0]),))
    assert tangent.item() == wanted[0]
    batch = flambeau.stack([x, 2 * x])
    assert func.vmap(f)(batch).tolist() == [f(x).item(), f(2 * x).item()]
    assert func.vmap(func.grad(f))(batch)[0].tolist() == wanted


def test_changing_a_captured_tensor_is_refused() -> None:
    captured = flambeau.zeros(3)
    with pytest.raises(RuntimeError, match="captured"):
        func.grad(lambda x: (captured.add_(x), x.sum())[1])(flambeau.ones(3))
    with pytest.raises(RuntimeError, match="in-place"):
        func.vmap(lambda x: captured.add_(x))(flambeau.ones(2, 3))
    assert captured.tolist() == [0.0, 0.0, 0.0]


# --- batches ----------------------------------------------------------------------------------------------------------
def test_nested_batches_and_places() -> None:
    x, y = flambeau.arange(6.0).view(2, 3), flambeau.arange(12.0).view(3, 4)
    outer = func.vmap(func.vmap(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None))
    assert outer(x[0], y).tolist() == (x[0].view(3, 1, 1) * y).tolist()
    assert func.vmap(lambda a: a.sum(0), in_dims=1, out_dims=-1)(y.view(3, 2, 2)).shape == (2, 2)
    assert func.vmap(lambda a, b: {"s": a + b}, in_dims=({"u": 0}["u"], None))(x, x[0])["s"].shape == (2, 3)


def test_promotion_sees_entries() -> None:
    # An entry without dimensions is a scalar for type promotion, whatever the batch's size.
    x, y = flambeau.ones(3, dtype=flambeau.float64), flambeau.ones(3, 2, dtype=flambeau.float32)
    assert func.vmap(lambda a, b: a * b)(x, y).dtype == flambeau.float32
    n = flambeau.ones(3, dtype=flambeau.int64)
    assert func.vmap(lambda a, b: a + b)(n, y.half()).dtype == flambeau.float16


def test_randomness() -> None:
    x = flambeau.zeros(4, 3)
    draw = lambda v: v + flambeau.randn(3)  # noqa: E731
    with pytest.raises(RuntimeError, match="random"):
        func.vmap(draw)(x)
    flambeau.manual_seed(0)
    same = func.vmap(draw, randomness="same")(x)
    assert all(flambeau.equal(same[0], row) for row in same)
    flambeau.manual_seed(0)
    assert flambeau.equal(same[0], flambeau.randn(3))
    different = func.vmap(draw, randomness="different")(x)
    assert len({tuple(row.tolist()) for row in different}) == 4
    dropped = func.vmap(lambda v: nn.functional.dropout(v, 0.5), randomness="different")(flambeau.ones(8, 64))
    assert len({tuple(row.tolist()) for row in dropped}) == 8
    dropped = func.vmap(lambda v: nn.functional.dropout(v, 0.5), randomness="same")(flambeau.ones(8, 64))
    assert len({tuple(row.tolist()) for row in dropped}) == 1


def test_what_depends_on_values_is_refused() -> None:
    x = flambeau.ones(2, 3)
    for f in (
        lambda v: v.sum().item() + v,
        lambda v: v if v.sum() > 0 else -v,
        lambda v: v.nonzero(),
        lambda v: v[v > 0],
        lambda v: v.unique(),
    ):
        with pytest.raises(RuntimeError):
            func.vmap(f)(x)
    with pytest.raises(ValueError, match="same size"):
        func.vmap(flambeau.add)(flambeau.ones(2), flambeau.ones(3))
    with pytest.raises(ValueError, match="in_dim"):
        func.vmap(flambeau.sin, in_dims=2)(x)
    with pytest.raises(ValueError, match="no inputs"):
        func.vmap(lambda: x)()
    with pytest.raises(ValueError, match="only return Tensors"):
        func.vmap(lambda v: 3)(x)


def test_batched_cotangents_of_a_plain_tape() -> None:
    x = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.sin() * x.sum()
    rows = func.vmap(lambda v: flambeau.autograd.grad(y, x, v, retain_graph=True)[0])(flambeau.eye(3))
    wanted = flambeau.stack([flambeau.autograd.grad(y[i], x, retain_graph=True)[0] for i in range(3)])
    assert flambeau.allclose(rows, wanted)


# --- derivatives of derivatives ---------------------------------------------------------------------------------------
def test_every_way_to_a_hessian() -> None:
    def f(x: Tensor) -> Tensor:
        return (x.sin() * x.exp().cumsum(0)).sum() + (x @ x.roll(1)) ** 2

    x = flambeau.tensor([0.3, -0.7, 1.1], dtype=flambeau.float64)
    forms = [
        func.hessian(f), func.jacfwd(func.jacfwd(f)), func.jacrev(func.jacfwd(f)), func.jacrev(func.jacrev(f)),
        func.jacrev(func.grad(f)), func.jacfwd(func.grad(f)),
    ]  # fmt: skip
    first, *rest = [h(x) for h in forms]
    assert first.shape == (3, 3)
    assert flambeau.allclose(first, first.T)
    for other in rest:
        assert flambeau.allclose(first, other)
    step = 1e-5
    for i in range(3):
        e = flambeau.zeros(3, dtype=flambeau.float64)
        e[i] = step
        numeric = (func.grad(f)(x + e) - func.grad(f)(x - e)) / (2 * step)
        assert flambeau.allclose(first[i], numeric, atol=1e-7)


def test_perturbations_are_not_confused() -> None:
    # d/dx x · (d/dy (x + y) at 1) is 1, not 2 (Siskind and Pearlmutter).
    one = flambeau.tensor(1.0)
    inner = lambda x: x * func.grad(lambda y: x + y)(one)  # noqa: E731
    assert func.grad(inner)(one).item() == 1.0
    tangent_of = lambda f, x: func.jvp(f, (x,), (one,))[1]  # noqa: E731
    assert tangent_of(lambda x: x * tangent_of(lambda y: x + y, one), one).item() == 1.0
    assert tangent_of(lambda x: x * func.grad(lambda y: x * y)(one), one).item() == 2.0


def test_linearize_calls_once() -> None:
    calls = []

    def f(x: Tensor) -> Tensor:
        calls.append(1)
        return x.sin() * x

    x = flambeau.tensor([0.5, 1.5])
    value, derivative = func.linearize(f, x)
    t = flambeau.tensor([1.0, -2.0])
    assert flambeau.allclose(value, x.sin() * x)
    assert flambeau.allclose(derivative(t), (x.cos() * x + x.sin()) * t)
    assert flambeau.allclose(derivative(2 * t), 2 * derivative(t))
    assert len(calls) == 1


# --- forward mode outside of transforms -------------------------------------------------------------------------------
def test_duals_with_views_and_changes() -> None:
    with forward_ad.dual_level():
        x = forward_ad.make_dual(flambeau.tensor([1.0, 2.0]), flambeau.tensor([1.0, 0.5]))
        y = flambeau.zeros(2, 2)
        y[0] = x * 3
        y[1].copy_(x.sin())
        assert forward_ad.unpack_dual(y).tangent[0].tolist() == [3.0, 1.5]
        assert forward_ad.unpack_dual(y.t()[:, 1]).tangent.tolist() == pytest.approx(
            [math.cos(1.0), math.cos(2.0) * 0.5]
        )
        y.mul_(2)
        assert forward_ad.unpack_dual(y[0]).tangent.tolist() == [6.0, 3.0]
        y.zero_()
        assert forward_ad.unpack_dual(y).tangent.abs().sum().item() == 0
        primal, tangent = forward_ad.unpack_dual(x)
        assert forward_ad.unpack_dual(primal).tangent is None
        assert tangent.tolist() == [1.0, 0.5]
    assert forward_ad.unpack_dual(x).tangent is None


def test_tangents_are_on_the_tape() -> None:
    x = flambeau.tensor([0.5, 1.0], dtype=flambeau.float64, requires_grad=True)
    t = flambeau.tensor([1.0, 2.0], dtype=flambeau.float64, requires_grad=True)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, t)
        tangent = forward_ad.unpack_dual(dual.exp().sum()).tangent
        gx, gt = flambeau.autograd.grad(tangent, (x, t))
    assert flambeau.allclose(gx, x.exp() * t)
    assert flambeau.allclose(gt, x.exp())


def test_reverse_mode_over_duals() -> None:
    w = flambeau.tensor([0.2, 0.4], requires_grad=True)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(w, flambeau.tensor([1.0, 0.0]))
        loss = (dual.exp() * dual.sum()).sum()
        (g,) = flambeau.autograd.grad(loss, dual)
        row = forward_ad.unpack_dual(g).tangent
    wanted = func.hessian(lambda v: (v.exp() * v.sum()).sum())(w.detach())[0]
    assert flambeau.allclose(row, wanted)


# --- whole models -----------------------------------------------------------------------------------------------------
class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.GroupNorm(2, 4)
        self.out = nn.Linear(4 * 9, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.norm(self.conv(x)).relu(), 2)
        return self.out(x.flatten(1))


def test_gradients_of_single_samples() -> None:
    flambeau.manual_seed(0)
    model = Small()
    x, y = flambeau.randn(6, 1, 8, 8), flambeau.randint(0, 5, (6,))
    parameters = {k: v.detach() for k, v in model.named_parameters()}

    def loss(p: Any, image: Tensor, label: Tensor) -> Tensor:
        out = func.functional_call(model, p, (image[None],))
        return nn.functional.cross_entropy(out, label[None])

    found = func.vmap(func.grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
    for i in range(6):
        model.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 1]), y[i : i + 1]).backward()
        for name, p in model.named_parameters():
            assert p.grad is not None
            assert flambeau.allclose(found[name][i], p.grad, atol=1e-5), name


def test_an_ensemble() -> None:
    flambeau.manual_seed(0)
    models = [nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)) for _ in range(4)]
    state, buffers = func.stack_module_state(models)
    x = flambeau.randn(5, 3)
    out = func.vmap(lambda p, b: func.functional_call(models[0], (p, b), (x,)))(state, buffers)
    assert flambeau.allclose(out, flambeau.stack([m(x) for m in models]), atol=1e-6)


def test_learning_to_learn() -> None:
    # A step of gradient descent inside, differentiated from outside (MAML), over a batch of tasks.
    flambeau.manual_seed(0)
    w = flambeau.randn(3, dtype=flambeau.float64, requires_grad=True)
    xs, ys = flambeau.randn(4, 6, 3, dtype=flambeau.float64), flambeau.randn(4, 6, dtype=flambeau.float64)
    loss = lambda p, x, y: ((x @ p - y) ** 2).mean()  # noqa: E731

    def task(p: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return loss(p - 0.1 * func.grad(loss)(p, x, y), x, y)

    func.vmap(task, in_dims=(None, 0, 0))(w, xs, ys).sum().backward()
    assert w.grad is not None
    numeric = flambeau.zeros(3, dtype=flambeau.float64)
    for i in range(3):
        for sign in (1, -1):
            p = w.detach().clone()
            p[i] += sign * 1e-6
            numeric[i] += sign * sum(task(p, x, y) for x, y in zip(xs, ys, strict=True)) / 2e-6
    assert flambeau.allclose(w.grad, numeric, atol=1e-6)
