"""Products of matrices by PyTorch's newer names: of groups, and of 8-bit numbers with scales."""

from __future__ import annotations

from enum import Enum
from typing import Any

from flambeau.functional import grouped


class ScalingType(Enum):
    """Which elements share a scale."""

    TensorWise = 0
    RowWise = 1
    BlockWise1x16 = 2
    BlockWise1x32 = 3
    BlockWise1x128 = 4
    BlockWise128x128 = 5


class SwizzleType(Enum):
    """How scales lie in memory."""

    NO_SWIZZLE = 0
    SWIZZLE_32_4_4 = 1


def grouped_mm(mat_a: Any, mat_b: Any, *, offs: Any = None, bias: Any = None, out_dtype: Any = None) -> Any:
    """Products of groups of matrices; see `flambeau._grouped_mm`."""
    return grouped._grouped_mm(mat_a, mat_b, offs=offs, bias=bias, out_dtype=out_dtype)


def scaled_mm(mat_a: Any, mat_b: Any, *args: Any, **kwargs: Any) -> Any:
    """Not available: products of 8-bit numbers with scales."""
    raise NotImplementedError(
        "scaled_mm: products of 8-bit numbers are not there; (mat_a.float() * scale_a) @ (mat_b.float() * scale_b) is"
    )
