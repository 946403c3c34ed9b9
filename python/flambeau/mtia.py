"""`flambeau.mtia`: there is no MTIA backend, and every name here says so."""

from __future__ import annotations

from flambeau._absent import refuse_all
from flambeau.cuda import device_count, empty_cache, is_available, is_initialized

__all__ = ["device_count", "empty_cache", "is_available", "is_initialized"]

_REFUSED = ("current_device", "current_stream", "default_stream", "memory_stats", "set_device", "stream", "synchronize")
refuse_all(globals(), "mtia", _REFUSED, "MTIA", RuntimeError)
