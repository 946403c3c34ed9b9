"""A light profiler: named ranges and operator calls of the threads' Python code, with counts and times.

`profile` sees every operator called from Python (through a function mode) and every `record_function` range. It sees no
single kernels: those an operator calls belong to its time.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum
from functools import wraps
from typing import Any

__all__ = [
    "ProfilerAction", "ProfilerActivity", "kineto_available", "profile", "record_function", "schedule",
    "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip

_running: list[profile] = []


class ProfilerActivity(Enum):
    """What is observed; only the CPU is there."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(Enum):
    """What a profiler does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    """The CPU alone."""
    return {ProfilerActivity.CPU}


def kineto_available() -> bool:
    """False: events come from Flambeau's own profiler."""
    return False


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """What to do in each step: skip, then cycles of waiting, warming up and recording.

    Args:
        wait, warmup, active: steps of each in a cycle.
        repeat: number of cycles; 0 for no end.
        skip_first: steps before the first cycle.
        skip_first_wait: not 0 leaves out the first cycle's waiting.
    """
    length = wait + warmup + active
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError(f"schedule: wait {wait}, warmup {warmup} must be ≥ 0 and active {active} > 0")

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step >= 0 and skip_first_wait:
            step += wait
        if step < 0 or (repeat and step // length >= repeat):
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if place == length - 1 else ProfilerAction.RECORD

    return action


class record_function:
    """A named range, as context or decorator; costs next to nothing while no profiler runs."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        self._start = time.perf_counter_ns() if _running else 0
        return self

    def __exit__(self, *exception: object) -> None:
        if self._start:
            for profiler in _running:
                profiler._add(self.name, self._start, time.perf_counter_ns())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return inside


class EventAverage:
    """Calls of one name: how many and how long altogether, in microseconds."""

    def __init__(self, key: str) -> None:
        self.key, self.count, self.cpu_time_total = key, 0, 0.0

    @property
    def cpu_time(self) -> float:
        """Microseconds of a call, on average."""
        return self.cpu_time_total / max(self.count, 1)


class EventTable(list):
    """Averages by name."""

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """The averages as text, the longest first."""
        rows = sorted(self, key=lambda e: -(e.count if sort_by == "count" else e.cpu_time_total))[:row_limit]
        width = max([len(row.key) for row in rows] + [4])
        lines = [f"{'name':{width}}  {'calls':>8}  {'total ms':>10}  {'mean µs':>10}"]
        for row in rows:
            lines.append(f"{row.key:{width}}  {row.count:>8}  {row.cpu_time_total / 1e3:>10.3f}  {row.cpu_time:>10.2f}")
        return "\n".join(lines)


class profile:
    """Observes operators and ranges while it is entered.

    Args:
        activities: must include the CPU, if given.
        schedule: what to do in each step (see :func:`schedule`); `step` goes on to the next. Without it all is seen.
        on_trace_ready: called with the profiler after each recorded cycle.

    The other arguments of PyTorch's profiler are accepted; shapes, memory, stacks and modules are not recorded.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        **ignored: Any,
    ) -> None:
        self._schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self._on_trace_ready = on_trace_ready
        self._events: list[tuple[str, int, int, int]] = []
        self.step_num = 0
        self._mode: Any = None

    def _add(self, name: str, start: int, end: int) -> None:
        self._events.append((name, start, end, threading.get_ident()))

    def start(self) -> None:
        """Begin, as entering does."""
        self._turn(self._schedule(self.step_num))

    def stop(self) -> None:
        """End, as leaving does."""
        recorded = self._mode is not None
        self._turn(ProfilerAction.NONE)
        if recorded and self._on_trace_ready is not None:
            self._on_trace_ready(self)

    def step(self) -> None:
        """Go on to the next step of the schedule."""
        saved = self._schedule(self.step_num) is ProfilerAction.RECORD_AND_SAVE
        self.step_num += 1
        action = self._schedule(self.step_num)
        if saved:
            self._turn(ProfilerAction.NONE)
            if self._on_trace_ready is not None:
                self._on_trace_ready(self)
            self._events = []
        self._turn(action)

    def _turn(self, action: ProfilerAction) -> None:
        recording = action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if recording and self._mode is None:
            self._mode = _observer(self)
            self._mode.__enter__()
            _running.append(self)
        elif not recording and self._mode is not None:
            _running.remove(self)
            self._mode.__exit__(None, None, None)
            self._mode = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def events(self) -> list[tuple[str, int, int, int]]:
        """Name, start and end in nanoseconds, and thread of each."""
        return list(self._events)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventTable:
        """Counts and times by name."""
        averages: dict[str, EventAverage] = {}
        for name, start, end, _ in self._events:
            average = averages.setdefault(name, EventAverage(name))
            average.count += 1
            average.cpu_time_total += (end - start) / 1e3
        return EventTable(averages.values())

    def export_chrome_trace(self, path: str) -> None:
        """Write the events in the JSON form that browsers' trace viewers read."""
        events = [
            {"name": name, "ph": "X", "ts": start / 1e3, "dur": (end - start) / 1e3, "pid": 0, "tid": thread}
            for name, start, end, thread in self._events
        ]
        with open(path, "w") as file:
            json.dump({"traceEvents": events}, file)


def _observer(profiler: profile) -> Any:
    from flambeau.overrides import TorchFunctionMode

    class Observer(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            start = time.perf_counter_ns()
            result = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", str(function))
            profiler._add(f"aten::{name}", start, time.perf_counter_ns())
            return result

    return Observer()


def tensorboard_trace_handler(dir_name: str, worker_name: str | None = None, use_gzip: bool = False) -> Any:
    """An ``on_trace_ready`` that writes each cycle's trace into a folder."""
    import os

    def write(profiler: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker_name or os.getpid()}.{time.time_ns()}.pt.trace.json"
        profiler.export_chrome_trace(os.path.join(dir_name, name))

    return write


def __getattr__(name: str) -> Any:
    if name == "itt":
        import importlib

        return importlib.import_module("flambeau.profiler.itt")
    raise AttributeError(f"module 'flambeau.profiler' has no attribute '{name}'")
