"""Questions about a tensor."""

from __future__ import annotations

from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable = _C.overridable
as_called = _C.overridable_as_called

__all__ = [
    "get_device",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_signed",
    "is_storage",
    "is_tensor",
    "numel",
    "typename",
]


def is_tensor(obj: Any) -> bool:
    """Whether the object is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether the object is a storage."""
    from flambeau.storage import TypedStorage

    return isinstance(obj, (_C.UntypedStorage, TypedStorage))


@as_called
def is_floating_point(input: Any) -> bool:
    """Whether the tensor's type is real floating point."""
    return input.is_floating_point()


@as_called
def is_complex(input: Any) -> bool:
    """Whether the tensor's type is complex."""
    return input.is_complex()


@as_called
def is_conj(input: Any) -> bool:
    """Whether the tensor is lazily conjugated."""
    return input.is_conj()


@as_called
def is_neg(input: Any) -> bool:
    """Whether the tensor is lazily negated."""
    return input.is_neg()


@as_called
def is_signed(input: Any) -> bool:
    """Whether the tensor's type has negative values."""
    return input.is_signed()


@as_called
def is_inference(input: Any) -> bool:
    """Whether the tensor was made in inference mode."""
    return input.is_inference()


@as_called
def is_nonzero(input: Any) -> bool:
    """Whether the only element is not zero."""
    if input.numel() != 1:
        word = "no values" if input.numel() == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {word} is ambiguous")
    return bool(input)


@as_called
def numel(input: Any) -> int:
    """The number of elements."""
    return input.numel()


@as_called
def get_device(input: Any) -> int:
    """The index of the tensor's device; -1 for the CPU."""
    return input.get_device()


def typename(obj: Any) -> str:
    """The name of a tensor's type, or of another object's class with its module."""
    if isinstance(obj, Tensor):
        return obj.type()
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", "") or ""
    return kind.__qualname__ if module in ("", "builtins") else f"{module}.{kind.__qualname__}"
