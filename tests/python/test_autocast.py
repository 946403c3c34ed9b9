"""Autocast: which types operators choose in a region, its cache, nesting, and gradients through it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import samples_of, tables

import flambeau
from flambeau import _C

F = flambeau.nn.functional
LOW, HIGH = flambeau.bfloat16, flambeau.float32


def test_products_are_low_and_the_rest_stays() -> None:
    a = flambeau.ones(3, 3)
    with flambeau.autocast("cpu"):
        assert (a @ a).dtype == LOW
        assert F.linear(a, a).dtype == LOW
        assert flambeau.mm(a, a).dtype == LOW
        assert (a + a).dtype == HIGH
        assert a.sum().dtype == HIGH
        assert (a.double() @ a.double()).dtype == flambeau.float64
    assert (a @ a).dtype == HIGH


def test_losses_and_inverses_are_high() -> None:
    a = flambeau.eye(3).to(LOW) if hasattr(flambeau, "eye") else flambeau.ones(3, 3).to(LOW)
    with flambeau.autocast("cpu"):
        assert a.prod().dtype == HIGH
        if hasattr(F, "mse_loss"):
            try:
                assert F.mse_loss(a, a).dtype == HIGH
            except (NotImplementedError, AttributeError):
                pytest.skip("mse_loss is not there")


def test_joining_takes_the_widest() -> None:
    a = flambeau.ones(2)
    with flambeau.autocast("cpu"):
        assert flambeau.cat([a, a.to(LOW)]).dtype == HIGH
        assert flambeau.cat([a.to(LOW), a.to(LOW)]).dtype == LOW
        assert flambeau.stack([a.double(), a]).dtype == flambeau.float64


def test_another_lower_precision() -> None:
    a = flambeau.ones(2, 2)
    with flambeau.autocast("cpu", dtype=flambeau.float16):
        assert (a @ a).dtype == flambeau.float16
        with flambeau.autocast("cpu", enabled=False):
            assert (a @ a).dtype == HIGH
        assert (a @ a).dtype == flambeau.float16
    assert flambeau.get_autocast_dtype("cpu") == LOW


def test_gradients_come_back_in_the_parameter_type() -> None:
    weight = flambeau.nn.Parameter(flambeau.ones(3, 3))
    x = flambeau.ones(2, 3)
    with flambeau.autocast("cpu"):
        y = (x @ weight) @ weight
    y.float().sum().backward()
    assert weight.grad is not None
    assert weight.grad.dtype == HIGH
    assert weight.grad.tolist() == [[12.0] * 3] * 3


def test_a_parameter_is_cast_once_in_a_region() -> None:
    weight = flambeau.ones(3, 3, requires_grad=True)
    x = flambeau.ones(2, 3)

    def casts(cache: bool) -> int:
        with flambeau.autocast("cpu", cache_enabled=cache):
            a, b = flambeau.mm(x, weight), flambeau.mm(x, weight)
        return len({a.grad_fn.next_functions[-1][0], b.grad_fn.next_functions[-1][0]})

    assert casts(True) == 1
    assert casts(False) == 2


def test_a_cast_under_no_grad_is_not_used_with_gradients() -> None:
    weight = flambeau.ones(2, 2, requires_grad=True)
    with flambeau.autocast("cpu"):
        with flambeau.no_grad():
            weight @ weight
        (weight @ weight).sum().backward()
    assert weight.grad is not None


def test_state_functions() -> None:
    assert not flambeau.is_autocast_enabled("cpu")
    assert not flambeau.is_autocast_enabled()
    assert flambeau.is_autocast_cache_enabled()
    assert flambeau.get_autocast_dtype("cuda") == flambeau.float16
    flambeau.set_autocast_enabled("cpu", True)
    assert flambeau.is_autocast_cpu_enabled()
    flambeau.set_autocast_enabled("cpu", False)
    assert _C.autocast_increment_nesting() == 1
    assert _C.autocast_decrement_nesting() == 0
    with pytest.raises(RuntimeError, match=r"'foo' is not a device type"):
        flambeau.is_autocast_enabled("foo")


def test_decorator() -> None:
    @flambeau.autocast("cpu")
    def f(a: flambeau.Tensor) -> flambeau.Tensor:
        return a @ a

    assert f(flambeau.ones(2, 2)).dtype == LOW


# --- every operator of the table -----------------------------------------------------------------------------------
GOLDEN: dict[str, list[str | None]] = json.loads(
    (Path(__file__).parent.parent / "golden" / "autocast.json").read_text()
)


def letters(value: Any) -> str:
    if isinstance(value, flambeau.Tensor):
        return {flambeau.float32: "f", flambeau.bfloat16: "b"}.get(value.dtype, "x")
    return "".join(map(letters, value)) if isinstance(value, (list, tuple)) else ""


@pytest.mark.parametrize("name", sorted(set(GOLDEN) & set(tables()["SAMPLES"])))
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_result_types_of_every_operator_in_a_region(name: str, dtype: str) -> None:
    """tests/golden/autocast.json has PyTorch's, of the operators that a region changes (tools/golden_autocast.py)."""
    wanted = GOLDEN[name][dtype == "bfloat16"]
    if wanted is None:
        pytest.skip("PyTorch refuses it")
    base = {op["name"]: op["base"] for op in _C.list_operators()}[name]
    args, kwargs = samples_of(name, dtype)[0]
    with flambeau.autocast("cpu"):
        assert letters(getattr(_C.aten, base)(*args, **kwargs)) == wanted


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize(
    "options", [{}, {"bidirectional": True}, {"num_layers": 2, "bias": False, "batch_first": True}, {"proj_size": 2}]
)
@pytest.mark.parametrize("packed", [False, True])
def test_recurrent_layers_run_in_a_region(kind: str, options: dict[str, Any], packed: bool) -> None:
    if kind != "LSTM" and "proj_size" in options:
        pytest.skip("projections are the LSTM's")
    flambeau.manual_seed(3)
    layer = getattr(flambeau.nn, kind)(3, 4, **options)
    x = flambeau.randn(2, 5, 3) if options.get("batch_first") else flambeau.randn(5, 2, 3)
    x.requires_grad_()
    first = options.get("batch_first", False)
    given = flambeau.nn.utils.rnn.pack_padded_sequence(x, [5, 3], batch_first=first) if packed else x
    outputs = []
    for on in (False, True):
        x.grad = None
        with flambeau.autocast("cpu", enabled=on):
            y, _ = layer(given)
        y = y.data if packed else y
        y.float().square().sum().backward()
        outputs.append((y.float(), x.grad, layer.weight_hh_l0.grad.clone()))
        assert x.grad.dtype == layer.weight_hh_l0.grad.dtype == HIGH
        layer.zero_grad()
    for wide, narrow in zip(*outputs, strict=True):
        flambeau.testing.assert_close(narrow, wide, rtol=0.1, atol=0.1)


def test_recurrent_cells_keep_the_precision_of_their_state() -> None:
    x = flambeau.ones(2, 3)
    with flambeau.autocast("cpu"):
        hidden, cell = flambeau.nn.LSTMCell(3, 4)(x)
        assert hidden.dtype == cell.dtype == HIGH
        assert flambeau.nn.GRUCell(3, 4)(x).dtype == HIGH
        assert flambeau.nn.LSTM(3, 4)(x)[0].dtype == LOW
