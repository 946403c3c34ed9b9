"""Choice of the implementation behind scaled_dot_product_attention.

There is one implementation, memory-linear in the sequence length, for every backend named here: the context manager
is accepted and remembered, and changes no result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any


class SDPBackend(IntEnum):
    """Names of attention implementations, with PyTorch's numbers."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


WARN_FOR_UNFUSED_KERNELS = False
_enabled: list[SDPBackend] = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
    SDPBackend.CUDNN_ATTENTION,
]


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    return list(_enabled)


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[dict[Any, Any]]:
    """Restricts attention to the given backend or backends within the block.

    Raises AssertionError for anything but an SDPBackend or a list of them.
    """
    global _enabled
    if isinstance(backends, SDPBackend):
        backends = [backends]
    if not isinstance(backends, list | tuple) or not all(isinstance(b, SDPBackend) for b in backends):
        raise AssertionError(f"sdpa_kernel: backends must be an SDPBackend or a list of them, got {backends!r}")
    before = _enabled
    _enabled = list(dict.fromkeys(backends))
    try:
        yield {}
    finally:
        _enabled = before
