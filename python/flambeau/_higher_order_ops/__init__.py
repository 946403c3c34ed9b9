"""Operators that take functions: branches and loops over tensors. They run as plain Python does, and are differentiated
through like anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau._ops import HigherOrderOperator
from flambeau._shadowing import functions_named_as_their_file

__all__ = ["associative_scan", "cond", "map", "scan", "while_loop"]
functions_named_as_their_file(__name__, *__all__)


def _truth(name: str, pred: Any) -> bool:
    if isinstance(pred, flambeau.Tensor) and pred.numel() != 1:
        raise RuntimeError(f"{name}: the predicate has {pred.numel()} elements, a bool or a tensor of one is wanted")
    if not isinstance(pred, (bool, flambeau.Tensor)):
        raise RuntimeError(f"{name}: the predicate is a {type(pred).__name__}, a bool or a tensor of one is wanted")
    return bool(pred)


class Cond(HigherOrderOperator):
    """``true_fn(*operands)`` where the predicate holds, else ``false_fn(*operands)``."""

    def __init__(self) -> None:
        super().__init__("cond")

    def __call__(self, pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()) -> Any:
        if not isinstance(operands, (tuple, list)):
            raise RuntimeError(f"cond: the operands are a {type(operands).__name__}, a tuple is wanted")
        return (true_fn if _truth("cond", pred) else false_fn)(*operands)


class WhileLoop(HigherOrderOperator):
    """``carried = body_fn(*carried)`` as long as ``cond_fn(*carried)`` holds."""

    def __init__(self) -> None:
        super().__init__("while_loop")

    def __call__(
        self,
        cond_fn: Callable[..., Any],
        body_fn: Callable[..., Any],
        carried_inputs: Any,
        additional_inputs: Any = (),
    ) -> Any:
        if not isinstance(carried_inputs, (tuple, list)):
            raise RuntimeError(f"while_loop: what is carried is a {type(carried_inputs).__name__}, a tuple is wanted")
        carried = tuple(carried_inputs)
        while _truth("while_loop", cond_fn(*carried, *additional_inputs)):
            made = body_fn(*carried, *additional_inputs)
            if not isinstance(made, (tuple, list)) or len(made) != len(carried):
                raise RuntimeError(f"while_loop: the body has to give {len(carried)} values, as it takes")
            carried = tuple(made)
        return carried


class Map(HigherOrderOperator):
    """``f`` of each entry along the first dimension, the results stacked."""

    def __init__(self) -> None:
        super().__init__("map")

    def __call__(self, f: Callable[..., Any], xs: Any, *args: Any) -> Any:
        from flambeau.utils import _pytree as pytree

        leaves, form = pytree.tree_flatten(xs)
        lengths = {leaf.shape[0] if leaf.dim() else 0 for leaf in leaves}
        if len(lengths) != 1 or lengths == {0}:
            raise RuntimeError(f"map: the first dimensions are {sorted(lengths)}, one length above 0 is wanted")
        results = [f(pytree.tree_unflatten([x[i] for x in leaves], form), *args) for i in range(lengths.pop())]
        return pytree.tree_map(lambda *parts: flambeau.stack(parts), *results)


class Scan(HigherOrderOperator):
    """``carry, y = combine_fn(carry, x)`` along a dimension: the last carry, and all y stacked along it."""

    def __init__(self) -> None:
        super().__init__("scan")

    def __call__(
        self, combine_fn: Callable[..., Any], init: Any, xs: Any, *, dim: int = 0, reverse: bool = False
    ) -> Any:
        from flambeau.utils import _pytree as pytree

        leaves, form = pytree.tree_flatten(xs)
        if not leaves:
            raise RuntimeError("scan: there is nothing to go along; xs has no tensors")
        steps = range(leaves[0].shape[dim])
        if any(leaf.shape[dim] != len(steps) for leaf in leaves) or not len(steps):
            raise RuntimeError(f"scan: the sizes in dimension {dim} are {[leaf.shape[dim] for leaf in leaves]}")
        carry, made = init, []
        for i in reversed(steps) if reverse else steps:
            carry, y = combine_fn(carry, pytree.tree_unflatten([x.select(dim, i) for x in leaves], form))
            made.append(y)
        if reverse:
            made.reverse()
        return carry, pytree.tree_map(lambda *parts: flambeau.stack(parts, 0), *made)


class AssociativeScan(HigherOrderOperator):
    """All partial results of an associative ``combine_fn`` along a dimension."""

    def __init__(self) -> None:
        super().__init__("associative_scan")

    def __call__(
        self, combine_fn: Callable[..., Any], xs: Any, dim: int, reverse: bool = False, combine_mode: str = "pointwise"
    ) -> Any:
        from flambeau.utils import _pytree as pytree

        leaves, form = pytree.tree_flatten(xs)
        if not leaves:
            raise ValueError("associative_scan: there is nothing to go along; xs has no tensors")
        if combine_mode not in ("pointwise", "generic"):
            raise ValueError(f"associative_scan: combine_mode is {combine_mode!r}, 'pointwise' or 'generic' is wanted")
        steps = list(range(leaves[0].shape[dim]))
        if reverse:
            steps.reverse()
        entries = [pytree.tree_unflatten([x.select(dim, i) for x in leaves], form) for i in steps]
        partial = entries[:1]
        for entry in entries[1:]:
            partial.append(combine_fn(partial[-1], entry))
        if reverse:
            partial.reverse()
        return pytree.tree_map(lambda *parts: flambeau.stack(parts, dim), *partial) if partial else xs


cond, while_loop, map, scan, associative_scan = Cond(), WhileLoop(), Map(), Scan(), AssociativeScan()
