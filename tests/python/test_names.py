"""Every name of PyTorch's that many programs use is there and does what it does in PyTorch.

tests/golden/names.txt (written by tools/names.py) says for each what PyTorch gives for its call in name_calls.py.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from name_calls import CALLS, call

import flambeau

GOLDEN = dict(
    line.split("\t", 1) for line in (Path(__file__).parents[1] / "golden" / "names.txt").read_text().splitlines()
)
OWNERS = {"Tensor": flambeau.Tensor, "Module": flambeau.nn.Module, "Optimizer": flambeau.optim.Optimizer}


def reach(name: str) -> Any:
    first, *rest = name.split(".")
    place: Any = OWNERS.get(first, flambeau)
    path = "flambeau"
    for part in rest:
        path += "." + part
        place = getattr(place, part) if hasattr(place, part) else importlib.import_module(path)
    return place


@pytest.mark.parametrize("name", [name for name, result in GOLDEN.items() if result == "name"])
def test_is_there(name: str) -> None:
    reach(name)


@pytest.mark.parametrize("name", [name for name, result in GOLDEN.items() if result == "operator"])
def test_is_an_operator_with_samples(name: str) -> None:
    """Which test_operators.py then calls in every form."""
    assert type(reach(name)) is type(flambeau.add)


@pytest.mark.parametrize("name", [name for name, result in GOLDEN.items() if result not in ("name", "operator")])
def test_gives_what_pytorch_gives(name: str) -> None:
    reach(name)
    result = call(name, flambeau)
    if result.startswith("error: NotImplementedError"):
        pytest.xfail(result)
    assert result == GOLDEN[name], CALLS[name]


def test_every_call_is_of_a_listed_name() -> None:
    assert set(CALLS) <= set(GOLDEN)
