"""Every operator of the table on device 'cuda' against the CPU, on the samples of tests/python/samples and in several
element types. Writes a line of JSON for each result, so that what was found before a crash is there.

    python tests/cuda/sweep.py OUT [REGEX [TYPE ...]]

Run by tests/python/test_cuda.py over the pretended driver, and by tools/gpu_check.sh on a real device.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))

from samples import map_tensors, samples_of
from test_operators import OPERATORS, SAMPLED, attempt, copied, function, plain, same, tensors_in, tolerance, unstable

import flambeau

TYPES = ["float32", "float64", "float16", "bfloat16", "complex64", "int64"]


def in_type(value: Any, dtype: Any) -> Any:
    """Floating tensors of a sample as another type; index and mask tensors stay as they are."""
    return map_tensors(value, lambda t: t.to(dtype) if t.dtype.is_floating_point and not t.is_sparse else t)


def there(value: Any) -> Any:
    """Tensors on the device, and generators of the device for those of the CPU."""
    if isinstance(value, flambeau.Generator):
        return flambeau.Generator("cuda").manual_seed(value.initial_seed())
    if isinstance(value, dict):
        return {k: there(v) for k, v in value.items()}
    return map_tensors(value, laid_out)


def laid_out(t: Any) -> Any:
    """The tensor on the device with the strides it has here."""
    made = flambeau.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="cuda")
    made.copy_(t)
    return made.requires_grad_(t.requires_grad)


def outcome(name: str, args: Any, kwargs: Any) -> tuple[str, str]:
    """("equal" | "near" | "refused" | "cpu refuses" | "random" | "different" | "error" | "elsewhere", words)."""
    base = OPERATORS[name]["base"]
    given = copied(args)
    flambeau.manual_seed(0)
    expected = attempt(lambda: function(name)(*given, **copied(kwargs)))
    if isinstance(expected, Exception):
        return "cpu refuses", str(expected)[:100]
    if expected is None and base.endswith("_"):
        expected = given[0]
    if any(t.is_sparse for t in tensors_in((args, kwargs))):
        return "refused", "sparse tensors"
    moved_args, moved_kwargs = there(args), there(kwargs)
    got = attempt(lambda: function(name)(*moved_args, **moved_kwargs))
    if isinstance(got, NotImplementedError):
        return "refused", str(got)[:160]
    if isinstance(got, Exception):
        return "error", f"{type(got).__name__}: {got}"[:300]
    if got is None and base.endswith("_"):
        got = moved_args[0]
    homes = {t.device.type for t in tensors_in(got)}
    shown = attempt(lambda: plain(map_tensors(got, lambda t: t.cpu())))
    if isinstance(shown, Exception):
        return "error", f"when read: {type(shown).__name__}: {shown}"[:300]
    wants_cuda = any(t.dim() for t in tensors_in((moved_args, moved_kwargs)))
    if wants_cuda and homes - {"cuda"} and base not in ("to", "_to_copy", "_cast_copy"):
        return "elsewhere", f"the result is on {sorted(homes)}"
    if unstable(name):
        return "random", ""
    wanted = plain(expected)
    if not same(wanted, shown, "float64", 0):
        return "equal", ""
    difference = same(wanted, shown, "float32", max(tolerance(name) or 0, 2e-5))
    return ("different", difference[:300]) if difference else ("near", "")


def main(out: str, pattern: str = "", *types: str) -> None:
    chosen = [n for n in SAMPLED if re.search(pattern, n)]
    with open(out, "w") as file:
        for name in chosen:
            for i, (args, kwargs) in enumerate(samples_of(name)):
                floating = any(t.dtype.is_floating_point for t in tensors_in((args, kwargs)))
                for dtype in types or TYPES if floating else ("as it is",):
                    print(json.dumps({"begin": name}), file=file, flush=True)
                    if dtype == "as it is":
                        status, words = outcome(name, args, kwargs)
                    else:
                        kind = getattr(flambeau, dtype)
                        cast = attempt(lambda: (in_type(args, kind), in_type(kwargs, kind)))
                        if isinstance(cast, Exception):
                            continue
                        status, words = outcome(name, *cast)
                    row = {"operator": name, "sample": i, "type": dtype, "status": status, "words": words}
                    print(json.dumps(row), file=file, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
