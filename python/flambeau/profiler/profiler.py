"""`profile`: operators and ranges, recorded in the steps that a schedule says."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from flambeau.autograd import profiler as _basic
from flambeau.autograd.profiler import KinetoStepTracker, kineto_available
from flambeau.autograd.profiler_util import EventList

__all__ = [
    "ExecutionTraceObserver",
    "KinetoStepTracker",
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]

PROFILER_STEP_NAME = "ProfilerStep"


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


class _KinetoProfile:
    """Recording that is begun and ended by hand.

    Args:
        activities: must include the CPU, if given.
        record_shapes: note the sizes of arguments.
        profile_memory: show how much memory calls took.
        with_stack, with_flops, with_modules, …: accepted; nothing of them is recorded.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        **further: Any,
    ) -> None:
        self.activities = set(activities) if activities is not None else supported_activities()
        if not self.activities:
            raise AssertionError("profile: activities is empty; ProfilerActivity.CPU is there")
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack, self.with_flops, self.with_modules = with_stack, with_flops, with_modules
        self.profiler: _basic.profile | None = None
        self.preset_metadata: dict[str, str] = {}

    def start(self) -> None:
        """Begin to record."""
        self.prepare_trace()
        self.start_trace()

    def stop(self) -> None:
        """End recording."""
        self.stop_trace()

    def prepare_trace(self) -> None:
        """Forget what was recorded before."""
        self.profiler = _basic.profile(
            record_shapes=self.record_shapes, profile_memory=self.profile_memory, with_flops=self.with_flops
        )

    def start_trace(self) -> None:
        """Begin to record."""
        if self.profiler is None:
            self.prepare_trace()
        assert self.profiler is not None
        self.profiler.__enter__()

    def stop_trace(self) -> None:
        """End recording."""
        if self.profiler is None:
            raise AssertionError("profile: it is stopped, but was never started")
        self.profiler.__exit__(None, None, None)

    def _recorded(self) -> _basic.profile:
        if self.profiler is None:
            raise AssertionError("profile: nothing has been recorded")
        return self.profiler

    def events(self) -> EventList:
        """The events of the last recording."""
        return self._recorded().function_events

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events of each name together; of each name and sizes, if that is asked for."""
        return self._recorded().key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def export_chrome_trace(self, path: str, **options: Any) -> None:
        """Write the events in the JSON form that the trace viewers of browsers read; compressed for a ".gz"."""
        if not path.endswith(".gz"):
            self._recorded().export_chrome_trace(path)
            return
        plain = path[: -len(".gz")] + f".{os.getpid()}.tmp"
        try:
            self._recorded().export_chrome_trace(plain)
            with open(plain, "rb") as source, gzip.open(path, "wb") as target:
                target.writelines(source)
        finally:
            if os.path.exists(plain):
                os.remove(plain)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write times by the operators and ranges around."""
        self._recorded().export_stacks(path, metric)

    def export_memory_timeline(self, path: str, device: str | None = None) -> None:
        """Not available: memory over time by category."""
        raise NotImplementedError(
            "profile.export_memory_timeline: not recorded; profile_memory=True shows the memory of each operator"
        )

    def add_metadata(self, key: str, value: str) -> None:
        """Keep a text beside the events."""
        self.preset_metadata[key] = json.dumps(value)

    def add_metadata_json(self, key: str, value: str) -> None:
        """Keep a text in JSON beside the events."""
        self.preset_metadata[key] = value

    preset_metadata_json = add_metadata_json

    def toggle_collection_dynamic(self, enable: bool, activities: Iterable[ProfilerActivity]) -> None:
        """Not available: pausing inside a recording."""
        raise NotImplementedError(
            "profile.toggle_collection_dynamic: a recording has no pauses; stop it and start another"
        )


def _always(step: int) -> ProfilerAction:
    return ProfilerAction.RECORD


class profile(_KinetoProfile):
    """Observes operators and ranges while it is entered.

    Args:
        activities: must include the CPU, if given.
        schedule: what to do in each step (see :func:`schedule`); `step` goes on to the next. Without it all is seen.
        on_trace_ready: called with the profiler after each recorded cycle.
        record_shapes, profile_memory: note sizes of arguments, show memory.

    The other arguments of PyTorch's profiler are accepted; stacks, modules and flops are not recorded
    (`flambeau.utils.flop_counter` counts the latter).
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        **further: Any,
    ) -> None:
        super().__init__(
            activities=activities,
            record_shapes=record_shapes,
            profile_memory=profile_memory,
            with_stack=with_stack,
            with_flops=with_flops,
            with_modules=with_modules,
        )
        self.schedule = schedule or _always
        self.record_steps = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = ProfilerAction.NONE
        self._recording = False
        self._step: Any = None

    def start(self) -> None:
        """Begin, as entering does."""
        self.current_action = self.schedule(self.step_num)
        self._go_on()

    def stop(self) -> None:
        """End, as leaving does."""
        self._end_step()
        if self._recording:
            self._end_recording(ready=True)
        self.current_action = ProfilerAction.NONE

    def step(self) -> None:
        """Go on to the next step of the schedule."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        KinetoStepTracker.increment_step(PROFILER_STEP_NAME)
        records = self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if self._recording and (before is ProfilerAction.RECORD_AND_SAVE or not records):
            self._end_recording(ready=before is ProfilerAction.RECORD_AND_SAVE)
        self._go_on()

    def _go_on(self) -> None:
        if not self._recording and self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE):
            self.prepare_trace()
            self.start_trace()
            self._recording = True
        if self._recording and self.record_steps:
            self._step = _basic.record_function(f"{PROFILER_STEP_NAME}#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__(None, None, None)
            self._step = None

    def _end_recording(self, ready: bool) -> None:
        self.stop_trace()
        self._recording = False
        if ready and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


class ExecutionTraceObserver:
    """Traces of graphs for replay; not there. It can be made and registered nowhere."""

    def register_callback(self, output_file_path: str) -> None:
        """Not available."""
        raise NotImplementedError(
            "ExecutionTraceObserver: traces for replay are not written; profile() times operators"
        )

    def unregister_callback(self) -> None:
        """Nothing is registered."""


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False, use_python_export: bool = False
) -> Callable[[profile], None]:
    """An ``on_trace_ready`` that writes each cycle's trace into a folder, as TensorBoard's plugin looks for them."""

    def write(profiler: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker_name or f'{os.uname().nodename}_{os.getpid()}'}.{time.time_ns()}.pt.trace.json"
        profiler.export_chrome_trace(os.path.join(dir_name, name + (".gz" if use_gzip else "")))

    return write
