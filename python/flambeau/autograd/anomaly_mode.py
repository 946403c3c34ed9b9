"""Anomaly mode: a backward pass that finds a NaN says where it comes from."""

from __future__ import annotations

from typing import Any

from flambeau import _C

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """Anomaly mode: backward passes stop at the first NaN and say which recorded line it came from."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev, self.prev_check_nan = _C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled()
        _C._set_anomaly(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        _C._set_anomaly(self.prev, self.prev_check_nan)


class detect_anomaly(set_detect_anomaly):
    """Anomaly mode for a region."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)
