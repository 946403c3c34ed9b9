"""Write docs/coverage.md from the loaded operator table: which operators there are, and on which types each runs.

``python tools/coverage.py`` writes the page; ``--count`` prints totals; ``--check`` fails when the page is out of date
as to names (types are tried, not compared). An operator's types are found by calling it with the sample of
tests/python/samples in each type; operators without a sample are listed without types.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import sys
import textwrap
from pathlib import Path
from typing import Any

import flambeau
from flambeau import _C

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
TYPES = {
    "b": "bool", "u8": "uint8", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "u16": "uint16",
    "u32": "uint32", "u64": "uint64", "f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64",
    "f8": "float8_e4m3fn", "c64": "complex64", "c128": "complex128",
}  # fmt: skip
HEAD = """# Operators

Written by `python tools/coverage.py` from the operator table: {operators} operators in {overloads} overloads, of which
{differentiable} have gradients. What is not listed here does not exist: as an attribute it is missing, and where a
Python function of PyTorch's would need it, it raises `NotImplementedError` that names it. A listed operator raises
`NotImplementedError` (or the `RuntimeError` PyTorch raises) for a type that is not in its row.

Kinds: *formula* runs through tile programs, on every type and fused; *composite* is made of others; *kernel* and *view*
speak for themselves. Columns: whether there are an in-place form and an `out=` form, and whether it is differentiable.
Types: {types}.
"""


BATCHES = """
## Entry by entry under vmap

`func.vmap` hands an operator the whole batch: by a rule of its own, or by its kind. {count} of the {overloads} overloads
({percent:.1f} %) have neither and run one entry after the other, with a warning at the first call:
{names}.
"""


def samples() -> dict[str, Any]:
    """All samples of the tests, by operator."""
    found: dict[str, Any] = {}
    sys.path.insert(0, str(ROOT / "tests" / "python"))
    for path in sorted((ROOT / "tests" / "python" / "samples").glob("*.py")):
        module = importlib.import_module("samples" if path.stem == "__init__" else f"samples.{path.stem}")
        found.update(getattr(module, "SAMPLES", {}))
    return found


def maker(dtype: Any) -> Any:
    """A function that makes tensors of a type, as samples call it; a type the sample asks for itself is kept."""

    def make(shape: Any = (), dtype: Any = dtype, low: float = 0.1, high: float = 0.9, **_: Any) -> Any:
        values = flambeau.full(tuple(shape), low, dtype=flambeau.float64)
        steps = flambeau.arange(values.numel(), dtype=flambeau.float64).view(tuple(shape))
        values = values + steps * ((high - low) / max(values.numel(), 1))
        return values.to(dtype)

    return make


def runs_on(operator: Any, sample: Any, dtype: Any) -> bool:
    """Whether the operator takes a type."""
    try:
        calls = sample(maker(dtype))
        call = calls[0] if calls and isinstance(calls[0], tuple) else calls
        arguments = list(call)
        keywords = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        operator(*arguments, **keywords)
        return True
    except Exception:
        return False


def page(try_types: bool) -> str:
    table = _C.list_operators()
    known = samples() if try_types else {}
    by_base: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for entry in table:
        by_base[entry["base"]].append(entry)
    differentiable = sum(any(e["differentiable"] for e in entries) for entries in by_base.values())
    parts = [
        HEAD.format(
            operators=len(by_base),
            overloads=len(table),
            differentiable=differentiable,
            types=", ".join(f"{short} {name}" for short, name in TYPES.items()),
        ),
        "| operator | shows as | kind | in-place | out= | gradient | types |\n|---|---|---|---|---|---|---|",
    ]
    for base, entries in sorted(by_base.items()):
        faces = sorted({face for entry in entries for face in entry["faces"]})
        kinds = ", ".join(sorted({entry["kind"].replace("pointwise", "formula") for entry in entries}))
        marks = ["yes" if any(e[key] for e in entries) else "" for key in ("inplace", "out", "differentiable")]
        types = ""
        sample = next((known[e["name"]] for e in entries if e["name"] in known), None)
        if sample is not None:
            operator = getattr(_C.aten, base)
            types = " ".join(s for s, name in TYPES.items() if runs_on(operator, sample, getattr(flambeau, name)))
        row = [f"`{base}`", ", ".join(faces) or "aten", kinds, *marks, types]
        parts.append("| " + " | ".join(row) + " |")
    slow = sorted(entry["name"] for entry in table if entry["entry_by_entry"])
    listed = textwrap.fill(", ".join(f"`{name}`" for name in slow), 120, break_on_hyphens=False)
    percent = 100 * len(slow) / len(table)
    parts.append(BATCHES.format(count=len(slow), overloads=len(table), percent=percent, names=listed).rstrip())
    return "\n".join(parts) + "\n"


def names(text: str) -> set[str]:
    """The operators of the page, and those that run entry by entry."""
    table, _, slow = text.partition("## Entry by entry")
    rows = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    return rows | {f"{name} (entry by entry)" for name in slow.split("`")[3::2]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.count:
        table = _C.list_operators()
        kinds = collections.Counter(entry["kind"] for entry in table)
        print(f"{len({e['base'] for e in table})} operators, {len(table)} overloads: {dict(kinds)}")
        return 0
    text = page(try_types=not options.check)
    if options.check:
        missing = names(text) ^ names(PAGE.read_text() if PAGE.exists() else "")
        print(f"docs/coverage.md: {'up to date' if not missing else f'out of date: {sorted(missing)[:10]}'}")
        return 1 if missing else 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
