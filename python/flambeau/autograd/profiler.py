"""`record_function` under its older name; what else there is stands in `flambeau.profiler`."""

from __future__ import annotations

from flambeau.profiler import record_function as record_function

__all__ = ["record_function"]
