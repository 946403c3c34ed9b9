"""Normalizations and embeddings: argument checks and argument order around the operators."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau._C import Tensor, aten, overridable

# Operators of the functions that are called most: read as a global, not as an attribute.
_batch_norm = aten.batch_norm
_layer_norm = aten.layer_norm
_group_norm = aten.group_norm
_embedding = aten.embedding


def _verify_batch_size(size: Any) -> None:
    """Statistics over one value per channel would be useless: raises ValueError."""
    count = size[0]
    for extent in size[2:]:
        count *= extent
    if count == 1:
        raise ValueError(f"batch_norm: Expected more than 1 value per channel when training, got input size {size}")


def _verify_spatial_size(size: Any) -> None:
    count = 1
    for extent in size[2:]:
        count *= extent
    if count == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")


@overridable
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalizes each channel of (N, C, …) over batch and space, or by the running statistics unless ``training``."""
    if training:
        _verify_batch_size(input.size())
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


@overridable
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalizes each channel of each sample over its spatial dimensions."""
    if use_input_stats:
        _verify_spatial_size(input.size())
    return aten.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)


@overridable
def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalizes over the last dimensions, whose sizes are ``normalized_shape``."""
    return _layer_norm(input, normalized_shape, weight, bias, eps)


@overridable
def rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    """Divides by the root mean square over the last dimensions; ``eps`` None is the dtype's machine epsilon."""
    return aten.rms_norm(input, normalized_shape, weight, eps)


@overridable
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalizes each of ``num_groups`` groups of channels of each sample."""
    if input.dim() < 2:
        raise RuntimeError(f"group_norm: expected at least 2 dimensions for the input, but received {input.dim()}")
    size = list(input.size())
    _verify_batch_size([size[0] * size[1] // num_groups, num_groups, *size[2:]])
    return _group_norm(input, num_groups, weight, bias, eps)


@overridable
def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divides by ``(k + alpha * mean of squares over size neighbouring channels) ** beta``.

    Raises ValueError for fewer than 3 dimensions (N, C, …).
    """
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    shape = input.size()
    squares = input.mul(input).reshape(shape[0], 1, shape[1], -1)
    squares = aten.pad(squares, [0, 0, size // 2, (size - 1) // 2])
    means = aten.avg_pool2d(squares, [size, 1], [1, 1]).view(shape)
    return input / means.mul(alpha).add(k).pow(beta)


@overridable
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """Divides by the p-norm along ``dim``, or by ``eps`` where the norm is smaller."""
    length = aten.linalg_vector_norm(input, p, [dim] if isinstance(dim, int) else dim, True).clamp_min(eps)
    length = length.expand_as(input)
    return input / length if out is None else flambeau.div(input, length, out=out)


def _wrap_padding_idx(padding_idx: int, rows: int) -> int:
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings ({rows}), got {padding_idx}")
    return padding_idx + rows if padding_idx < 0 else padding_idx


def _no_grad_embedding_renorm_(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    with flambeau.no_grad():
        aten.embedding_renorm_(weight, input, max_norm, norm_type)


@overridable
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of ``weight`` (V, E) at the indices ``input`` (any shape ``*``): the result is (*, E).

    ``padding_idx`` gets no gradient; rows longer than ``max_norm`` are first shortened in place.
    """
    padding = -1 if padding_idx is None else _wrap_padding_idx(padding_idx, weight.size(0))
    if max_norm is not None:
        input = input.contiguous()
        _no_grad_embedding_renorm_(weight, input, max_norm, norm_type)
    return _embedding(weight, input, padding, scale_grad_by_freq, sparse)


_BAG_MODES = {"sum": 0, "mean": 1, "max": 2}


@overridable
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sum, mean or maximum of the rows of ``weight`` in each bag of indices: (B, E).

    A 2-D ``input`` (B, L) has a bag in each row; a 1-D one is cut at ``offsets`` (B). ``per_sample_weights``, of
    ``input``'s shape, go with mode "sum" only. Raises ValueError for arguments that do not fit together.
    """
    if weight.dtype == flambeau.long and input.is_floating_point():
        weight, input = input, weight  # the order of arguments that was once in use
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: per_sample_weights of shape {tuple(per_sample_weights.shape)} for an input of shape "
            f"{tuple(input.shape)}; they must be equal"
        )
    if weight.dim() != 2 or input.dim() not in (1, 2):
        raise ValueError(
            f"embedding_bag: weight is 2D and input 1D or 2D, got {weight.dim()} and {input.dim()} dimensions"
        )
    if input.dim() == 1 and (offsets is None or offsets.dim() != 1):
        raise ValueError(
            "embedding_bag: for a 1D input, offsets has to be a 1D Tensor"
            + (" but got None" if offsets is None else f", got {offsets.dim()} dimensions")
        )
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError("embedding_bag: each row of a 2D input is a bag, so offsets has to be None")
        rows, length = input.shape
        offsets = flambeau.arange(rows, dtype=input.dtype, device=input.device) * length
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    number = _BAG_MODES.get(mode)
    if number is None:
        raise ValueError(f"embedding_bag: mode is sum, mean or max, got {mode!r}")
    if mode == "max" and (scale_grad_by_freq or sparse):
        flag = "scaling the gradient by the frequency" if scale_grad_by_freq else "sparse weights"
        raise ValueError(f"max mode does not support {flag}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights is only supported for mode='sum' (got mode='{mode}')"
        )
    if padding_idx is not None:
        rows = weight.size(0)
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"embedding_bag: padding_idx must be within num_embeddings, {-rows} through {rows - 1}, "
                f"but got {padding_idx}"
            )
        padding_idx %= rows
    if max_norm is not None:
        _no_grad_embedding_renorm_(weight, input, max_norm, norm_type)
    return aten.embedding_bag(
        weight, input, offsets, scale_grad_by_freq, number, sparse, per_sample_weights, include_last_offset, padding_idx
    )[0]
