"""`flambeau.mps`: there is no MPS backend, and every name here says so."""

from __future__ import annotations

from flambeau._absent import absent_class, refuse_all


def is_available() -> bool:
    """False: there is no MPS backend."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing to seed."""
    int(seed)


refuse_all(
    globals(),
    "mps",
    (
        "compile_shader",
        "current_allocated_memory",
        "driver_allocated_memory",
        "empty_cache",
        "get_rng_state",
        "load_metallib",
        "recommended_max_memory",
        "seed",
        "set_per_process_memory_fraction",
        "set_rng_state",
        "synchronize",
    ),
    "MPS",
    RuntimeError,
)
Event = absent_class("mps", "Event", "MPS", RuntimeError)
