"""Float32 kernels that bypass the libraries (depthwise, 1x1, LSTM layers) against the float64 paths, and their bits at
several thread counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import flambeau
from flambeau import nn

F = nn.functional
CASES = [  # batch, channels, results, kernel, space, options
    (2, 5, 5, (3, 3), (9, 11), {"groups": 5, "padding": 1}),
    (3, 4, 4, (3, 5), (17, 20), {"groups": 4, "padding": (0, 2), "stride": (2, 3)}),
    (2, 3, 3, (5, 5), (23, 40), {"groups": 3, "padding": 1, "dilation": (1, 3), "stride": 2}),
    (1, 8, 8, (2, 2), (8, 8), {"groups": 8, "stride": 3}),  # a stride beyond the kernel
    (1, 7, 7, (7, 7), (30, 31), {"groups": 7, "padding": 6, "stride": 4}),
    (3, 6, 10, (1, 1), (7, 9), {}),
    (70, 8, 8, (1, 1), (6, 6), {}),
]


@pytest.fixture
def threads() -> Iterator[None]:
    before = flambeau.get_num_threads()
    yield
    flambeau.set_num_threads(before)


def _run(case: Any, transposed: bool, dtype: Any) -> list[Any]:
    batch, channels, results, kernel, space, options = case
    flambeau.manual_seed(0)
    per_group = (results if transposed else channels) // options.get("groups", 1)
    shapes = [(batch, channels, *space), (channels if transposed else results, per_group, *kernel), (results,)]
    x, w, b = (flambeau.randn(shape).to(dtype).requires_grad_() for shape in shapes)
    y = (F.conv_transpose2d if transposed else F.conv2d)(x, w, b, **options)
    y.backward(flambeau.cos(flambeau.arange(y.numel(), dtype=flambeau.float64) % 97).to(dtype).reshape(y.shape))
    return [y.detach(), x.grad, w.grad, b.grad]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_double(case: Any, transposed: bool) -> None:
    for got, wanted in zip(_run(case, transposed, flambeau.float32), _run(case, transposed, flambeau.float64)):
        scale = wanted.abs().max().item()
        assert (got.double() - wanted).abs().max().item() <= 3e-6 * scale


@pytest.mark.parametrize("case", CASES[:2] + CASES[5:], ids=str)
def test_same_bits(case: Any, threads: None) -> None:
    seen = []
    for count in (1, 2, 7):
        flambeau.set_num_threads(count)
        seen.append(_run(case, False, flambeau.float32))
    for other in seen[1:]:
        assert all(flambeau.equal(a, b) for a, b in zip(seen[0], other))


def test_an_unread_infinity_stays_out() -> None:
    """A stride that skips the last column: what stands there must not reach the weights' gradient."""
    x = flambeau.ones(1, 2, 6, 6)
    x[..., 5] = float("inf")
    w = flambeau.ones(2, 1, 1, 1, requires_grad=True)
    F.conv2d(x, w, stride=(1, 6), groups=2).sum().backward()
    assert w.grad.flatten().tolist() == [6.0, 6.0]


def _lstm(dtype: Any, packed: bool) -> list[Any]:
    flambeau.manual_seed(0)
    model = nn.LSTM(20, 37, num_layers=2, bidirectional=True, batch_first=True).to(dtype)
    x = flambeau.randn(9, 11, 20).to(dtype).requires_grad_()
    weight = flambeau.randn(9, 11, 74).to(dtype)
    given: Any = x
    if packed:
        given = nn.utils.rnn.pack_padded_sequence(x, flambeau.tensor([11, 9, 9, 7, 5, 5, 3, 2, 1]), batch_first=True)
    y, (h, c) = model(given)
    if packed:
        y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=True)
    ((y * weight).sum() + h.sum() + (c * c).sum()).backward()
    return [y.detach(), h.detach(), c.detach(), x.grad, *(p.grad for p in model.parameters())]


@pytest.mark.parametrize("packed", [False, True])
def test_lstm_layer(packed: bool, threads: None) -> None:
    single = _lstm(flambeau.float32, packed)
    for got, wanted in zip(single, _lstm(flambeau.float64, packed)):
        assert (got.double() - wanted).abs().max().item() <= 1e-5 * wanted.abs().max().item()
    for count in (1, 2, 7):
        flambeau.set_num_threads(count)
        assert all(flambeau.equal(a, b) for a, b in zip(single, _lstm(flambeau.float32, packed)))


def test_lstm_second_gradient() -> None:
    flambeau.manual_seed(0)
    model = nn.LSTM(3, 4, dtype=flambeau.float64)
    x = flambeau.randn(5, 2, 3, dtype=flambeau.float64, requires_grad=True)
    assert flambeau.autograd.gradgradcheck(lambda t: model(t)[0], (x,))
