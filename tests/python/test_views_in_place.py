"""Gradients through changes in place of views, for every kind of view of real and complex tensors, against numeric
derivatives; and which changes are refused because a history can't be made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau.autograd import Function, gradcheck, gradgradcheck

Tensor = flambeau.Tensor


def values(*sizes: int, kind: str, seed: int = 0) -> Any:
    generator = flambeau.Generator().manual_seed(seed)
    dtype = flambeau.complex128 if kind == "complex" else flambeau.float64
    return flambeau.randn(*sizes, dtype=dtype, generator=generator).requires_grad_()


# Views of a tensor (2, 4); those under "complex" only of complex ones, "real" of real ones.
VIEWS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "both": {
        "row": lambda y: y[0],
        "part": lambda y: y[:, 1:3],
        "steps": lambda y: y[:, ::2],
        "transposed": lambda y: y.t(),
        "flat": lambda y: y.view(-1)[1:5],
        "diagonal": lambda y: y.diagonal(),
        "unsqueezed": lambda y: y.unsqueeze(0)[0, 1],
        "unfolded": lambda y: y.unfold(1, 2, 2)[1],
        "as strided": lambda y: y.as_strided((2, 2), (4, 2)),
        "negative": lambda y: y._neg_view(),
        "narrow of narrow": lambda y: y[1:].narrow(1, 1, 2),
    },
    "complex": {
        "real": lambda y: y.real,
        "imag": lambda y: y.imag,
        "part of real": lambda y: y.real[:1],
        "real of part": lambda y: y[0, 1:].real,
        "imag of transposed": lambda y: y.t().imag[1],
        "as real": lambda y: flambeau.view_as_real(y),
        "first of as real": lambda y: flambeau.view_as_real(y)[..., 0],
        "one of as real": lambda y: flambeau.view_as_real(y)[1, 2],
        "conjugate": lambda y: y.conj(),
        "part of conjugate": lambda y: y.conj()[0],
        "imag of conjugate": lambda y: y.conj().imag,
        "real of conjugate": lambda y: y.conj().real[1],
        "adjoint": lambda y: y.mH,
        "twice": lambda y: y.conj().t().conj(),
        "negative of conjugate": lambda y: y.conj()._neg_view(),
    },
    "real": {
        "as complex": lambda y: flambeau.view_as_complex(y.view(2, 2, 2)),
        "part of as complex": lambda y: flambeau.view_as_complex(y.view(2, 2, 2))[0],
        "imag of as complex": lambda y: flambeau.view_as_complex(y.view(2, 2, 2)).imag,
        "conjugate of as complex": lambda y: flambeau.view_as_complex(y.view(2, 2, 2)).conj(),
    },
}
CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "mul number": lambda v, w: v.mul_(3),
    "mul tensor": lambda v, w: v.mul_(w if v.is_complex() or not w.is_complex() else w.real),
    "add": lambda v, w: v.add_(w if v.is_complex() or not w.is_complex() else w.imag),
    "copy": lambda v, w: v.copy_(w if v.is_complex() or not w.is_complex() else w.real),
    "sin": lambda v, w: v.sin_(),
    "square": lambda v, w: v.pow_(2),
    "zero": lambda v, w: v.zero_(),
}
CASES = [
    (kind, view, change)
    for kind in ("real", "complex")
    for group in ("both", kind)
    for view in VIEWS[group]
    for change in CHANGES
]


def measured(y: Any) -> Any:
    """Depends on every element, in its phase, too; real."""
    scale = flambeau.arange(1, y.numel() + 1, dtype=flambeau.float64).view(y.shape) / 3
    if not y.is_complex():
        return (y * y * scale + y * scale.cos()).sum()
    return (y.real * y.imag * scale + y.real * y.real + scale.sin() * y.imag).sum()


@pytest.mark.parametrize(("kind", "view", "change"), CASES)
def test_change_of_a_view_against_differences(kind: str, view: str, change: str) -> None:
    take = {**VIEWS["both"], **VIEWS.get(kind, {})}[view]

    def run(x: Any, w: Any) -> Any:
        y = x * 1
        CHANGES[change](take(y), w)
        return measured(y)

    x = values(2, 4, kind=kind)
    w = flambeau.tensor(0.7 - 0.4j if kind == "complex" else 0.7, dtype=x.dtype).requires_grad_()
    assert gradcheck(run, (x, w))
    if change in ("mul tensor", "square"):
        assert gradgradcheck(run, (x, w))


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("change", ["mul number", "mul tensor", "sin"])
def test_views_made_before_a_change_of_their_base(kind: str, change: str) -> None:
    takes = {**VIEWS["both"], **VIEWS[kind]}

    def run(view: str, x: Any, w: Any) -> Any:
        y = x * 1
        v = takes[view](y)
        CHANGES[change](y, w)
        v = v.resolve_neg()
        return measured(v) + measured(y)

    x = values(2, 4, kind=kind)
    w = flambeau.tensor(0.7 - 0.4j if kind == "complex" else 0.7, dtype=x.dtype).requires_grad_()
    for view in takes:
        assert gradcheck(lambda x, w, view=view: run(view, x, w), (x, w)), view


@pytest.mark.parametrize("n", [1, 2, 50_000])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda y: y.real.mul_(3), 9 / 13**0.5 + 2 / 13**0.5 * 1j),
        (lambda y: y.imag.mul_(3), 1 / 37**0.5 + 18 / 37**0.5 * 1j),
        (lambda y: flambeau.view_as_real(y)[..., 0].mul_(3), 9 / 13**0.5 + 2 / 13**0.5 * 1j),
        (lambda y: y.conj().mul_(2j), 2 / 5**0.5 * (1 + 2j)),
    ],
)
def test_parts_of_complex_numbers(n: int, change: Callable[[Any], Any], expected: complex) -> None:
    w = flambeau.full((n,), 1 + 2j, dtype=flambeau.complex128, requires_grad=True)
    y = w * 1
    change(y)
    y.abs().sum().backward()
    assert all(abs(g - expected) < 1e-12 for g in (w.grad[0].item(), w.grad[-1].item()))


def test_two_parts_one_after_the_other() -> None:
    x = values(3, kind="complex")

    def run(x: Any) -> Any:
        y = x * 1
        y.real.mul_(y.imag.clone())
        y.imag.copy_(y.real * 2)
        return measured(y)

    assert gradcheck(run, (x,))


def test_a_constant_base_takes_a_history_from_a_part() -> None:
    x = values(3, kind="real")

    def run(x: Any) -> Any:
        y = flambeau.ones(3, dtype=flambeau.complex128)
        y.imag.copy_(x)
        return measured(y)

    assert gradcheck(run, (x,))


# --- retained gradients -----------------------------------------------------------------------------------------------
def test_retained_gradient_is_that_of_the_value_after_the_change() -> None:
    x = flambeau.tensor(1.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.mul_(5)
    (y * 7).backward()
    assert (y.grad.item(), x.grad.item()) == (7.0, 70.0)


@pytest.mark.parametrize("changed", ["view", "base"])
def test_retained_gradient_of_a_view(changed: str) -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    v = y[0]
    v.retain_grad()
    (v if changed == "view" else y).mul_(5)
    (v * 7).sum().backward()
    assert v.grad.item() == 7.0 and x.grad.tolist() == [70.0, 0.0]


def test_retained_gradient_of_the_base_of_a_changed_view() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    v = y[0]
    y.retain_grad()
    v.mul_(5)
    (y * 7).sum().backward()
    assert y.grad.tolist() == [7.0, 7.0] and x.grad.tolist() == [70.0, 14.0]


def test_other_hooks_stay_with_the_value_they_were_made_for() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(("old", g.tolist())))
    y.retain_grad()
    y.mul_(5)
    y.register_hook(lambda g: seen.append(("new", g.tolist())))
    (y * 7).sum().backward()
    assert seen == [("new", [7.0, 7.0]), ("old", [35.0, 35.0])] and y.grad.tolist() == [7.0, 7.0]


def test_retained_gradient_comes_after_other_hooks() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    y.sum().backward()
    assert y.grad.tolist() == [3.0, 3.0]


def test_backward_with_inputs_that_are_no_leaves() -> None:
    x = flambeau.ones(2, requires_grad=True)
    other = flambeau.ones(2, requires_grad=True)
    y = x * 2
    z = y * 3 * other
    z.sum().backward(inputs=[x, y], retain_graph=True)
    assert x.grad.tolist() == [6.0, 6.0] and y.grad.tolist() == [3.0, 3.0] and other.grad is None
    flambeau.autograd.backward(z.sum(), inputs=y)
    assert x.grad.tolist() == [6.0, 6.0] and y.grad.tolist() == [6.0, 6.0]


# --- histories that can't be made anew --------------------------------------------------------------------------------
class Flat(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.view(-1)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.view(2, 1) * 10


class Same(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 10


@pytest.mark.parametrize("function", [Flat, Same])
def test_a_view_made_by_a_function_is_not_changed(function: Any) -> None:
    x = flambeau.ones(2, 1, requires_grad=True)
    y = x * 2
    v = function.apply(y)
    v.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [[20.0], [20.0]]
    for change in (lambda: v.mul_(5), lambda: v[0].mul_(5), lambda: v.t_() if v.dim() == 3 else v.add_(1)):
        with pytest.raises(RuntimeError, match=r"custom Function"):
            change()
    y.mul_(5)
    with pytest.raises(RuntimeError, match=r"is a view and its base .* modified inplace"):
        v.sum().backward()


def test_one_of_several_views_after_its_base_was_changed() -> None:
    y = flambeau.ones(2, 1, requires_grad=True) * 2
    v, _ = y.unbind(0)
    y.mul_(5)
    with pytest.raises(RuntimeError, match="multiple views"):
        v.sum().backward()


class Triple(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(3)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 10


def test_function_that_changes_a_view() -> None:
    x = flambeau.ones(2, 1, requires_grad=True)
    y = x * 2
    v = y[0]
    Triple.apply(v)
    assert y.tolist() == [[6.0], [2.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[20.0], [2.0]]
    with pytest.raises(RuntimeError, match="leaf"):
        Triple.apply(flambeau.ones(2, requires_grad=True)[0])


def test_function_that_changes_what_it_does_not_return() -> None:
    class Forgets(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    with pytest.raises(RuntimeError, match="dirty"):
        Forgets.apply(flambeau.ones(2, requires_grad=True) * 1)


# --- hooks that give something else -----------------------------------------------------------------------------------
@pytest.mark.parametrize("leaf", [False, True])
@pytest.mark.parametrize(
    ("hook", "error", "words"),
    [
        (lambda g: g[:1], RuntimeError, "changed the size"),
        (lambda g: g.double(), RuntimeError, "changed the type"),
        (lambda g: 3, TypeError, "Tensor"),
    ],
)
def test_hooks_keep_shape_and_type(leaf: bool, hook: Any, error: type[Exception], words: str) -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    (x if leaf else y).register_hook(hook)
    with pytest.raises(error, match=words):
        y.sum().backward()


OVERLAPPING: dict[str, Callable[[Any], Any]] = {
    "expanded": lambda y: y.expand(3, 2, 4),
    "part of expanded": lambda y: y.expand(3, 2, 4)[1:, :, 1],
    "unfolded": lambda y: y.unfold(1, 3, 1),
    "as strided": lambda y: y.as_strided((3, 4), (2, 1)),
    "expanded conjugate": lambda y: y.conj().expand(3, 2, 4),
}


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("view", OVERLAPPING)
def test_views_that_show_an_element_several_times(view: str, kind: str) -> None:
    """The base is changed after they were made: the gradients of one element add up, in either order."""

    def run(x: Any, w: Any) -> Any:
        y = x * 1
        v = OVERLAPPING[view](y)
        y.mul_(w)
        return measured(v) + measured(y)

    x, w = values(2, 4, kind=kind), values(1, kind=kind, seed=1)
    assert gradcheck(run, (x, w))
    assert gradgradcheck(run, (x, w))


def test_overlapping_parts_of_complex_numbers() -> None:
    def run(x: Any) -> Any:
        y = x * 1
        v = y.real.expand(3, 2, 4)
        y.mul_(1 + 2j)
        return measured(v) + measured(y)

    assert gradcheck(run, (values(2, 4, kind="complex"),))


def test_a_result_is_a_view_of_what_the_caller_holds_only() -> None:
    x = values(2, 3, 4, kind="real")
    assert flambeau.matmul(x, x[0].t())._base is None
    y = x * 1
    assert y.reshape(6, 4)._base is y and (x * 1).reshape(6, 4)._base is not None
    assert gradcheck(lambda x: flambeau.matmul(x, x[0].t()).mul_(x[..., 1:]), (x,))


def test_copies_within_one_memory() -> None:
    x = flambeau.arange(6.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        x[1:].copy_(x[:5])
    x[::2].copy_(x[1::2])  # interleaved: no element is read and written
    assert x.tolist() == [1, 1, 3, 3, 5, 5]
    x.copy_(x.view_as(x))
    assert x.tolist() == [1, 1, 3, 3, 5, 5]
