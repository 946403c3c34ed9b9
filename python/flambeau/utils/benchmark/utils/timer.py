"""`Timer`: the time of a statement, on a number of threads."""

from __future__ import annotations

import textwrap
import timeit as _timeit
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn

from .common import Measurement, TaskSpec, set_torch_threads

__all__ = ["CallgrindStats", "CopyIfCallgrind", "FunctionCounts", "Language", "Timer", "timer"]

timer = _timeit.default_timer


class Language(IntEnum):
    """What a statement is written in; only Python is timed here."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Times a statement, as `timeit.Timer` does, on ``num_threads`` threads.

    Args:
        stmt, setup: Python statements; the setup runs before each block.
        timer: a clock, in seconds.
        globals: names that the statements see; ``torch`` is among them in any case.
        label, sub_label, description, env: texts that `Compare` makes its tables of.
        num_threads: of the operators.
        language: Python.
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:
        if not isinstance(stmt, str):
            raise ValueError(f"benchmark.Timer: stmt is a {type(stmt).__name__}, a str is wanted")
        if global_setup or language not in (Language.PYTHON, "py", "python", "Python"):
            raise NotImplementedError("benchmark.Timer: only Python statements are timed here")
        names = CopyIfCallgrind.unwrap_all(globals or {})
        names.setdefault("torch", __import__("flambeau"))
        stmt, setup = (textwrap.dedent(text).strip("\n") for text in (stmt, setup))
        self._clock = timer
        self._timer = _timeit.Timer(stmt, setup, timer, names)
        self._task_spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """Run the statement so many times, after a hundredth of it to warm up."""
        with set_torch_threads(self._task_spec.num_threads):
            self._timer.timeit(max(number // 100, 2))
            return Measurement(number, [self._timer.timeit(number)], self._task_spec)

    def _block_size(self, min_run_time: float) -> int:
        """Runs in a block long enough for the clock: a thousandth of the time there is, or 50 times its overhead."""
        with set_torch_threads(self._task_spec.num_threads):
            empty = _timeit.Timer("pass", timer=self._clock)
            overhead = min(empty.timeit(0) for _ in range(5))
            number = 1
            while True:
                taken = self._timer.timeit(number)
                if taken >= max(min_run_time / 1000, 50 * overhead) or taken >= min_run_time:
                    return number
                number *= 10

    def _blocks(self, number: int, enough: Callable[[list[float]], bool], most: float, callback: Any) -> list[float]:
        times: list[float] = []
        with set_torch_threads(self._task_spec.num_threads):
            self._timer.timeit(number)
            while sum(times) < most and not enough(times):
                times.append(self._timer.timeit(number))
                if callback is not None:
                    callback(number, times[-1])
        return times

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Repeat blocks, each long enough for the clock, until they have taken so many seconds.

        Args:
            callback: called with the runs and the seconds of each block.
        """
        number = self._block_size(min_run_time)
        times = self._blocks(number, lambda times: False, min_run_time, callback)
        return Measurement(number, times, self._task_spec)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Repeat blocks until the middle half of their times is narrower than ``threshold`` of the median."""
        number = self._block_size(min_run_time)

        def enough(times: list[float]) -> bool:
            return (
                len(times) >= 4
                and sum(times) >= min_run_time
                and Measurement(number, times, self._task_spec).meets_confidence(threshold)
            )

        return Measurement(number, self._blocks(number, enough, max_run_time, callback), self._task_spec)

    def autorange(self, callback: Any = None) -> NoReturn:
        """Not there, as in PyTorch: `blocked_autorange` does it."""
        raise NotImplementedError("Timer.autorange: blocked_autorange chooses the number of runs")

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Not there, as in PyTorch: `blocked_autorange` does it."""
        raise NotImplementedError("Timer.repeat: blocked_autorange repeats")

    def collect_callgrind(self, number: int = 100, **options: Any) -> NoReturn:
        """Not available: counts of instructions under Valgrind."""
        raise NotImplementedError(
            "Timer.collect_callgrind: instructions are not counted; blocked_autorange takes times"
        )


class CallgrindStats:
    """Counts of instructions, which are not collected; nothing is an instance."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("CallgrindStats: instructions are not counted; Timer.blocked_autorange takes times")


class FunctionCounts(CallgrindStats):
    """Counts of instructions by function, which are not collected; nothing is an instance."""


class CopyIfCallgrind:
    """A value among a Timer's globals, with the code that would make it in another process."""

    def __init__(self, value: Any, *, setup: str | None = None) -> None:
        self.value, self.setup = value, setup

    @staticmethod
    def unwrap_all(globals: dict[str, Any]) -> dict[str, Any]:
        """The names with the values themselves."""
        return {name: v.value if isinstance(v, CopyIfCallgrind) else v for name, v in globals.items()}
