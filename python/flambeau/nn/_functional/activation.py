"""Activations, softmax and dropout: those that need more than the operator itself (an in-place switch, a default
dimension, a probability to check)."""

from __future__ import annotations

import warnings
from typing import Any

import flambeau
from flambeau._C import Tensor, aten, overridable

# Operators of the functions that are called most: read as a global, not as an attribute.
_softmax = aten.softmax
_log_softmax = aten.log_softmax
_relu = aten.relu
_silu = aten.silu
_dropout = aten.dropout


@overridable
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(input, 0)`` elementwise."""
    return aten.relu_(input) if inplace else _relu(input)


@overridable
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Elements not above ``threshold`` are replaced by ``value``."""
    return aten.threshold_(input, threshold, value) if inplace else aten.threshold(input, threshold, value)


_threshold = threshold


@overridable
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` clamped to ``[min_val, max_val]``. Raises ValueError when the bounds are swapped."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return aten.hardtanh_(input, min_val, max_val) if inplace else aten.hardtanh(input, min_val, max_val)


@overridable
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``input`` clamped to ``[0, 6]``."""
    return aten.relu6_(input) if inplace else aten.relu6(input)


@overridable
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` above zero, ``alpha * (exp(x) - 1)`` below."""
    return aten.elu_(input, alpha) if inplace else aten.elu(input, alpha)


@overridable
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The scaled ELU whose constants keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    return aten.selu_(input) if inplace else aten.selu(input)


@overridable
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))``."""
    return aten.celu_(input, alpha) if inplace else aten.celu(input, alpha)


@overridable
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``x`` above zero, ``negative_slope * x`` below."""
    return aten.leaky_relu_(input, negative_slope) if inplace else aten.leaky_relu(input, negative_slope)


@overridable
def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Leaky ReLU whose slope is drawn for each element from [lower, upper] in training, their mean otherwise."""
    return aten.rrelu_(input, lower, upper, training) if inplace else aten.rrelu(input, lower, upper, training)


@overridable
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """``a * sigmoid(b)`` with ``a`` and ``b`` the two halves of ``input`` along ``dim``, whose size must be even."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return aten.glu(input, dim)


@overridable
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * sigmoid(x)``."""
    return aten.silu_(input) if inplace else _silu(input)


@overridable
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * tanh(softplus(x))``."""
    return aten.mish_(input) if inplace else aten.mish(input)


@overridable
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``relu6(x + 3) / 6``."""
    return aten.hardsigmoid_(input) if inplace else aten.hardsigmoid(input)


@overridable
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * relu6(x + 3) / 6``."""
    return aten.hardswish_(input) if inplace else aten.hardswish(input)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


@overridable
def tanhshrink(input: Tensor) -> Tensor:
    """``x - tanh(x)``."""
    return input - aten.tanh(input)


@overridable
def softsign(input: Tensor) -> Tensor:
    """``x / (1 + |x|)``."""
    return input / (aten.abs(input) + 1)


def _default_dim(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension that a softmax without ``dim`` takes: first of 0, 1 or 3 dimensions, otherwise the second."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


_get_softmax_dim = _default_dim


@overridable
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``dim``; ``dtype`` converts the input first."""
    if dim is None:
        dim = _default_dim("softmax", input.dim(), _stacklevel)
    return _softmax(input, dim, dtype)


@overridable
def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Softmax of the negated input."""
    if dim is None:
        dim = _default_dim("softmin", input.dim(), _stacklevel)
    return _softmax(-input, dim, dtype)


@overridable
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Logarithm of softmax, computed without forming the quotient."""
    if dim is None:
        dim = _default_dim("log_softmax", input.dim(), _stacklevel)
    return _log_softmax(input, dim, dtype)


@overridable
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draws from the Gumbel-softmax distribution at temperature ``tau`` (Jang et al. 2017).

    With ``hard`` the result is one-hot, while its gradient is that of the soft sample. ``eps`` has no effect.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = flambeau.empty_like(logits, memory_format=flambeau.contiguous_format).exponential_().log()
    soft = _softmax((logits - noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = flambeau.zeros_like(logits, memory_format=flambeau.contiguous_format).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft


def _check_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


@overridable
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes each element with probability ``p`` and divides the others by ``1 - p``; nothing unless ``training``."""
    if not 0.0 <= p <= 1.0:
        _check_probability(p)
    return aten.dropout_(input, p, training) if inplace else _dropout(input, p, training)


@overridable
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout to SELU's negative saturation value, scaled so that mean and variance stay."""
    _check_probability(p)
    return aten.alpha_dropout_(input, p, training) if inplace else aten.alpha_dropout(input, p, training)


@overridable
def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """:func:`alpha_dropout` of whole channels."""
    _check_probability(p)
    if inplace:
        return aten.feature_alpha_dropout_(input, p, training)
    return aten.feature_alpha_dropout(input, p, training)


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    if not batched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    result = aten.feature_dropout_(input, p, training) if inplace else aten.feature_dropout(input, p, training)
    if not batched:
        result = result.squeeze_(0) if inplace else result.squeeze(0)
    return result


@overridable
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of (N, C, L) or (C, L). Raises RuntimeError for another number of dimensions."""
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input: (N, C, L) or (C, L) is wanted"
        )
    return _feature_dropout(input, p, training, inplace, ndim == 3)


@overridable
def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of (N, C, H, W). A 3-D input is read as (N, C, L)."""
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (3, 4):
        warnings.warn(
            f"Received a {ndim}-D input to dropout2d, where (N, C, H, W) is wanted; use dropout for elements",
            stacklevel=2,
        )
    elif ndim == 3:
        warnings.warn("dropout2d: Received a 3D input and reads it as (N, C, L); use dropout1d to say so", stacklevel=2)
    return _feature_dropout(input, p, training, inplace, True)


@overridable
def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _check_probability(p)
    ndim = input.dim()
    if ndim not in (4, 5):
        warnings.warn(
            f"Received a {ndim}-D input to dropout3d, where (N, C, D, H, W) is wanted; use dropout for elements",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training, inplace, ndim != 4)
