"""Modules and their functions at the edge of what they take: empty dimensions and bags, masks, types, names."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau
from flambeau import nn

F = nn.functional

# What PyTorch makes of adaptive pooling to size 2: sizes of the result, or an error (None), for the seven shapes below.
ADAPTIVE: dict[str, list[Any]] = {
    "avg1": [(3, 0, 2), (0, 2), (0, 3, 2), (0, 0, 2), None, None, None],
    "max1": [None, (0, 2), (0, 3, 2), None, None, None, None],
    "avg2": [(3, 0, 2, 2), (0, 2, 2), (0, 3, 2, 2), (0, 0, 2, 2), None, None, None],
    "max2": [None, (0, 2, 2), (0, 3, 2, 2), None, None, None, None],
    "avg3": [None, (0, 2, 2, 2), (0, 3, 2, 2, 2), None, None, None, None],
    "max3": [None, (0, 2, 2, 2), (0, 3, 2, 2, 2), None, None, None, None],
}


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_adaptive_pools_of_empty_dimensions(kind: str) -> None:
    n = int(kind[3])
    full, without = (4,) * n, (0,) + (4,) * (n - 1)
    pool = getattr(F, f"adaptive_{kind[:3]}_pool{n}d")
    shapes = [
        (3, 0, *full),
        (0, *full),
        (0, 3, *full),
        (0, 0, *full),
        (2, 3, *without),
        (3, *without),
        (0, 3, *without),
    ]
    for shape, wanted in zip(shapes, ADAPTIVE[kind], strict=True):
        if wanted is None:
            with pytest.raises(RuntimeError, match=f"adaptive_{kind[:3]}_pool{n}d"):
                pool(flambeau.ones(shape), 2)
        else:
            x = flambeau.ones(shape, requires_grad=True)
            out = pool(x, 2)
            assert tuple(out.shape) == wanted
            out.sum().backward()
            assert x.grad.shape == x.shape


def test_fractional_pools_to_nothing_and_with_wrong_ratios() -> None:
    assert F.fractional_max_pool2d(flambeau.ones(1, 3, 5, 5), 3, output_size=(0, 2)).shape == (1, 3, 0, 2)
    assert F.fractional_max_pool3d(flambeau.ones(1, 3, 5, 5, 5), 3, output_size=(0, 2, 2)).shape == (1, 3, 0, 2, 2)
    with pytest.raises(RuntimeError, match="fractional_max_pool2d"):
        F.fractional_max_pool2d(flambeau.ones(1, 0, 50, 32), (3, 2), output_size=10)
    with pytest.raises(ValueError, match=r"fractional_max_pool2d.*output_ratio"):
        F.fractional_max_pool2d(flambeau.ones(1, 2, 6, 6), 2, output_ratio=(0.5, 0.5, 0.5))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_of_wrong_rows_and_without_rows(mode: str) -> None:
    bag = nn.EmbeddingBag(3, 2, mode=mode)
    for row in (3, 5, -1):
        with pytest.raises(RuntimeError, match=f"embedding_bag.*{row}"):
            bag(flambeau.tensor([0, row]), flambeau.tensor([0]))
    out = bag(flambeau.tensor([], dtype=flambeau.int64), flambeau.tensor([0, 0]))
    out.sum().backward()
    assert out.tolist() == [[0, 0], [0, 0]] and bag.weight.grad.tolist() == [[0, 0]] * 3


def test_the_padding_row_of_a_bag_is_one_of_its_rows() -> None:
    weight, at = flambeau.ones(4, 2), flambeau.tensor([0])
    assert F.embedding_bag(flambeau.tensor([3, 1]), weight, at, mode="sum", padding_idx=-1).tolist() == [[1, 1]]
    for row in (4, -5):
        with pytest.raises(RuntimeError, match="padding_idx"):
            F.embedding_bag(flambeau.tensor([1]), weight, at, padding_idx=row)
        with pytest.raises(AssertionError, match="adding_idx"):
            F.embedding(flambeau.tensor([1]), weight, padding_idx=row)


def test_masks_of_integers_are_refused() -> None:
    x = flambeau.ones(1, 2, 4)
    layer, attention = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), nn.MultiheadAttention(4, 2)
    mask = flambeau.zeros(1, 2, dtype=flambeau.uint8)
    for module in (layer, layer.eval(), nn.TransformerEncoder(layer, 1)):
        with pytest.raises(AssertionError, match="src_key_padding_mask"):
            module(x, src_key_padding_mask=mask)
    with pytest.raises(AssertionError, match="key_padding_mask"):
        attention(x, x, x, key_padding_mask=mask.T)
    with pytest.raises(AssertionError, match="attn_mask"):
        attention(x, x, x, attn_mask=flambeau.zeros(1, 1, dtype=flambeau.int64))


def test_the_state_of_a_lazy_module_does_not_fit_another() -> None:
    with pytest.raises(RuntimeError, match="shape"):
        nn.Linear(2, 3).load_state_dict(nn.LazyLinear(3).state_dict())


def test_names_of_types_and_places() -> None:
    from typing import get_args

    from flambeau.cpu.amp import GradScaler, autocast
    from flambeau.nn import common_types

    assert get_args(common_types._size_2_t) == (int, tuple[int, int])
    assert get_args(common_types._ratio_any_t) == (float, tuple[float, ...])
    assert get_args(common_types._size_2_opt_t) == (int, type(None), tuple[int | None, int | None])
    a = flambeau.ones(2, 2)
    with autocast():
        assert (a @ a).dtype is flambeau.bfloat16
    assert (a @ a).dtype is flambeau.float32
    assert isinstance(GradScaler(enabled=False), flambeau.amp.GradScaler) and flambeau.cpu.amp.autocast is autocast


def test_arguments_of_module_to() -> None:
    layer, cpu = nn.Linear(2, 2), flambeau.device("cpu")
    for wrong in ((cpu, True), (None, True), (flambeau.long,), (cpu, flambeau.long), ([],), (cpu, flambeau.tensor(3))):
        with pytest.raises(TypeError):
            layer.to(*wrong)
    with pytest.raises(TypeError, match="twice"):
        layer.to(cpu, device=cpu)
    assert layer.to(cpu, flambeau.float64, True).weight.dtype is flambeau.float64
    assert layer.to(flambeau.float32, True).to(None, None).weight.dtype is flambeau.float32
