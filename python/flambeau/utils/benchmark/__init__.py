"""Timing of statements, with as many threads as asked for and the median over repeats."""

from __future__ import annotations

import statistics
import timeit as _timeit
from typing import Any

__all__ = ["Measurement", "Timer"]


class Measurement:
    """Times of blocks of runs, in seconds for one run."""

    def __init__(self, number_per_run: int, raw_times: list[float], task_spec: Any = None) -> None:
        self.number_per_run, self.raw_times, self.task_spec = number_per_run, raw_times, task_spec

    @property
    def times(self) -> list[float]:
        """Seconds of a run, for each block."""
        return [seconds / self.number_per_run for seconds in self.raw_times]

    @property
    def median(self) -> float:
        """Their median."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """Their mean."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """The range of their middle half."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4, method="inclusive")
        return high - low

    def __repr__(self) -> str:
        blocks = f"{len(self.times)} block{'s' if len(self.times) > 1 else ''} of {self.number_per_run} runs"
        return f"Measurement(median {self.median * 1e6:.2f} µs, iqr {self.iqr * 1e6:.2f} µs, {blocks})"


class Timer:
    """Times a statement, as `timeit.Timer` does, on ``num_threads`` threads."""

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Any = _timeit.default_timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = None,
    ) -> None:
        if global_setup or (language is not None and "py" not in str(language).lower()):
            raise NotImplementedError("benchmark.Timer: only Python statements are timed here")
        names = dict(globals or {})
        names.setdefault("torch", __import__("flambeau"))
        self._timer = _timeit.Timer(stmt, setup, timer, names)
        self.num_threads = num_threads

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """Run the statement so many times, once more before to warm up."""
        return Measurement(number, [self._block(number, warm_up=True)])

    def blocked_autorange(self, callback: Any = None, min_run_time: float = 0.2) -> Measurement:
        """Repeat blocks, each long enough for the clock, until they have taken so many seconds."""
        number = 1
        while self._block(number, warm_up=number == 1) < min_run_time / 100:
            number *= 2
        blocks: list[float] = []
        while sum(blocks) < min_run_time:
            blocks.append(self._block(number))
            if callback is not None:
                callback(number, blocks[-1])
        return Measurement(number, blocks)

    def _block(self, number: int, warm_up: bool = False) -> float:
        import flambeau

        before = flambeau.get_num_threads()
        flambeau.set_num_threads(self.num_threads)
        try:
            if warm_up:
                self._timer.timeit(1)
            return self._timer.timeit(number)
        finally:
            flambeau.set_num_threads(before)
