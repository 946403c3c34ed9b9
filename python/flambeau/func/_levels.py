"""Levels of transforms: the core's stack, entered and left, and trees of tensors carried across."""

from __future__ import annotations

from typing import Any

from flambeau import _C
from flambeau.utils import _pytree as pytree


class Level:
    """One transform at work. It may be left and entered again (the pullback of `vjp` does)."""

    def __init__(self, kind: str, size: int = 0, randomness: str = "error") -> None:
        self.handle = _C._make_level(kind, size, randomness)

    def __enter__(self) -> Level:
        _C._push_level(self.handle)
        return self

    def __exit__(self, *error: object) -> None:
        _C._pop_level(self.handle)

    def wrap(self, tree: Any, track: bool = False) -> Any:
        """The tree with tensors of this level in place of its tensors; `track`: they require gradients at it."""
        return pytree.tree_map(lambda t: _C._wrap_at(self.handle, t, track) if isinstance(t, _C.Tensor) else t, tree)

    def unwrap(self, tree: Any) -> Any:
        """The tree with the values of this level's tensors; others stay."""
        return pytree.tree_map(lambda t: _C._unwrap_at(self.handle, t) if isinstance(t, _C.Tensor) else t, tree)

    def holds(self, tensor: Any) -> bool:
        """Whether a tensor belongs to this level."""
        return bool(_C._is_at(self.handle, tensor))


def tensors_of(tree: Any, what: str) -> list[Any]:
    """The leaves of a tree, all of which have to be tensors."""
    leaves = pytree.tree_leaves(tree)
    for leaf in leaves:
        if not isinstance(leaf, _C.Tensor):
            raise RuntimeError(f"{what}: expected tensors only, got {type(leaf).__name__}")
    return list(leaves)


def split_aux(what: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """The output and the auxiliary output of a function's result."""
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(
            f"{what}: with has_aux=True the function returns a tuple (output, aux), got {type(result).__name__}"
        )
    return result


def chosen(what: str, argnums: int | tuple[int, ...], args: tuple[Any, ...]) -> tuple[int, ...]:
    """The positions to differentiate by, counted from the front."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"{what}: argnums is an int or a tuple of ints, got {type(argnums).__name__}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers:
        raise RuntimeError(f"{what}: argnums is empty; name at least one positional argument")
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"{what}: Got argnum={n}, but only {len(args)} positional inputs")
    places = tuple(n % len(args) for n in numbers)
    if len(set(places)) != len(places):
        raise RuntimeError(f"{what}: argnums elements must be unique, got {argnums}")
    return places
