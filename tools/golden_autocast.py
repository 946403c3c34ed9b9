"""Writes tests/golden/autocast.json: the types that PyTorch's operators give within a CPU autocast region.

Run under a Python that has PyTorch and sees this tree: PYTHONPATH=python:tests/python python tools/golden_autocast.py.
A row of an operator holds the result types for float32 and for bfloat16 arguments, "f" or "b" for each tensor of the
results and "x" for any other type, and is there only where a region changes them.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from samples import samples_of, tables

import flambeau
from flambeau import _C

LETTERS = {"float32": "f", "bfloat16": "b"}
# Results that hang on the processor (lstm.input) or on a composite's order of conversions.
LEFT_OUT = {"lstm.input", "_convolution", "linalg_pinv"}


def converted(value: Any) -> Any:
    """The same structure for PyTorch; KeyError for what it cannot hold."""
    if isinstance(value, flambeau.Tensor):
        if value.dtype == flambeau.bfloat16:
            return torch.from_numpy(value.float().numpy().copy()).bfloat16()
        return torch.from_numpy(value.resolve_conj().numpy().copy())
    if type(value) in (list, tuple):
        return type(value)(converted(v) for v in value)
    if isinstance(value, dict):
        return {name: converted(v) for name, v in value.items()}
    if isinstance(value, (flambeau.dtype, flambeau.memory_format)):
        return getattr(torch, str(value).rpartition(".")[2])
    if isinstance(value, (flambeau.Generator, flambeau.device, flambeau.layout)):
        raise KeyError(type(value))
    return value


def letters(value: Any) -> str:
    """The types of the tensors in a result."""
    if isinstance(value, torch.Tensor):
        return LETTERS.get(str(value.dtype).rpartition(".")[2], "x")
    return "".join(map(letters, value)) if isinstance(value, (list, tuple)) else ""


def types_of(name: str, base: str, dtype: str, region: bool) -> str | None:
    """The result types of one call, None where it is refused."""
    try:
        args, kwargs = samples_of(name, dtype)[0]
        function = getattr(getattr(torch.ops.aten, base), name.partition(".")[2] or "default")
        with torch.autocast("cpu", enabled=region):
            return letters(function(*converted(args), **converted(kwargs)))
    except Exception:
        return None


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    rows = {}
    for op in _C.list_operators():
        name, base = op["name"], op["base"]
        if name not in tables()["SAMPLES"] or base.startswith("_foreach") or name.partition(".")[0] in LEFT_OUT:
            continue
        inside = [types_of(name, base, dtype, True) for dtype in LETTERS]
        if inside != [types_of(name, base, dtype, False) for dtype in LETTERS] and any(inside) and name not in LEFT_OUT:
            rows[name] = inside
    path = Path(__file__).parent.parent / "tests" / "golden" / "autocast.json"
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items()))
    path.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
