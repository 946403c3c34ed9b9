"""Pooling and its inverses, folding: expansion of arguments and the ``return_indices`` switch."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau._C import Tensor, aten, overridable


def _tuple(value: Any, count: int) -> list[Any]:
    """``count`` values: a sequence as it is, a single value repeated."""
    return list(value) if isinstance(value, tuple | list) or hasattr(value, "__iter__") else [value] * count


def _stride(stride: Any) -> Any:
    return [] if stride is None else stride


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of (…, C, L); with ``return_indices`` also the place of each maximum."""
    if return_indices:
        return aten.max_pool1d_with_indices(input, kernel_size, _stride(stride), padding, dilation, ceil_mode)
    return aten.max_pool1d(input, kernel_size, _stride(stride), padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of (…, C, H, W); with ``return_indices`` also the place of each maximum in its plane."""
    stride = [] if stride is None else stride
    if return_indices:
        return aten.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return aten.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maximum over windows of (…, C, D, H, W); with ``return_indices`` also the place of each maximum."""
    if return_indices:
        return aten.max_pool3d_with_indices(input, kernel_size, _stride(stride), padding, dilation, ceil_mode)
    return aten.max_pool3d(input, kernel_size, _stride(stride), padding, dilation, ceil_mode)


@overridable
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """:func:`max_pool1d` that always returns the places."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@overridable
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """:func:`max_pool2d` that always returns the places."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@overridable
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """:func:`max_pool3d` that always returns the places."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def _output_size(input: Tensor, output_size: Any, ndim: int) -> Any:
    """Adaptive output sizes, with None standing for the input's own size."""
    if isinstance(output_size, int):
        return [output_size] * ndim
    sizes = list(output_size)
    if input.dim() <= len(sizes):
        raise ValueError(f"Input dimension should be at least {len(sizes) + 1}")
    tail = input.size()[input.dim() - len(sizes) :]
    return [extent if size is None else size for size, extent in zip(sizes, tail, strict=True)]


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maximum over windows chosen such that the result has length ``output_size``."""
    result = aten.adaptive_max_pool1d(input, _tuple(output_size, 1))
    return result if return_indices else result[0]


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maximum over windows chosen such that the result is ``output_size`` (height, width; None keeps the input's)."""
    result = aten.adaptive_max_pool2d(input, _output_size(input, output_size, 2))
    return result if return_indices else result[0]


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maximum over windows chosen such that the result is ``output_size`` (depth, height, width)."""
    result = aten.adaptive_max_pool3d(input, _output_size(input, output_size, 3))
    return result if return_indices else result[0]


@overridable
def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool1d` that always returns the places."""
    return adaptive_max_pool1d(input, output_size, True)


@overridable
def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool2d` that always returns the places."""
    return adaptive_max_pool2d(input, output_size, True)


@overridable
def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """:func:`adaptive_max_pool3d` that always returns the places."""
    return adaptive_max_pool3d(input, output_size, True)


@overridable
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Mean over windows chosen such that the result is ``output_size`` (height, width; None keeps the input's)."""
    return aten.adaptive_avg_pool2d(input, _output_size(input, output_size, 2))


@overridable
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Mean over windows chosen such that the result is ``output_size`` (depth, height, width)."""
    return aten.adaptive_avg_pool3d(input, _output_size(input, output_size, 3))


def _fractional(
    operator: Any,
    name: str,
    ndim: int,
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    samples: Any,
) -> Any:
    if output_size is None:
        if output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        if isinstance(output_ratio, (list, tuple)) and len(output_ratio) != ndim:
            raise ValueError(f"{name}: output_ratio wants {ndim} numbers or one, got {tuple(output_ratio)}")
        spatial = input.size()[-ndim:]
        output_size = [int(n * ratio) for n, ratio in zip(spatial, _tuple(output_ratio, ndim), strict=True)]
    if samples is None:
        batch = 1 if input.dim() == ndim + 1 else input.size(0)
        samples = flambeau.rand(batch, input.size(-ndim - 1), ndim, dtype=input.dtype, device=input.device)
    return operator(input, _tuple(kernel_size, ndim), _tuple(output_size, ndim), samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Maximum over windows at pseudo-random steps (Graham 2015); needs ``output_size`` or ``output_ratio``."""
    result = _fractional(
        aten.fractional_max_pool2d, "fractional_max_pool2d", 2,
        input, kernel_size, output_size, output_ratio, _random_samples,
    )  # fmt: skip
    return result if return_indices else result[0]


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """:func:`fractional_max_pool2d` in three dimensions."""
    result = _fractional(
        aten.fractional_max_pool3d, "fractional_max_pool3d", 3,
        input, kernel_size, output_size, output_ratio, _random_samples,
    )  # fmt: skip
    return result if return_indices else result[0]


@overridable
def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """:func:`fractional_max_pool2d` that always returns the places."""
    return fractional_max_pool2d(input, kernel_size, output_size, output_ratio, True, _random_samples)


@overridable
def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """:func:`fractional_max_pool3d` that always returns the places."""
    return fractional_max_pool3d(input, kernel_size, output_size, output_ratio, True, _random_samples)


def _unpool_output_size(input: Tensor, kernel: Any, stride: Any, padding: Any, output_size: Any) -> list[int]:
    """The size that was pooled: the default one, or ``output_size`` when it lies within one stride of it."""
    ndim = len(kernel)
    spatial = input.size()[-ndim:]
    default = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(spatial, stride, kernel, padding, strict=True)]
    if output_size is None:
        return default
    wanted = list(output_size)
    if len(wanted) == ndim + 2:
        wanted = wanted[2:]
    if len(wanted) != ndim:
        raise ValueError(
            f"output_size should be a sequence containing {ndim} or {ndim + 2} elements, got {len(wanted)}"
        )
    for dim, (size, middle, step) in enumerate(zip(wanted, default, stride, strict=True)):
        if not middle - step < size < middle + step:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {dim} must be between {middle - step} and {middle + step})'
            )
    return wanted


def _unpool_arguments(
    ndim: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> tuple[list[int], list[int], list[int]]:
    kernel = _tuple(kernel_size, ndim)
    steps = kernel if stride is None else _tuple(stride, ndim)
    pads = _tuple(padding, ndim)
    return steps, pads, _unpool_output_size(input, kernel, steps, pads, output_size)


@overridable
def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """Puts maxima back to the places that :func:`max_pool1d` reported, zeros elsewhere."""
    size = _unpool_arguments(1, input, kernel_size, stride, padding, output_size)[2]
    return aten.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), [*size, 1]).squeeze(-1)


@overridable
def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """Puts maxima back to the places that :func:`max_pool2d` reported, zeros elsewhere."""
    size = _unpool_arguments(2, input, kernel_size, stride, padding, output_size)[2]
    return aten.max_unpool2d(input, indices, size)


@overridable
def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """Puts maxima back to the places that :func:`max_pool3d` reported, zeros elsewhere."""
    steps, pads, size = _unpool_arguments(3, input, kernel_size, stride, padding, output_size)
    return aten.max_unpool3d(input, indices, size, steps, pads)


def _root_of_mean(mean: Tensor, count: int, norm_type: float) -> Tensor:
    """The p-norm of a window from the mean of p-th powers; powers below zero keep their sign out of the root."""
    return (aten.sign(mean) * aten.relu(aten.abs(mean))).mul(count).pow(1.0 / norm_type)


@overridable
def lp_pool1d(input: Tensor, norm_type: float, kernel_size: int, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The ``norm_type``-norm of each window of (…, C, L)."""
    mean = aten.avg_pool1d(input.pow(norm_type), _tuple(kernel_size, 1), _stride(stride), [0], ceil_mode)
    return _root_of_mean(mean, _tuple(kernel_size, 1)[0], norm_type)


@overridable
def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The ``norm_type``-norm of each window of (…, C, H, W)."""
    height, width = _tuple(kernel_size, 2)
    mean = aten.avg_pool2d(input.pow(norm_type), kernel_size, _stride(stride), 0, ceil_mode)
    return _root_of_mean(mean, height * width, norm_type)


@overridable
def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The ``norm_type``-norm of each window of (…, C, D, H, W)."""
    depth, height, width = _tuple(kernel_size, 3)
    mean = aten.avg_pool3d(input.pow(norm_type), kernel_size, _stride(stride), 0, ceil_mode)
    return _root_of_mean(mean, depth * height * width, norm_type)


@overridable
def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of (N, C, H, W) as columns: (N, C·kh·kw, number of windows)."""
    return aten.im2col(input, _tuple(kernel_size, 2), _tuple(dilation, 2), _tuple(padding, 2), _tuple(stride, 2))


@overridable
def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Sums columns (N, C·kh·kw, L) back to their places in (N, C, *output_size)."""
    return aten.col2im(
        input,
        _tuple(output_size, 2),
        _tuple(kernel_size, 2),
        _tuple(dilation, 2),
        _tuple(padding, 2),
        _tuple(stride, 2),
    )


# With return_indices they are seen as the functions that always give the indices.
for _plain, _both in {
    max_pool1d: max_pool1d_with_indices,
    max_pool2d: max_pool2d_with_indices,
    max_pool3d: max_pool3d_with_indices,
    adaptive_max_pool1d: adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d: adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d: adaptive_max_pool3d_with_indices,
    fractional_max_pool2d: fractional_max_pool2d_with_indices,
    fractional_max_pool3d: fractional_max_pool3d_with_indices,
}.items():
    overridable(_plain, with_flag=("return_indices", _both))
