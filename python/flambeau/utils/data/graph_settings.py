"""Settings of pipes as a whole, which samplers of loaders would apply; a pipe is an ordinary dataset here."""

from __future__ import annotations

from typing import Any

__all__ = ["apply_random_seed", "apply_sharding", "apply_shuffle_settings"]


def apply_shuffle_settings(datapipe: Any, shuffle: bool | None = None) -> Any:
    """The pipe; steps that shuffle are left as they are."""
    return datapipe


def apply_sharding(datapipe: Any, num_of_instances: int, instance_id: int, sharding_group: Any = None) -> Any:
    """The pipe, which every worker goes through as a whole unless it asks `get_worker_info` itself."""
    return datapipe


def apply_random_seed(datapipe: Any, rng: Any) -> Any:
    """The pipe; steps draw from the generator of their process."""
    return datapipe
