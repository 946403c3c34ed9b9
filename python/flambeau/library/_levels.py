"""Operators of one's own inside of transforms: over the entries of a batch, on the values of a level of gradients."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau import _C
from flambeau.autograd._function_levels import VmapInfo, outside
from flambeau.utils import _pytree as pytree

Tensor = _C.Tensor


def _mapped(change: Any, values: Any) -> Any:
    """The values with their tensors, those in lists too, changed."""
    return tuple(
        [change(t) if isinstance(t, Tensor) else t for t in v]
        if isinstance(v, (list, tuple))
        else change(v)
        if isinstance(v, Tensor)
        else v
        for v in values
    )


def _written(operator: Any, values: tuple[Any, ...]) -> list[Any]:
    """The tensors that a call writes into."""
    pairs = zip(operator.schema.arguments, values, strict=True)
    written = [v for a, v in pairs if a.alias_info is not None and a.alias_info.is_write]
    return [t for v in written for t in (v if isinstance(v, (list, tuple)) else [v]) if isinstance(t, Tensor)]


def on_values(operator: Any, values: tuple[Any, ...]) -> Any:
    """The call outside of the innermost level; its results belong to the level."""
    from flambeau.library._operators import _state, tensors_in

    handle, kind, *_ = _C._innermost_level()
    written = _written(operator, values)
    mine = any(_C._is_at(handle, t) for t in tensors_in(values))
    for t in written if mine else ():
        if not _C._is_at(handle, t):
            raise RuntimeError(
                f"{operator.name}: writes into a tensor that the transformed function has captured; this is not "
                "supported, pass the tensor as an argument"
            )
    inner = _mapped(lambda t: _C._unwrap_at(handle, t), values)
    known = {id(v): t for v, t in zip(pytree.tree_leaves(inner), pytree.tree_leaves(list(values)), strict=False)}
    before, _state.below_autograd = _state.below_autograd, False
    try:
        with outside():
            args, kwargs = operator.split(inner)
            result = operator.overload(*args, **kwargs)
    finally:
        _state.below_autograd = before
    for t in written if mine else ():
        t._bump_version()
    if kind == "batch":
        return result
    wrap = lambda t: known[id(t)] if id(t) in known else _C._wrap_at(handle, t, False)  # noqa: E731
    return pytree.tree_map(lambda t: wrap(t) if isinstance(t, Tensor) else t, result)


def batches(operator: Any, tensors: list[Any], backend: str) -> bool:
    """Whether a call has batches of the innermost level among its arguments, and is not made of other operators."""
    handle, kind, *_ = _C._innermost_level()
    if kind != "batch" or not any(_C._is_at(handle, t) for t in tensors):
        return False
    composite = "CompositeImplicitAutograd" in operator.kernels and not operator._has_backend_kernel(backend)
    return operator.vmap_rule is not None or not composite


def over_batch(operator: Any, values: tuple[Any, ...]) -> Any:
    """The call over a batch: by the operator's rule, or entry by entry."""
    from flambeau.library._operators import _state

    handle, _, size, randomness = _C._innermost_level()
    dims = _mapped(lambda t: 0 if _C._is_at(handle, t) else None, values)
    whole = _mapped(lambda t: _C._unwrap_at(handle, t), values)
    for t in _written(operator, values):
        if not _C._is_at(handle, t):
            raise RuntimeError(
                f"{operator.name}: vmap: writes into a tensor that is shared by all entries of the batch; pass it "
                "through in_dims"
            )
    before, _state.below_autograd = _state.below_autograd, False
    try:
        with outside():
            if operator.vmap_rule is not None:
                result, out_dims = _by_rule(operator, VmapInfo(size, randomness), dims, whole)
            else:
                _C._note_loop(operator.name)
                result, out_dims = _entry_by_entry(operator, dims, whole, size), 0
    finally:
        _state.below_autograd = before
    if result is None:
        return None
    leaves, form = pytree.tree_flatten(result)
    places = pytree._broadcast_to_and_flatten(out_dims, form, lambda d: d is None)
    if places is None:
        raise RuntimeError(f"{operator.name}: the out_dims of its rule for batches, {out_dims}, don't fit its output")
    return pytree.tree_unflatten(
        [
            t if d is None or not isinstance(t, Tensor) else _C._batch_at(handle, t, d % t.dim())
            for t, d in zip(leaves, places, strict=True)
        ],
        form,
    )


def _by_rule(operator: Any, info: Any, dims: Any, whole: Any) -> tuple[Any, Any]:
    args, kwargs = operator.split(whole)
    given = operator.vmap_rule(info, dims[: len(args)], *args, **kwargs)
    if not isinstance(given, tuple) or len(given) != 2:
        got = f"{len(given)} values" if isinstance(given, tuple) else f"a {type(given).__name__}"
        raise RuntimeError(f"{operator.name}: the rule for batches gives the pair (output, out_dims), got {got}")
    return given


def _entry_by_entry(operator: Any, dims: Any, whole: Any, size: int) -> Any:
    if size == 0:
        raise NotImplementedError(f"{operator.name}: vmap: a batch without entries; library.register_vmap gives a rule")

    def entry(value: Any, dim: Any, b: int) -> Any:
        if isinstance(value, (list, tuple)):
            return [entry(v, d, b) for v, d in zip(value, dim, strict=True)] if any(d == 0 for d in dim) else value
        return value.select(0, b) if isinstance(value, Tensor) and dim == 0 else value

    rows = []
    for b in range(size):
        args, kwargs = operator.split(tuple(entry(v, d, b) for v, d in zip(whole, dims, strict=True)))
        rows.append(operator.overload(*args, **kwargs))
    if rows[0] is None:
        return None
    form = pytree.tree_flatten(rows[0])[1]
    columns = zip(*(pytree.tree_leaves(row) for row in rows), strict=True)
    return pytree.tree_unflatten([flambeau.stack(list(c)) if isinstance(c[0], Tensor) else c[0] for c in columns], form)
