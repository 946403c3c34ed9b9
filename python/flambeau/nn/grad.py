"""Gradients of convolutions as functions: with regard to input and weight."""

from __future__ import annotations

from typing import Any

from flambeau._C import Tensor, aten

from .modules.utils import _ntuple


def _gradient(
    rank: int,
    which: int,
    grad_output: Tensor,
    input: Any,
    weight: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    expand = _ntuple(rank)
    mask = [which == 0, which == 1, False]
    return aten.convolution_backward(
        grad_output, input, weight, None, expand(stride), expand(padding), expand(dilation), False, (0,) * rank,
        groups, mask,
    )[which]  # fmt: skip


def _input_gradient(rank: int, size: Any, weight: Any, grad: Any, *settings: Any) -> Tensor:
    # Only the shape of the input counts.
    return _gradient(rank, 0, grad, grad.new_empty(1).expand(size), weight, *settings)


def _weight_gradient(rank: int, input: Any, size: Any, grad: Any, *settings: Any) -> Tensor:
    return _gradient(rank, 1, grad, input, grad.new_empty(1).expand(size), *settings)


def conv1d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv1d with regard to its input of size ``input_size``."""
    return _input_gradient(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv2d with regard to its input of size ``input_size``."""
    return _input_gradient(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv3d with regard to its input of size ``input_size``."""
    return _input_gradient(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv1d with regard to its weight of size ``weight_size``."""
    return _weight_gradient(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv2d with regard to its weight of size ``weight_size``."""
    return _weight_gradient(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Gradient of conv3d with regard to its weight of size ``weight_size``."""
    return _weight_gradient(3, input, weight_size, grad_output, stride, padding, dilation, groups)
