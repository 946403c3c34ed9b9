"""The older places of `autocast` and `GradScaler`; `flambeau.amp` takes the device as an argument."""

from __future__ import annotations

from typing import Any

import flambeau

__all__ = ["GradScaler", "amp_definitely_not_available", "autocast", "custom_bwd", "custom_fwd"]


def amp_definitely_not_available() -> bool:
    """True: there is no CUDA device."""
    return not flambeau.cuda.is_available()


class autocast(flambeau.amp.autocast):
    """`flambeau.amp.autocast("cuda", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        super().__init__(
            "cuda", enabled=enabled, dtype=flambeau.float16 if dtype is None else dtype, cache_enabled=cache_enabled
        )


class GradScaler(flambeau.amp.GradScaler):
    """`flambeau.amp.GradScaler("cuda", ...)`."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__(
            "cuda",
            init_scale=init_scale,
            growth_factor=growth_factor,
            backoff_factor=backoff_factor,
            growth_interval=growth_interval,
            enabled=enabled,
        )


def custom_fwd(fwd: Any = None, **kwargs: Any) -> Any:
    """`flambeau.amp.custom_fwd` for CUDA."""
    return flambeau.amp.custom_fwd(fwd, device_type="cuda", **kwargs)


def custom_bwd(bwd: Any) -> Any:
    """`flambeau.amp.custom_bwd` for CUDA."""
    return flambeau.amp.custom_bwd(bwd, device_type="cuda")


from flambeau.cuda.amp import common as common  # noqa: E402  (it reads the functions above)
