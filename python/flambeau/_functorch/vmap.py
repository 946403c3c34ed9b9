"""`vmap`, which is in `flambeau.func`, and the names that PyTorch keeps beside it."""

from __future__ import annotations

from flambeau.func import vmap

__all__ = ["vmap"]
in_dims_t = int | tuple[object, ...] | None
out_dims_t = int | tuple[int, ...] | None
