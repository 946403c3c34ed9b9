"""Modules that are converted, emptied, pickled before they have a shape, or called with other tensors."""

from __future__ import annotations

import copy
import pickle
import warnings
import weakref
from typing import Any

import pytest

import flambeau
from flambeau import nn

LAZY = {
    "LazyLinear": ((3,), (2, 5)),
    "LazyConv2d": ((3, 2), (2, 4, 5, 5)),
    "LazyConvTranspose1d": ((3, 2), (2, 4, 5)),
    "LazyBatchNorm1d": ((), (4, 3)),
    "LazyInstanceNorm2d": ((1e-5, 0.1, True, True), (2, 3, 4, 4)),
}


def lazy(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(nn, name)(*LAZY[name][0])


@pytest.mark.parametrize("name", LAZY)
def test_lazy_modules_are_pickled_and_copied_before_they_have_a_shape(name: str) -> None:
    module = lazy(name)
    for other in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module)):
        kinds = [type(t) for t in (*module.parameters(), *module.buffers())]
        assert [type(t) for t in (*other.parameters(), *other.buffers())] == kinds
        x = flambeau.ones(LAZY[name][1])
        assert other(x).shape == copy.deepcopy(module)(x).shape


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("dtype", ["half", "double", "bfloat16"])
def test_lazy_modules_take_a_type_before_they_have_a_shape(name: str, dtype: str) -> None:
    wanted = {"half": flambeau.float16, "double": flambeau.float64, "bfloat16": flambeau.bfloat16}[dtype]
    for convert in (lambda m: getattr(m, dtype)(), lambda m: m.to(wanted)):
        module = convert(lazy(name))
        module.train()
        module(flambeau.ones(LAZY[name][1], dtype=wanted))
        assert all(p.dtype == wanted for p in module.parameters())


@pytest.mark.parametrize("layer", ["decoder", "encoder", "attention"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
def test_attention_without_sequences(layer: str, training: bool, need_weights: bool) -> None:
    flambeau.manual_seed(0)
    x = flambeau.randn(0, 3, 4, requires_grad=True)
    if layer == "decoder":
        module: Any = nn.TransformerDecoderLayer(4, 2, 8, batch_first=True).train(training)
        y = module(x, flambeau.randn(0, 5, 4))
    elif layer == "encoder":
        module = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).train(training)
        y = module(x)
    else:
        module = nn.MultiheadAttention(4, 2, batch_first=True).train(training)
        y, weights = module(x, x, x, need_weights=need_weights, attn_mask=flambeau.zeros(3, 3))
        assert (None if weights is None else weights.shape) == ((0, 3, 3) if need_weights else None)
    assert y.shape == (0, 3, 4)
    if y.requires_grad:
        y.sum().backward()
        assert x.grad.shape == x.shape
        assert all(p.grad is None or not p.grad.any() for p in module.parameters())


def test_a_conversion_to_another_layout_makes_new_parameters() -> None:
    module = nn.Linear(4, 3)
    module.weight.grad = flambeau.ones(3, 4)
    weight = module.weight
    module._apply(lambda t: t.to_sparse())
    assert isinstance(module.weight, nn.Parameter) and module.weight.is_sparse and module.weight.grad.is_sparse
    assert module.weight is not weight and weight.layout is flambeau.strided
    assert module.weight.to_dense().tolist() == weight.tolist()


def test_what_a_module_assigns_goes_into_the_given_dictionary() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", flambeau.zeros(()))
            self.inner = nn.BatchNorm1d(2)

        def forward(self, x: Any) -> Any:
            self.count = self.count + 1
            return self.inner(x) + self.count

    module = Counts()
    given = {"count": flambeau.full((), 5.0), "inner.weight": flambeau.full((2,), 2.0)}
    weight = given["inner.weight"]
    flambeau.func.functional_call(module, given, flambeau.ones(3, 2))
    assert module.count.item() == 0 and given["count"].item() == 6
    assert given["inner.weight"] is weight and set(given) == {"count", "inner.weight"}
    with pytest.raises(RuntimeError):
        flambeau.func.functional_call(module, given, flambeau.ones(3, 5))
    assert module.count.item() == 0 and given["count"].item() == 7


def test_a_prefix_is_taken_off_a_state() -> None:
    from flambeau.nn.modules.utils import consume_prefix_in_state_dict_if_present

    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))

    wrapped, plain = Wrapper(), nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    state = wrapped.state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == list(plain.state_dict())
    assert set(state._metadata) == set(plain.state_dict()._metadata)
    plain.load_state_dict(state)


@pytest.mark.parametrize("way", ["data", "overwrite", "swap"])
def test_ways_of_conversion(way: str) -> None:
    settings = flambeau.__future__
    assert not settings.get_overwrite_module_params_on_conversion()
    assert not settings.get_swap_module_params_on_conversion()
    module = nn.Linear(3, 2)
    weight, values = module.weight, module.weight.tolist()
    weight.grad = flambeau.ones(2, 3)
    if way != "data":
        set_way = getattr(settings, f"set_{way}_module_params_on_conversion")
        set_way(True)
    try:
        module.double()
    finally:
        if way != "data":
            set_way(False)
    assert module.weight.dtype == module.weight.grad.dtype == flambeau.float64 and module.weight.requires_grad
    assert module.weight.tolist() == values and module.weight.grad.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert (module.weight is weight) is (way != "overwrite")
    assert weight.dtype == (flambeau.float32 if way == "overwrite" else flambeau.float64)


def test_replicas_take_tensors_for_parameters() -> None:
    parameters = nn.ParameterDict({"a": nn.Parameter(flambeau.ones(2)), "b": nn.Parameter(flambeau.zeros(2))})
    replica = parameters._replicate_for_data_parallel()
    for name, p in parameters.named_parameters():
        setattr(replica, name, p.view_as(p))
    for name in ("a", "b"):
        assert replica[name]._base is parameters[name] and not isinstance(replica[name], nn.Parameter)
    assert not list(replica.parameters())


def test_attention_masks_of_one_row_are_spread_over_the_targets() -> None:
    flambeau.manual_seed(1)
    module = nn.MultiheadAttention(4, 2, batch_first=True).eval()
    x, y = flambeau.randn(2, 3, 4), flambeau.randn(2, 5, 4)
    hidden = flambeau.tensor([[False] * 4 + [True], [False] * 5])
    for need_weights in (True, False):
        masked = module(x, y, y, key_padding_mask=hidden, need_weights=need_weights)[0]
        alone = module(x[:1], y[:1, :4], y[:1, :4], need_weights=need_weights)[0]
        flambeau.testing.assert_close(masked[:1], alone)


@pytest.mark.parametrize(
    "function", [lambda x: nn.functional.pixel_shuffle(x, 2), lambda x: nn.functional.pixel_unshuffle(x, 2)]
)
def test_pixels_keep_the_order_in_memory(function: Any) -> None:
    x = flambeau.arange(2 * 8 * 4 * 6.0).reshape(2, 8, 4, 6)
    wanted = function(x)
    last = function(x.to(memory_format=flambeau.channels_last))
    assert wanted.is_contiguous() and last.is_contiguous(memory_format=flambeau.channels_last)
    assert last.tolist() == wanted.tolist()


def test_tensors_are_swapped() -> None:
    a, b = flambeau.ones(2, requires_grad=True), nn.Parameter(flambeau.zeros(3, dtype=flambeau.float64))
    a.note = "a"  # type: ignore[attr-defined]
    first, second = a, b
    flambeau.utils.swap_tensors(a, b)
    assert a is first and b is second
    assert isinstance(a, nn.Parameter) and a.tolist() == [0, 0, 0] and a.dtype == flambeau.float64
    assert type(b) is flambeau.Tensor and b.tolist() == [1, 1] and b.note == "a"  # type: ignore[attr-defined]
    (a.sum() + b.sum()).backward()
    assert a.grad.tolist() == [1, 1, 1] and b.grad.tolist() == [1, 1]
    known = weakref.ref(a)
    with pytest.raises(RuntimeError, match="weakref"):
        flambeau.utils.swap_tensors(a, b)
    assert known() is a
