"""vmap: what one entry would refuse, views within nested batches, tangents of captured tensors, structures, passes over
batches of weightings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau import func
from flambeau.autograd import forward_ad

Tensor = flambeau.Tensor


# --- a whole batch looks like an entry with one more dimension --------------------------------------------------------
WRONG_FOR_AN_ENTRY: list[tuple[Callable[..., Any], list[tuple[int, ...]]]] = [
    (flambeau.linalg.inv, [(3, 3)]),
    (flambeau.linalg.cholesky, [(3, 3)]),
    (flambeau.linalg.qr, [(3, 3)]),
    (flambeau.mv, [(5, 2, 2), (5, 2, 2)]),
    (flambeau.mm, [(5, 2, 2), (5, 2)]),
    (flambeau.bmm, [(5, 2, 2, 2), (5, 2, 2)]),
    (flambeau.dot, [(5, 2, 2), (5, 2)]),
    (flambeau.tril, [(3, 3)]),
    (flambeau.conv1d, [(5, 3, 8), (5, 2, 3)]),
    (lambda x: flambeau.softmax(x, 1), [(3, 4)]),
    (lambda x: x.sum(1), [(3, 4)]),
    (lambda x: x.kthvalue(5), [(3, 4)]),
    (lambda x, i: x.index_select(1, i.long()), [(3, 4), (3, 2)]),
]


@pytest.mark.parametrize(("function", "shapes"), WRONG_FOR_AN_ENTRY)
def test_what_is_wrong_for_an_entry_is_refused(function: Callable[..., Any], shapes: list[tuple[int, ...]]) -> None:
    wholes = [flambeau.ones(s) for s in shapes]
    with pytest.raises((RuntimeError, IndexError)) as alone:
        function(*(t[0] for t in wholes))
    with pytest.raises((RuntimeError, IndexError)) as together:
        func.vmap(function)(*wholes)
    assert together.type is alone.type


# --- views ------------------------------------------------------------------------------------------------------------
VIEWS: dict[str, Callable[[Tensor], Any]] = {
    "transpose": lambda x: x.transpose(0, 1),
    "slice": lambda x: x[1:, ::2],
    "select": lambda x: x[-1],
    "diagonal": lambda x: x.diagonal(),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "reshape": lambda x: x.reshape(-1),
    "expand": lambda x: x.unsqueeze(0).expand(3, *x.shape),
    "as_strided": lambda x: x.as_strided((2, 2), x.stride(), x.storage_offset()),
    "split": lambda x: flambeau.cat(x.split(2, 1), 1),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_within_three_batches(name: str) -> None:
    x = flambeau.arange(2 * 3 * 4 * 5 * 6.0).view(2, 5, 4, 6, 3)
    f = VIEWS[name]
    found = func.vmap(func.vmap(func.vmap(f, in_dims=2), in_dims=1), in_dims=4)(x)
    # Innermost: of the entries (a, b, c) that are left, the last.
    wanted = flambeau.stack([
        flambeau.stack([flambeau.stack([f(x[:, j, :, i, k]) for i in range(6)]) for j in range(5)]) for k in range(3)
    ])  # fmt: skip
    assert flambeau.equal(found, wanted)


# --- tangents ---------------------------------------------------------------------------------------------------------
def test_a_captured_tensor_with_directions_of_a_batch() -> None:
    x = flambeau.tensor([0.5, 1.0, 2.0], dtype=flambeau.float64)

    def along(t: Tensor) -> tuple[Tensor, Tensor]:
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(x, t)
            y = flambeau.zeros(2, 3, dtype=flambeau.float64)
            y[0] = dual.sin() * dual.sum()
            y[1].copy_(dual)
            y.mul_(2)
            primal, tangent = forward_ad.unpack_dual(y)
        return primal, tangent

    _, rows = func.vmap(along)(flambeau.eye(3, dtype=flambeau.float64))
    wanted = 2 * (x.cos().diag() * x.sum() + x.sin().outer(flambeau.ones_like(x))).T
    assert flambeau.allclose(rows[:, 0], wanted)
    assert rows[:, 1].tolist() == (2 * flambeau.eye(3)).tolist()


# --- structures -------------------------------------------------------------------------------------------------------
def test_results_that_are_no_tensors() -> None:
    out = func.vmap(lambda x: {"s": x.sum(), "n": 3}, out_dims={"s": 0, "n": None})(flambeau.ones(2, 4))
    assert out["n"] == 3
    assert out["s"].tolist() == [4.0, 4.0]
    with pytest.raises(ValueError, match="only return Tensors"):
        func.vmap(lambda x: (x, 3))(flambeau.ones(2))
    with pytest.raises(ValueError, match="in_dims"):
        func.vmap(flambeau.add, in_dims=[0, 0])(flambeau.ones(2), flambeau.ones(2))
    with pytest.raises(ValueError, match="structure"):
        func.vmap(lambda z: z[0] + z[1], in_dims=((0, 0),))([flambeau.ones(2), flambeau.ones(2)])


def test_the_former_name() -> None:
    from flambeau._vmap_internals import _vmap, vmap

    with pytest.warns(FutureWarning, match="former"):
        assert vmap(flambeau.neg)(flambeau.ones(2)).tolist() == [-1.0, -1.0]
    first, none = _vmap(lambda x: (x * 2, None), allow_none_pass_through=True)(flambeau.ones(2, 3))
    assert none is None
    assert first.shape == (2, 3)
    with pytest.raises(ValueError, match="one dim per output"):
        _vmap(lambda x: (x, x), out_dims=(0,))(flambeau.ones(2))


# --- a pass over a batch of weightings --------------------------------------------------------------------------------
def test_one_pass_for_all_weightings() -> None:
    calls = []

    class Seen(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            calls.append(g.shape)
            return g * 2

    x = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    unused = flambeau.ones(2, requires_grad=True)
    y = Seen.apply(x) ** 2
    eye = flambeau.eye(3)
    found, none = flambeau.autograd.grad(
        y, (x, unused), eye, is_grads_batched=True, allow_unused=True, create_graph=True
    )
    assert calls == [(3,)]
    assert none is None
    assert found.tolist() == flambeau.diag(4 * x).tolist()
    (second,) = flambeau.autograd.grad(found.sum(), x)
    assert second.tolist() == [8.0] * 3  # the factor of backward is constant, that of the square goes through it again


# --- looking in from outside ------------------------------------------------------------------------------------------
def test_what_stands_behind_a_tensor_can_be_looked_at() -> None:
    functorch = flambeau._C._functorch
    x = flambeau.arange(6.0).view(2, 3)
    kept = []

    def inner(v: Tensor) -> Tensor:
        kept.append(v)
        assert functorch.is_gradtrackingtensor(v)
        assert functorch.maybe_current_level() == functorch.maybe_get_level(v) == 2
        assert functorch.is_batchedtensor(func.debug_unwrap(v, recurse=False))
        assert func.debug_unwrap(v) is x
        return v.sum()

    func.vmap(func.grad(inner))(x)
    assert functorch.is_dead_tensor_wrapper(kept[0])
    assert not flambeau._C._are_functorch_transforms_active()
    assert func.debug_unwrap(x) is x


def test_batch_norms_without_running_statistics() -> None:
    nn = flambeau.nn
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
    x = flambeau.rand(4, 3, 1, 5, 5)
    state = dict(model.named_parameters())
    call = lambda v: func.functional_call(model, state, (v,))  # noqa: E731
    with pytest.raises(RuntimeError, match="running statistics"):
        func.vmap(call)(x)
    assert func.replace_all_batch_norm_modules_(model) is model
    found = func.vmap(call)(x)
    assert flambeau.allclose(found, flambeau.stack([model(v) for v in x]), atol=1e-6)


@pytest.mark.parametrize(
    ("pattern", "shape", "sizes", "same"),
    [
        ("b (h w) -> w (b h)", (2, 6), {"w": 3}, lambda x: x.view(2, 2, 3).permute(2, 0, 1).reshape(3, 4)),
        ("a ... -> ... a", (2, 3, 4), {}, lambda x: x.permute(1, 2, 0)),
        ("a b 1 -> (b a)", (2, 3, 1), {}, lambda x: x.squeeze(2).t().reshape(-1)),
        ("a (...) -> a ...", None, {}, None),
        ("... a -> a (...)", (2, 3, 4), {}, lambda x: x.permute(2, 0, 1).reshape(4, 6)),
        ("a -> a 1 ()", (3,), {}, lambda x: x.view(3, 1, 1)),
    ],
)
def test_dimensions_by_name(pattern: str, shape: Any, sizes: dict[str, int], same: Any) -> None:
    if shape is None:
        with pytest.raises(ValueError, match="rearrange"):
            func.rearrange(flambeau.ones(2, 3), pattern)
        return
    x = flambeau.arange(float(flambeau.Size(shape).numel())).view(shape)
    assert flambeau.equal(func.rearrange(x, pattern, **sizes), same(x))
    with pytest.raises(ValueError, match="rearrange"):
        func.rearrange(x, pattern, other=2)


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 4, 3)])
def test_gradients_of_linear_that_are_asked_for(shape, wanted):
    """What no gradient is asked of is not kept for the pass, whatever the level."""
    flambeau.manual_seed(0)
    tensors = [flambeau.randn(s, dtype=flambeau.float64) for s in (shape, (4, 3), (4,))]
    asked = [tensors[i].requires_grad_() for i in wanted]
    y = flambeau.nn.functional.linear(*tensors)
    weights = flambeau.randn(5, *y.shape, dtype=flambeau.float64)
    found = flambeau.autograd.grad(y, asked, weights, is_grads_batched=True, retain_graph=True)
    for row, weight in enumerate(weights):
        for one, batch in zip(flambeau.autograd.grad(y, asked, weight, retain_graph=True), found, strict=True):
            assert flambeau.allclose(one, batch[row])
