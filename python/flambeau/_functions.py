"""Functions of `flambeau` that the operator table cannot hold: variadic ones, and switches of the library."""

from __future__ import annotations

from typing import Any

from flambeau import _C
from flambeau._device import get_default_device, set_default_device

Tensor = _C.Tensor
aten = _C.aten

__all__ = [
    "are_deterministic_algorithms_enabled",
    "broadcast_shapes",
    "chain_matmul",
    "einsum",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_device",
    "get_device_module",
    "get_float32_matmul_precision",
    "is_complex",
    "is_conj",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_signed",
    "is_storage",
    "is_tensor",
    "is_warn_always_enabled",
    "numel",
    "set_default_device",
    "set_default_tensor_type",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_warn_always",
    "tensordot",
    "typename",
    "use_deterministic_algorithms",
]  # fmt: skip

_deterministic = [False, False]
_precision = ["highest"]
_warn_always = [False]


def is_tensor(obj: Any) -> bool:
    """Whether the object is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether the object is a storage."""
    from flambeau.storage import TypedStorage

    return isinstance(obj, (_C.UntypedStorage, TypedStorage))


def is_floating_point(input: Any) -> bool:
    """Whether the tensor's type is real floating point."""
    return input.is_floating_point()


def is_complex(input: Any) -> bool:
    """Whether the tensor's type is complex."""
    return input.is_complex()


def is_conj(input: Any) -> bool:
    """Whether the tensor is lazily conjugated."""
    return input.is_conj()


def is_neg(input: Any) -> bool:
    """Whether the tensor is lazily negated."""
    return input.is_neg()


def is_signed(input: Any) -> bool:
    """Whether the tensor's type has negative values."""
    return input.is_signed()


def is_inference(input: Any) -> bool:
    """Whether the tensor was made in inference mode."""
    return input.is_inference()


def is_nonzero(input: Any) -> bool:
    """Whether the only element is not zero."""
    if input.numel() != 1:
        word = "no values" if input.numel() == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {word} is ambiguous")
    return bool(input)


def numel(input: Any) -> int:
    """The number of elements."""
    return input.numel()


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


def broadcast_shapes(*shapes: Any) -> _C.Size:
    """The sizes that tensors of these sizes broadcast to."""
    out: list[int] = []
    for shape in shapes:
        sizes = [shape] if isinstance(shape, int) else list(shape)
        if any(s < 0 for s in sizes):
            raise RuntimeError(f"broadcast_shapes: negative size in {tuple(sizes)}")
        out = [1] * (len(sizes) - len(out)) + out
        for i in range(1, len(sizes) + 1):
            size = sizes[-i]
            if size != 1 and out[-i] not in (1, size):
                raise RuntimeError(
                    f"broadcast_shapes: shapes {[(s,) if isinstance(s, int) else tuple(s) for s in shapes]} "
                    f"do not fit each other: {out[-i]} against {size}"
                )
            out[-i] = size if out[-i] == 1 else out[-i]
    return _C.Size(out)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Equal results on every run. Flambeau's kernels give the same bits at any number of threads anyway."""
    _deterministic[:] = [bool(mode), bool(warn_only)]


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` is on."""
    return _deterministic[0]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it only warns."""
    return _deterministic[1]


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: off, warn, error."""
    return (2 - _deterministic[1]) if _deterministic[0] else 0


def set_float32_matmul_precision(precision: str) -> None:
    """How exact float32 products are: 'highest', 'high' or 'medium'. On the CPU they are always exact."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"set_float32_matmul_precision: {precision!r} is not one of 'highest', 'high', 'medium'")
    _precision[0] = precision


def get_float32_matmul_precision() -> str:
    """The setting of `set_float32_matmul_precision`."""
    return _precision[0]


def set_warn_always(b: bool) -> None:
    """Show warnings each time rather than once."""
    _warn_always[0] = bool(b)


def is_warn_always_enabled() -> bool:
    """Whether warnings are shown each time."""
    return _warn_always[0]


def set_flush_denormal(mode: bool) -> bool:
    """Ask for denormal numbers to be taken as zero; not supported, so False."""
    return False


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by the name of a tensor type."""
    name = t if isinstance(t, str) else t.__name__
    from flambeau._tensor import LEGACY_TYPES

    _C.set_default_dtype(getattr(_C, LEGACY_TYPES[name.rsplit(".", 1)[-1]]))


def get_device_module(device: Any = None) -> Any:
    """The module of a device type: `flambeau.cpu`, `flambeau.cuda`."""
    import flambeau

    kind = "cpu" if device is None else _C.device(device).type if isinstance(device, str) else device.type
    return getattr(flambeau, kind)


def einsum(*args: Any) -> Tensor:
    """Sums of products by Einstein's notation: ``einsum("bij,bjk->bik", a, b)``.

    Args:
        args: the equation and the operands (one by one or as a list); or, without a string, operands each followed by
            the list of its indices, and the list of the result's indices at the end.
    """
    if isinstance(args[0], str):
        equation: str = args[0]
        operands: Any = args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
    else:
        pairs = list(args)
        result = pairs.pop() if len(pairs) % 2 else None
        operands = tuple(pairs[0::2])
        equation = ",".join(_index_letters(indices) for indices in pairs[1::2])
        if result is not None:
            equation += "->" + _index_letters(result)
    return aten.einsum(equation, list(operands))


def _index_letters(indices: Any) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    out = ""
    for i in indices:
        if i is Ellipsis:
            out += "..."
        elif isinstance(i, int) and 0 <= i < 52:
            out += letters[i]
        else:
            raise ValueError(f"einsum: an index is {i!r}; integers from 0 to 51 and ... are wanted")
    return out


def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Tensor:
    """The sum of products over `dims`: a number of last dimensions of `a` and first ones of `b`, or two lists."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims >= 0 and at most {min(a.dim(), b.dim())}, but got dims={dims}")
        left, right = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        left, right = dims
        left = [left] if isinstance(left, int) else list(left)
        right = [right] if isinstance(right, int) else list(right)
    result = aten.tensordot(a, b, left, right)
    return result if out is None else out.resize_(result.shape).copy_(result)


def chain_matmul(*matrices: Any, out: Any = None) -> Tensor:
    """The product of several matrices, in the order that costs least."""
    if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)):
        matrices = tuple(matrices[0])
    result = matrices[0] if len(matrices) == 1 else aten.linalg_multi_dot(list(matrices))
    return result if out is None else out.resize_(result.shape).copy_(result)
