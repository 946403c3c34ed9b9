"""Marks in the profiles of NVIDIA's tools. There are no CUDA devices, and every name here says so."""

from __future__ import annotations

from flambeau._absent import refuse_all

_NAMES = ("mark", "range", "range_end", "range_pop", "range_push", "range_start")
refuse_all(globals(), "cuda.nvtx", _NAMES, "NVTX", RuntimeError)
