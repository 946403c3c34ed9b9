"""A function of single entries, over a batch: called once for each entry, the results stacked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau.utils import _pytree as pytree


def _dims_for(tree: Any, dims: Any, what: str) -> list[int | None]:
    """One dim (or None) for each leaf of a structure, from dims given for the whole or in the same structure."""
    if dims is None or isinstance(dims, int):
        return [dims] * len(pytree.tree_leaves(tree))
    if isinstance(dims, (tuple, list)) and isinstance(tree, (tuple, list)):
        if len(dims) != len(tree):
            raise ValueError(f"vmap: {what} has {len(dims)} entries for {len(tree)} values")
        return [d for part, given in zip(tree, dims, strict=True) for d in _dims_for(part, given, what)]
    if isinstance(dims, dict) and isinstance(tree, dict):
        return [d for key in tree for d in _dims_for(tree[key], dims[key], what)]
    raise ValueError(f"vmap: {what} does not fit the structure of the values")


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
        randomness: ``"different"`` numbers for each entry, or the ``"same"``; entries are computed one by one,
            so ``"error"`` (the default) draws different ones.
        chunk_size: how many entries are computed together at most; makes no difference here.

    >>> flambeau.func.vmap(flambeau.dot)(flambeau.ones(2, 3), flambeau.ones(2, 3))
    tensor([3., 3.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"vmap: randomness is {randomness!r}, one of 'error', 'different', 'same' is wanted")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        leaves, form = pytree.tree_flatten(args)
        dims = _dims_for(args, in_dims, "in_dims")
        sizes = set()
        for x, d in zip(leaves, dims, strict=True):
            if d is None:
                continue
            if not isinstance(x, flambeau.Tensor):
                raise ValueError(f"vmap: in_dims gives {d} for a value that is no tensor but a {type(x).__name__}")
            if not -x.dim() <= d < x.dim():
                raise ValueError(f"vmap: in_dims gives {d} for a tensor with {x.dim()} dimensions")
            sizes.add(x.shape[d])
        if not sizes:
            raise ValueError("vmap: no argument has a dimension to go over; in_dims is None for all of them")
        if len(sizes) > 1:
            raise ValueError(f"vmap: the arguments have different sizes in the mapped dimension: {sorted(sizes)}")
        batch = sizes.pop()
        if batch == 0:
            raise NotImplementedError("vmap: a batch without entries; the nearest alternative is to leave the call out")
        state = flambeau.get_rng_state() if randomness == "same" else None
        results = []
        out_form = None
        for i in range(batch):
            if state is not None:
                flambeau.set_rng_state(state)
            entry = [x if d is None else x.select(d, i) for x, d in zip(leaves, dims, strict=True)]
            out, out_form = pytree.tree_flatten(func(*pytree.tree_unflatten(entry, form), **kwargs))
            for o in out:
                if not isinstance(o, flambeau.Tensor):
                    raise ValueError(f"vmap: the function has to return tensors, got {type(o).__name__}")
            results.append(out)
        assert out_form is not None
        places = _dims_for(pytree.tree_unflatten(results[0], out_form), out_dims, "out_dims")
        stacked = []
        for k, d in enumerate(places):
            if d is None:
                stacked.append(results[0][k])
            else:
                stacked.append(flambeau.stack([r[k] for r in results], d))
        return pytree.tree_unflatten(stacked, out_form)

    return wrapper
