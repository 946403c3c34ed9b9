"""Signal processing: :mod:`flambeau.signal.windows`."""

from __future__ import annotations

from flambeau.signal import windows

__all__ = ["windows"]
