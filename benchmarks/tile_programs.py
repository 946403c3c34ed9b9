"""Chains of pointwise operators: single operators against one tile program, and against PyTorch where it is installed.

    ./dev python benchmarks/tile_programs.py [elements ...]

Prints nanoseconds an element, the best of several runs, all in one process.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import flambeau

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]


def chain(x: Any) -> Any:
    """Six operators."""
    return ((x * 2.0 + 1.0).relu() - 0.5 * x) * x


def tanh_gelu(x: Any) -> Any:
    """Nine operators."""
    return 0.5 * x * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)).tanh())


def best(call: Callable[[], object], elements: int) -> float:
    """Nanoseconds an element."""
    call()
    repeat = max(1, min(200, 2_000_000 // elements))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(repeat):
            call()
        times.append((time.perf_counter() - start) / repeat)
    return min(times) / elements * 1e9


def main(sizes: list[int]) -> None:
    """One line for each formula, type and size."""
    print(f"threads: {flambeau.get_num_threads()}; nanoseconds an element")
    print(f"{'formula':10} {'dtype':10} {'elements':>10} {'eager':>8} {'fused':>8} {'PyTorch':>8}")
    if torch is not None:
        torch.set_num_threads(flambeau.get_num_threads())
    for function in (chain, tanh_gelu):
        fused = flambeau._C._fuse(function)
        for dtype in ("float32", "bfloat16"):
            for n in sizes:
                x = flambeau.full((n,), 0.7).to(getattr(flambeau, dtype))
                row = [best(lambda f=f, x=x: f(x), n) for f in (function, fused)]
                if torch is not None:
                    y = torch.full((n,), 0.7, dtype=getattr(torch, dtype))
                    row.append(best(lambda f=function, y=y: f(y), n))
                print(f"{function.__name__:10} {dtype:10} {n:>10} " + " ".join(f"{t:8.3f}" for t in row))


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [1000, 100_000, 10_000_000])
