"""Writes tests/golden/operators.json, dtype_grid*.json and saved_values.json: what PyTorch gives for the samples
of tests/python/samples.

    PYTHONPATH=python python tools/golden_operators.py [FILE...] [NAME...]

needs PyTorch and a built Flambeau in one environment. With names, only those operators are written anew, and only the
files that are named.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "python"), str(ROOT / "python")]

import torch  # noqa: E402
from golden_format import (  # noqa: E402
    GRID_NUMBERS,
    GRID_TYPES,
    TYPE_LETTERS,
    error_letter,
    plain_result,
    zero_dim_rows,
)
from samples import dtype_name, samples_of, tables, types_of  # noqa: E402
from saved_values import answers  # noqa: E402

import flambeau  # noqa: E402

Tensor = flambeau.Tensor
OPERATORS = {op["name"]: op for op in flambeau._C.list_operators()}


def to_torch(value: Any) -> Any:
    """A sample's argument as PyTorch has it."""
    if isinstance(value, Tensor):
        if value.is_sparse:
            indices, values = to_torch(value._indices()), to_torch(value._values())
            return torch.sparse_coo_tensor(indices, values, tuple(value.shape), is_coalesced=value.is_coalesced())
        dtype = getattr(torch, dtype_name(value.dtype))
        made = torch.tensor(value.resolve_conj().tolist(), dtype=dtype).reshape(tuple(value.shape))
        if not value.is_contiguous():
            order = sorted(range(value.dim()), key=lambda d: -value.stride()[d])
            made = made.permute(order).contiguous().permute([order.index(d) for d in range(value.dim())])
        return made
    if isinstance(value, (list, tuple)):
        return type(value)(to_torch(v) for v in value)
    if isinstance(value, dict):
        return {k: to_torch(v) for k, v in value.items()}
    kind = type(value).__name__
    if kind == "Generator":
        return torch.Generator().manual_seed(value.initial_seed())
    if kind == "dtype":
        return getattr(torch, dtype_name(value))
    if kind == "device":
        return torch.device(str(value))
    if kind == "memory_format":
        return getattr(torch, dtype_name(value))
    return value


def dense(value: Any) -> Any:
    """Results with their sparse tensors in strided form, as the tests compare them."""
    if isinstance(value, torch.Tensor):
        return value.to_dense() if value.is_sparse else value
    return type(value)(dense(v) for v in value) if type(value) in (list, tuple) else value


def functions(op: dict[str, Any]) -> list[Any]:
    """The ways to call an operator: by exact overload, then by public name."""
    found = []
    packet = getattr(torch.ops.aten, op["base"], None) if not op["base"].startswith("__") else None
    if packet is not None:
        overload = getattr(packet, op["overload"] or "default", None)
        if overload is not None:
            found.append(overload)
        found.append(packet)
    for place in (torch, torch.Tensor, torch.nn.functional, torch._C._nn, torch.special, torch.linalg, torch.fft):
        if hasattr(place, op["base"]):
            found.append(getattr(place, op["base"]))
    return found


def call(op: dict[str, Any], args: Any, kwargs: Any) -> Any:
    """The result or the exception."""
    error: Exception | None = None
    for function in functions(op):
        try:
            torch.manual_seed(0)
            return function(*args, **kwargs)
        except Exception as e:
            message = str(e)
            # Only when the arguments do not fit this way of calling is another tried.
            mismatch = (
                "Expected a value of type" in message
                or "expected at most" in message
                or "Overloaded torch operator" in message
            )
            mismatch = (
                mismatch
                or "is missing value for argument" in message
                or "Unknown keyword argument" in message
                or isinstance(e, TypeError)
            )
            error = error or e if mismatch else e
            if not mismatch:
                break
    return error or LookupError(op["name"])


def forward(name: str) -> dict[str, list[Any]] | None:
    """Results of all samples by type; None where PyTorch has no such operator."""
    op = OPERATORS[name]
    if not functions(op):
        return None
    table: dict[str, list[Any]] = {}
    for dtype in types_of(name):
        results: list[Any] = []
        try:
            samples = samples_of(name, dtype)
        except Exception as error:
            print(f"{name} {dtype}: {error}")
            continue
        for args, kwargs in samples:
            given = to_torch(args)
            got = call(op, given, to_torch(kwargs))
            if got is None and op["base"].endswith("_"):
                got = given[0]  # what was written
            try:
                shown = plain_result(dense(got), torch.Tensor)
            except Exception as error:
                got = error
            if isinstance(got, Exception):
                text = str(got)
                unsupported = (
                    isinstance(got, NotImplementedError) or "not implemented for" in text or "not supported" in text
                )
                results.append("error:" + ("NotImplementedError" if unsupported else type(got).__name__))
                if dtype == "float32":
                    print(f"{name} {dtype}: {type(got).__name__}: {text.splitlines()[0] if text else ''}")
                continue
            if op["random"] or name in tables()["UNSTABLE"] or op["base"] in tables()["UNSTABLE"]:
                for item in shown["l"] if isinstance(shown, dict) and "l" in shown else [shown]:
                    if isinstance(item, dict):
                        item["v"] = None
            results.append(shown)
        table[dtype] = results
    return table


def grid(name: str) -> str | None:
    """The letters of the result's type for each type, or pair of types; only pointwise operators have a row."""
    op = OPERATORS[name]
    if op["kind"] != "pointwise" or not functions(op):
        return None
    sample_args, sample_kwargs = samples_of(name)[0]
    args, kwargs = to_torch(sample_args), to_torch(sample_kwargs)
    places = [i for i, a in enumerate(args) if isinstance(a, torch.Tensor)]
    if not places or len(places) > 2:
        return None
    rows = []
    for first in GRID_TYPES:
        row = ""
        seconds: list[Any] = [*GRID_TYPES, *GRID_NUMBERS] if len(places) > 1 else [None]
        for second in seconds:
            given = list(args)
            given[places[0]] = torch.ones(2, dtype=getattr(torch, first))
            if isinstance(second, str):
                given[places[1]] = torch.ones(2, dtype=getattr(torch, second))
            elif second is not None:
                given[places[1]] = second
            got = call(op, given, kwargs)
            if isinstance(got, Exception):
                text = str(got)
                row += "N" if "not implemented for" in text or "not supported" in text else error_letter(got)
            else:
                row += TYPE_LETTERS.get(dtype_name(got.dtype), "*") if isinstance(got, torch.Tensor) else "="
        rows.append(row)
    return " ".join(rows)


def zero_dim_grid(name: str) -> str | None:
    """The same for 0-dimensional tensors and numbers beside vectors; operators of two tensors, composite ones too."""
    op = OPERATORS[name]
    if op["kind"] not in ("pointwise", "composite") or op["random"] or not functions(op):
        return None
    sample_args, sample_kwargs = samples_of(name)[0]
    args, kwargs = to_torch(sample_args), to_torch(sample_kwargs)
    if sum(isinstance(a, torch.Tensor) for a in args) < 2 or op["base"].endswith("_"):
        return None

    def ones(shape: tuple[int, ...], dtype: str) -> torch.Tensor:
        return torch.ones(shape, dtype=getattr(torch, dtype))

    rows = []
    for _, row in zero_dim_rows(args, ones, torch.Tensor):
        letters = ""
        for given in row:
            got = call(op, given, kwargs)
            if isinstance(got, Exception):
                unsupported = "not implemented for" in str(got) or "not supported" in str(got)
                letters += "N" if unsupported else error_letter(got)
            else:
                letters += TYPE_LETTERS.get(dtype_name(got.dtype), "*") if isinstance(got, torch.Tensor) else "="
        rows.append(letters)
    takes_vectors = any(letter.islower() for row in rows for letter in row[:12])
    return " ".join(rows) if takes_vectors else None


def views(name: str) -> list[int] | None:
    """The samples of single precision whose (first) result is a view."""
    op = OPERATORS[name]
    if not functions(op) or op["base"].endswith("_"):
        return None
    found = []
    for i, (args, kwargs) in enumerate(samples_of(name)):
        got = call(op, to_torch(args), to_torch(kwargs))
        first = got[0] if isinstance(got, (tuple, list)) and got else got
        if isinstance(first, torch.Tensor) and first._base is not None:
            found.append(i)
    return found or None


def saved(name: str) -> list[list[str]] | None:
    """What may be changed before the backward pass, for the samples of float32; see tests/python/saved_values.py."""
    op = OPERATORS[name]
    if not functions(op):
        return None

    def made(args: Any, kwargs: Any) -> Any:
        got = call(op, args, kwargs)
        if isinstance(got, Exception):
            raise got
        return got

    return [
        answers(torch, made, to_torch(args), to_torch(kwargs)) or [] for args, kwargs in samples_of(name, "float32")
    ]


def write(path: Path, table: dict[str, Any]) -> None:
    lines = [json.dumps(name) + ":" + json.dumps(table[name], separators=(",", ":")) for name in sorted(table)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path.relative_to(ROOT)}: {len(table)} operators, {path.stat().st_size / 1024:.0f} KiB")


def main() -> None:
    warnings.simplefilter("ignore")
    folder = ROOT / "tests" / "golden"
    files = {"operators.json": forward, "dtype_grid.json": grid, "dtype_grid_zero_dim.json": zero_dim_grid}
    files["views.json"] = views
    files["saved_values.json"] = saved
    only = [name for name in sys.argv[1:] if name in files]
    for file, make in files.items():
        if only and file not in only:
            continue
        path = folder / file
        wanted = [name for name in sys.argv[1:] if name not in files]
        table = json.loads(path.read_text()) if wanted and path.exists() else {}
        for name in sorted(OPERATORS):
            if (wanted and name not in wanted) or name not in tables()["SAMPLES"]:
                continue
            made: Any = make(name)
            if made is not None:
                table[name] = made
        write(path, table)


if __name__ == "__main__":
    main()
