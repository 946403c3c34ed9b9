"""NVIDIA's profiler, switched on and off. There are no CUDA devices, and every name here says so."""

from __future__ import annotations

from flambeau._absent import refuse_all

_NAMES = ("profile", "start", "stop")
refuse_all(globals(), "cuda.profiler", _NAMES, "CUDA", RuntimeError)
