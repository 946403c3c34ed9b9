"""The former home of operators of one's own, which are in `flambeau.library`."""

from __future__ import annotations

from typing import Any

from flambeau.library import custom_op as _custom_op
from flambeau.library import define, get_ctx, impl_abstract
from flambeau.library import impl as _impl

__all__ = ["custom_op", "get_ctx", "impl", "impl_abstract"]


def custom_op(qualname: str, func_or_schema: Any = None) -> Any:
    """Define an operator from a schema, or from a function's annotations; usable as a decorator."""
    if isinstance(func_or_schema, str):
        define(qualname, func_or_schema)
        return None
    if func_or_schema is None:
        return lambda function: custom_op(qualname, function)
    return _custom_op(qualname, func_or_schema, mutates_args=())


def impl(qualname: str, *, device_types: Any = ("cpu", "cuda"), func: Any = None) -> Any:
    """Give an operator a kernel for device types; usable as a decorator."""
    return _impl(qualname, device_types, func)
