"""Functions of complex numbers have a result wherever it fits into the type: against double precision."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable

import pytest

import flambeau

PARTS = (
    0.0,
    1e-20,
    1e-5,
    0.3,
    0.9999,
    1.0,
    math.pi / 2,
    3.0,
    20.0,
    44.0,
    88.0,
    89.5,
    95.0,
    170.0,
    1e4,
    1e10,
    1e18,
    3e38,
)
POINTS = [
    complex(flambeau.tensor(sign_x * x).item(), flambeau.tensor(sign_y * y).item())  # as single precision has them
    for x, y, sign_x, sign_y in itertools.product(PARTS, PARTS, (1, -1), (1, -1))
]


def sigmoid(z: complex) -> complex:
    return 1 / (1 + cmath.exp(-z)) if z.real >= 0 else cmath.exp(z) / (1 + cmath.exp(z))


FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "exp": cmath.exp,
    "log": cmath.log,
    "log2": lambda z: cmath.log(z) / math.log(2),
    "log10": cmath.log10,
    "sqrt": cmath.sqrt,
    "rsqrt": lambda z: 1 / cmath.sqrt(z),
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "sinh": cmath.sinh,
    "cosh": cmath.cosh,
    "tanh": cmath.tanh,
    "asin": cmath.asin,
    "acos": cmath.acos,
    "atan": cmath.atan,
    "asinh": cmath.asinh,
    "acosh": cmath.acosh,
    "atanh": cmath.atanh,
    "sigmoid": sigmoid,
    "sgn": lambda z: z / abs(z) if z else 0j,
    "square": lambda z: z * z,
}


def expected(function: Callable[[complex], complex], z: complex) -> complex | None:
    """The value in double precision, where it is a number of single precision and not lost to underflow."""
    if abs(z) > 3.4e38:
        return None
    try:
        value = function(z)
    except (OverflowError, ValueError, ZeroDivisionError):
        return None
    fits = all(math.isfinite(v) and abs(v) < 3.4e38 for v in (value.real, value.imag))
    return value if fits and abs(value) > 1e-36 else None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision(name: str) -> None:
    got = getattr(flambeau, name)(flambeau.tensor(POINTS, dtype=flambeau.complex64)).tolist()
    wrong = []
    for z, ours in zip(POINTS, got, strict=True):
        wanted = expected(FUNCTIONS[name], z)
        if wanted is not None and not abs(ours - wanted) <= 2e-5 * abs(wanted):
            wrong.append((z, wanted, ours))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_double_precision(name: str) -> None:
    points = [z for z in POINTS if max(abs(z.real), abs(z.imag)) < 1e15]
    got = getattr(flambeau, name)(flambeau.tensor(points, dtype=flambeau.complex128)).tolist()
    wrong = []
    for z, ours in zip(points, got, strict=True):
        wanted = expected(FUNCTIONS[name], z)
        if wanted is not None and not abs(ours - wanted) <= 1e-12 * abs(wanted):
            wrong.append((z, wanted, ours))
    assert not wrong, wrong[:5]


def test_silu_is_z_times_sigmoid() -> None:
    points = [z for z in POINTS if max(abs(z.real), abs(z.imag)) < 1e18]
    got = flambeau.nn.functional.silu(flambeau.tensor(points, dtype=flambeau.complex64)).tolist()
    for z, ours in zip(points, got, strict=True):
        wanted = expected(lambda z: z * sigmoid(z), z) if z.real > -80 else None
        assert wanted is None or abs(ours - wanted) <= 2e-5 * abs(wanted), (z, wanted, ours)


def test_expm1_and_log1p_near_zero_and_far() -> None:
    for z in (1e-6 + 1e-6j, 1e-4j, 88.9 + 0.8j, -200 + 1j):
        wanted = cmath.exp(z) - 1 if abs(z) > 1 else z + z * z / 2 + z**3 / 6
        assert abs(flambeau.expm1(flambeau.tensor(z)).item() - wanted) <= 2e-5 * abs(wanted)
    for z in (1e-6 + 1e-6j, 1e-4j, 1e30 + 1e30j):
        wanted = cmath.log(1 + z) if abs(z) > 1 else z - z * z / 2 + z**3 / 3
        assert abs(flambeau.log1p(flambeau.tensor(z)).item() - wanted) <= 2e-5 * abs(wanted)
