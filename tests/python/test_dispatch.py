"""`__torch_dispatch__`: what modes and classes see, in which order, and what tensors that hold others can do."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
from wrapped_tensors import Held, Notes, unheld

import flambeau
from flambeau import _C, nn
from flambeau.overrides import enable_reentrant_dispatch
from flambeau.utils._mode_utils import no_dispatch
from flambeau.utils._python_dispatch import (
    TorchDispatchMode,
    _disable_current_modes,
    _get_current_dispatch_mode,
    _get_current_dispatch_mode_stack,
    _pop_mode_temporarily,
    is_traceable_wrapper_subclass,
    transform_subclass,
)

Tensor = flambeau.Tensor
ops = flambeau.ops.aten


def seen(function: Any) -> list[str]:
    with Notes() as notes:
        function()
    return notes.names


# --- what is seen -----------------------------------------------------------------------------------------------------
X = flambeau.arange(6.0).reshape(2, 3)
LINEAR = nn.Linear(3, 2)
BOTH = "aten.t.default", "aten.addmm.default"


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda: X + 1, ["aten.add.Tensor"]),
        (lambda: 2 - X, ["aten.rsub.Scalar"]),
        (lambda: X**2, ["aten.pow.Tensor_Scalar"]),
        (lambda: X > 1, ["aten.gt.Scalar"]),
        (lambda: LINEAR(X), [*BOTH]),
        (lambda: nn.functional.linear(X, LINEAR.weight), ["aten.t.default", "aten.mm.default"]),
        (lambda: nn.functional.mse_loss(X, X), ["aten.mse_loss.default"]),
        (lambda: X.double(), ["aten._to_copy.default"]),
        (lambda: X.reshape(3, 2), ["aten.view.default"]),
        (lambda: X[0, 1:], ["aten.select.int", "aten.slice.Tensor"]),
        (lambda: X.absolute(), ["aten.abs.default"]),
        (lambda: X.clone().add_(1), ["aten.clone.default", "aten.add_.Tensor"]),
        (lambda: flambeau.add(X, X, out=X.clone()), ["aten.clone.default", "aten.add.out"]),
        (lambda: flambeau.zeros(2), ["aten.zeros.default"]),
        (lambda: flambeau.tensor([1.0]), ["aten.lift_fresh.default"]),
        (lambda: X.sum().item(), ["aten.sum.default", "aten._local_scalar_dense.default"]),
        (lambda: X.detach(), ["aten.detach.default"]),
        (lambda: flambeau.stack([X, X]), ["aten.stack.default"]),
        (lambda: X.max(1), ["aten.max.dim"]),
        (lambda: flambeau._foreach_add([X], 1), ["aten._foreach_add.Scalar"]),
    ],
)
def test_names_of_calls(function: Any, names: list[str]) -> None:
    with flambeau.no_grad():
        assert seen(function) == names


def test_arguments_are_shown_without_their_defaults() -> None:
    with Notes() as notes:
        flambeau.add(X, X)
        flambeau.add(X, X, alpha=2)
        X.sum(1)
        X.sum(dim=1, keepdim=True)
        flambeau.zeros(2, 3, dtype=flambeau.int64)
        flambeau.zeros_like(X)
    shown = [(args[1:], kwargs) for _, args, kwargs in notes.calls]
    assert shown[1][1] == {"alpha": 2}
    assert shown[0][1] == {}
    assert shown[2:4] == [(([1],), {}), (([1], True), {})]
    assert notes.calls[4][1:] == (
        ([2, 3],),
        {"dtype": flambeau.int64, "device": flambeau.device("cpu"), "pin_memory": False},
    )
    assert shown[5] == ((), {"pin_memory": False})


def test_generators_and_lists_are_shown_as_they_are() -> None:
    generator = flambeau.Generator().manual_seed(3)
    with Notes() as notes:
        flambeau.rand(2, generator=generator)
        flambeau.cat([X, X])
    assert isinstance(notes.calls[0][2]["generator"], flambeau.Generator)
    assert type(notes.calls[1][1][0]) is list
    assert all(a is X for a in notes.calls[1][1][0])


def test_a_gradient_is_recorded_above_and_seen_as_calls() -> None:
    x = X.clone().requires_grad_()
    with Notes() as notes:
        y = (x * x).sum()
        before = len(notes.calls)
        y.backward()
    assert notes.names[:before] == ["aten.mul.Tensor", "aten.sum.default"]
    assert "aten.mul.Tensor" in notes.names[before:]
    assert flambeau.equal(x.grad, 2 * X)


def test_derivatives_of_formulas_are_operators_of_the_table() -> None:
    for function in (flambeau.tanh, flambeau.sigmoid, flambeau.exp, nn.functional.gelu, flambeau.relu, flambeau.atan2):
        x = (X - 2).requires_grad_()
        args = (x, X + 1) if function is flambeau.atan2 else (x,)
        expected = flambeau.autograd.grad(function(*args).sum(), x)[0]
        with Notes() as notes:
            got = flambeau.autograd.grad(function(*args).sum(), x)[0]
        assert flambeau.allclose(expected, got)
        assert not any("_backward.0" in name for name in notes.names)


def test_gradients_are_on_inside_as_they_are_outside() -> None:
    states = []

    class Look(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            states.append((flambeau.is_grad_enabled(), result.requires_grad))
            return result

    x = X.clone().requires_grad_()
    with Look():
        assert (x * 2).requires_grad
        with flambeau.no_grad():
            x * 2
    assert states == [(True, False), (False, False)]


def test_reentrant_calls_go_through_autograd_again() -> None:
    class Recording(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with enable_reentrant_dispatch(), flambeau.enable_grad():
                x = flambeau.ones(2).requires_grad_()
                inner.append(flambeau.autograd.grad((x * x).sum(), x)[0])
            return func(*args, **(kwargs or {}))

    inner: list[Any] = []
    with Recording():
        flambeau.neg(X)
    assert flambeau.equal(inner[0], flambeau.full((2,), 2.0))


def test_composites_are_whole_in_inference_mode() -> None:
    with flambeau.inference_mode():
        assert "aten.linear.default" in seen(lambda: nn.functional.linear(X, LINEAR.weight)) or seen(
            lambda: flambeau.matmul(X, X.T)
        )[-1:] == ["aten.matmul.default"]
        assert seen(lambda: flambeau.matmul(X, X.mT))[-1] == "aten.matmul.default"


def test_decompose_shows_the_parts() -> None:
    class Parts(Notes):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.calls.append((str(func), args, kwargs or {}))
            with self:
                result = func.decompose(*args, **(kwargs or {}))
            return func(*args, **(kwargs or {})) if result is NotImplemented else result

    with flambeau.inference_mode(), Parts() as parts:
        flambeau.matmul(X, X.reshape(3, 2))
    assert parts.names[-2:] == ["aten.matmul.default", "aten.mm.default"]


# --- modes ------------------------------------------------------------------------------------------------------------
def test_modes_nest_and_give_back() -> None:
    outer, inner = Notes(), Notes()
    with outer, inner:
        assert _get_current_dispatch_mode() is inner
        assert _get_current_dispatch_mode_stack() == [outer, inner]
        X + 1
        with _pop_mode_temporarily() as popped:
            assert popped is inner
            X + 2
        with _disable_current_modes():
            assert _get_current_dispatch_mode() is None
            X + 3
    assert inner.names == ["aten.add.Tensor"]
    assert outer.names == ["aten.add.Tensor"] * 2
    assert _get_current_dispatch_mode() is None


def test_a_mode_that_declines_leaves_the_call_to_the_class() -> None:
    class Polite(Notes):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.calls.append((str(func), args, kwargs or {}))
            return NotImplemented if types else func(*args, **(kwargs or {}))

    with Polite() as polite:
        got = Held(X) + 1
    assert polite.names == ["aten.add.Tensor"] * 2  # the wrapper's call, then that of what it holds
    assert flambeau.equal(got.held, X + 1)


def test_nobody_answers() -> None:
    class Declines(Held):
        @classmethod
        def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return NotImplemented

    with pytest.raises(TypeError, match=r"Multiple dispatch failed.*add.Tensor.*Declines"):
        Declines(X) + 1


def test_parameters_are_made_unseen() -> None:
    with Notes() as notes:
        made = nn.Parameter(X)
    assert type(made) is nn.Parameter
    assert notes.names == []


def test_errors_pass_through_and_leave_the_stack_as_it_was() -> None:
    class Fails(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            raise KeyError("mine")

    with Fails() as mode:
        with pytest.raises(KeyError, match="mine"):
            X + 1
        assert _get_current_dispatch_mode() is mode
    assert _get_current_dispatch_mode() is None
    assert flambeau.equal(X + 0, X)


def test_results_of_the_wrong_kind_are_refused() -> None:
    class Wrong(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return answer

    for answer, call in (
        ("text", lambda: X + 1),
        (None, lambda: X + 1),
        (X, lambda: X.max(1)),
        (X, lambda: X.split(1)),
    ):
        with Wrong(), pytest.raises(RuntimeError, match="Unable to cast"):
            call()


def test_no_dispatch_and_leaving_in_the_wrong_order() -> None:
    with Notes() as notes, no_dispatch():
        X + 1
    assert notes.names == []
    a, b = Notes(), Notes()
    a.__enter__()
    b.__enter__()
    with pytest.raises(RuntimeError, match="opposite order"):
        a.__exit__(None, None, None)
    b.__exit__(None, None, None)
    a.__exit__(None, None, None)


def test_levels_are_gone_where_a_mode_outside_sees_calls() -> None:
    with Notes() as notes:
        flambeau.func.vmap(flambeau.func.grad(lambda x: x.sin().sum()))(X)
    assert "aten.cos.default" in notes.names
    assert all(type(a) is Tensor for _, args, _ in notes.calls for a in args if isinstance(a, Tensor))


# --- tensors that hold others -----------------------------------------------------------------------------------------
def test_wrappers_have_sizes_and_no_elements() -> None:
    t = Tensor._make_wrapper_subclass(Held, (2, 3), strides=(1, 2), storage_offset=4, dtype=flambeau.int64)
    assert (t.shape, t.stride(), t.storage_offset(), t.dtype) == ((2, 3), (1, 2), 4, flambeau.int64)
    for read in (t.data_ptr, t.tolist, t.numpy):
        with pytest.raises(RuntimeError, match=r"wrapper subclass|tensor subclasses"):
            read()
    with no_dispatch(), pytest.raises(RuntimeError, match="data pointer"):
        t + 1
    with pytest.raises(RuntimeError, match="has to define __torch_dispatch__"):
        Tensor._make_wrapper_subclass(type("Bare", (Tensor,), {}), (2,))
    with pytest.raises(NotImplementedError, match="dispatch_sizes_strides_policy"):
        Tensor._make_wrapper_subclass(Held, (2,), dispatch_sizes_strides_policy="sizes")


def test_a_subclass_over_elements_of_its_own() -> None:
    class Counting(Tensor):
        count = 0
        __torch_function__ = _C._disabled_torch_function_impl

        @classmethod
        def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            Counting.count += 1
            return super().__torch_dispatch__(func, types, args, kwargs)

    t = Tensor._make_subclass(Counting, X)
    assert flambeau.equal(t + 1, X + 1)
    assert Counting.count == 1
    t.data
    assert Counting.count == 2
    assert type(t.neg()) is Tensor  # run as plain tensors


def test_views_and_changes_in_place_of_wrappers() -> None:
    base = Held(X.clone())
    view = base.view(3, 2)
    assert view._is_view()
    assert view._base is base
    assert view.untyped_storage()._cdata == base.untyped_storage()._cdata
    version = base._version
    assert view.add_(1) is view
    assert base._version == version + 1 == view._version
    assert flambeau.equal(base.held, X + 1)
    out = Held(flambeau.empty(2, 3))
    assert flambeau.add(base, 1, out=out) is out
    assert flambeau.equal(out.held, X + 2)
    t = Held(X.clone())
    assert t.t_() is t
    assert t.shape == (3, 2)


def test_gradients_of_and_through_wrappers() -> None:
    w = Held(X.clone()).requires_grad_()
    loss = (LINEAR(w).tanh() ** 2).sum()
    loss.backward()
    plain = X.clone().requires_grad_()
    (LINEAR(plain).tanh() ** 2).sum().backward()
    assert type(w.grad) is Held
    assert flambeau.allclose(w.grad.held, plain.grad)
    second = Held(X.clone()).requires_grad_()
    (g,) = flambeau.autograd.grad((second**3).sum(), second, create_graph=True)
    (h,) = flambeau.autograd.grad(g.sum(), second)
    assert flambeau.allclose(unheld(h), 6 * X)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        a = Held(X.clone()).requires_grad_()
        b = a * 1
        c = b * b
        b.add_(1)
        c.sum().backward()


def test_copies_and_pickles_of_wrappers() -> None:
    t = Held(X.clone()).requires_grad_()
    t.note = [1]
    for made in (copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert type(made) is Held
        assert made.requires_grad
        assert made.note == [1]
        assert made.held is not t.held
        assert flambeau.equal(made.held, X)
    stream = io.BytesIO()
    flambeau.save({"t": t}, stream)
    stream.seek(0)
    assert flambeau.equal(flambeau.load(stream, weights_only=False)["t"].held, X)


def test_parameters_that_are_wrappers() -> None:
    module = nn.Linear(3, 2)
    start = module.weight.detach().clone()
    plain = copy.deepcopy(module)
    module.weight = nn.Parameter(Held(module.weight.detach()))
    assert isinstance(module.weight, nn.Parameter)
    assert type(module.weight) is Held
    assert is_traceable_wrapper_subclass(module.weight)
    for m in (module, plain):
        optimizer = flambeau.optim.Adam(m.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            m(X).pow(2).sum().backward()
            optimizer.step()
    assert not flambeau.equal(module.weight.held, start)
    assert flambeau.allclose(module.weight.held, plain.weight)
    state = module.state_dict()
    assert type(state["weight"]) is Held
    module.load_state_dict(state)
    twice = transform_subclass(module.weight.detach(), lambda name, inner: 2 * inner)
    assert flambeau.allclose(twice.held, 2 * plain.weight)


def test_hooks_and_functions_see_wrappers() -> None:
    kinds = []

    class Double(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            kinds.append((type(g), type(ctx.saved_tensors[0])))
            return g * 2

    w = Held(X.clone()).requires_grad_()
    w.register_hook(lambda g: kinds.append((type(g), Held)))
    Double.apply(w).sum().backward()
    assert kinds == [(Held, Held)] * 2
    assert flambeau.equal(w.grad.held, flambeau.full((2, 3), 2.0))


# --- operators of one's own -------------------------------------------------------------------------------------------
def test_operators_of_ones_own_are_seen() -> None:
    with flambeau.library._scoped_library("dispatchtest", "DEF") as library:
        library.define("twice(Tensor x, *, int k=1) -> Tensor")
        library.impl("twice", lambda x, *, k=1: 2 * k * x, "CompositeExplicitAutograd")
        twice = flambeau.ops.dispatchtest.twice
        with Notes() as notes:
            result = twice(X, k=3)
        assert notes.names == ["dispatchtest.twice.default"]
        assert flambeau.equal(result, 6 * X)
        assert notes.calls[0][2] == {"k": 3}
        assert flambeau.equal(twice(Held(X)).held, 2 * X)
        flambeau.library.register_torch_dispatch("dispatchtest::twice", Notes, lambda mode, op, types, args, kwargs: X)
        with Notes() as notes:
            assert twice(X + 1) is X
