"""The tape: versions, leaves and views in place, hooks, custom functions, modes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau.autograd import Function, grad, gradcheck, gradgradcheck
from flambeau.autograd.function import once_differentiable

Tensor = flambeau.Tensor


def leaf(*values: float) -> Any:
    return flambeau.tensor(values, dtype=flambeau.float64, requires_grad=True)


# --- backward itself --------------------------------------------------------------------------------------------------
def test_accumulates_and_retains() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x) * flambeau.tensor([1.0, 3.0], dtype=flambeau.float64)
    w = flambeau.ones(2, dtype=flambeau.float64)
    y.backward(w, retain_graph=True)
    y.backward(w)
    assert x.grad.tolist() == [4.0, 24.0]
    with pytest.raises(RuntimeError, match="second time"):
        y.backward(w)


def test_wants_a_scalar() -> None:
    with pytest.raises(RuntimeError, match="scalar"):
        (leaf(1.0, 2.0) * 2).backward()
    with pytest.raises(RuntimeError):
        flambeau.ones(1).backward()


def test_grad_of_unused() -> None:
    x, z = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match=r"unused|not have been used"):
        grad((x * 2)[0], z)
    assert grad((x * 2)[0], z, allow_unused=True) == (None,)
    assert grad((x * 2)[0], z, materialize_grads=True)[0].tolist() == [0.0]


def test_backward_with_inputs() -> None:
    x, z = leaf(1.0), leaf(2.0)
    (x * z)[0].backward(inputs=[x])
    assert x.grad.tolist() == [2.0] and z.grad is None


def test_graph_names_and_edges() -> None:
    x = leaf(1.0)
    y = (x + 1).exp()
    assert y.grad_fn.name() == "ExpBackward0" and type(y.grad_fn).__name__ == "ExpBackward0"
    assert y.grad_fn.next_functions[0][0].name() == "AddBackward0"
    assert y.grad_fn.next_functions[0][0].next_functions[0][0].variable is x


# --- versions ---------------------------------------------------------------------------------------------------------
def test_a_saved_value_changed_names_file_and_line() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y * y
    y.add_(1)  # the line to be named
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        z.backward(flambeau.ones_like(z))
    line = test_a_saved_value_changed_names_file_and_line.__code__.co_firstlineno + 4
    assert __file__ in str(caught.value) and f"line {line}" in str(caught.value)


def test_versions_are_shared_by_views_and_detach() -> None:
    x = flambeau.zeros(4)
    view, detached, fresh = x[1:], x.detach(), x.data
    before = fresh._version
    view.add_(1)
    detached.add_(1)
    assert x._version == view._version == detached._version == 2 and fresh._version == before


def test_result_based_gradients_survive_what_does_not_touch_them() -> None:
    x = leaf(0.5)
    y = x.exp()
    x2 = x.detach()
    x2.add_(1)  # exp keeps its result, not its input
    y.backward(flambeau.ones_like(y))
    assert abs(x.grad.item() - math.exp(0.5)) < 1e-12


# --- leaves and views in place ----------------------------------------------------------------------------------------
def test_leaf_rules() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="view of a leaf Variable"):
        x[0].add_(1)
    with flambeau.no_grad():
        x.add_(1)
    assert x.tolist() == [2.0, 3.0] and x.is_leaf
    with pytest.raises(RuntimeError):
        flambeau.ones(2, dtype=flambeau.int64).requires_grad_()


def test_no_grad_view_changed_in_place_is_refused() -> None:
    x = leaf(1.0, 2.0) * 1
    with flambeau.no_grad():
        v = x[0]
    with pytest.raises(RuntimeError):
        v.mul_(2)


def test_detached_views_may_change() -> None:
    x = leaf(1.0, 2.0) * 1
    d = x.detach()
    assert not d.requires_grad and not d[0].requires_grad and not d.view(2, 1).requires_grad
    d[0].add_(1)
    d.mul_(2)
    assert x.tolist() == [4.0, 4.0]


def test_one_of_several_views_changed_in_place_is_refused() -> None:
    x = leaf(1.0, 2.0) * 1
    a, _ = x.unbind() if hasattr(x, "unbind") else pytest.skip("unbind is missing")
    with pytest.raises(RuntimeError):
        a.mul_(2)


def through_views(steps: str) -> Callable[[Any, Any], Any]:
    def run(x: Any, w: Any) -> Any:
        y = x * 1
        scope = {"y": y, "w": w, "flambeau": flambeau}
        exec(steps, scope)
        return scope["y"] * 2

    return run


VIEW_STEPS = [
    "y[0].mul_(w[0])",
    "y[:, 1].copy_(w)",
    "v = y.t(); v[1].add_(w)",
    "y.view(-1)[1:3].mul_(w)",
    "y[1][0] = w[1] * 3",
    "y[1].mul_(w[0]); v = y[0]; v[1:].exp_()",
    "y.select(0, 1).zero_()",
    "y.mul_(w); v = y[0]; v.add_(w[0]); y = v.sin() + y",
    "y[0, 1] *= y[1, 0].clone()",
    "v = y.transpose(0, 1).unsqueeze(1); v.sigmoid_(); y = v[1] + y[0]",
]


@pytest.mark.parametrize("steps", VIEW_STEPS)
def test_views_in_place_against_differences(steps: str) -> None:
    x = flambeau.tensor([[0.3, -0.7], [1.1, 0.5]], dtype=flambeau.float64, requires_grad=True)
    w = leaf(0.9, -1.3)
    f = through_views(steps)
    assert gradcheck(f, (x, w)) and gradgradcheck(f, (x, w))


def test_history_made_after_the_view() -> None:
    base = flambeau.zeros(3, dtype=flambeau.float64)
    view = base[1:]
    base.mul_(leaf(1.0, 2.0, 3.0))
    assert view.requires_grad and view.grad_fn is not None


# --- hooks ------------------------------------------------------------------------------------------------------------
def test_tensor_hooks() -> None:
    x = leaf(1.0)
    seen: list[float] = []
    y = x * 3
    handle = y.register_hook(lambda g: g * 2)
    y.register_hook(lambda g: seen.append(g.item()))
    y.backward(flambeau.ones_like(y), retain_graph=True)
    assert x.grad.item() == 6.0 and seen == [2.0]
    handle.remove()
    x.grad = None
    y.backward(flambeau.ones_like(y))
    assert x.grad.item() == 3.0
    with pytest.raises(RuntimeError):
        flambeau.ones(1).register_hook(lambda g: g)


def test_node_hooks() -> None:
    x = leaf(2.0)
    y = x * 3
    z = y * 5
    order: list[str] = []
    y.grad_fn.register_prehook(lambda grads: order.append("pre"))
    y.grad_fn.register_hook(lambda inputs, outputs: order.append("post") or (inputs[0] * 10, *inputs[1:]))
    z.backward(flambeau.ones_like(z))
    assert order == ["pre", "post"] and x.grad.item() == 150.0


def test_accumulated_hook_and_retain_grad() -> None:
    x = leaf(2.0)
    seen: list[Any] = []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.item()))
    y = x * 3
    y.retain_grad()
    (y * y).backward(flambeau.ones_like(y))
    assert seen == [36.0] and y.grad.item() == 12.0 and y.retains_grad
    with pytest.raises(RuntimeError):
        flambeau.ones(1).retain_grad()


def test_an_error_in_a_hook_comes_out() -> None:
    class Mine(Exception):
        pass

    def hook(g: Any) -> None:
        raise Mine("from the hook")

    y = leaf(1.0) * 2
    y.register_hook(hook)
    with pytest.raises(Mine, match="from the hook"):
        y.backward(flambeau.ones_like(y))


def test_saved_tensor_hooks() -> None:
    x = leaf(2.0)
    packed: list[int] = []

    def pack(t: Any) -> Any:
        packed.append(1)
        return t.tolist()

    with flambeau.autograd.graph.saved_tensors_hooks(pack, lambda v: flambeau.tensor(v, dtype=flambeau.float64)):
        y = x * x
    y.backward(flambeau.ones_like(y))
    assert packed and x.grad.item() == 4.0


# --- custom functions -------------------------------------------------------------------------------------------------
class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


def test_function_and_its_second_derivative() -> None:
    x = leaf(0.5, -1.5)
    assert gradcheck(Cube.apply, (x,)) and gradgradcheck(Cube.apply, (x,))
    assert type(Cube.apply(x).grad_fn).__name__ == "CubeBackward"


def test_function_with_dirty_argument() -> None:
    class Double(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            x.mul_(2)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(1.0)
    y = x * 1
    z = Double.apply(y)
    assert z is y and z.item() == 2.0
    z.backward(flambeau.ones_like(z))
    assert x.grad.item() == 2.0
    with pytest.raises(RuntimeError, match="leaf"):
        Double.apply(leaf(1.0))


def test_function_non_differentiable_and_none() -> None:
    class Two(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, n: int) -> Any:
            mask = x > 0
            other = x * 0 + 7
            ctx.mark_non_differentiable(mask, other)
            return x * n, mask, other

        @staticmethod
        def backward(ctx: Any, g: Any, g_mask: Any, g_other: Any) -> Any:
            assert g_other is None or g_other.tolist() == [0.0]
            return g * 4, None

    x = leaf(1.0)
    y, mask, other = Two.apply(x, 4)
    assert y.requires_grad and not mask.requires_grad and not other.requires_grad
    y.backward(flambeau.ones_like(y))
    assert x.grad.item() == 4.0


@pytest.mark.parametrize("materialize", [True, False])
def test_function_materializes_gradients(materialize: bool) -> None:
    seen: list[Any] = []

    class Pair(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(materialize)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            seen.append(b)
            return a

    a, _ = Pair.apply(leaf(1.0))
    a.backward(flambeau.ones_like(a))
    assert seen[0].tolist() == [0.0] if materialize else seen[0] is None


def test_once_differentiable() -> None:
    class Once(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(1.0)
    (g,) = grad(Once.apply(x) * x, x, flambeau.ones_like(x), create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.backward(flambeau.ones_like(g))


def test_function_gives_too_many_gradients() -> None:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    y = Wrong.apply(leaf(1.0))
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        y.backward(flambeau.ones_like(y))


def test_function_with_setup_context() -> None:
    class Scale(Function):
        @staticmethod
        def forward(x: Any, factor: float) -> Any:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.factor = inputs[1]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.factor, None

    x = leaf(1.0)
    Scale.apply(x, 5.0).backward(flambeau.ones_like(x))
    assert x.grad.item() == 5.0


# --- modes ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [flambeau.no_grad, flambeau.inference_mode])
def test_modes_as_context_decorator_and_generator(mode: Any) -> None:
    x = leaf(1.0)

    @mode()
    def function() -> Any:
        return x * 2

    @mode()
    def generator() -> Any:
        for _ in range(2):
            assert not flambeau.is_grad_enabled()
            yield x * 2

    assert not function().requires_grad and flambeau.is_grad_enabled()
    for value in generator():
        assert not value.requires_grad and flambeau.is_grad_enabled()
    with mode():
        y = x * 2
        assert not y.requires_grad
        with flambeau.enable_grad():
            assert flambeau.is_grad_enabled() or mode is flambeau.inference_mode
    assert flambeau.is_grad_enabled()


def test_set_grad_enabled() -> None:
    with flambeau.set_grad_enabled(False):
        assert not flambeau.is_grad_enabled()
    flambeau.set_grad_enabled(False)
    assert not flambeau.is_grad_enabled()
    flambeau.set_grad_enabled(True)


def test_inference_tensors() -> None:
    with flambeau.inference_mode():
        t = flambeau.ones(2)
        assert t.is_inference()
    with pytest.raises(RuntimeError, match=r"[Ii]nference"):
        t.add_(1)
    with pytest.raises(RuntimeError, match=r"[Ii]nference"):
        (leaf(1.0, 2.0) * t).backward(flambeau.ones(2, dtype=flambeau.float64))
    assert (t + 1).tolist() == [2.0, 2.0]


def test_anomaly_mode_names_the_forward_line() -> None:
    with flambeau.autograd.detect_anomaly(check_nan=True):
        x = leaf(-1.0)
        y = x.sqrt()
        with pytest.raises(RuntimeError, match=r"SqrtBackward0.*nan"):
            y.backward(flambeau.ones_like(y))


# --- eigenvectors of symmetric matrices -------------------------------------------------------------------------------
def test_the_gradient_of_eigh_is_symmetric() -> None:
    values = [[2.0, 1.0, 0.5], [1.0, 3.0, -0.3], [0.5, -0.3, 5.0]]
    expected = [  # PyTorch's
        [-0.18269996191471402, -0.07439457817711807, -0.04058625456769303],
        [-0.07439457817711805, 0.16147398326760343, 0.059627513811676656],
        [-0.040586254567693034, 0.059627513811676656, 0.021225978647110545],
    ]
    for a in (values, [[2.0, 9.0, 9.0], [1.0, 3.0, 9.0], [0.5, -0.3, 5.0]]):  # the lower triangle is read
        x = flambeau.tensor(a, dtype=flambeau.float64, requires_grad=True)
        (flambeau.linalg.eigh(x)[1] ** 2)[:, 0].cumsum(0).sum().backward()
        flambeau.testing.assert_close(x.grad, flambeau.tensor(expected, dtype=flambeau.float64))
    z = flambeau.tensor([[2.0, 1 + 1j], [1 - 1j, 3.0]], dtype=flambeau.complex128, requires_grad=True)
    (flambeau.linalg.eigh(z)[1].abs() ** 2)[0, 0].backward()
    flambeau.testing.assert_close(z.grad, z.grad.mH.clone())
    assert abs(z.grad[0, 1].item() - (-1 - 1j) / 27) < 1e-12
