"""Calls that take a Python number beside integers, and what comes of numbers that the integers' type does not hold.

``python scalar_calls.py NAME > tests/golden/scalar_ranges.json`` writes the golden table from the library of that name;
test_scalar_ranges.py compares.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

TYPES = ("uint8", "int8", "int16", "int32", "int64")
NUMBERS = (3, -1, 300, -300, 70000, -40000, 2**40, 2.7, -1.0, 300.5, 1e6, 1e300, float("inf"), float("nan"))
# u: two elements, m: a matrix, i: a position, n: the number.
CALLS = """
u.clone().fill_(n)
torch.fill(u, n)
torch.full((2,), n, dtype=u.dtype)
torch.full_like(u, n)
u.new_full((2,), n)
torch.scalar_tensor(n, dtype=u.dtype)
torch.tensor([n], dtype=u.dtype)
torch.tensor(n, dtype=u.dtype)
u.clamp(max=n)
u.clamp(min=n)
u.clamp_min(n)
u.clamp_max(n)
u.clone().clamp_(max=n)
u.masked_fill(u > 1, n)
u.masked_fill(u > 1, torch.tensor(n))
u.index_fill(0, i, n)
u.index_fill(0, i, torch.tensor(n))
u.clone().fill_(torch.tensor(n))
u.scatter(0, i, n)
u.scatter(0, i, n, reduce="add")
u.scatter(0, i, n, reduce="multiply")
u.index_add(0, i, u[:1], alpha=n)
torch.nn.functional.pad(u, (1, 1), value=n)
torch.constant_pad_nd(u, (1, 1), n)
assigned(u, 0, n)
assigned(u, slice(0, 1), n)
assigned(u, u > 1, n)
assigned(u, i, n)
assigned(u, ..., n)
torch.where(u > 1, u, n)
torch.where(u > 1, n, u)
u + n
u.clone().add_(n)
u - n
n - u
u * n
u & n
n ** u
torch.add(u, u, alpha=n)
torch.sub(u, u, alpha=n)
torch.rsub(u, u, alpha=n)
u == n
u < n
u >= n
torch.isin(u, n)
torch.isin(n, u)
torch.nn.functional.threshold(u, 1, n)
torch.nn.functional.threshold(u, n, 1)
torch.addcmul(u, u, u, value=n)
torch.addmm(u, m, m, alpha=n)
torch.addmm(u, m, m, beta=n)
torch.addmv(u, m, u, alpha=n)
torch.addr(m, u, u, alpha=n)
torch.addr(m, u, u, beta=n)
torch.baddbmm(m[None], m[None], m[None], alpha=n)
torch.addbmm(m, m[None], m[None], alpha=n)
torch.linspace(0, n, 3, dtype=u.dtype)
torch.arange(n, n + 2, dtype=u.dtype)
m.clone().fill_diagonal_(n)
torch.trapezoid(u, dx=n)
torch._foreach_add([u], n)[0]
torch._foreach_mul([u], n)[0]
torch.nn.utils.rnn.pad_sequence([u, u[:1]], padding_value=n)
""".strip().splitlines()


def outcome(call: Callable[[], Any]) -> Any:
    """[dtype, values], or "error" where the call raises."""
    try:
        result = call()
    except Exception:
        return "error"
    return [str(result.dtype).rpartition(".")[2], result.tolist()]


def outcomes(torch: Any, text: str, dtype: str) -> list[Any]:
    """The outcome of a call for each number."""

    def assigned(u: Any, index: Any, value: Any) -> Any:
        u = u.clone()
        u[index] = value
        return u

    code = compile(text, text, "eval")
    kind = getattr(torch, dtype)
    names = {
        "torch": torch,
        "assigned": assigned,
        "u": torch.tensor([1, 2]).to(kind),
        "m": torch.tensor([[1, 2], [3, 1]]).to(kind),
        "i": torch.tensor([1]),
    }
    return [outcome(lambda n=n: eval(code, names, {"n": n})) for n in NUMBERS]


def main() -> None:
    torch = importlib.import_module(sys.argv[1])
    table = {text: {t: outcomes(torch, text, t) for t in TYPES} for text in CALLS}
    print("{" + ",\n".join(f"{json.dumps(text)}: {json.dumps(row)}" for text, row in table.items()) + "}")


if __name__ == "__main__":
    main()
