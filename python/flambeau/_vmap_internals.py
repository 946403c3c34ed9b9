"""`vmap` under its former name, and in the form whose function may give None.

Arguments and results are simpler than those of `func.vmap`: a function gives a tensor or a tuple of tensors.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau.utils._pytree import tree_flatten

__all__ = ["vmap"]


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0) -> Callable[..., Any]:
    """`func.vmap` without its options, and with a warning."""
    text = "flambeau._vmap_internals.vmap is the former name; use flambeau.vmap"
    warnings.warn(text, FutureWarning, stacklevel=2)
    return _vmap(func, in_dims, out_dims)


def _vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, allow_none_pass_through: bool = False
) -> Callable[..., Any]:
    """`func.vmap` of functions that give a tensor or a tuple of tensors.

    Args:
        func: with `allow_none_pass_through` its results may be None, too, and stay so.
        in_dims: counted from the front.
        out_dims: for all results, or in a tuple for each of them.
    """
    name = getattr(func, "__name__", repr(func))

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        seen: list[Any] = []

        def of_tensors(*given: Any) -> Any:
            out = func(*given)
            if not isinstance(out_dims, int) and not (
                isinstance(out_dims, tuple) and all(isinstance(d, int) for d in out_dims)
            ):
                raise ValueError(f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int or a tuple of int")
            flat = out if isinstance(out, tuple) else (out,)
            dims = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(flat)
            if len(dims) != len(flat):
                raise ValueError(
                    f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must have one dim per output "
                    f"(got {len(flat)} outputs)"
                )
            for k, t in enumerate(flat):
                if not isinstance(t, flambeau.Tensor) and not (t is None and allow_none_pass_through):
                    where = f"for return {k}" if isinstance(out, tuple) else "as the return"
                    raise ValueError(
                        f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(t)} {where}"
                    )
            seen[:] = [isinstance(out, tuple), flat, dims]
            return [t for t in flat if t is not None]

        if any(isinstance(d, int) and d < 0 for d in tree_flatten(in_dims)[0]):
            raise ValueError(
                f"vmap({name}, in_dims={in_dims}): Got in_dim=-1 for some input, but that input is a Tensor of "
                "dimensionality 1 or more; in_dim counts from the front here, flambeau.vmap takes negative ones"
            )
        found = iter(flambeau.vmap(of_tensors, in_dims)(*args))
        several, flat, dims = seen
        out = tuple(t if t is None else next(found).movedim(0, d) for t, d in zip(flat, dims, strict=True))
        return out if several else out[0]

    return wrapper
