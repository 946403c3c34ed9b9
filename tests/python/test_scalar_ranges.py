"""Numbers that an integer type does not hold: refused where they would be converted, never made another number.

A number that stands for a tensor (``u + 300``) wraps around like that tensor would; the golden table
(tests/golden/scalar_ranges.json, from scalar_calls.py) says where is which.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from scalar_calls import CALLS, NUMBERS, TYPES, outcomes

import flambeau

TABLE = json.loads((Path(__file__).parent.parent / "golden" / "scalar_ranges.json").read_text())


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-6)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("call", CALLS)
def test_golden(call: str, dtype: str) -> None:
    got = outcomes(flambeau, call, dtype)
    wrong = [
        f"n = {n}: expected {wanted}, got {ours}"
        for n, wanted, ours in zip(NUMBERS, TABLE[call][dtype], got, strict=True)
        if not alike(wanted, ours)
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("n", [300, -256, 256.0, -0.5, math.inf, math.nan, 2**40])
def test_nothing_is_written(n: float) -> None:
    u = flambeau.tensor([1, 2, 3], dtype=flambeau.uint8)
    for change in (
        lambda: u.fill_(n),
        lambda: u.masked_fill_(u > 1, n),
        lambda: u.index_fill_(0, flambeau.tensor([0]), n),
        lambda: u.scatter_(0, flambeau.tensor([0]), n),
        lambda: u.__setitem__(0, n),
        lambda: u.__setitem__(flambeau.tensor([0]), n),
    ):
        with pytest.raises(RuntimeError, match="without overflow"):
            change()
        assert u.tolist() == [1, 2, 3]


def test_float32_takes_infinities_but_no_number_beyond_its_own() -> None:
    x = flambeau.zeros(2)
    assert x.fill_(math.inf).tolist() == [math.inf, math.inf]
    assert x.half().fill_(1e300).tolist() == [math.inf, math.inf]
    for refused in (1e300, -1e39, 1j):
        with pytest.raises(RuntimeError, match="fill_"):
            x.fill_(refused)
        with pytest.raises(RuntimeError, match="full"):
            flambeau.full((2,), refused, dtype=flambeau.float32)
    assert flambeau.zeros(2, dtype=flambeau.float64).fill_(1e300).tolist() == [1e300, 1e300]
