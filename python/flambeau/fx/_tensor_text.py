"""Tensors in one word: "f32[2, 3]", with strides and device on request."""

from __future__ import annotations

from typing import Any

import flambeau

dtype_abbrs = {
    flambeau.bfloat16: "bf16",
    flambeau.float64: "f64",
    flambeau.float32: "f32",
    flambeau.float16: "f16",
    flambeau.float8_e4m3fn: "f8e4m3fn",
    flambeau.float8_e5m2: "f8e5m2",
    flambeau.float8_e4m3fnuz: "f8e4m3fnuz",
    flambeau.float8_e5m2fnuz: "f8e5m2fnuz",
    flambeau.complex32: "c32",
    flambeau.complex64: "c64",
    flambeau.complex128: "c128",
    flambeau.int8: "i8",
    flambeau.int16: "i16",
    flambeau.int32: "i32",
    flambeau.int64: "i64",
    flambeau.bool: "b8",
    flambeau.uint8: "u8",
    flambeau.uint16: "u16",
    flambeau.uint32: "u32",
    flambeau.uint64: "u64",
}


def describe(value: Any, stride: bool = False, device: bool = False) -> str:
    """A tensor's, or a TensorMetadata's, type and sizes; "" for anything else. Containers: what they hold."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "shape"):
        inside = ", ".join(describe(item, stride, device) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        return type(value).__name__ if isinstance(value, (int, float, bool)) else ""
    text = f"{dtype_abbrs.get(value.dtype, str(value.dtype))}{list(value.shape)}"
    if stride and value.stride is not None:
        text += str(list(value.stride() if callable(value.stride) else value.stride))
    return text + (str(value.device) if device and hasattr(value, "device") else "")
