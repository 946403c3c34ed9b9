"""Operators of one's own, from Python: defined by a schema, with kernels by key, gradients and shapes.

`custom_op` makes one of an annotated function; `Library` is the long way, key by key. What is made is called as
``flambeau.ops.namespace.name``.
"""

from __future__ import annotations

from flambeau.library._check import OpCheckError, opcheck
from flambeau.library._custom import CustomOpDef, custom_op, triton_op, wrap_triton
from flambeau.library._fake import get_ctx
from flambeau.library._infer import infer_schema
from flambeau.library._library import (
    Library,
    _scoped_library,
    define,
    fallthrough_kernel,
    get_kernel,
    impl,
    impl_abstract,
    register_autocast,
    register_autograd,
    register_fake,
    register_kernel,
    register_torch_dispatch,
    register_vmap,
)

__all__ = [
    "CustomOpDef",
    "Library",
    "OpCheckError",
    "_scoped_library",
    "custom_op",
    "define",
    "fallthrough_kernel",
    "get_ctx",
    "get_kernel",
    "impl",
    "impl_abstract",
    "infer_schema",
    "opcheck",
    "register_autocast",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_torch_dispatch",
    "register_vmap",
    "triton_op",
    "wrap_triton",
]
