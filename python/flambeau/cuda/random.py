"""Random numbers of CUDA devices: counter-based (Philox), from a seed and an offset for each device.

The numbers of a seed are the same on every device and for every grid, and are not those of the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau
from flambeau import _C

__all__ = [
    "get_rng_state",
    "get_rng_state_all",
    "initial_seed",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "seed_all",
    "set_rng_state",
    "set_rng_state_all",
]


def _generator(device: Any) -> Any:
    flambeau.cuda._lazy_init()
    return _C._cuda_default_generator(flambeau.cuda._index(device))


def manual_seed(seed: int) -> None:
    """Seed the current device's generator; before any device is used, those of all."""
    if _C._cuda_is_initialized():
        _generator(None).manual_seed(int(seed))
    else:
        _C._cuda_seed_all(int(seed))


def manual_seed_all(seed: int) -> None:
    """Seed the generators of all devices. Opens nothing."""
    _C._cuda_seed_all(int(seed))


def seed() -> None:
    """Seed the current device's generator with a number from the system."""
    if flambeau.cuda.is_available():
        _generator(None).seed()


def seed_all() -> None:
    """Seed the generators of all devices with one number from the system."""
    _C._cuda_seed_all(flambeau.Generator().seed())


def initial_seed() -> int:
    """The seed of the current device's generator."""
    return int(_generator(None).initial_seed())


def get_rng_state(device: Any = "cuda") -> Any:
    """Seed and offset of a device's generator, a uint8 tensor of 16 bytes."""
    return _generator(device).get_state()


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue from a state that `get_rng_state` gave."""
    _generator(device).set_state(new_state)


def get_rng_state_all() -> list[Any]:
    """The state of each device's generator."""
    return [get_rng_state(i) for i in range(flambeau.cuda.device_count())]


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Take over what `get_rng_state_all` gave."""
    states = list(new_states)
    if len(states) > flambeau.cuda.device_count():
        raise RuntimeError("cuda.set_rng_state_all: states for devices that are not there")
    for index, state in enumerate(states):
        set_rng_state(state, index)
