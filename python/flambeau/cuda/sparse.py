"""Classes of sparse tensors on CUDA devices; nothing is an instance of them."""

from __future__ import annotations

from flambeau._absent import absent_class

_TYPES = ("BFloat16", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")
__all__ = [f"{name}Tensor" for name in _TYPES]
for _name in __all__:
    globals()[_name] = absent_class("cuda.sparse", _name, "CUDA", TypeError)
del _name
