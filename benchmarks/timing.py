"""Timing two libraries in turns, so that a ratio means something on a machine that does other things too."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable


def calls_for(run: Callable[[], object], seconds: float) -> int:
    """How many calls fill about so many seconds."""
    run()
    count = 1
    while True:
        start = time.perf_counter()
        for _ in range(count):
            run()
        spent = time.perf_counter() - start
        if spent > seconds / 4 or count >= 1 << 20:
            return max(1, int(count * seconds / max(spent, 1e-9)))
        count *= 4


def timed(run: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count


def in_turns(runs: list[Callable[[], object]], rounds: int = 7, seconds: float = 0.03) -> list[float]:
    """The best time of a call of each, in seconds; they take turns within every round."""
    counts = [calls_for(run, seconds) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, count, results in zip(runs, counts, times):
            results.append(timed(run, count))
    return [min(results) for results in times]


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(v) for v in values)) if values else math.nan


def readable(seconds: float | None) -> str:
    """0.00000123 as 1.23 µs."""
    if seconds is None:
        return "–"
    for unit, factor in (("ns", 1e9), ("µs", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"
