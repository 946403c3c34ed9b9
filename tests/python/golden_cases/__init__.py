"""Short programs whose results PyTorch has given: a table of cases a file, each a function of `torch` (which is Flambeau
in the tests) that returns tensors, numbers, texts and nests of them.

tools/golden_cases.py runs them on PyTorch and writes what they give to tests/golden/cases_*.json, a case a line;
tests/python/test_golden_cases.py runs them on Flambeau. Tensors of more than `WHOLE` elements stand there as three
sums, which see a wrong value, sign, order or place.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

WHOLE = 6
TABLES = ("optimizers", "schedulers", "modules", "functions", "data", "distributions")


def cases_of(table: str) -> dict[str, Callable[[Any], Any]]:
    """The cases of a table, by name."""
    return importlib.import_module(f"{__name__}.{table}").CASES


def wave(torch: Any, *shape: int, phase: float = 0.3, dtype: Any = None) -> Any:
    """Values in (-1.5, 1.5), no two alike, the same everywhere."""
    count = math.prod(shape)
    values = [1.5 * math.sin(1.7 * i + phase) * (1 - i / (3.0 * count)) for i in range(count)]
    return torch.tensor(values, dtype=dtype or torch.get_default_dtype()).reshape(shape)


def digest(value: Any) -> Any:
    """What JSON can hold of a result: nests keep their form; a tensor is its type and sizes and then its elements, or
    their sum, the sum of sizes, and a sum with the weights cos(1), cos(2), …"""
    if hasattr(value, "is_sparse") and hasattr(value, "dtype"):
        if value.is_sparse:
            value = value.to_dense()
        name = f"{str(value.dtype).rsplit('.', 1)[-1]} {'x'.join(map(str, value.shape))}"
        flat = value.detach().reshape(-1).tolist()
        if value.dtype.is_complex:
            flat = [part for z in flat for part in (z.real, z.imag)]
        if len(flat) <= WHOLE:
            return [name, *map(number, flat)]
        total, size = math.fsum(flat), math.fsum(map(abs, flat))
        return [name, number(total), number(size), number(math.fsum(v * math.cos(i + 1) for i, v in enumerate(flat)))]
    if isinstance(value, dict):
        return {str(key): digest(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [digest(item) for item in value]
    if isinstance(value, float):
        return number(value)
    return value if value is None or isinstance(value, (bool, int, str)) else type(value).__name__


def number(value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return int(value)
    return float(f"{value:.9g}") if math.isfinite(value) else str(value)


def differs(expected: Any, got: Any, relative: float, place: str = "") -> str:
    """'' or the first place where two digests are different; numbers may differ by `relative`, against the size of
    the numbers beside them."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            return f"{place}: keys {list(expected)} expected, got {list(got)}"
        pairs = [(f"{place}.{key}", expected[key], got[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{place}: {expected} expected, got {got}"
        if expected and isinstance(expected[0], str) and expected[0].startswith("float32 "):
            relative = max(relative, 1e-6)
        floor = 1e-12 if relative < 1e-5 else 1e-6
        sizes = [abs(v) for v in expected if isinstance(v, float) or type(v) is int]
        room = relative * max(sizes, default=0.0)
        pairs = []
        for i, (e, g) in enumerate(zip(expected, got)):
            if is_number(e) and is_number(g):
                if not abs(e - g) <= relative * abs(e) + room + floor:
                    return f"{place}[{i}]: {e} expected, got {g} (of {expected} against {got})"
            else:
                pairs.append((f"{place}[{i}]", e, g))
    elif is_number(expected) and is_number(got):
        return (
            ""
            if abs(expected - got) <= relative * abs(expected) + 1e-12
            else f"{place}: {expected} expected, got {got}"
        )
    else:
        return "" if expected == got and type(expected) is type(got) else f"{place}: {expected!r} expected, got {got!r}"
    return next(filter(None, (differs(e, g, relative, where) for where, e, g in pairs)), "")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
