"""Custom functions and operators of one's own inside of transforms: values and derivatives at every level."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau
from flambeau import func
from flambeau.autograd import Function, forward_ad

Tensor = flambeau.Tensor


class Cube(Function):
    """x³, whose derivative is written with what forward has given beside it."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any, scale: float = 1.0) -> Any:
        return scale * x**3, 3 * scale * x**2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.scale = inputs[1]
        ctx.save_for_backward(inputs[0], output[1])
        ctx.save_for_forward(inputs[0], output[1])

    @staticmethod
    def backward(ctx: Any, g: Any, of_slope: Any) -> Any:
        x, slope = ctx.saved_tensors
        return g * slope + of_slope * 6 * ctx.scale * x, None

    @staticmethod
    def jvp(ctx: Any, t: Any, of_scale: Any) -> Any:
        x, slope = ctx.saved_tensors
        return t * slope, t * 6 * ctx.scale * x


def cube(x: Tensor) -> Tensor:
    return Cube.apply(x)[0].sum()


X = flambeau.tensor([1.0, -2.0, 3.0], dtype=flambeau.float64)


@pytest.mark.parametrize("outer", [func.jacrev, func.jacfwd])
@pytest.mark.parametrize("inner", [func.jacrev, func.jacfwd])
def test_every_order_of_a_custom_function(outer: Any, inner: Any) -> None:
    assert inner(cube)(X).tolist() == (3 * X**2).tolist()
    assert outer(inner(cube))(X).tolist() == flambeau.diag(6 * X).tolist()
    third = outer(outer(inner(cube)))(X)
    assert third.sum().item() == 18.0


def test_a_custom_function_within_batches() -> None:
    batch = flambeau.stack([X, 2 * X, -X])
    assert func.vmap(cube)(batch).tolist() == [cube(x).item() for x in batch]
    assert func.vmap(func.grad(cube))(batch).tolist() == (3 * batch**2).tolist()
    assert func.grad(lambda b: func.vmap(cube)(b).sum())(batch).tolist() == (3 * batch**2).tolist()
    nested = func.vmap(func.vmap(lambda v: Cube.apply(v, 2.0)[0]), in_dims=1, out_dims=1)
    assert nested(batch).tolist() == (2 * batch**3).tolist()
    value, tangent = func.jvp(func.vmap(cube), (batch,), (flambeau.ones_like(batch),))
    assert tangent.tolist() == (3 * batch**2).sum(1).tolist()
    assert value.shape == (3,)


def test_what_is_shared_by_the_batch_gets_the_sum() -> None:
    class Times(Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y, g * x

    xs = flambeau.arange(6.0).view(2, 3)
    w = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = func.vmap(Times.apply, in_dims=(0, None))(xs, w)
    out.sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == xs.sum(0).tolist()


def test_captured_tensors_reach_a_custom_function() -> None:
    w = flambeau.tensor(2.0, dtype=flambeau.float64, requires_grad=True)
    func.grad(lambda x: cube(w * x))(X).sum().backward()
    assert w.grad is not None
    assert w.grad.item() == (9 * 4 * X**2).sum().item()


class OwnRule(Function):
    seen: list[Any] = []

    @staticmethod
    def forward(x: Any, y: Any) -> Any:
        return x - y

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, -g

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, y: Any) -> Any:
        OwnRule.seen.append((info.batch_size, info.randomness, in_dims))
        x, y = (t.unsqueeze(-1) if d is None else t.movedim(d, -1) for t, d in zip((x, y), in_dims, strict=True))
        return OwnRule.apply(x, y), -1


def test_a_rule_of_its_own() -> None:
    OwnRule.seen.clear()
    xs, y = flambeau.arange(6.0).view(3, 2), flambeau.tensor([1.0, 2.0, 3.0])
    out = func.vmap(OwnRule.apply, in_dims=(1, None), randomness="same")(xs, y)
    assert OwnRule.seen == [(2, "same", (0, None))]
    assert out.tolist() == (xs.T - y).tolist()
    g = func.grad(lambda y: func.vmap(OwnRule.apply, in_dims=(1, None))(xs, y).sum())(y)
    assert g.tolist() == [-2.0] * 3
    assert func.vmap(lambda x: OwnRule.apply(y, y) + x)(flambeau.zeros(2, 3)).tolist() == [[0.0] * 3] * 2
    assert len(OwnRule.seen) == 2


def test_in_place_and_frozen_results() -> None:
    class Double(Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x.mul_(2), x.sign()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.mark_dirty(inputs[0])
            ctx.mark_non_differentiable(output[1])

        @staticmethod
        def backward(ctx: Any, g: Any, of_sign: Any) -> Any:
            return 2 * g

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t.mul_(2), None

    def f(x: Tensor) -> Tensor:
        y = x.clone()
        doubled, sign = Double.apply(y)
        assert doubled is y
        assert not sign.requires_grad
        return (doubled * y * sign).sum()

    wanted = (8 * X * X.sign()).tolist()
    assert func.grad(f)(X).tolist() == wanted
    assert func.jacfwd(f)(X).tolist() == wanted
    assert func.vmap(f)(flambeau.stack([X, -X])).tolist() == [f(X).item(), f(-X).item()]
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(X.clone(), flambeau.ones_like(X))
        out = Double.apply(dual)[0]
        assert forward_ad.unpack_dual(out).tangent.tolist() == [2.0] * 3
        assert forward_ad.unpack_dual(dual).tangent.tolist() == [2.0] * 3


def test_tangents_of_a_plain_call() -> None:
    class Half(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_forward(x)
            ctx.set_materialize_grads(False)
            return x / 2, y

        @staticmethod
        def jvp(ctx: Any, t: Any, u: Any) -> Any:
            assert u is None
            assert len(ctx.saved_tensors) == 1
            return t / 2, None

    with forward_ad.dual_level():
        dual = forward_ad.make_dual(X, X)
        a, b = Half.apply(dual, X)
        assert forward_ad.unpack_dual(a).tangent.tolist() == (X / 2).tolist()
        assert forward_ad.unpack_dual(b).tangent is None


def wrong(part: str) -> type:
    """A function with something missing or wrong in it."""

    class Wrong(Function):
        generate_vmap_rule = part == "both"

        @staticmethod
        def forward(x: Any) -> Any:
            return x.view_as(x) if part == "view" else x * 1

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            if part == "count":
                return t, t
            return t.sum() if part == "shape" else t * 1

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return {"pair": x, "fit": (x, (0, 0))}.get(part, (x, 0))

    if part == "context":
        Wrong.setup_context = Function.setup_context  # type: ignore[method-assign]
    if part == "jvp":
        Wrong.jvp = Function.jvp  # type: ignore[method-assign]
    if part == "vmap":
        Wrong.vmap = Function.vmap  # type: ignore[method-assign]
    return Wrong


@pytest.mark.parametrize(
    ("part", "transform", "error", "text"),
    [
        ("context", "grad", RuntimeError, "setup_context"),
        ("context", "vmap", RuntimeError, "setup_context"),
        ("vmap", "vmap", RuntimeError, "generate_vmap_rule"),
        ("both", "vmap", RuntimeError, "both"),
        ("pair", "vmap", RuntimeError, "two returns"),
        ("fit", "vmap", RuntimeError, "out_dims"),
        ("jvp", "jvp", NotImplementedError, "jvp"),
        ("count", "jvp", RuntimeError, "2 tangents"),
        ("shape", "jvp", RuntimeError, "shape"),
        ("view", "jvp", RuntimeError, "view"),
    ],
)
def test_what_is_wrong_with_a_function_is_said(part: str, transform: str, error: type, text: str) -> None:
    function: Any = wrong(part)
    calls: dict[str, Callable[[], Any]] = {
        "grad": lambda: func.grad(lambda x: function.apply(x).sum())(X),
        "vmap": lambda: func.vmap(function.apply)(X),
        "jvp": lambda: func.jvp(function.apply, (X,), (X,)),
    }
    with pytest.raises(error, match=text):
        calls[transform]()


# --- operators of one's own -------------------------------------------------------------------------------------------
@pytest.fixture
def operator() -> Iterator[Any]:
    library = flambeau.library.Library("transforms_test", "FRAGMENT")

    @flambeau.library.custom_op("transforms_test::sine", mutates_args=())
    def sine(x: Tensor, rate: float = 1.0) -> Tensor:
        return flambeau.from_numpy(__import__("numpy").sin(x.detach().numpy() * rate))

    sine.register_autograd(
        lambda ctx, g: (g * ctx.rate * (ctx.saved_tensors[0] * ctx.rate).cos(), None),
        setup_context=lambda ctx, inputs, output: (
            setattr(ctx, "rate", inputs[1]),
            ctx.save_for_backward(inputs[0]),
        ),
    )
    yield sine
    library._destroy()


def test_a_registered_operator_at_every_level(operator: Any) -> None:
    f = lambda x: operator(x, 2.0).sum()  # noqa: E731
    batch = flambeau.stack([X, 2 * X])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert flambeau.allclose(func.vmap(operator)(batch), batch.sin())
        assert flambeau.allclose(func.grad(f)(X), 2 * (2 * X).cos())
        assert flambeau.allclose(func.vmap(func.grad(f))(batch), 2 * (2 * batch).cos())
        assert flambeau.allclose(func.jacrev(func.grad(f))(X), flambeau.diag(-4 * (2 * X).sin()))
        assert flambeau.allclose(func.grad(lambda b: func.vmap(operator)(b).sum())(batch), batch.cos())
    with pytest.raises(NotImplementedError, match=r"tangent|jvp"):
        func.jvp(operator, (X,), (X,))


def test_a_registered_rule_for_batches(operator: Any) -> None:
    seen = []

    @operator.register_vmap
    def rule(info: Any, in_dims: Any, x: Any, rate: float = 1.0) -> Any:
        seen.append((info.batch_size, in_dims))
        return operator(x, rate), in_dims[0]

    batch = flambeau.stack([X, 2 * X])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert flambeau.allclose(func.vmap(operator, in_dims=1, out_dims=1)(batch), batch.sin())
        assert flambeau.allclose(func.vmap(func.grad(lambda x: operator(x).sum()))(batch), batch.cos())
    assert seen[0] == (3, (0,))
