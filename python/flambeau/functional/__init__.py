"""flambeau.functional: functions over tensors whose Python form differs from the operator's.

By subject: reshape, distinct, linalg, numeric, checks; assertions, symbolic and lowrank are loaded when first asked
for. The package itself gives the names that stand in PyTorch's module of that name.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors", "cartesian_prod",
    "cdist", "chain_matmul", "einsum", "istft", "lu", "meshgrid", "norm", "pca_lowrank", "split", "stft", "svd_lowrank",
    "tensordot", "unique", "unique_consecutive", "unravel_index",
]  # fmt: skip


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise AttributeError(f"module 'flambeau.functional' has no attribute '{name}'")
    value = getattr(_import_module("flambeau"), name)  # an operator of the table, or one loaded late
    globals()[name] = value
    return value
