"""Padding, resizing and sampling of images."""

from __future__ import annotations

import math
import warnings
from typing import Any

from flambeau._C import Tensor, aten, overridable


@overridable
def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Pads the last dimensions: ``pad`` is (before, after) of the last one, then of the one before it, and so on.

    ``mode`` is "constant" (with ``value``), "reflect", "replicate" or "circular"; negative amounts crop.
    """
    return aten.pad(input, pad, mode, value)


_MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"
_CORNER_MODES = ("linear", "bilinear", "bicubic", "trilinear")
_NEEDS = {"linear": 3, "bilinear": 4, "bicubic": 4, "lanczos": 4, "trilinear": 5}


def _resize_operator(input: Tensor, mode: str, antialias: bool) -> Any:
    """The operator of a mode for the input's number of dimensions; NotImplementedError when they do not fit."""
    ndim = input.dim()
    if ndim in (3, 4, 5):
        if mode == "nearest":
            return (aten.upsample_nearest1d, aten.upsample_nearest2d, aten.upsample_nearest3d)[ndim - 3]
        if mode == "nearest-exact":
            operators = (aten._upsample_nearest_exact1d, aten._upsample_nearest_exact2d, aten._upsample_nearest_exact3d)
            return operators[ndim - 3]
        wanted = _NEEDS.get(mode)
        if wanted == ndim:
            if mode == "linear":
                return aten.upsample_linear1d
            if mode == "trilinear":
                return aten.upsample_trilinear3d
            if mode == "bilinear":
                return aten._upsample_bilinear2d_aa if antialias else aten.upsample_bilinear2d
            if mode == "bicubic":
                return aten._upsample_bicubic2d_aa if antialias else aten.upsample_bicubic2d
            if antialias:
                return aten._upsample_lanczos2d_aa
            raise ValueError("lanczos interpolation is there with antialias=True only")
        if wanted is not None:
            raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {wanted}D input")
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: {_MODES} (got {mode})"
    )


def _per_dimension(value: Any, name: str, spatial: list[int]) -> list[Any]:
    if not isinstance(value, list | tuple):
        return [value] * len(spatial)
    if len(value) != len(spatial):
        raise ValueError(
            f"interpolate: input has {len(spatial)} spatial dimensions {spatial}, but {name} has {len(value)}: {value}"
        )
    return list(value)


@overridable
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resizes the spatial dimensions of (N, C, L), (N, C, H, W) or (N, C, D, H, W) to ``size`` or by ``scale_factor``.

    ``align_corners`` maps the corner pixels' centres onto each other (linear and cubic modes only);
    ``antialias`` widens the filter when shrinking (bilinear, bicubic, lanczos). Raises ValueError for options that
    contradict each other, NotImplementedError for a mode that does not fit the number of dimensions.
    """
    if mode not in _CORNER_MODES and mode != "lanczos" and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    spatial = list(input.shape[2:])
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    scales: list[float] | None = None
    output_size: list[int] | None = None
    if size is not None:
        output_size = _per_dimension(size, "size", spatial)
        if not all(isinstance(n, int) or hasattr(n, "__index__") for n in output_size):
            raise TypeError(f"expected size to be one of int or tuple of ints, but got size {output_size}")
    elif scale_factor is not None:
        scales = _per_dimension(scale_factor, "scale_factor", spatial)
        scales = [float(s) for s in scales]
    else:
        raise ValueError("either size or scale_factor should be defined")
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if scales is not None and (recompute_scale_factor or mode == "area"):
        output_size = [math.floor(float(n) * s) for n, s in zip(spatial, scales, strict=True)]
        scales = None
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.dim() == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if mode == "area" and input.dim() in (3, 4, 5):
        pools = (aten.adaptive_avg_pool1d, aten.adaptive_avg_pool2d, aten.adaptive_avg_pool3d)
        return pools[input.dim() - 3](input, output_size)
    operator = _resize_operator(input, mode, antialias)
    if mode in ("nearest", "nearest-exact"):
        return operator(input, output_size, scales)
    return operator(input, output_size, bool(align_corners), scales)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """Old name of :func:`interpolate`."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Old name of :func:`interpolate` with mode "nearest"."""
    warnings.warn("`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate`.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Old name of :func:`interpolate` with mode "bilinear" and aligned corners."""
    warnings.warn("`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate`.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


_SAMPLE_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
_PADDING_MODES = {"zeros": 0, "border": 1, "reflection": 2}


def _corners(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "grid_sample and affine_grid take align_corners=False when it is not given; say which one is meant.",
            stacklevel=3,
        )
        return False
    return align_corners


@overridable
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Values of ``input`` (N, C, H, W) at the places ``grid`` (N, h, w, 2), given as x, y in [-1, 1]: (N, C, h, w).

    With one dimension more, the volumetric form.
    """
    if mode not in _SAMPLE_MODES:
        raise ValueError(f"grid_sample: mode is one of {', '.join(_SAMPLE_MODES)}, but got: {mode!r}")
    if padding_mode not in _PADDING_MODES:
        raise ValueError(f"grid_sample: padding_mode is one of {', '.join(_PADDING_MODES)}, but got: {padding_mode!r}")
    return aten.grid_sampler(input, grid, _SAMPLE_MODES[mode], _PADDING_MODES[padding_mode], _corners(align_corners))


@overridable
def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """The grid for :func:`grid_sample` that applies the affine maps ``theta`` (N, 2, 3), or (N, 3, 4) for volumes.

    ``size`` is the size (N, C, H, W) or (N, C, D, H, W) of the output image.
    """
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    align_corners = _corners(align_corners)
    ndim = len(size) - 2
    if ndim not in (2, 3):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes (2D and 3D affine transforms). Got size {size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (ndim, ndim + 1):
        raise ValueError(
            f"Expected a batch of {ndim}D affine matrices of shape Nx{ndim}x{ndim + 1} for size {size}. "
            f"Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return aten.affine_grid_generator(theta, size, align_corners)
