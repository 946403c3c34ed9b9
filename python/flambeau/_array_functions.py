"""Functions over tensors whose Python form differs from the operator's: a variable number of tensors, or results that
depend on a flag."""

from __future__ import annotations

from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_tensors", "cartesian_prod", "meshgrid",
    "nonzero", "split", "unique", "unique_consecutive", "unravel_index", "vander",
]  # fmt: skip

_nonzero = aten.nonzero


def _listed(tensors: tuple[Any, ...]) -> list[Any]:
    # f(a, b) and f([a, b]) are the same.
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return list(tensors[0])
    return list(tensors)


def _overridden(function: Any, relevant: Any, *args: Any, **kwargs: Any) -> Any:
    """What `__torch_function__` of an argument makes of the call; NotImplemented when nothing takes it over."""
    if not _C._has_torch_function(tuple(relevant)):
        return NotImplemented
    from flambeau.overrides import handle_torch_function

    return handle_torch_function(function, tuple(relevant), *args, **kwargs)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All tensors expanded, without copies, to the sizes they have in common."""
    tensors_list = _listed(tensors)
    taken = _overridden(broadcast_tensors, tensors_list, *tensors)
    return tuple(aten.broadcast_tensors(tensors_list)) if taken is NotImplemented else taken


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector repeated along the dimensions of the others.

    With `indexing="ij"` (the default) the first vector runs along the first dimension; "xy" exchanges the first two.
    """
    tensors_list = _listed(tensors)
    taken = _overridden(meshgrid, tensors_list, *tensors, indexing=indexing)
    return tuple(aten.meshgrid(tensors_list, indexing=indexing or "ij")) if taken is NotImplemented else taken


def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of one element from each vector, a row for each."""
    taken = _overridden(cartesian_prod, tensors, *tensors)
    return aten.cartesian_prod(_listed(tensors)) if taken is NotImplemented else taken


def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the given ones along its diagonal and zeros elsewhere."""
    taken = _overridden(block_diag, tensors, *tensors)
    return aten.block_diag(_listed(tensors)) if taken is NotImplemented else taken


def _at_least(name: str, text: str) -> Any:
    operator = getattr(aten, name)

    def function(*tensors: Any) -> Any:
        taken = _overridden(function, tensors, *tensors)
        if taken is not NotImplemented:
            return taken
        if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
            return operator(tensors[0])
        return tuple(operator(t) for t in _listed(tensors))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


atleast_1d = _at_least("atleast_1d", "Numbers as vectors of one element; anything else as it is.")
atleast_2d = _at_least("atleast_2d", "Numbers and vectors as matrices of one row; anything else as it is.")
atleast_3d = _at_least("atleast_3d", "Anything of fewer than three dimensions with further ones of size 1.")


def split(tensor: Any, split_size_or_sections: int | list[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views along a dimension: of a given length (the last may be shorter), or of several lengths."""
    taken = _overridden(split, (tensor,), tensor, split_size_or_sections, dim=dim)
    return tensor.split(split_size_or_sections, dim) if taken is NotImplemented else taken


def nonzero(input: Any, *, out: Any = None, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: a row for each, or with `as_tuple` a vector for each dimension."""
    taken = _overridden(nonzero, (input,), input, out=out, as_tuple=as_tuple)
    if taken is not NotImplemented:
        return taken
    if as_tuple:
        return tuple(aten.nonzero_numpy(input))
    return _nonzero(input) if out is None else _nonzero(input, out=out)


def _chosen(found: tuple[Any, Any, Any], return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = found
    out = (values,) + ((inverse,) if return_inverse else ()) + ((counts,) if return_counts else ())
    return out if len(out) > 1 else values


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (slices, with `dim`) in order.

    With `return_inverse` also where each element went, with `return_counts` also how often each occurs.
    """
    taken = _overridden(
        unique, (input,), input, sorted=sorted, return_inverse=return_inverse, return_counts=return_counts, dim=dim
    )
    if taken is not NotImplemented:
        return taken
    if dim is None:
        return _chosen(aten._unique2(input, sorted, return_inverse, return_counts), return_inverse, return_counts)
    return _chosen(aten.unique_dim(input, dim, sorted, return_inverse, return_counts), return_inverse, return_counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of every run of equal elements (slices, with `dim`); flags as of `unique`."""
    taken = _overridden(
        unique_consecutive, (input,), input, return_inverse=return_inverse, return_counts=return_counts, dim=dim
    )
    if taken is not NotImplemented:
        return taken
    return _chosen(aten.unique_consecutive(input, return_inverse, return_counts, dim), return_inverse, return_counts)


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates, in a tensor of the given shape, of positions in it seen as one long vector."""
    if (
        not isinstance(indices, Tensor)
        or indices.is_floating_point()
        or indices.is_complex()
        or indices.dtype == _C.bool
    ):
        raise ValueError(
            "unravel_index: expected 'indices' to be an integer tensor, got "
            f"{getattr(indices, 'dtype', type(indices).__name__)}"
        )
    sizes = [shape] if isinstance(shape, int) else [int(s) for s in shape]
    if any(s < 0 for s in sizes):
        raise ValueError(f"unravel_index: 'shape' cannot have negative values, got {tuple(sizes)}")
    out, rest = [], indices
    for size in reversed(sizes):
        out.append(rest % size)
        rest = rest.div(size, rounding_mode="floor")
    return tuple(reversed(out))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of the elements of a vector, a row for each."""
    return aten.vander(x, N, increasing)


def _attach_methods() -> None:
    """Gives Tensor the methods that differ from the operators in the same way."""

    def named(function: Any, name: str) -> Any:
        function.__name__ = name
        function.__qualname__ = "Tensor." + name
        return function

    def tensor_nonzero(self: Any, *, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not zero."""
        return nonzero(self, as_tuple=as_tuple)

    def tensor_unique(
        self: Any,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The distinct elements in order."""
        return unique(self, sorted, return_inverse, return_counts, dim)

    def tensor_unique_consecutive(
        self: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """The first of every run of equal elements."""
        return unique_consecutive(self, return_inverse, return_counts, dim)

    for name, function in (
        ("nonzero", tensor_nonzero),
        ("unique", tensor_unique),
        ("unique_consecutive", tensor_unique_consecutive),
    ):
        setattr(Tensor, name, named(function, name))


_attach_methods()
