"""Initializers: each fills a tensor in place, without recording gradients, and returns it.

Fans are taken from the weight layout (out, in, *kernel). Random numbers are drawn from ``generator`` or the default
one, in PyTorch's order, so that a seed gives the same weights.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import flambeau
from flambeau._C import Tensor, overridable

_LINEAR = frozenset(
    ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")
)


# Those that `__torch_function__` sees, with all arguments by name; the others are seen as what they call.
_by_name: Any = partial(overridable, positional=0)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance through a nonlinearity; ``param`` is leaky_relu's slope (default 0.01).

    Raises ValueError for an unknown name or a slope that is no number.
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _no_grad_uniform_(tensor: Tensor, a: float, b: float, generator: Any = None) -> Tensor:
    with flambeau.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def _no_grad_normal_(tensor: Tensor, mean: float, std: float, generator: Any = None) -> Tensor:
    with flambeau.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def _no_grad_fill_(tensor: Tensor, val: float) -> Tensor:
    with flambeau.no_grad():
        return tensor.fill_(val)


def _no_grad_zero_(tensor: Tensor) -> Tensor:
    with flambeau.no_grad():
        return tensor.zero_()


def _no_grad_trunc_normal_(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any = None
) -> Tensor:
    def below(x: float) -> float:  # the normal distribution function
        return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"trunc_normal_: mean {mean} is more than 2 std ({std}) away from [{a}, {b}]; the distribution of the "
            "values may be wrong",
            stacklevel=3,
        )
    # Rejection: of normal draws when enough of them fall between the bounds, otherwise of uniform draws there, each
    # kept with its density relative to the highest one. Every round draws for all elements.
    share = below((b - mean) / std) - below((a - mean) / std)
    with flambeau.no_grad():
        if share > 0.3:
            tensor.normal_(mean, std, generator=generator)
            outside = (tensor < a) | (tensor > b)
            while bool(outside.any()):
                again = flambeau.empty_like(tensor).normal_(mean, std, generator=generator)
                tensor.copy_(flambeau.where(outside, again, tensor))
                outside = (tensor < a) | (tensor > b)
        else:
            nearest = (min(max(mean, a), b) - mean) / std
            missing = flambeau.ones_like(tensor, dtype=flambeau.bool)
            while bool(missing.any()):
                proposed = flambeau.empty_like(tensor).uniform_(a, b, generator=generator)
                distance = (proposed - mean) / std
                level = flambeau.empty_like(tensor).uniform_(0, 1, generator=generator)
                kept = missing & (level <= ((nearest * nearest - distance * distance) / 2).exp())
                tensor.copy_(flambeau.where(kept, proposed, tensor))
                missing = missing & ~kept
    return tensor


@_by_name
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in [a, b)."""
    return _no_grad_uniform_(tensor, a, b, generator)


@_by_name
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with the given mean and standard deviation."""
    return _no_grad_normal_(tensor, mean, std, generator)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Normal, cut to [a, b]."""
    return _no_grad_trunc_normal_(tensor, mean, std, a, b, generator)


@_by_name
def constant_(tensor: Tensor, val: float) -> Tensor:
    """All elements ``val``."""
    return _no_grad_fill_(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """All elements zero."""
    return _no_grad_zero_(tensor)


def ones_(tensor: Tensor) -> Tensor:
    """All elements one."""
    return _no_grad_fill_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix. Raises ValueError unless the tensor is 2-D."""
    if tensor.ndimension() != 2:
        raise ValueError(f"a matrix is wanted, got {tensor.ndimension()} dimensions")
    with flambeau.no_grad():
        tensor.zero_()
        tensor.diagonal().fill_(1)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Convolution weights that pass their input on: one at each kernel's centre, in each group.

    Raises ValueError unless the tensor has 3 to 5 dimensions and a first size divisible by ``groups``.
    """
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError(f"dirac_: convolution weights have 3, 4 or 5 dimensions, got {tensor.ndimension()}")
    sizes = tensor.size()
    if sizes[0] % groups != 0:
        raise ValueError(f"dirac_: {sizes[0]} output channels do not divide into {groups} groups")
    per_group = sizes[0] // groups
    centre = [extent // 2 for extent in sizes[2:]]
    with flambeau.no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(per_group, sizes[1])):
                tensor[(group * per_group + channel, channel, *centre)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    kernel = 1
    for extent in tensor.shape[2:]:
        kernel *= extent
    return tensor.size(1) * kernel, tensor.size(0) * kernel


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform with variance ``2·gain² / (fan_in + fan_out)`` (Glorot and Bengio 2010)."""
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    bound = math.sqrt(3.0) * std
    return _no_grad_uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with variance ``2·gain² / (fan_in + fan_out)`` (Glorot and Bengio 2010)."""
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    return _no_grad_normal_(tensor, 0.0, std, generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


@_by_name
def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Uniform with variance ``gain² / fan`` (He et al. 2015); ``a`` is leaky_relu's slope."""
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return _no_grad_uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Normal with variance ``gain² / fan`` (He et al. 2015); ``a`` is leaky_relu's slope."""
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else _no_grad_normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A (semi-)orthogonal matrix times ``gain`` (Saxe et al. 2013), dimensions after the first taken together.

    Raises ValueError for fewer than 2 dimensions.
    """
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    flat = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    if rows < columns:
        flat.t_()
    q, r = flambeau.linalg.qr(flat)
    q *= r.diagonal().sign()  # makes the decomposition unique, and the draw uniform
    if rows < columns:
        q.t_()
    with flambeau.no_grad():
        tensor.view_as(q).copy_(q)
        tensor.mul_(gain)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal, with the fraction ``sparsity`` of each column set to zero (Martens 2010). ValueError unless 2-D."""
    if tensor.ndimension() != 2:
        raise ValueError(f"a matrix is wanted, got {tensor.ndimension()} dimensions")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with flambeau.no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[flambeau.randperm(rows)[:zeros], column] = 0
    return tensor


def _make_deprecate(method: Callable[..., Any]) -> Callable[..., Any]:
    new_name = method.__name__
    old_name = new_name[:-1]

    def deprecated(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"nn.init.{old_name} is the old name of nn.init.{new_name}", FutureWarning, stacklevel=2)
        return method(*args, **kwargs)

    deprecated.__doc__ = f"Old name of :func:`{new_name}`."
    deprecated.__name__ = old_name
    return deprecated


# Names from before the underscore said that they write in place.
sparse = _make_deprecate(sparse_)
orthogonal = _make_deprecate(orthogonal_)
kaiming_normal, kaiming_uniform = _make_deprecate(kaiming_normal_), _make_deprecate(kaiming_uniform_)
xavier_normal, xavier_uniform = _make_deprecate(xavier_normal_), _make_deprecate(xavier_uniform_)
dirac = _make_deprecate(dirac_)
eye = _make_deprecate(eye_)
constant, normal, uniform = _make_deprecate(constant_), _make_deprecate(normal_), _make_deprecate(uniform_)
