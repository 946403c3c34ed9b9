"""What operators keep for their backward passes: never more than PyTorch does (tests/golden/saved_values.json), and
always through the hooks of saved_tensors_hooks, with what stands on those: checkpoint, save_on_cpu."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from samples import samples_of, tables
from saved_values import answers, map_tensors, tensors_in

import flambeau
from flambeau import _C, nn
from flambeau.autograd.graph import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks
from flambeau.utils.checkpoint import checkpoint, checkpoint_sequential

OPERATORS: dict[str, dict[str, Any]] = {op["name"]: op for op in _C.list_operators()}
SAMPLED = sorted(name for name in OPERATORS if name in tables()["SAMPLES"])

# Operators that keep an argument or result where PyTorch keeps something that it made on the way, no smaller.
INSTEAD_OF_INTERMEDIATE = {
    "special_ndtr": "PyTorch keeps the scaled argument of erfc",
    "float_power.Tensor_Tensor": "PyTorch keeps both arguments converted to float64",
    "ldexp.Tensor": "PyTorch keeps the result in place of the first argument",
    "lstm.data": "PyTorch keeps the hyperbolic tangents of the cell states",
    "lstm_cell": "PyTorch keeps the hyperbolic tangent of the new cell state",
    "matmul": "PyTorch keeps copies of factors that it has expanded",
    "polar": "PyTorch keeps the result, from which the derivative of a negative magnitude can't be had",
    "scaled_dot_product_attention": "PyTorch's way through products keeps scaled copies of query and key",
}


@functools.cache
def golden() -> dict[str, list[list[str]]]:
    return json.loads((Path(__file__).parent.parent / "golden" / "saved_values.json").read_text())


def call_of(name: str) -> Any:
    function = getattr(_C.aten, OPERATORS[name]["base"])
    return lambda args, kwargs: function(*args, **kwargs)


@pytest.mark.parametrize("name", SAMPLED)
def test_no_more_is_kept_than_by_pytorch(name: str) -> None:
    if name not in golden() or name in INSTEAD_OF_INTERMEDIATE:
        pytest.skip("nothing to compare with")
    wrong = []
    for i, (expected, (args, kwargs)) in enumerate(zip(golden()[name], samples_of(name), strict=True)):
        got = answers(flambeau, call_of(name), args, kwargs) or []
        for place, (theirs, ours) in enumerate(zip(expected, got)):
            if "-" in (theirs, ours) or len(theirs) != len(ours):
                continue
            if any(worse(t, o) for t, o in zip(theirs, ours)):
                wrong.append(f"sample {i}, choice {place}: PyTorch {theirs}, here {ours}")
    assert not wrong, "\n".join(wrong)


def worse(theirs: str, ours: str) -> bool:
    return ".sx".index(ours) > ".sx".index(theirs)


def test_the_reasons_still_hold() -> None:
    for name in INSTEAD_OF_INTERMEDIATE:
        found = []
        for expected, (args, kwargs) in zip(golden()[name], samples_of(name), strict=True):
            got = answers(flambeau, call_of(name), args, kwargs) or []
            found += [
                worse(t, o)
                for theirs, ours in zip(expected, got)
                if "-" not in (theirs, ours)
                for t, o in zip(theirs, ours)
            ]
        assert any(found), f"{name} keeps no more than PyTorch now: take it out of the list"


# --- hooks ------------------------------------------------------------------------------------------------------------
def gradients(name: str, args: Any, kwargs: Any, hooks: Any, second: bool) -> list[Any] | None:
    """First (or second) gradients of a call whose saved values went through the hooks; None where there are none."""
    leaves: list[Any] = []

    def prepare(t: Any) -> Any:
        t = t.detach().clone()
        if t.is_floating_point() or t.is_complex():
            leaves.append(t.requires_grad_())
            return t * 1
        return t

    flambeau.manual_seed(0)
    made = map_tensors(flambeau, args, prepare), map_tensors(flambeau, kwargs, prepare)
    with hooks() if hooks else flambeau.enable_grad():
        result = call_of(name)(*made)
        roots = [t for t in tensors_in(flambeau, result) if t.requires_grad]
        if not roots or not leaves:
            return None
        weights = [flambeau.ones_like(r) for r in roots]
        first = flambeau.autograd.grad(roots, leaves, weights, create_graph=second, allow_unused=True)
        if not second:
            return list(first)
        again = [g for g in first if g is not None and g.requires_grad]
        if not again:
            return None
        return list(flambeau.autograd.grad(again, leaves, [flambeau.ones_like(g) for g in again], allow_unused=True))


PACKS = {
    "identity": (lambda t: t, lambda t: t),
    "clone": (lambda t: t.clone(), lambda t: t),
    "numpy": (
        lambda t: t.detach().resolve_conj().resolve_neg().numpy(),
        lambda a: flambeau.from_numpy(a),
    ),
}


@pytest.mark.parametrize("name", SAMPLED)
def test_saved_values_pass_through_hooks(name: str) -> None:
    if not OPERATORS[name]["differentiable"]:
        pytest.skip("no gradient")
    asked = False
    for args, kwargs in samples_of(name)[:2]:
        if any(t.is_sparse for t in tensors_in(flambeau, (args, kwargs))):
            continue
        for second in (False, True):
            try:
                expected = gradients(name, args, kwargs, None, second)
            except (RuntimeError, NotImplementedError, TypeError):  # wrong arguments on purpose; no second derivative
                continue
            if expected is None:
                continue
            for way in ("clone", "numpy") if not second else ("identity", "numpy"):
                got = gradients(name, args, kwargs, lambda way=way: saved_tensors_hooks(*PACKS[way]), second)
                assert got is not None, (way, second)
                for e, g in zip(expected, got, strict=True):
                    assert (e is None) == (g is None), (way, second)
                    if e is not None:
                        flambeau.testing.assert_close(g, e, equal_nan=True)
            asked = True
    if not asked:
        pytest.skip("no sample with a gradient")


def test_pack_sees_leaves_themselves() -> None:
    w = flambeau.ones(2, requires_grad=True)
    x = flambeau.ones(2)
    seen: list[Any] = []
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        y = w * x
    assert any(t is x for t in seen) and not any(t is w for t in seen)
    seen.clear()
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        y = w * (x * w)
    assert any(t is w for t in seen)
    y.sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_hooks_that_are_refused() -> None:
    x = flambeau.ones(2, requires_grad=True)
    with saved_tensors_hooks(lambda t: t.add_(1), lambda t: t), pytest.raises(RuntimeError, match="in place"):
        (x * 2).exp() * x
    with saved_tensors_hooks(lambda t: t, lambda t: 3):
        y = (x * 2) * x
    with pytest.raises(TypeError, match="expected to be a Tensor but got result of type int"):
        y.sum().backward()
    identity = saved_tensors_hooks(lambda t: t, lambda t: t)
    with disable_saved_tensors_hooks("not here"), pytest.raises(RuntimeError, match="not here"), identity:
        pass
    with identity, pytest.raises(RuntimeError, match="not here"), disable_saved_tensors_hooks("not here"):
        pass
    with identity:
        pass


def test_double_backward_under_hooks_reaches_leaves() -> None:
    w = flambeau.tensor([2.0, 3.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t.detach().numpy(), flambeau.from_numpy):
        (g,) = flambeau.autograd.grad((w * w * w).sum(), w, create_graph=True)
    (h,) = flambeau.autograd.grad(g.sum(), w)
    assert h.tolist() == [12.0, 18.0]


# --- what stands on the hooks -----------------------------------------------------------------------------------------
def networks() -> dict[str, tuple[Any, Any]]:
    return {
        "mlp": (nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), flambeau.randn(3, 4)),
        "conv": (nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU()), flambeau.randn(2, 1, 6, 6)),
        "dropout": (nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2)), flambeau.randn(3, 4)),
        "attention": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), flambeau.randn(2, 3, 8)),
        "lstm": (nn.LSTM(4, 5), flambeau.randn(3, 2, 4)),
    }


def run(module: Any, x: Any, around: Any) -> list[Any]:
    module.zero_grad()
    x = x.clone().requires_grad_()
    flambeau.manual_seed(1)
    out = around(module, x)
    out = out[0] if isinstance(out, tuple) else out
    out.float().pow(2).sum().backward()
    return [p.grad.clone() for p in module.parameters()] + [x.grad]


@pytest.mark.parametrize("name", ["mlp", "conv", "dropout", "attention", "lstm"])
@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("way", ["checkpoint", "save_on_cpu"])
def test_modules_under_hooks(name: str, way: str, autocast: bool) -> None:
    if name == "lstm" and autocast:
        pytest.skip("a recurrent network's states are not cast")
    flambeau.manual_seed(0)
    module, x = networks()[name]

    def hooked(m: Any, x: Any) -> Any:
        with flambeau.autocast("cpu", dtype=flambeau.bfloat16, enabled=autocast):
            if way == "checkpoint":
                return checkpoint(m, x, use_reentrant=False)
            with save_on_cpu():
                return m(x)

    def plain(m: Any, x: Any) -> Any:
        with flambeau.autocast("cpu", dtype=flambeau.bfloat16, enabled=autocast):
            return m(x)

    if name == "conv":  # the statistics move on with every call
        module.eval()
    for e, g in zip(run(module, x, plain), run(module, x, hooked), strict=True):
        flambeau.testing.assert_close(g, e)


def test_checkpoint_sequential_without_reentry() -> None:
    flambeau.manual_seed(0)
    net = nn.Sequential(*[nn.Linear(3, 3) for _ in range(4)])
    x = flambeau.randn(2, 3)
    net(x).sum().backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    checkpoint_sequential(net, 2, x, use_reentrant=False).sum().backward()
    for e, p in zip(expected, net.parameters(), strict=True):
        flambeau.testing.assert_close(p.grad, e)


# --- results that may be changed --------------------------------------------------------------------------------------
CHANGEABLE = {
    "1 / x": lambda x: 1 / x,
    "c / x": lambda x: 2.5 / x,
    "x / (x + 1)": lambda x: x / (x + 1),
    "x / sum": lambda x: x / x.sum(-1, keepdim=True),
    "normalize": lambda x: nn.functional.normalize(x),
    "x ** .5": lambda x: x**0.5,
    "x ** -1": lambda x: x**-1,
    "relu6": lambda x: nn.functional.relu6(x),
    "hardtanh": lambda x: nn.functional.hardtanh(x, 0.0, 1.5),
    "selu": lambda x: nn.functional.selu(x),
    "softsign": lambda x: nn.functional.softsign(x),
    "sign": lambda x: x.sign() * 1 + x,
    "erfinv": lambda x: (x / 5).erfinv(),
    "logaddexp": lambda x: flambeau.logaddexp(x, 2 * x),
}


@pytest.mark.parametrize("name", CHANGEABLE)
def test_results_changed_in_place(name: str) -> None:
    x = flambeau.tensor([[0.5, 2.0], [1.0, 4.0]], requires_grad=True)
    y = CHANGEABLE[name](x)
    y[0] = 0.0
    y.sum().backward()
    (expected,) = flambeau.autograd.grad(CHANGEABLE[name](x)[1].sum(), x)
    flambeau.testing.assert_close(x.grad, expected)


INPUTS_CHANGEABLE = {
    "linear with a constant weight": lambda x, c: nn.functional.linear(x, c),
    "cross entropy": lambda x, c: nn.functional.cross_entropy(x, flambeau.tensor([1, 0])),
    "sign": lambda x, c: x.sign(),
    "mm with a constant": lambda x, c: x @ c,
}


@pytest.mark.parametrize("name", INPUTS_CHANGEABLE)
def test_inputs_changed_in_place(name: str) -> None:
    leaf = flambeau.tensor([[0.5, 2.0], [1.0, 4.0]], requires_grad=True)
    c = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
    (expected,) = flambeau.autograd.grad(INPUTS_CHANGEABLE[name](leaf * 1, c).sum(), leaf)
    x = leaf * 1
    y = INPUTS_CHANGEABLE[name](x, c)
    x.zero_()
    (got,) = flambeau.autograd.grad(y.sum(), leaf)
    flambeau.testing.assert_close(got, expected)
