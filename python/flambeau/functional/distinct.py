"""Distinct elements and the places of those that are not zero, whose results depend on flags."""

from __future__ import annotations

from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable = _C.overridable
as_called = _C.overridable_as_called

__all__ = [
    "nonzero",
    "unique",
    "unique_consecutive",
]

_nonzero = aten.nonzero


@as_called
def nonzero(input: Any, *, out: Any = None, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: a row for each, or with `as_tuple` a vector for each dimension."""
    if as_tuple:
        if out is not None:
            raise RuntimeError("nonzero: as_tuple=True gives several tensors, which out= does not take; leave it out")
        return tuple(aten.nonzero_numpy(input))
    return _nonzero(input) if out is None else _nonzero(input, out=out)


def _chosen(found: tuple[Any, Any, Any], return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = found
    out = (values,) + ((inverse,) if return_inverse else ()) + ((counts,) if return_counts else ())
    return out if len(out) > 1 else values


@overridable
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (slices, with `dim`) in order.

    With `return_inverse` also where each element went, with `return_counts` also how often each occurs.
    """
    if dim is None:
        return _chosen(aten._unique2(input, sorted, return_inverse, return_counts), return_inverse, return_counts)
    return _chosen(aten.unique_dim(input, dim, sorted, return_inverse, return_counts), return_inverse, return_counts)


@overridable
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of every run of equal elements (slices, with `dim`); flags as of `unique`."""
    return _chosen(aten.unique_consecutive(input, return_inverse, return_counts, dim), return_inverse, return_counts)


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

    setattr(Tensor, "nonzero", _C.overridable_as_called(named(tensor_nonzero, "nonzero")))  # noqa: B010
    for name, function in (
        ("unique", tensor_unique),
        ("unique_consecutive", tensor_unique_consecutive),
    ):
        setattr(Tensor, name, overridable(named(function, name)))


_attach_methods()
