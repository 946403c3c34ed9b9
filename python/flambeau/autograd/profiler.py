"""Profiles of operator calls: what ran, inside what, how long, how often, and how much memory it took.

The core notes every call of an operator in the thread that profiles, those that other operators make and those of
backward passes too, and the ranges that `record_function` names. It does not see other threads, nor what Python itself
does in between: that is the time of the range or operator around it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, NoReturn

from flambeau import _C

from .profiler_util import DeviceType, EventList, FunctionEvent, Kernel, MemRecordsAcc, events_of

__all__ = [
    "EnforceUnique",
    "EventList",
    "FunctionEvent",
    "Kernel",
    "KinetoStepTracker",
    "MemRecordsAcc",
    "emit_itt",
    "emit_nvtx",
    "kineto_available",
    "load_nvprof",
    "parse_nvprof_trace",
    "profile",
    "record_function",
]

_DeviceType = DeviceType


def kineto_available() -> bool:
    """False: events come from Flambeau's own profiler."""
    return False


class record_function:
    """A named range, as context or decorator; costs next to nothing while no profiler runs.

    Args:
        name: of the range, in the events.
        args: further text, added to the name.
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._place = -1

    def __enter__(self) -> record_function:
        self._place = _C._profiler_enter(self.name if self.args is None else f"{self.name} {self.args}")
        return self

    def __exit__(self, *exception: object) -> None:
        _C._profiler_leave(self._place)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return inside


class profile:
    """Notes the operators that run while it is entered.

    Args:
        enabled: False makes it do nothing.
        record_shapes: note the sizes of arguments.
        profile_memory: show how much memory calls took.
        with_flops, with_stack, with_modules, use_device, use_kineto, …: accepted; nothing of them is recorded.

    >>> with flambeau.autograd.profiler.profile() as p:
    ...     y = flambeau.ones(3) + 1
    >>> [event.count for event in p.key_averages() if event.key == "aten::add"]
    [1]
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **further: Any,
    ) -> None:
        self.enabled, self.use_cpu = enabled, use_cpu
        self.use_device: str | None = None
        self.record_shapes, self.profile_memory = record_shapes or with_flops, profile_memory
        self.with_flops, self.with_stack, self.with_modules = with_flops, with_stack, with_modules
        self.entered = False
        self._events: EventList | None = None

    def __enter__(self) -> profile:
        if not self.enabled:
            return self
        if self.entered:
            raise RuntimeError("profile: it has been entered already; a profile is used once")
        self.entered = True
        self._begin = _C._profiler_now()
        self._place = _C._profiler_start(self.record_shapes)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.enabled:
            records = _C._profiler_stop(self._place)
            thread = threading.get_native_id()
            self._events = events_of(records, thread, self._begin, self.record_shapes, self.profile_memory)

    def _known(self) -> EventList:
        if self._events is None:
            raise AssertionError("profile: there are no events before it has been entered and left")
        return self._events

    @property
    def function_events(self) -> EventList:
        """The events."""
        return self._known()

    def __repr__(self) -> str:
        return "<unfinished profile>" if self._events is None else repr(self._events)

    def __str__(self) -> str:
        return "<unfinished profile>" if self._events is None else str(self._events)

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The events as text; arguments as for `EventList.table`."""
        return self._known().table(*args, **kwargs)

    def export_chrome_trace(self, path: str, *args: Any, **kwargs: Any) -> None:
        """Write the events in the JSON form that the trace viewers of browsers read."""
        self._known().export_chrome_trace(path)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write times by the operators and ranges around; see `EventList.export_stacks`."""
        self._known().export_stacks(path, metric)

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events of each name together."""
        return self._known().key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def total_average(self) -> Any:
        """All events together."""
        return self._known().total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in operators and ranges altogether."""
        return self._known().self_cpu_time_total


class _Marks:
    """Marks in the profiles of other vendors' tools, for GPUs and CPUs; there is no such tool, so none are made."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> _Marks:
        if self.enabled:
            raise NotImplementedError(
                f"{type(self).__name__}: marks for the vendor's profiler are not there; profile() times operators"
            )
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class emit_nvtx(_Marks):
    """Marks for NVIDIA's profilers."""


class emit_itt(_Marks):
    """Marks for Intel's profilers."""


def load_nvprof(path: str) -> NoReturn:
    """Not available: traces of NVIDIA's old profiler."""
    raise NotImplementedError("load_nvprof: traces of nvprof are not read; profile() times operators")


parse_nvprof_trace = load_nvprof


class EnforceUnique:
    """Raises RuntimeError when a key is seen twice."""

    def __init__(self) -> None:
        self.seen: set[Any] = set()

    def see(self, *key: Any) -> None:
        """See a key."""
        if key in self.seen:
            raise RuntimeError(f"EnforceUnique: {key} has been seen before")
        self.seen.add(key)


class KinetoStepTracker:
    """The step that a program is in, counted by each of its parts; the number is the largest of theirs."""

    _counts: ClassVar[dict[str, int]] = {}
    _furthest = 0

    @staticmethod
    def current_step() -> int:
        """The number of the step."""
        return KinetoStepTracker._furthest

    @staticmethod
    def increment_step(requester: str) -> int:
        """A part has made a step; the number of the step that all together are in."""
        own = KinetoStepTracker._counts.get(requester, KinetoStepTracker._furthest) + 1
        KinetoStepTracker._counts[requester] = own
        KinetoStepTracker._furthest = max(own, KinetoStepTracker._furthest)
        return KinetoStepTracker._furthest

    @staticmethod
    def init_step_count(requester: str) -> None:
        """Begin to count for a part, where the others are."""
        KinetoStepTracker._counts.update({requester: KinetoStepTracker._furthest})

    @staticmethod
    def erase_step_count(requester: str) -> bool:
        """Stop counting for a part; whether it did."""
        known = requester in KinetoStepTracker._counts
        if known:
            del KinetoStepTracker._counts[requester]
        return known


def _profiler_enabled() -> bool:
    """Whether this thread profiles."""
    return _C._profiler_running()
