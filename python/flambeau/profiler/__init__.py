"""Profiling in steps: `profile` with a schedule, over `flambeau.autograd.profiler`, which says what is seen."""

from __future__ import annotations

from typing import Any

from flambeau.autograd.profiler import KinetoStepTracker, kineto_available, record_function
from flambeau.autograd.profiler_util import DeviceType

from .profiler import (
    ExecutionTraceObserver,
    ProfilerAction,
    ProfilerActivity,
    _KinetoProfile,
    profile,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "DeviceType",
    "ExecutionTraceObserver",
    "KinetoStepTracker",
    "ProfilerAction",
    "ProfilerActivity",
    "_KinetoProfile",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


def __getattr__(name: str) -> Any:
    if name == "itt":
        import importlib

        return importlib.import_module("flambeau.profiler.itt")
    raise AttributeError(f"module 'flambeau.profiler' has no attribute '{name}'")
