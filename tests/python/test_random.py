"""Random numbers: bit for bit those of PyTorch from the same seed (tests/golden/random_streams.json), the generator's
state after them, and the arguments that are refused."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flambeau

GOLDEN = Path(__file__).parent.parent / "golden" / "random_streams.json"


@functools.cache
def cases() -> list[dict[str, Any]]:
    return json.loads(GOLDEN.read_text())


def data(tensor: Any) -> bytes:
    return bytes(tensor.contiguous().reshape(-1).view(flambeau.uint8).tolist())


def ramp(dtype: Any, times: float = 1) -> Any:
    tensor = flambeau.arange(1, 101, dtype=dtype) / 100
    return tensor * times if times != 1 else tensor


def named(case: dict[str, Any]) -> Callable[[], Any]:
    """The call that a case names, with its arguments."""
    name, dtype, size = case["call"], getattr(flambeau, case["dtype"]), case["size"]
    p = functools.partial(ramp, dtype)
    if name.endswith("_"):
        return lambda: getattr(flambeau.empty(size, dtype=dtype), name)(*case["args"])
    calls: dict[str, Callable[[], Any]] = {
        "randperm": lambda: flambeau.randperm(size[0], dtype=dtype),
        "normal_ on a slice of step 2": lambda: flambeau.empty(80)[::2].normal_(0.3, 1.7),
        "bernoulli of k/100": lambda: flambeau.bernoulli(p()),
        "poisson of k/100": lambda: flambeau.poisson(p()),
        "poisson of k": lambda: flambeau.poisson(p(100)),
        "binomial of 50 and k/100": lambda: flambeau.binomial(flambeau.full_like(p(), 50), p()),
        "standard_gamma of k/100": lambda: flambeau._standard_gamma(p()),
        "standard_gamma of k": lambda: flambeau._standard_gamma(p(100)),
    }
    if name.startswith("multinomial"):
        weights = ramp(getattr(flambeau, case["weights"])).view(2, 50)
        return lambda: flambeau.multinomial(weights, case["samples"], case["replacement"])
    return calls.get(name) or (lambda: eval(name, {"torch": flambeau}))


@pytest.mark.parametrize("index", range(len(cases())), ids=lambda i: f"{cases()[i]['call']}-{cases()[i]['dtype']}-{i}")
def test_numbers_equal_the_golden_ones(index: int) -> None:
    case = cases()[index]
    if case["size"] and case["size"][0] > 200_000:
        pytest.skip("the C++ tests check the long streams")
    flambeau.manual_seed(case["seed"])
    content = data(named(case)())
    if "hex" in case:
        assert content.hex() == case["hex"]
    else:
        assert hashlib.sha256(content).hexdigest() == case["sha256"]
    assert hashlib.sha256(data(flambeau.get_rng_state())).hexdigest()[:16] == case["state"]


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_a_generator_of_its_own_leaves_the_default_alone(name: str) -> None:
    function = getattr(flambeau, name)
    flambeau.manual_seed(3)
    expected = function(5).tolist()
    flambeau.manual_seed(4)
    before = flambeau.get_rng_state().tolist()
    assert function(5, generator=flambeau.Generator().manual_seed(3)).tolist() == expected
    assert flambeau.get_rng_state().tolist() == before


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: flambeau.empty(3).bernoulli_(1.5), "p=1.5"),
        (lambda: flambeau.empty(3).exponential_(-1.0), "lambda=-1"),
        (lambda: flambeau.empty(3).geometric_(0.0), "p=0"),
        (lambda: flambeau.empty(3).normal_(0.0, -1.0), "std -1"),
        (lambda: flambeau.empty(3).uniform_(2.0, 1.0), "from"),
        (lambda: flambeau.randint(3, 3, (2,)), "from=3 >= to=3"),
        (lambda: flambeau.multinomial(flambeau.ones(3), 4), "without replacement"),
        (lambda: flambeau.randperm(-1), "-1"),
        (lambda: flambeau.zeros(1).expand(4).uniform_(), "single memory location"),
        (lambda: flambeau.randint(300, (2,), dtype=flambeau.uint8), "299"),
    ],
)
def test_refused_arguments(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        call()


def test_dropout_scales_and_differentiates() -> None:
    flambeau.manual_seed(0)
    x = flambeau.ones(1000, requires_grad=True)
    y = flambeau.dropout(x, 0.25, True)
    y.sum().backward()
    kept = (y != 0).float().mean().item()
    assert 0.7 < kept < 0.8
    assert x.grad.tolist() == y.tolist()
    assert flambeau.dropout(x, 0.25, False) is x


@pytest.mark.parametrize("draw", ["poisson", "bernoulli"])
def test_drawn_numbers_have_derivative_zero_in_both_directions(draw):
    dual = flambeau.autograd.forward_ad
    rate = flambeau.tensor([0.25, 0.5, 0.75], requires_grad=True)
    flambeau.manual_seed(0)
    (grad,) = flambeau.autograd.grad(getattr(flambeau, draw)(rate).sum(), rate)
    assert grad.tolist() == [0.0] * 3
    with dual.dual_level():
        drawn = getattr(flambeau, draw)(dual.make_dual(rate.detach(), flambeau.ones(3)))
        assert dual.unpack_dual(drawn).tangent.tolist() == [0.0] * 3
