"""Forms of arguments that programs for PyTorch use: factors before tensors, dim=None, layouts, expanded targets."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

import flambeau as torch

T = torch.tensor
M = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
V = torch.tensor([1.0, 2.0])


def test_factors_before_tensors() -> None:
    x, a, b = T(1.0), T(3.0), T(4.0)
    for result, expected in (
        (torch.add(x, 2, a), 7),
        (torch.sub(x, 2, a), -5),
        (x.add(2, a), 7),
        (x.clone().add_(2, a), 7),
        (x.clone().sub_(2, a), -5),
        (torch.addcmul(x, 2, a, b), 25),
        (torch.addcdiv(x, 2, a, b), 2.5),
        (x.addcmul(2, a, b), 25),
        (x.clone().addcdiv_(2, a, b), 2.5),
    ):
        assert result.item() == expected
    batch = M[None]
    assert torch.addmm(2, M, 3, M, M).equal(torch.addmm(M, M, M, beta=2, alpha=3))
    assert M.addmm(2, 3, M, M).equal(torch.addmm(M, M, M, beta=2, alpha=3))
    assert M.clone().addmm_(2, 3, M, M).equal(torch.addmm(M, M, M, beta=2, alpha=3))
    assert M.addmm(3, M, M).equal(torch.addmm(M, M, M, beta=3))
    assert torch.addmv(2, V, 3, M, V).equal(torch.addmv(V, M, V, beta=2, alpha=3))
    assert torch.addr(2, M, 3, V, V).equal(torch.addr(M, V, V, beta=2, alpha=3))
    assert torch.baddbmm(2, batch, 3, batch, batch).equal(torch.baddbmm(batch, batch, batch, beta=2, alpha=3))
    assert torch.addbmm(2, M, 3, batch, batch).equal(torch.addbmm(M, batch, batch, beta=2, alpha=3))
    out = torch.empty(2, 2)
    assert torch.addmm(2, M, 3, M, M, out=out) is out and out.equal(torch.addmm(M, M, M, beta=2, alpha=3))
    for wrong in (lambda: torch.addmm(M, 3, M, M), lambda: torch.mul(x, 2, a), lambda: torch.add(2, x, a)):
        with pytest.raises(TypeError):
            wrong()


def test_factors_before_tensors_are_warned_of_once_or_always() -> None:
    def shown(call: Any) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        return [str(w.message) for w in caught]

    batch = M[None]
    torch.set_warn_always(True)
    try:
        for _ in range(2):
            (text,) = shown(lambda: M.clone().addbmm_(1, 0.5, batch, batch))
            assert text.startswith("This overload of addbmm_ is deprecated") and "beta" in text and "alpha" in text
        assert shown(lambda: torch.add(V, V, alpha=2)) == [] and len(shown(lambda: torch.add(V, 2, V))) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="overload of sub "):
                torch.sub(V, 2, V)
    finally:
        torch.set_warn_always(False)
    shown(lambda: torch.add(V, 2, V))
    assert shown(lambda: torch.add(V, 2, V)) == []


def test_no_dimension_is_all() -> None:
    x = torch.arange(6.0).view(2, 3)
    assert x.amin(dim=None) == 0 and x.amax(None) == 5 and x.amax(dim=None, keepdim=True).tolist() == [[5.0]]
    assert x.sum(None) == 15 and x.sum(dim=None, keepdim=True).shape == (1, 1)
    assert x.mean(dim=None) == 2.5 and x.count_nonzero(dim=None) == 5 and x.nansum(dim=None) == 15
    assert x.any(dim=None) and not x.all(dim=None) and x.argmax(dim=None) == 5
    assert x.roll(1, None).tolist() == [[5, 0, 1], [2, 3, 4]]
    for wrong in (lambda: x.flip(dims=None), lambda: x.logsumexp(dim=None), lambda: x.cumsum(dim=None)):
        with pytest.raises(TypeError):
            wrong()


def test_fills_of_expanded_tensors() -> None:
    for fill in (lambda t: t.fill_(2), lambda t: t.fill_(T(2.0)), lambda t: t[...].fill_(2)):
        assert fill(torch.zeros(1).expand(3)).tolist() == [2, 2, 2]
    assert torch.ones(1).expand(3).zero_().tolist() == [0, 0, 0]
    for refused in (
        lambda t: t.add_(2),
        lambda t: t.copy_(torch.ones(3)),
        lambda t: t.scatter_(0, T([0]), 1.0),
        lambda t: t.index_add_(0, T([0]), T([1.0])),
        lambda t: t.masked_scatter_(T([True, False, False]), torch.ones(3)),
        lambda t: t.normal_(),
    ):
        with pytest.raises(RuntimeError, match="single memory location"):
            refused(torch.zeros(1).expand(3))


def test_indexed_writes_from_shared_memory_are_refused() -> None:
    i, y = T([2, 1, 0]), torch.rand(6)
    for wrong in (
        lambda: y.index_add_(0, i, y[:3]),
        lambda: y.index_copy_(0, i, y[:3]),
        lambda: y.index_put_((i,), y[:3]),
        lambda: y.put_(i, y[:3]),
        lambda: y.scatter_(0, i, y[:3]),
        lambda: i.index_add_(0, i, i.clone()),
        lambda: i.index_fill_(0, i, 0),
        lambda: i.index_put_((i,), i.clone()),
        lambda: i.scatter_(0, i, 1),
    ):
        before = (i.tolist(), y.tolist())
        with pytest.raises(RuntimeError, match="unsupported operation"):
            wrong()
        assert before == (i.tolist(), y.tolist())


def test_layouts_of_factories() -> None:
    sparse = torch.sparse_coo
    like = torch.ones(2, 3)
    for t in (
        torch.zeros(2, 3, layout=sparse),
        torch.empty(2, 3, layout=sparse),
        torch.zeros_like(like, layout=sparse),
        like.new_zeros((2, 3), layout=sparse),
        like.new_empty((2, 3), layout=sparse),
        torch.sparse.FloatTensor(2, 3),
    ):
        assert t.layout is sparse and t.shape == (2, 3) and t._nnz() == 0 and t.dtype is torch.float32
        assert t.to_dense().equal(torch.zeros(2, 3))
    assert torch.zeros(2, 3, dtype=torch.float64, layout=sparse).dtype is torch.float64
    for refused in (torch.ones, torch.rand):
        with pytest.raises(NotImplementedError, match="layout"):
            refused(2, layout=sparse)
    assert torch.zeros(2, layout=torch.strided).layout is torch.strided


def test_legacy_sparse_types() -> None:
    t = torch.sparse.DoubleTensor(T([[0, 1]]), T([1.0, 2.0], dtype=torch.float64), torch.Size([3]))
    assert t.to_dense().tolist() == [1, 2, 0] and t.type() == "torch.sparse.DoubleTensor"
    assert isinstance(t, torch.sparse.DoubleTensor) and not isinstance(t, torch.DoubleTensor)
    assert torch.sparse.FloatTensor().shape == (0,)
    with pytest.raises(AttributeError):
        torch.sparse.NoTensor


def test_out_of_sequences_fills_any_shape() -> None:
    for call, expected in (
        (lambda out: torch.linspace(0, 3, 4, out=out), [0, 1, 2, 3]),
        (lambda out: torch.arange(0, 4, out=out), [0, 1, 2, 3]),
        (lambda out: torch.range(0, 3, out=out), [0, 1, 2, 3]),
        (lambda out: torch.logspace(0, 3, 4, base=2, out=out), [1, 2, 4, 8]),
    ):
        x = torch.full((2, 3), -1.0)
        part = x[:, 1:]
        assert call(part) is part
        assert x.tolist() == [[-1, *expected[:2]], [-1, *expected[2:]]]


def test_sequences_of_integers_are_exact() -> None:
    top = 2**31
    assert torch.linspace(top - 10, top - 1, 10, dtype=torch.int32).tolist() == list(range(top - 10, top))
    assert torch.linspace(0, -1, 3, dtype=torch.int32).tolist() == [0, 0, -1]
    assert torch.linspace(2**53, 2**53 + 8, 5, dtype=torch.int64).tolist() == list(range(2**53, 2**53 + 9, 2))
    assert torch.logspace(0, 9, 10, dtype=torch.int32).tolist() == [10**k for k in range(10)]
    assert torch.logspace(0, 62, 63, base=2, dtype=torch.int64).tolist() == [2**k for k in range(63)]
    assert torch.arange(2**60 + 1, 2**60 + 4).tolist() == [2**60 + 1, 2**60 + 2, 2**60 + 3]
    assert torch.range(2**60, 2**60 + 3, dtype=torch.int64).tolist() == list(range(2**60, 2**60 + 4))
    assert torch.arange(0, 3, 0.5, dtype=torch.int32).tolist() == [0] * 6


def test_einsum_of_numbers() -> None:
    assert torch.einsum(M, [27, 26]).equal(M.T) and torch.einsum(M, [30, 2]).equal(M.T)
    assert torch.einsum(M, [0, 40], M, [40, 3]).equal(M @ M)
    assert torch.einsum(M, [50, 51]).equal(M) and torch.einsum(M, [1, 0], [1, 0]).equal(M)
    with pytest.raises(ValueError, match="at least one operand"):
        torch.einsum("")


def test_circular_padding_of_nothing_is_a_copy() -> None:
    x = torch.arange(6.0).view(1, 2, 3)
    for amounts in ((0, 0), (-1, 0), (0, -1)):
        y = torch.nn.functional.pad(x, amounts, mode="circular")
        assert not y.is_set_to(x) and y.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


def test_gradient_of_an_infinity() -> None:
    (slopes,) = torch.gradient(T([2.0, math.inf, 3.0]))
    assert slopes.tolist() == [math.inf, 0.5, -math.inf]


def test_small_names() -> None:
    x = torch.arange(4.0)
    assert x.as_strided_((2,), (2,)) is x and x.tolist() == [0, 2]
    assert torch.as_strided_(torch.arange(4.0), (2,), (1,), 2).tolist() == [2, 3]
    assert torch.ones(2).map2_(T([1.0, 2.0]), T([3.0, 4.0]), lambda a, b, c: a + b * c).tolist() == [4, 9]
    assert torch.ones(2).map_(T([1.0, 2.0]), lambda a, b: a + b).tolist() == [2, 3]
    with pytest.raises(TypeError):
        torch.ones(2).map2_(T([1, 2]), T([3.0, 4.0]), lambda a, b, c: a)
    y = torch.ones(2, 2)
    assert y.is_set_to(y.view(2, 2)) and not y.is_set_to(y.T[:1]) and not y.is_set_to(y.clone())
    for mode, number in (("warn", 1), ("error", 2), (0, 0)):
        torch.set_deterministic_debug_mode(mode)
        assert torch.get_deterministic_debug_mode() == number
    for wrong in ("x", 5):
        with pytest.raises(RuntimeError):
            torch.set_deterministic_debug_mode(wrong)


def test_refusals() -> None:
    cases: tuple[tuple[type[Exception], Any], ...] = (
        (RuntimeError, lambda: torch.ones(3)[1:].detach_()),
        (RuntimeError, lambda: torch.meshgrid(torch.ones(2), torch.ones(2, device="meta"), indexing="ij")),
        (RuntimeError, lambda: torch.addr(T([[1, 1]]), T([1]), T([1, 2]), alpha=2.5)),
        (RuntimeError, lambda: torch.addr(M, V, V, beta=True)),
        (torch.linalg.LinAlgError, lambda: torch.linalg.cholesky(torch.full((2, 2), math.nan))),
        (torch.linalg.LinAlgError, lambda: torch.cholesky(torch.full((2, 2), math.nan))),
        (RuntimeError, lambda: torch.ones(2).set_(torch.ones(3, dtype=torch.float64).storage())),
        (RuntimeError, lambda: torch.ones(2).set_(torch.ones(3, dtype=torch.int32).storage(), 0, (2,))),
        (NotImplementedError, lambda: torch.bincount(torch.ones(3))),
    )
    for kind, call in cases:
        with pytest.raises(kind):
            call()
    assert torch.linalg.cholesky_ex(torch.full((2, 2), math.nan)).info == 1
    assert torch.linalg.cholesky_ex(T([[1.0, 0.0], [0.0, math.nan]])).info == 2


@pytest.mark.parametrize("name", ["i1", "i1e"])
def test_second_derivatives_of_bessel_functions_at_zero(name: str) -> None:
    x = torch.tensor([0.0, 0.5], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(getattr(torch.special, name)(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    h = 1e-5
    around = torch.tensor([-h, h], dtype=torch.float64)
    assert first[0].item() == 0.5
    if name == "i1":
        assert second[0].item() == 0  # odd, so its second derivative is odd, too
    assert math.isfinite(second[0].item()) and around.numel() == 2


@pytest.mark.parametrize("name", ["gather", "take", "index_select"])
def test_out_that_would_grow_into_an_argument(name: str) -> None:
    """out= is given the result's size first, and only then asked what it shares."""
    places = torch.tensor([2, 1, 0])
    values, small = torch.tensor([5, 6, 7]), places[:1]
    calls = {
        "gather": lambda: torch.gather(values, 0, places[1:], out=small),
        "take": lambda: torch.take(values, places[1:], out=small),
        "index_select": lambda: torch.index_select(values, 0, places[1:], out=small),
    }
    with pytest.raises(RuntimeError, match="shares memory"):
        calls[name]()
    assert places.tolist() == [2, 1, 0]


def test_flags_that_have_no_truth() -> None:
    """bool() of what is given as a flag may raise, and that is what the caller sees."""
    pair, x = torch.ones(2), torch.ones(2, requires_grad=True)
    for call in (
        lambda: x.requires_grad_(pair),
        lambda: x.sum().backward(create_graph=pair),
        lambda: x.sum().backward(retain_graph=pair),
        lambda: torch.zeros(2, requires_grad=pair),
        lambda: torch._C._set_grad_enabled(pair),
    ):
        with pytest.raises((RuntimeError, TypeError, ValueError), match=r"ambiguous|bool"):
            call()
    assert torch.is_grad_enabled()
