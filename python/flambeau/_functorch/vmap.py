"""`vmap`, which is in `flambeau.func`, and the names that PyTorch keeps beside it. Those that wrap tensors in a batch
dimension are refused: tensors are plain ones here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from flambeau import Tensor
from flambeau._C._functorch import _add_batch_dim, _remove_batch_dim
from flambeau.func import vmap
from flambeau.utils._pytree import _broadcast_to_and_flatten, tree_flatten, tree_unflatten

__all__ = [
    "Tensor",
    "_add_batch_dim",
    "_broadcast_to_and_flatten",
    "_create_batched_inputs",
    "_get_name",
    "_maybe_remove_batch_dim",
    "_process_batched_inputs",
    "_remove_batch_dim",
    "_unwrap_batched",
    "_validate_and_get_batch_size",
    "tree_flatten",
    "tree_unflatten",
    "vmap",
]
in_dims_t = int | tuple[object, ...] | None
out_dims_t = int | tuple[int, ...] | None


def _get_name(func: Callable[..., Any]) -> str:
    """The name of a function, or what stands for it."""
    return getattr(func, "__name__", None) or repr(func)


def _validate_and_get_batch_size(flat_in_dims: list[int | None], flat_args: list[Any]) -> int:
    """The size of the mapped dimension. ValueError where the arguments differ in it."""
    sizes = {arg.shape[d] for d, arg in zip(flat_in_dims, flat_args, strict=True) if d is not None}
    if len(sizes) != 1:
        raise ValueError(f"vmap: the arguments have different sizes in the mapped dimension: {sorted(sizes)}")
    return sizes.pop()


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(f"{name}: tensors are not wrapped in a batch here; func.vmap goes over a dimension")


def _maybe_remove_batch_dim(
    name: str, batched_output: Any, vmap_level: int, batch_size: int, out_dim: int | None
) -> NoReturn:
    """Not available: wrapped tensors."""
    _refuse("_maybe_remove_batch_dim")


def _create_batched_inputs(flat_in_dims: Any, flat_args: Any, vmap_level: int, args_spec: Any) -> NoReturn:
    """Not available: wrapped tensors."""
    _refuse("_create_batched_inputs")


def _process_batched_inputs(in_dims: Any, args: Any, func: Any) -> NoReturn:
    """Not available: wrapped tensors."""
    _refuse("_process_batched_inputs")


def _unwrap_batched(batched_outputs: Any, out_dims: Any, vmap_level: int, batch_size: int, func: Any) -> NoReturn:
    """Not available: wrapped tensors."""
    _refuse("_unwrap_batched")
