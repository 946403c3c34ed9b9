"""The tape's edges: gradients in two layouts, products with zeros, calls of nodes, inference mode, NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import flambeau
from flambeau import nn

F = nn.functional


# --- sums of sparse and dense gradients -----------------------------------------------
class Gives(flambeau.autograd.Function):
    """Its gradient is what it was given."""

    @staticmethod
    def forward(ctx: Any, x: Any, grad: Any) -> Any:
        ctx.grad = grad
        return x.sum()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ctx.grad, None


def sparse(rows: list[int], value: float) -> Any:
    values = flambeau.full((len(rows), 2), value) + flambeau.arange(len(rows)).unsqueeze(1)
    return flambeau.sparse_coo_tensor([rows], values, (4, 2))


GRADIENTS = {
    "sorted": lambda: sparse([0, 2], 1.0),
    "other": lambda: sparse([1, 2, 3], 5.0),
    "unsorted": lambda: sparse([3, 0], 7.0),
    "twice": lambda: sparse([1, 1], 9.0),
    "dense": lambda: flambeau.arange(8.0).reshape(4, 2),
}


@pytest.mark.parametrize(
    "names", list(itertools.permutations(GRADIENTS, 2)) + list(itertools.permutations(GRADIENTS, 3))
)
@pytest.mark.parametrize("passes", ["one", "several", "create_graph"])
def test_gradients_of_both_layouts_are_summed(names: tuple[str, ...], passes: str) -> None:
    x = flambeau.zeros(4, 2, requires_grad=True)
    grads = [GRADIENTS[name]() for name in names]
    if passes == "several":
        for g in grads:
            Gives.apply(x, g).backward()
    else:
        sum(Gives.apply(x, g) for g in grads).backward(create_graph=passes == "create_graph")
    assert x.grad.is_sparse is ("dense" not in names)
    assert x.grad.to_dense().tolist() == sum(g.to_dense() for g in grads).tolist()


def test_sums_of_sparse_tensors_in_order_have_no_place_twice() -> None:
    a, b = sparse([0, 2], 1.0), sparse([1, 2, 3], 5.0)
    for total in (a + b, b + a):
        assert total._indices().tolist() == [[0, 1, 2, 3]]
    assert (sparse([3, 0], 1.0) + a)._nnz() == 4  # as they come, beside each other


def test_a_sparse_gradient_is_taken_over_only_where_its_parts_are_its_own() -> None:
    class Shared(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.sum()

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return made

    made = flambeau.sparse_coo_tensor(flambeau.tensor([[1]]).expand(1, 3), flambeau.ones(1, 2).expand(3, 2), (4, 2))
    x = flambeau.zeros(4, 2, requires_grad=True)
    Shared.apply(x).backward()
    assert x.grad._values().data_ptr() != made._values().data_ptr()
    assert x.grad.to_dense().tolist() == [[0, 0], [3, 3], [0, 0], [0, 0]]


# --- products with zeros -----------------------------------------------
@pytest.mark.parametrize("zeros", range(4))
@pytest.mark.parametrize("of_self", [False, True])
@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("function", ["scatter_reduce", "index_reduce"])
def test_second_derivatives_of_indexed_products(zeros: int, of_self: bool, include_self: bool, function: str) -> None:
    source = flambeau.tensor([0.0] * zeros + [1.5, -2.0, 0.5, 3.0][zeros:], dtype=flambeau.float64)
    base = flambeau.tensor([0.0 if of_self else 2.0, 0.0], dtype=flambeau.float64)
    index = flambeau.tensor([0, 0, 0, 1])

    def indexed(base: Any, source: Any) -> Any:
        return getattr(base, function)(0, index, source, "prod", include_self=include_self)

    def plain(base: Any, source: Any) -> Any:
        first, second = source[0] * source[1] * source[2], source[3]
        return flambeau.stack([first * base[0], second * base[1]] if include_self else [first, second])

    def hessian(f: Any) -> Any:
        given = [t.clone().requires_grad_() for t in (base, source)]
        weights = flambeau.tensor([1.25, -0.75], dtype=flambeau.float64)
        first = flambeau.autograd.grad((f(*given) * weights).sum(), given, create_graph=True, materialize_grads=True)
        rows = []
        for entry in flambeau.cat(first):
            if entry.requires_grad:
                row = flambeau.autograd.grad(entry, given, retain_graph=True, materialize_grads=True)
            else:
                row = [flambeau.zeros_like(t) for t in given]
            rows.append(flambeau.cat(row))
        return flambeau.cat(first).detach(), flambeau.stack(rows)

    for ours, wanted in zip(hessian(indexed), hessian(plain), strict=True):
        flambeau.testing.assert_close(ours, wanted)


# --- nodes are functions -----------------------------------------------
def test_a_node_gives_its_gradient_when_called() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    y = x**2
    y.register_hook(lambda g: g * 100)  # no hook runs
    assert y.grad_fn(flambeau.ones(2)).tolist() == [2, 4]
    both = flambeau.stack((x, y)).grad_fn(flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert [g.tolist() for g in both] == [[1, 2], [3, 4]]
    assert y.grad_fn(None) is None
    for wrong in ((), (flambeau.ones(2), flambeau.ones(2)), (3,)):
        with pytest.raises(TypeError, match="expected"):
            y.grad_fn(*wrong)
    assert x.grad is None


# --- views, inference mode, NumPy -----------------------------------------------
VIEWS = {
    "view": lambda t: t.view(-1),
    "index": lambda t: t[0],
    "split": lambda t: t.split(1)[0],
    "transpose": lambda t: t.t(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_views_made_in_inference_mode(view: str, requires_grad: bool) -> None:
    base = flambeau.ones(2, 3, requires_grad=requires_grad).clone()
    with flambeau.inference_mode():
        made = VIEWS[view](base)
        again = VIEWS["view"](made.contiguous()) if view == "transpose" else made.view(-1)
        assert not made.is_inference() and made._is_view() and made.is_leaf
        assert made.requires_grad is requires_grad
        made.add_(1)
        assert made._version == base._version == 1
    assert again.numel() == made.numel()
    assert (made * made).requires_grad is requires_grad
    if requires_grad:
        with pytest.raises(RuntimeError, match="in inference mode"):
            made.add_(1)
    else:
        made.add_(1)
    inference = None
    with flambeau.inference_mode():
        inference = flambeau.ones(2, 3, requires_grad=requires_grad)
    out = VIEWS[view](inference)
    assert out.is_inference() and not out._is_view() and out.is_leaf and not out.requires_grad


@pytest.mark.parametrize("change", ["add_", "t_", "unsqueeze_", "transpose_"])
def test_a_view_made_without_gradients_is_not_changed_with_them(change: str) -> None:
    arguments = {"add_": (1,), "t_": (), "unsqueeze_": (0,), "transpose_": (0, 1)}[change]
    base = flambeau.ones(2, 3, requires_grad=True).clone()
    with flambeau.no_grad():
        view = base.view_as(base)
    with pytest.raises(RuntimeError, match="no_grad mode"):
        getattr(view, change)(*arguments)
    with flambeau.no_grad():
        getattr(view, change)(*arguments)


def test_numpy_without_gradients_on() -> None:
    x = flambeau.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        x.numpy()
    with flambeau.no_grad():
        assert x.numpy().tolist() == [1, 1]
