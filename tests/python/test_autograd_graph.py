"""autograd.graph: hooks for several tensors, changes of saved values, what a node shows of what it keeps."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau
from flambeau.autograd import Function, graph


def test_multi_grad_hook_all() -> None:
    a, b = (flambeau.ones(2, requires_grad=True) for _ in range(2))
    c = a * b
    d = c * 2
    seen: list[Any] = []
    handle = graph.register_multi_grad_hook(
        (a, b, c), lambda gs: seen.append([None if g is None else g.tolist() for g in gs])
    )
    d.sum().backward(retain_graph=True)
    assert seen == [[[2.0, 2.0]] * 3]
    seen.clear()
    c.sum().backward(inputs=[a], retain_graph=True)
    (a * 2).sum().backward()
    assert seen == [[[1.0, 1.0], None, [1.0, 1.0]], [[2.0, 2.0], None, None]]
    seen.clear()
    flambeau.autograd.grad(d.sum(), (b, c), retain_graph=True)
    assert seen == [[None, [2.0, 2.0], [2.0, 2.0]]]
    handle.remove()
    seen.clear()
    d.sum().backward()
    assert not seen


def test_multi_grad_hook_any_and_errors() -> None:
    a, b = (flambeau.ones(2, requires_grad=True) for _ in range(2))
    c = a * b
    seen: list[Any] = []
    with graph.register_multi_grad_hook((a, b, c), lambda g: seen.append(g.tolist()), mode="any"):
        (c * 3).sum().backward()
    assert seen == [[3.0, 3.0]]
    with pytest.raises(ValueError, match="mode"):
        graph.register_multi_grad_hook((a,), print, mode="x")
    with pytest.raises(AssertionError):
        graph.register_multi_grad_hook((flambeau.ones(1),), print)


MUTATIONS = {
    "method": lambda b: b.sin_(),
    "operator": lambda b: b.__iadd__(1),
    "item": lambda b: b.__setitem__(0, 7.0),
    "out": lambda b: flambeau.exp(flambeau.ones(2), out=b.detach()),
    "view": lambda b: b[:1].zero_(),
}


@pytest.mark.parametrize("change", MUTATIONS)
def test_mutation_of_saved_values(change: str) -> None:
    with graph.allow_mutation_on_saved_tensors() as context:
        a = flambeau.tensor([2.0, 3.0], requires_grad=True)
        b = a.clone()
        out = (b**2).sum()
        MUTATIONS[change](b)
        out.backward()
        assert a.grad.tolist() == [4.0, 6.0] and type(context).__name__ == "_AllowMutationOnSavedContext"


def test_mutation_contexts() -> None:
    with graph.allow_mutation_on_saved_tensors():
        out = ((flambeau.ones(2, requires_grad=True) * 1) ** 2).sum()
        with pytest.raises(RuntimeError, match="nested"), graph.allow_mutation_on_saved_tensors():
            pass
    with pytest.raises(AssertionError, match="outside of the 'allow_mutation_on_saved_tensors'"):
        out.backward()


# --- what nodes keep --------------------------------------------------------------------------------------------------
def test_saved_attributes() -> None:
    x = flambeau.tensor([[1.0, 2.0]], requires_grad=True)
    w = flambeau.tensor([3.0, 4.0], requires_grad=True)
    y = x * w
    assert y.grad_fn._saved_self is x and y.grad_fn._saved_other is w
    e = y.exp()
    assert e.grad_fn._saved_result.tolist() == e.tolist() and e.grad_fn._saved_result.grad_fn is e.grad_fn
    s = y.sum(1, keepdim=True)
    assert s.grad_fn._saved_dim == (1,) or list(s.grad_fn._saved_dim) == [1]
    assert s.grad_fn._saved_keepdim is True
    taken = y[:, flambeau.tensor([0])]
    assert any(i is not None and i.tolist() == [0] for i in taken.grad_fn._saved_indices)
    assert "_saved_self" in dir(y.grad_fn) and "_raw_saved_self" in dir(y.grad_fn)
    assert "_saved_other" not in dir((x * 2).grad_fn) or (x * 2).grad_fn._saved_other == 2
    with pytest.raises(AttributeError):
        _ = y.grad_fn._saved_nothing
    with pytest.raises(AttributeError):
        _ = y.grad_fn.anything
    (e.sum() + s.sum()).backward()
    for node, name in ((y.grad_fn, "_saved_self"), (e.grad_fn, "_saved_result")):
        with pytest.raises(RuntimeError, match="already been freed"):
            getattr(node, name)


def test_hooks_of_one_saved_value() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    z = y.sin()
    raw = z.grad_fn._raw_saved_self
    order: list[str] = []
    raw.register_hooks(
        lambda t: order.append("pack") or t.tolist(), lambda v: order.append("unpack") or flambeau.tensor(v)
    )
    with pytest.raises(RuntimeError, match="already been set"):
        raw.register_hooks(lambda t: t, lambda t: t)
    z.sum().backward()
    assert order == ["pack", "unpack"]
    flambeau.testing.assert_close(x.grad, 3 * (3 * x.detach()).cos())
    with pytest.raises(RuntimeError, match="freed"):
        y.sin().grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t) or z.grad_fn._raw_saved_self
    with pytest.raises(RuntimeError, match="forbidden"):
        flambeau.autograd.SavedTensor()


def test_hooks_of_a_context_value() -> None:
    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2 * ctx.saved_tensors[0]

    x = flambeau.tensor([3.0], requires_grad=True)
    y = Square.apply(x)
    (raw,) = y.grad_fn._raw_saved_tensors
    raw.register_hooks(lambda t: t.item(), lambda v: flambeau.tensor([v]))
    y.backward()
    assert x.grad.item() == 6.0


def test_saved_results_of_a_function_with_several() -> None:
    class Two(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            a, b = x * 2, x.exp()
            ctx.save_for_backward(b)
            return a, b

        @staticmethod
        def backward(ctx: Any, ga: Any, gb: Any) -> Any:
            (b,) = ctx.saved_tensors
            return ga * 2 + gb * b

    x = flambeau.tensor([0.5, 1.0], dtype=flambeau.float64, requires_grad=True)
    node = Two.apply(x)[1].grad_fn
    with flambeau.no_grad():
        saved = node.saved_tensors[0]
    assert saved.output_nr == 1 and saved.grad_fn is node
    assert flambeau.autograd.gradcheck(Two.apply, x) and flambeau.autograd.gradgradcheck(Two.apply, x)


def test_gradient_edges() -> None:
    x = flambeau.ones(2, requires_grad=True)
    c = x * 2
    edge = graph.get_gradient_edge(c)
    assert edge.node is c.grad_fn and edge.output_nr == 0
    assert flambeau.autograd.grad((c * 3).sum(), edge)[0].tolist() == [3.0, 3.0]
    leaf = graph.get_gradient_edge(x)
    assert [g.tolist() for g in flambeau.autograd.grad((x * 3).sum(), (leaf, x))] == [[3.0, 3.0]] * 2


def test_anomaly_mode_without_nan_check() -> None:
    class Nan(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * float("nan")

    x = flambeau.ones(2, requires_grad=True)
    with flambeau.autograd.detect_anomaly(check_nan=False):
        assert not flambeau._C.is_anomaly_check_nan_enabled()
        Nan.apply(x).sum().backward()
    assert flambeau._C.is_anomaly_check_nan_enabled() and x.grad.isnan().all()
    with flambeau.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="nan values"):
        Nan.apply(x).sum().backward()


def test_unsafe_pieces_may_be_changed() -> None:
    for take in (
        lambda t: t.unsafe_split(1),
        lambda t: t.unsafe_chunk(3),
        lambda t: t.unsafe_split_with_sizes((1, 1, 1)),
    ):
        a = flambeau.ones(3, 3, requires_grad=True)
        one, two, _ = take(a * 2)
        one.mul_(two)
        one.sum().backward()
        assert a.grad.tolist() == [[4.0] * 3, [4.0] * 3, [0.0] * 3]


def test_detach_in_place_of_views_is_refused() -> None:
    y = flambeau.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="detach views in-place"):
        y[0].detach_()
    assert not y.detach_().requires_grad


def test_a_leaf_that_changes_its_size() -> None:
    p = flambeau.nn.Parameter(flambeau.ones(16))
    kept = []
    for n in (15, 14):
        with flambeau.no_grad():
            p.set_(p[1:])
            p.grad = None
        m = flambeau.cat((p, p)).sum()
        m.backward()
        kept.append(m)
        assert p.grad.shape == (n,) and p.grad.tolist() == [2.0] * n


def test_marks_for_vtune_are_refused_by_name() -> None:
    itt = flambeau.profiler.itt
    assert itt.is_available() is False
    with pytest.raises(RuntimeError, match=r"itt\.range_push"), itt.range("a {}", 1):
        pass
    for call in (lambda: itt.mark("a"), itt.range_pop):
        with pytest.raises(RuntimeError, match="ITT"):
            call()
    with pytest.raises(AttributeError):
        _ = flambeau.profiler.nothing
