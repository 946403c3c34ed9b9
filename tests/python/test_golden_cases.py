"""Short programs give what they give in PyTorch: optimizers, schedulers, modules, functions, loaders, distributions.

The programs stand in golden_cases/, PyTorch's results in tests/golden/cases_*.json (from tools/golden_cases.py).
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from golden_cases import TABLES, cases_of, differs, digest
from golden_cases.distributions import DISTRIBUTIONS, TRANSFORMS, split
from golden_cases.modules import BASES, entries, training
from golden_cases.optimizers import ALIKE

import flambeau

GOLDEN: dict[str, dict[str, Any]] = {
    table: json.loads((Path(__file__).parents[1] / "golden" / f"cases_{table}.json").read_text()) for table in TABLES
}
# Sums in another order; where a function is the difference of others, more digits go.
RELATIVE = {"distributions": 1e-6}
# PyTorch's own error: constants in single precision, approximations of Bessel functions and of quantiles' slopes.
LOOSE = {"Hardsigmoid()": 1e-6, "VonMises": 1e-3, "Gamma": 1e-4, "InverseGamma": 1e-4, "Chi2": 1e-4, "StudentT": 1e-3}
LOOSE |= {
    "FisherSnedecor": 1e-4,
    "Beta": 1e-3,
    "Dirichlet": 1e-3,
    "TransformedDistribution(Gamma": 1e-4,
    "F.softmax(x(3, 4), 1, dtype": 1e-6,
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def of_table(table: str) -> list[Any]:
    return [pytest.param(table, name, id=f"{table}: {name}") for name in cases_of(table)]


@pytest.mark.parametrize(("table", "name"), [case for table in TABLES for case in of_table(table)])
def test_gives_what_pytorch_gives(table: str, name: str) -> None:
    expected = GOLDEN[table][name]
    flambeau.manual_seed(0)
    got = digest(cases_of(table)[name](flambeau))
    loose = max((v for start, v in LOOSE.items() if name.startswith(start)), default=0.0)
    assert not differs(expected, got, max(loose, RELATIVE.get(table, 1e-8)))


@pytest.mark.parametrize("name", ALIKE)
def test_forms_of_an_optimizer_are_alike(name: str) -> None:
    """Steps over lists, fused ones, a rate that is a tensor, a state that was saved and loaded on the way."""
    for form in ALIKE[name]:
        assert not differs(GOLDEN["optimizers"][name][:2], digest(form(flambeau))[:2], 1e-6)


def single(value: Any) -> Any:
    """A digest with single precision in the place of double."""
    if isinstance(value, list):
        return [single(v) for v in value]
    if isinstance(value, dict):
        return {k: single(v) for k, v in value.items()}
    return value.replace("float64", "float32") if isinstance(value, str) else value


@pytest.mark.parametrize(("expression", "arguments"), entries())
def test_modules_in_single_precision(expression: str, arguments: str) -> None:
    """Other kernels than those for double precision. Dropout draws other numbers there."""
    name = f"{expression} of {arguments}"
    if "double" in arguments or any(word in expression.lower() for word in ("dropout", "rrelu", "fractional", "lazy")):
        pytest.skip("other random numbers, or types of its own")
    if "dropout=" in expression or expression in (
        "TransformerEncoderLayer(6, 2, 9)",
        "TransformerDecoderLayer(6, 2, 9)",
    ):
        pytest.skip("drops out")
    got = digest(training(expression, arguments)(flambeau, flambeau.float32))
    assert not differs(single(GOLDEN["modules"][name]), got, 2e-4)


def test_every_class_has_a_case() -> None:
    """Whatever public class there is."""
    nn, optim, distributions = flambeau.nn, flambeau.optim, flambeau.distributions
    named = {
        "modules": {e.split("(")[0] for e, _ in entries()} | set(BASES),
        "optimizers": {name.split("(")[0] for name in cases_of("optimizers")} | {"Optimizer"},
        "schedulers": {n.split("(")[0] for n in cases_of("schedulers")} | {"LRScheduler"},
        "distributions": {e.split("(")[0] for e in split(DISTRIBUTIONS)} | {"Distribution", "ExponentialFamily"},
        "transforms": {e.split("(")[0] for e in split(TRANSFORMS)} | {"Transform"},
    }
    found = {
        "modules": {n for n in dir(nn) if inspect.isclass(getattr(nn, n)) and issubclass(getattr(nn, n), nn.Module)},
        "optimizers": {n for n in optim.__all__ if inspect.isclass(getattr(optim, n))},
        "schedulers": set(optim.lr_scheduler.__all__),
        "distributions": {n for n in distributions.__all__ if inspect.isclass(getattr(distributions, n))},
        "transforms": set(distributions.transforms.__all__) - {"identity_transform"},
    }
    found["distributions"] -= found["transforms"] | {"Transform"}
    missing = {kind: sorted(names - named[kind]) for kind, names in found.items() if names - named[kind]}
    assert not missing
