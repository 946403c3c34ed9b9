"""The global source of random numbers of the CPU: seed, state, and a context that puts it back."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from flambeau import _C

default_generator = _C.default_generator

__all__ = ["default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


def set_rng_state(new_state: Any) -> None:
    """Put the generator into a state that `get_rng_state` returned."""
    default_generator.set_state(new_state)


def get_rng_state() -> Any:
    """The generator's state as a byte tensor."""
    return default_generator.get_state()


def manual_seed(seed: Any) -> Any:
    """Seed the generator of every device; returns that of the CPU.

    Args:
        seed: from −2⁶³ to 2⁶⁴ − 1; negative ones count from the end.
    """
    seed = int(seed)
    default_generator.manual_seed(seed)
    _C._cuda_seed_all(seed)
    return default_generator


def seed() -> int:
    """Seed the generator with a number from the system, and return that number."""
    value = default_generator.seed()
    _C._cuda_seed_all(value)
    return value


def initial_seed() -> int:
    """The seed that the generator was started with."""
    return default_generator.initial_seed()


@contextlib.contextmanager
def fork_rng(
    devices: Any = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """Context after which the generators are as they were before it.

    Args:
        devices: accelerators whose generators are kept too, by default all.
        enabled: False makes the context do nothing.
        device_type: kind of those accelerators, by default ``"cuda"``.
    """
    if not enabled:
        yield
        return
    import flambeau

    kind = device_type or "cuda"
    module = None if kind in ("cpu", "meta") else getattr(flambeau, kind, None)
    available = module is not None and module.is_available()
    if device_type not in (None, "cpu", "meta") and module is None:
        raise RuntimeError(
            f"{_caller}: device_type is {device_type!r}, which is not known here; use {_devices_kw}=[] and 'cpu'"
        )
    if devices is None:
        numbers = list(range(module.device_count())) if available and module is not None else []
        if len(numbers) > 1:
            warnings.warn(
                f"{_caller}: keeps the generators of all {len(numbers)} devices; name those used in {_devices_kw}",
                stacklevel=3,
            )
    else:
        numbers = list(devices)
    state = get_rng_state()
    others = [module.get_rng_state(number) for number in numbers] if numbers and module is not None else []
    try:
        yield
    finally:
        set_rng_state(state)
        for number, other in zip(numbers, others, strict=False):
            module.set_rng_state(other, number)  # type: ignore[union-attr]
