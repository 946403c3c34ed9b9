"""Weight normalization in both its forms, and the padded rows of a TransformerEncoder."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest

import flambeau
from flambeau import nn

# PyTorch's gradients of length and direction for Linear(2, 3) with weight 1 … 6, length doubled, by `dim`.
WEIGHT_NORM: dict[int | None, tuple[list[float], list[float]]] = {
    0: ([16.0997, 20.0, 25.0952], [-38.4, 19.2, -64.0, 48.0, -88.1311, 73.4426]),
    1: ([-35.8345, 72.6951], [-11.8857, 9.1429, -3.6571, 2.2857, 4.5714, -4.5714]),
    None: ([34.8031], [-31.2967, 33.4066, -61.8901, 50.8132, -92.4835, 68.2198]),
}


def linear() -> nn.Linear:
    layer = nn.Linear(2, 3)
    with flambeau.no_grad():
        layer.weight.copy_(flambeau.arange(1.0, 7).reshape(3, 2))
        layer.bias.zero_()
    return layer


def old_form(layer: nn.Module, dim: int | None) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        layer = nn.utils.weight_norm(layer, dim=dim)
    return layer.weight_g, layer.weight_v


def new_form(layer: nn.Module, dim: int | None) -> tuple[Any, Any]:
    made: Any = nn.utils.parametrizations.weight_norm(layer, dim=dim)
    return made.parametrizations.weight.original0, made.parametrizations.weight.original1


@pytest.mark.parametrize("form", [old_form, new_form])
@pytest.mark.parametrize("dim", WEIGHT_NORM)
def test_weight_norm(form: Any, dim: int | None) -> None:
    layer = linear()
    weight = layer.weight.detach().clone()
    length, direction = form(layer, dim)
    flambeau.testing.assert_close(layer.weight.detach(), weight)
    with flambeau.no_grad():
        length.mul_(2)
    out = layer(flambeau.tensor([[1.0, -2.0]]))
    flambeau.testing.assert_close(layer.weight.detach(), 2 * weight)
    out.pow(2).sum().backward()
    for got, wanted in zip((length.grad, direction.grad), WEIGHT_NORM[dim], strict=True):
        flambeau.testing.assert_close(got.flatten(), flambeau.tensor(wanted), atol=1e-3, rtol=1e-4)


def test_weight_norm_is_taken_off_saved_and_copied() -> None:
    layer = linear()
    weight = layer.weight.detach().clone()
    old_form(layer, 0)
    assert sorted(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    nn.utils.remove_weight_norm(layer)
    flambeau.testing.assert_close(layer.weight.detach(), weight)
    assert isinstance(layer.weight, nn.Parameter)
    with pytest.raises(ValueError, match="weight_norm"):
        nn.utils.remove_weight_norm(layer)
    other: Any = nn.utils.parametrizations.weight_norm(linear())
    twin = copy.deepcopy(other)
    twin.load_state_dict(other.state_dict())
    flambeau.testing.assert_close(twin.weight, other.weight)
    convolution: Any = nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 2), dim=1)
    convolution(flambeau.ones(1, 2, 3, 3)).sum().backward()
    assert convolution.parametrizations.weight.original0.shape == (1, 2, 1, 1)


# --- TransformerEncoder ---
PADDED = [[False, True, True], [False, False, False]]
ENCODED = [  # PyTorch's; the padded rows are zeros
    -1.90651, 0.25788, 0.8288, 0.94426, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.9087, 0.26354, 0.81946, 0.93763,
    -1.90814, 0.26351, 0.82109, 0.93933, -1.9067, 0.25608, 0.8293, 0.94375,
]  # fmt: skip


def encoder(norm: Any = None, nested: bool = True, **changed: Any) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        **{"d_model": 4, "nhead": 2, "dim_feedforward": 4, "batch_first": True, **changed}
    )
    with flambeau.no_grad():
        for i, p in enumerate(layer.parameters()):
            p.copy_(flambeau.sin(flambeau.arange(p.numel(), dtype=flambeau.float32) + i).reshape(p.shape))
    return nn.TransformerEncoder(layer, 2, norm=norm, enable_nested_tensor=nested).eval()


def encode(model: nn.TransformerEncoder, padding: Any = PADDED, **more: Any) -> Any:
    x = flambeau.cos(flambeau.arange(24.0)).reshape(2, 3, 4)
    with flambeau.no_grad():
        return model(x, src_key_padding_mask=flambeau.tensor(padding), **more)


def test_padded_rows_are_zeros_in_evaluation() -> None:
    flambeau.testing.assert_close(encode(encoder()).flatten(), flambeau.tensor(ENCODED), atol=2e-5, rtol=1e-4)


def test_padded_rows_go_through_the_last_norm() -> None:
    norm = nn.LayerNorm(4)
    nn.init.constant_(norm.bias, 3.0)
    assert encode(encoder(norm))[0, 1:].eq(3).all()


@pytest.mark.parametrize(
    "changed", [{"norm_first": True}, {"nhead": 1}, {"bias": False}, {"activation": flambeau.tanh}]
)
def test_layers_that_pytorch_computes_plainly_leave_values(changed: Any) -> None:
    assert encode(encoder(**changed))[0, 1:].ne(0).all()


def test_other_cases_leave_values() -> None:
    assert encode(encoder(nested=False))[0, 1:].ne(0).all()
    assert encode(encoder().train())[0, 1:].ne(0).all()
    assert encode(encoder(), mask=flambeau.zeros(3, 3, dtype=flambeau.bool))[0, 1:].ne(0).all()
    assert encode(encoder(), padding=[[True, False, False]] * 2)[0, 0].ne(0).all()  # not at the end
    x = flambeau.ones(2, 3, 4, requires_grad=True)
    assert encoder()(x, src_key_padding_mask=flambeau.tensor(PADDED))[0, 1:].ne(0).all()  # recorded
