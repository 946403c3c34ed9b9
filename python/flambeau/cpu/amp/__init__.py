"""The older places of `autocast` and `GradScaler` for the CPU; `flambeau.amp` takes the device as an argument."""

from __future__ import annotations

from typing import Any

import flambeau

__all__ = ["GradScaler", "autocast"]


class autocast(flambeau.amp.autocast):
    """`flambeau.amp.autocast("cpu", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        super().__init__(
            "cpu", enabled=enabled, dtype=flambeau.bfloat16 if dtype is None else dtype, cache_enabled=cache_enabled
        )


class GradScaler(flambeau.amp.GradScaler):
    """`flambeau.amp.GradScaler("cpu", ...)`."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__(
            "cpu",
            init_scale=init_scale,
            growth_factor=growth_factor,
            backoff_factor=backoff_factor,
            growth_interval=growth_interval,
            enabled=enabled,
        )
