"""set_default_dtype changes results from the next call on: no operator and no thread remembers the old one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import samples_of, tables, types_of

import flambeau
from flambeau import _C

HERE = Path(__file__).parent


def names(result: Any) -> Any:
    if isinstance(result, flambeau.Tensor):
        return str(result.dtype)
    return [names(r) for r in result] if isinstance(result, (list, tuple)) else type(result).__name__


def dtypes_of_results() -> dict[str, list[Any]]:
    """The types of every operator's results for its samples, of integers and of floats, each called twice."""
    found: dict[str, list[Any]] = {}
    for op in _C.list_operators():
        name = op["name"]
        if name not in tables()["SAMPLES"]:
            continue
        for dtype in ("int64", "float16", "uint8"):
            if dtype == "float16" and "bfloat16" not in types_of(name):
                continue
            try:
                samples = samples_of(name, dtype)
            except Exception:  # some make their tensors with operators of floats
                continue
            for args, kwargs in samples:
                for _ in range(2):
                    try:
                        got = names(getattr(_C.aten, op["base"])(*args, **kwargs))
                    except Exception as error:
                        got = type(error).__name__
                found.setdefault(name, []).append(got)
    return found


@pytest.fixture
def double() -> Iterator[None]:
    yield
    flambeau.set_default_dtype(flambeau.float32)


def test_every_operator_forgets(double: None) -> None:
    code = (
        f"import sys, json; sys.path[:0] = [{str(HERE)!r}]; import flambeau\n"
        "flambeau.set_default_dtype(flambeau.float64)\n"
        "import test_default_dtype; print(json.dumps(test_default_dtype.dtypes_of_results()))"
    )
    fresh = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    expected = json.loads(fresh.stdout.splitlines()[-1])
    single = dtypes_of_results()
    flambeau.set_default_dtype(flambeau.float64)
    got = dtypes_of_results()
    assert {n: (expected[n], got[n]) for n in got if got[n] != expected[n]} == {}
    changed = sum(single[n] != got[n] for n in got)
    assert changed > 50, "the default dtype has an effect"
    flambeau.set_default_dtype(flambeau.float32)
    assert dtypes_of_results() == single


def test_division_of_integers(double: None) -> None:
    a = flambeau.tensor([4, 6])
    assert (a / a).dtype is flambeau.float32
    flambeau.set_default_dtype(flambeau.float64)
    assert (a / a).dtype is flambeau.float64
    assert a.sigmoid().dtype is flambeau.float64


def test_it_is_the_processs(double: None) -> None:
    flambeau.set_default_dtype(flambeau.float64)
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(flambeau.zeros(1).dtype))
    thread.start()
    thread.join()
    assert seen == [flambeau.float64]


@pytest.mark.parametrize(
    "python, dtype", [(float, "float64"), (int, "int64"), (bool, "bool"), (complex, "complex128")], ids=str
)
def test_pythons_types_are_dtypes(python: type, dtype: str) -> None:
    wanted = getattr(flambeau, dtype)
    assert flambeau.zeros(2, dtype=python).dtype is wanted
    assert flambeau.tensor([1, 0], dtype=python).dtype is wanted
    assert flambeau.ones(2).to(python).dtype is wanted
    assert flambeau.ones(2).type(wanted).dtype is wanted
    assert flambeau.ones(2, dtype=flambeau.int32).sum(dtype=python).dtype is wanted
    if wanted.is_floating_point:
        assert flambeau.softmax(flambeau.ones(2), 0, dtype=python).dtype is wanted
    assert flambeau.full((2,), 1, dtype=python).dtype is wanted
    if python in (int, float):
        assert flambeau.arange(0, 2, dtype=python).dtype is wanted
    assert flambeau.ones(2).new_tensor([1], dtype=python).dtype is wanted
