"""Printing: a golden page of tensors, and a seeded comparison with PyTorch where it is installed."""

from __future__ import annotations

import math
import random

import pytest

import flambeau
from flambeau import _tensor_str

GOLDEN = [
    (lambda: flambeau.tensor([1.0, 2.5, -3.0]), "tensor([ 1.0000,  2.5000, -3.0000])"),
    (lambda: flambeau.tensor([1.0, 2.0]), "tensor([1., 2.])"),
    (lambda: flambeau.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
    (lambda: flambeau.tensor([math.nan, math.inf, 1.0]), "tensor([nan, inf, 1.])"),
    (lambda: flambeau.tensor(3), "tensor(3)"),
    (lambda: flambeau.tensor([[True], [False]]), "tensor([[ True],\n        [False]])"),
    (lambda: flambeau.tensor([1 + 2j]), "tensor([1.+2.j])"),
    (lambda: flambeau.zeros(0), "tensor([])"),
    (lambda: flambeau.zeros(2, 0), "tensor([], size=(2, 0))"),
    (lambda: flambeau.zeros(0, dtype=flambeau.int64), "tensor([], dtype=torch.int64)"),
    (lambda: flambeau.arange(2, dtype=flambeau.int32), "tensor([0, 1], dtype=torch.int32)"),
    (lambda: flambeau.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (lambda: flambeau.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
    (lambda: flambeau.empty(2, device="meta"), "tensor(..., device='meta', size=(2,))"),
]


@pytest.mark.parametrize("index", range(len(GOLDEN)))
def test_golden_page(index):
    make, expected = GOLDEN[index]
    assert repr(make()) == expected and _tensor_str.tensor_repr(make()) == expected


def test_options_and_format():
    value = flambeau.tensor([1.23456, 1000.0])
    with _tensor_str.printoptions(precision=2, sci_mode=False):
        assert _tensor_str.tensor_repr(value) == "tensor([   1.23, 1000.00])"
    assert _tensor_str.get_printoptions()["precision"] == 4
    assert _tensor_str.tensor_format(flambeau.tensor(1.5), ".3f") == "1.500"
    with pytest.raises(TypeError, match="format"):
        _tensor_str.tensor_format(value, ".3f")
    with pytest.raises(ValueError, match="profile"):
        _tensor_str.set_printoptions(profile="long")


def test_random_tensors_print_as_in_pytorch():
    torch = pytest.importorskip("torch")
    draw = random.Random(3)
    for _ in range(300):
        shape = [draw.choice([1, 2, 3, 7, 12]) for _ in range(draw.randrange(4))]
        count = math.prod(shape)
        scale = 10.0 ** draw.randint(-8, 9)
        values = [draw.choice([draw.gauss(0, scale), float(draw.randint(-9, 9)), 0.0]) for _ in range(count)]
        if draw.random() < 0.2:
            values[-1] = draw.choice([math.nan, math.inf, -math.inf])
        name = draw.choice(["float32", "float64", "bfloat16", "float16"])
        texts = []
        for library in (flambeau, torch):
            tensor = library.tensor(values, dtype=library.float64).to(getattr(library, name)).reshape(shape)
            texts.append(repr(tensor) if library is torch else _tensor_str.tensor_repr(tensor))
        assert texts[0] == texts[1]


def test_classes_of_their_own_are_named():
    class Marked(flambeau.Tensor):
        pass

    class Weight(flambeau.nn.Parameter):
        pass

    x = flambeau.arange(2.0)
    assert repr(x.as_subclass(Marked)) == str(x.as_subclass(Marked)) == f"{x.as_subclass(Marked)}" == "Marked([0., 1.])"
    assert repr(Weight(x)) == "Parameter containing:\nParameter(Weight([0., 1.], requires_grad=True))"
    assert repr(flambeau.nn.Parameter(x)) == "Parameter containing:\ntensor([0., 1.], requires_grad=True)"
    assert repr(flambeau.nn.Buffer(x)) == "tensor([0., 1.])"


def test_named_results():
    expected = "torch.return_types.max(\nvalues=tensor([1.]),\nindices=tensor([0]))"
    assert repr(flambeau.max(flambeau.ones(1, 1), 1)) == expected
