"""Where PyTorch keeps the parts of `library`."""

from __future__ import annotations

from flambeau.library import Library, custom_op, infer_schema, triton_op, wrap_triton
from flambeau.library._fake import FakeImplCtx

__all__ = ["FakeImplCtx", "Library", "custom_op", "infer_schema", "triton_op", "wrap_triton"]
