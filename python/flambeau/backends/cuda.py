"""Switches of CUDA matmul and attention: there is no CUDA, they keep what was set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)
_attention = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True, "fp16_bf16_reduction_math": False}


class CuFFTPlanCache:
    """Plans of cuFFT, of which there are none."""

    size = 0
    max_size = 0

    def clear(self) -> None:
        """Nothing to clear."""

    def __getitem__(self, device: Any) -> CuFFTPlanCache:
        return self


cufft_plan_cache = CuFFTPlanCache()


def is_built() -> bool:
    """False: there is no CUDA backend."""
    return False


def is_flash_attention_available() -> bool:
    """False: there is no CUDA backend."""
    return False


def preferred_linalg_library(backend: Any = None) -> str:
    """The library for CUDA linear algebra; there is no choice."""
    return "default"


preferred_blas_library = preferred_rocm_fa_library = preferred_linalg_library


def enable_flash_sdp(enabled: bool) -> None:
    """Keep the switch."""
    _attention["flash"] = bool(enabled)


def flash_sdp_enabled() -> bool:
    """The switch."""
    return _attention["flash"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Keep the switch."""
    _attention["mem_efficient"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """The switch."""
    return _attention["mem_efficient"]


def enable_math_sdp(enabled: bool) -> None:
    """Keep the switch."""
    _attention["math"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """The switch."""
    return _attention["math"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Keep the switch."""
    _attention["cudnn"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """The switch."""
    return _attention["cudnn"]


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """Keep the switch."""
    _attention["fp16_bf16_reduction_math"] = bool(enabled)


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """The switch."""
    return _attention["fp16_bf16_reduction_math"]


class SDPAParams(NamedTuple):
    """The arguments of attention, for `can_use_flash_attention` and its relatives."""

    query: Any
    key: Any
    value: Any
    attn_mask: Any = None
    dropout: float = 0.0
    is_causal: bool = False
    enable_gqa: bool = False


def can_use_flash_attention(params: Any, debug: bool = False) -> bool:
    """False: there is no CUDA backend."""
    return False


can_use_efficient_attention = can_use_cudnn_attention = can_use_flash_attention


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """Context with other switches."""
    before = dict(_attention)
    _attention.update(flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
    try:
        yield
    finally:
        _attention.update(before)
