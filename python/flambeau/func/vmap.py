"""A function over batches, from a function over single entries: each operator takes the whole batch at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C
from flambeau.utils import _pytree as pytree

from ._levels import Level


def _name(func: Any) -> str:
    return getattr(func, "__name__", repr(func))


def _entry_dims(
    func: Any, in_dims: Any, args: tuple[Any, ...], leaves: list[Any], form: Any
) -> tuple[list[int | None], int]:
    """The batch's dimension in each leaf (None: shared), and the batch's size."""
    name = _name(func)
    what = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{what}expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    dims = pytree._broadcast_to_and_flatten(in_dims, form)
    if dims is None:
        raise ValueError(
            f"{what}in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{pytree.tree_flatten(in_dims)[1]} but inputs has structure {pytree.tree_flatten(args)[1]}."
        )
    sizes = []
    for k, (x, d) in enumerate(zip(leaves, dims, strict=True)):
        if d is None:
            continue
        if not isinstance(d, int):
            raise ValueError(
                f"{what}Got in_dim={d} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(x, _C.Tensor):
            raise ValueError(
                f"{what}Got in_dim={d} for an input but the input is of type {type(x)}. We cannot vmap over non-Tensor "
                "arguments, please use None as the respective in_dim"
            )
        if x.dim() == 0 or not -x.dim() <= d < x.dim():
            raise ValueError(
                f"{what}Got in_dim={d} for some input, but that input is a Tensor of dimensionality {x.dim()} so "
                f"expected in_dim to satisfy -{x.dim()} <= in_dim < {x.dim()}."
            )
        dims[k] = d % x.dim()
        sizes.append(x.shape[d])
    if not sizes:
        raise ValueError(
            f"{what}at least one of the inputs must be a Tensor with a dimension to map over: every in_dim is None."
        )
    if any(s != sizes[0] for s in sizes):
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            "mapped dimension"
        )
    return dims, sizes[0]


def _result_dims(func: Any, out_dims: Any, leaves: list[Any], form: Any, single: bool) -> list[int | None]:
    name = _name(func)
    dims: list[Any] | None
    if single:
        if isinstance(out_dims, tuple) and len(out_dims) == 1:
            out_dims = out_dims[0]
        dims = [out_dims]
    else:
        dims = pytree._broadcast_to_and_flatten(out_dims, form)
    if dims is None or any(not (d is None or isinstance(d, int)) for d in dims):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            f"`outputs`. out_dims has structure {pytree.tree_flatten(out_dims)[1]} but outputs has structure {form}."
        )
    for o, d in zip(leaves, dims, strict=True):
        if d is not None and not isinstance(o, _C.Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(o)} as a return; an out_dim of "
                "None hands on what is no tensor"
            )
    return dims


def _mapped(
    func: Any,
    leaves: list[Any],
    dims: list[int | None],
    size: int,
    form: Any,
    out_dims: Any,
    randomness: str,
    kwargs: Any,
) -> Any:
    level = Level("batch", size, randomness)
    with level:
        entries = [x if d is None else _C._batch_at(level.handle, x, d) for x, d in zip(leaves, dims, strict=True)]
        output = func(*pytree.tree_unflatten(entries, form), **kwargs)
        flat, out_form = pytree.tree_flatten(output)
        places = _result_dims(func, out_dims, flat, out_form, isinstance(output, _C.Tensor))
        for o, d in zip(flat, places, strict=True):
            if d is None and isinstance(o, _C.Tensor) and level.holds(o):
                raise ValueError(
                    f"vmap({_name(func)}, ...): `{_name(func)}` can not return a BatchedTensor when out_dim is None"
                )
            if d is not None and not -(o.dim() + 1) <= d <= o.dim():
                raise IndexError(
                    f"Dimension out of range (expected to be in range of [{-o.dim() - 1}, {o.dim()}], but got {d})"
                )
    whole = [o if d is None else _C._unbatch_at(level.handle, o, d) for o, d in zip(flat, places, strict=True)]
    return whole, out_form, places


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function over batches, from a function over single entries.

    Args:
        func: takes and gives tensors without the batch dimension, in any structure of tuples, lists and dicts.
        in_dims: where the batch stands in each positional argument; None for an argument shared by all entries.
        out_dims: where it shall stand in each result.
        randomness: random operators raise (``"error"``), draw for each entry (``"different"``), or once for all
            (``"same"``).
        chunk_size: how many entries are computed together at most; all by default.

    In-place changes of shared tensors, results whose size depends on values, and values read by Python (``.item()``, a
    condition) raise RuntimeError.

    >>> flambeau.func.vmap(flambeau.dot)(flambeau.ones(2, 3), flambeau.ones(2, 3))
    tensor([3., 3.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or (isinstance(chunk_size, int) and chunk_size > 0)):
        raise ValueError(f"vmap: `chunk_size` should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        leaves, form = pytree.tree_flatten(args)
        dims, size = _entry_dims(func, in_dims, args, leaves, form)
        if chunk_size is None or chunk_size >= size:
            whole, out_form, _ = _mapped(func, leaves, dims, size, form, out_dims, randomness, kwargs)
            return pytree.tree_unflatten(whole, out_form)
        state = flambeau.get_rng_state() if randomness == "same" else None
        chunks = []
        for start in range(0, size, chunk_size):
            if state is not None:
                flambeau.set_rng_state(state)
            length = min(chunk_size, size - start)
            part = [x if d is None else x.narrow(d, start, length) for x, d in zip(leaves, dims, strict=True)]
            chunks.append(_mapped(func, part, dims, length, form, out_dims, randomness, kwargs))
        whole = [
            chunks[0][0][k] if d is None else flambeau.cat([c[0][k] for c in chunks], d)
            for k, d in enumerate(chunks[0][2])
        ]
        return pytree.tree_unflatten(whole, chunks[0][1])

    return wrapper
