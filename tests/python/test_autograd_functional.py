"""autograd.functional: values against hand-made derivatives, what it refuses, strict mode; and gradcheck's checks."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau
from flambeau.autograd import Function, gradcheck, gradgradcheck
from flambeau.autograd import functional as F

x3 = flambeau.tensor([1.0, 2.0, 3.0])
y2 = flambeau.tensor([4.0, 5.0])
NAMES = ("vjp", "jvp", "jacobian", "hessian", "vhp", "hvp")


def vector(name: str) -> Any:
    return {"vjp": flambeau.ones(())}.get(name, flambeau.ones(3))


def call(name: str, f: Any, inputs: Any = x3, **options: Any) -> Any:
    given = () if name in ("jacobian", "hessian") else (vector(name),)
    return getattr(F, name)(f, inputs, *given, **options)


def test_values() -> None:
    f = lambda a, b: (a * a, b.sum() * a[0])  # noqa: E731
    (aa, ab), (ba, bb) = F.jacobian(f, (x3, y2))
    assert aa.tolist() == [[2.0, 0, 0], [0, 4.0, 0], [0, 0, 6.0]] and ab.tolist() == [[0.0, 0.0]] * 3
    assert ba.tolist() == [9.0, 0.0, 0.0] and bb.tolist() == [1.0, 1.0]
    for options in ({"vectorize": True}, {"vectorize": True, "strategy": "forward-mode"}):
        again = F.jacobian(f, (x3, y2), **options)
        for row, other in zip(((aa, ab), (ba, bb)), again, strict=True):
            for p, q in zip(row, other, strict=True):
                assert p.tolist() == q.tolist()
    h = F.hessian(lambda a, b: (a * a).sum() * b.sum(), (x3, y2))
    assert h[0][0].tolist() == [[18.0, 0, 0], [0, 18.0, 0], [0, 0, 18.0]]
    assert h[0][1].tolist() == [[2.0, 2.0], [4.0, 4.0], [6.0, 6.0]] and h[1][1].tolist() == [[0.0, 0.0]] * 2
    value, product = F.hvp(lambda a: (a**3).sum(), x3, flambeau.ones(3))
    assert value.item() == 36.0 and product.tolist() == [6.0, 12.0, 18.0]
    assert F.vhp(lambda a: (a**3).sum(), x3, flambeau.ones(3))[1].tolist() == [6.0, 12.0, 18.0]
    out, product = F.jvp(lambda a: a * a, x3, flambeau.tensor([1.0, 0.0, 2.0]))
    assert out.tolist() == [1.0, 4.0, 9.0] and product.tolist() == [2.0, 0.0, 12.0]
    assert F.vjp(lambda a: (a * a).sum(), x3)[1].tolist() == [2.0, 4.0, 6.0]


def test_numbers_without_dimensions() -> None:
    x = flambeau.tensor(3.0)
    assert F.jacobian(lambda a: a * a, x).item() == 6.0
    assert F.hessian(lambda a: a**3, x).item() == 18.0
    assert F.jacobian(lambda a: a[:0], x3).shape == (0, 3)


@pytest.mark.parametrize("create_graph", [False, True])
def test_results_and_the_tape(create_graph: bool) -> None:
    x = x3.clone().requires_grad_()
    for name in NAMES:
        result = call(name, lambda a: (a**3).sum(), x, create_graph=create_graph)
        last = result[1] if isinstance(result, tuple) else result
        assert last.requires_grad == create_graph


@pytest.mark.parametrize("name", NAMES)
def test_arguments_that_are_no_tensors(name: str) -> None:
    with pytest.raises(TypeError, match=rf"The inputs given to {name} must be either a Tensor or a tuple of Tensors"):
        call(name, lambda a: a.sum(), (x3, 2))
    with pytest.raises(TypeError, match="type <class 'list'>"):
        call(name, lambda a: a.sum(), [x3])
    with pytest.raises(TypeError, match=f"The outputs of the user-provided function given to {name} must be"):
        call(name, lambda a: 3)


@pytest.mark.parametrize("name", NAMES[:2] + NAMES[4:])
def test_vectors_of_another_shape(name: str) -> None:
    f = getattr(F, name)
    with pytest.raises(RuntimeError, match=r"v has invalid size: should be torch.Size"):
        f(lambda a: a.sum(), x3, flambeau.ones(2, 2))
    with pytest.raises(RuntimeError, match="The given v should contain a single Tensor"):
        f(lambda a: a.sum(), x3, (flambeau.ones(3), flambeau.ones(3)))
    with pytest.raises(TypeError, match=f"The v given to {name} must be either"):
        f(lambda a: a.sum(), x3, 3)
    with pytest.raises(RuntimeError, match="v can only be None if"):
        f((lambda a: a * 2) if name == "vjp" else (lambda a: a.sum()), x3)


@pytest.mark.parametrize("name", ["hessian", "vhp", "hvp"])
def test_functions_of_several_values(name: str) -> None:
    with pytest.raises(RuntimeError, match="should contain a single element"):
        call(name, lambda a: a * 2)
    with pytest.raises(RuntimeError, match="should return a single Tensor"):
        call(name, lambda a: (a.sum(), a.sum()))


@pytest.mark.parametrize("name", NAMES)
def test_strict_mode(name: str) -> None:
    v = call(name, lambda a: a.detach().sum())
    assert (v[1] if isinstance(v, tuple) else v).abs().sum().item() == 0.0
    with pytest.raises(RuntimeError, match="Output 0 of the user-provided function does not require gradients"):
        call(name, lambda a: a.detach().sum(), strict=True)
    with pytest.raises(RuntimeError, match="independent of"):
        call(name, lambda a: flambeau.ones((), requires_grad=True) * 1, strict=True)
    linear = lambda a: (a * 2).sum()  # noqa: E731
    if name in NAMES[:3]:
        call(name, linear, strict=True)
        with pytest.raises(RuntimeError, match="jacobian of the user-provided function is independent of input 0"):
            call(name, linear, strict=True, create_graph=True)
    else:
        with pytest.raises(RuntimeError, match="with respect to input 0 is independent"):
            call(name, linear, strict=True)


def test_strategies_that_do_not_go_together() -> None:
    for f, key in ((F.jacobian, "strategy"), (F.hessian, "outer_jacobian_strategy")):
        with pytest.raises(AssertionError, match="strategy"):
            f(lambda a: a.sum(), x3, **{key: "sideways"})
        with pytest.raises(NotImplementedError):
            f(lambda a: a.sum(), x3, **{key: "forward-mode"})
        with pytest.raises(RuntimeError, match="not supported together"):
            f(lambda a: a.sum(), x3, vectorize=True, strict=True)


# --- gradcheck --------------------------------------------------------------------------------------------------------
def double(*values: Any) -> Any:
    return flambeau.tensor(values, dtype=flambeau.float64, requires_grad=True)


class Wrong(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 3


class Unsteady(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * (1 + 1e-7 * flambeau.rand_like(g))


def test_gradcheck_finds() -> None:
    x = double(0.3, 0.7)
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(Wrong.apply, x)
    assert gradcheck(Wrong.apply, x, raise_exception=False) is False
    with pytest.raises(RuntimeError, match="not reentrant"):
        gradcheck(Unsteady.apply, x)
    assert gradcheck(Unsteady.apply, x, nondet_tol=1e-5)
    with pytest.raises(RuntimeError, match="expected to be zero"):
        gradcheck(lambda a: flambeau.tensor([a[0].item()], dtype=flambeau.float64), x)
    assert gradcheck(lambda a: (), (x,))
    assert gradcheck(lambda a, b: (a * b, a + b), (x, double(1.0, 2.0)))
    z = flambeau.tensor([1 + 2j, -1j], requires_grad=True, dtype=flambeau.complex128)
    assert gradcheck(lambda a: a * a.conj() * (1 + 2j), z)

    def half_right(a: Any) -> Any:
        y = a.clone()
        y.register_hook(lambda g: g + 0.01)
        return y

    with pytest.raises(RuntimeError, match="imaginary part of complex outputs only"):
        gradcheck(half_right, z, check_undefined_grad=False)


def test_gradcheck_refuses() -> None:
    x = double(0.3, 0.7)
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda a: a, x.detach())
    with pytest.raises(AssertionError, match="at least one of check_forward_ad or check_backward_ad"):
        gradcheck(lambda a: a, x, check_backward_ad=False)
    with pytest.raises(RuntimeError, match="stride 0"):
        gradcheck(lambda a: a, flambeau.ones(1, dtype=flambeau.float64).expand(3).requires_grad_())
    with pytest.warns(UserWarning, match="not a double precision"), pytest.raises(RuntimeError):
        gradcheck(lambda a: a, flambeau.rand(2, requires_grad=True))
    one = double(1.0)
    with pytest.raises(AssertionError, match="same shape when inputs are perturbed"):
        gradcheck(lambda a: flambeau.cat([a, a]) if (a >= 1).all() else a, one)
    with pytest.raises(AssertionError, match="same dtype when inputs are perturbed"):
        gradcheck(lambda a: a.float() if (a >= 1).all() else a, one)


def test_gradcheck_of_undefined_gradients() -> None:
    def fails(a: Any) -> Any:
        def hook(g: Any) -> None:
            if g is None:
                raise RuntimeError("nothing has come")

        y = a.clone()
        y.register_hook(hook)
        return y

    x = double(1.0)
    with (
        pytest.warns(UserWarning, match="undefined gradient"),
        pytest.raises(RuntimeError, match="undefined output grads"),
    ):
        gradcheck(fails, x)
    assert gradcheck(fails, x, check_undefined_grad=False)


def test_gradcheck_batched_and_forward() -> None:
    x = double(0.3, 0.7)
    assert gradcheck(lambda a: a.sin() * a, x, check_batched_grad=True, check_forward_ad=True)
    assert gradgradcheck(lambda a: a.sin() * a, x)
    assert gradgradcheck(lambda a: a**3, x, flambeau.ones(2, dtype=flambeau.float64))


# --- hooks that no gradient reaches -----------------------------------------------------------------------------------
def test_a_hook_is_told_that_nothing_came() -> None:
    x = flambeau.ones(2, requires_grad=True)
    a, b = (x * 2).unbind()
    seen: list[Any] = []
    a.register_hook(seen.append)
    b.backward()
    assert seen == [None] and x.grad.tolist() == [0.0, 2.0]


def test_names_of_the_engine() -> None:
    x = flambeau.ones(2, requires_grad=True)
    order: list[str] = []
    y = x * 2
    y.register_hook(
        lambda g: flambeau.autograd.Variable._execution_engine.queue_callback(lambda: order.append("end")) or None
    )
    x.register_hook(lambda g: order.append("leaf"))
    y.sum().backward()
    assert order == ["leaf", "end"]
    with pytest.raises(RuntimeError, match="during backward"):
        flambeau.autograd.Variable._execution_engine.queue_callback(lambda: None)
    with pytest.raises(RuntimeError, match="deprecated"):
        flambeau.autograd.variable(x)
    with flambeau.autograd.set_multithreading_enabled(False):
        (x * 2).sum().backward()
