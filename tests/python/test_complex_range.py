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


INF, NAN = math.inf, math.nan
EDGES = [complex(x, y) for x, y in itertools.product((0.0, -0.0, 1.0, -1.5, INF, -INF, NAN), repeat=2)]
AT_THE_EDGES = {"exp", "log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan"} | {
    "asinh", "acosh", "atanh",
}  # fmt: skip
# Of a point on an axis whose place on it is not known, one part of the result may be known or not, as one likes.
OPEN = {("acos", 0.0), ("acosh", 0.0)}


def same_part(ours: float, wanted: float, sign_known: bool) -> bool:
    if math.isnan(wanted):
        return math.isnan(ours)
    if not sign_known:
        ours, wanted = abs(ours), abs(wanted)
    return ours == wanted or math.isclose(ours, wanted, rel_tol=1e-12)


@pytest.mark.parametrize("name", sorted(AT_THE_EDGES))
@pytest.mark.parametrize("count", [1, 37])
def test_infinite_parts_and_parts_that_are_no_numbers(name: str, count: int) -> None:
    """C99's Annex G, of which Python's cmath has the table. Beside a nan it leaves the other part's sign open."""
    wrong, compared = [], 0
    for z in EDGES:
        try:
            wanted = getattr(cmath, name)(z)
        except ValueError:  # where a floating-point exception would be raised
            continue
        if (name, z.real) in OPEN and math.isnan(z.imag):
            continue
        if math.isnan(wanted.real) and math.isnan(wanted.imag) and 0.0 in (z.real, z.imag):
            continue
        compared += 1
        known = not (math.isnan(wanted.real) or math.isnan(wanted.imag) or math.isnan(z.real) or math.isnan(z.imag))
        for ours in getattr(flambeau, name)(flambeau.tensor([z] * count, dtype=flambeau.complex128)).tolist():
            if not (same_part(ours.real, wanted.real, known) and same_part(ours.imag, wanted.imag, known)):
                wrong.append((z, wanted, ours))
                break
    assert compared > 25 and not wrong, wrong[:5]


@pytest.mark.parametrize("name", sorted(AT_THE_EDGES))
def test_infinite_parts_leave_other_elements_and_gradients_alone(name: str) -> None:
    plain = flambeau.tensor([0.3 + 0.2j, -1.2 + 0.7j], dtype=flambeau.complex128, requires_grad=True)
    assert flambeau.autograd.gradcheck(getattr(flambeau, name), plain)
    mixed = flambeau.tensor([0.3 + 0.2j, complex(INF, INF), -1.2 + 0.7j], dtype=flambeau.complex128)
    got, alone = getattr(flambeau, name)(mixed), getattr(flambeau, name)(plain.detach())
    assert flambeau.allclose(got[::2], alone, rtol=1e-13)


def test_expm1_at_the_end_of_the_range() -> None:
    got = flambeau.expm1(flambeau.tensor([complex(-INF, INF), complex(-INF, NAN), complex(-INF, 2.0)]))
    assert flambeau.allclose(got, flambeau.full((3,), -1 + 0j), rtol=1e-6, atol=0)
