"""Convolutions and transposed convolutions in one to three dimensions, and their lazy forms."""

from __future__ import annotations

import math
from typing import Any

import flambeau
from flambeau._C import Tensor

from .. import functional, init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module
from .utils import _pair, _reverse_repeat_tuple, _single, _triple

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """Parameters, their initialization and the printed form of all convolutions.

    ``weight`` is (out, in / groups, *kernel), for transposed ones (in, out / groups, *kernel).
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        transposed: bool,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {groups}")
        for channels, side in ((in_channels, "in_channels"), (out_channels, "out_channels")):
            if channels % groups:
                raise ValueError(f"{side} must be divisible by groups, got {channels} and {groups}")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
            if padding == "same" and any(step != 1 for step in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(_PADDING_MODES)}, but got padding_mode='{padding_mode}'"
            )
        self.output_padding = output_padding
        self.out_channels = out_channels
        self.padding_mode = padding_mode
        self.in_channels = in_channels
        self.kernel_size = kernel_size
        self.transposed = transposed
        self.dilation = dilation
        self.padding = padding
        self.groups = groups
        self.stride = stride
        # What `pad` needs for the padding modes other than zeros.
        if padding == "same":
            self._reversed_padding_repeated_twice: Any = []
            for gap, extent in zip(reversed(dilation), reversed(kernel_size), strict=True):
                total = gap * (extent - 1)
                self._reversed_padding_repeated_twice += [total // 2, total - total // 2]
        elif padding == "valid":
            self._reversed_padding_repeated_twice = [0, 0] * len(kernel_size)
        else:
            self._reversed_padding_repeated_twice = _reverse_repeat_tuple(padding, 2)
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(flambeau.empty((first, second // groups, *kernel_size), device=device, dtype=dtype))
        shift = Parameter(flambeau.empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniform in ±1/√fan_in."""
        init.kaiming_uniform_(self.weight, a=5**0.5)
        inputs = math.prod(self.weight.shape[1:])
        if inputs and self.bias is not None:
            init.uniform_(self.bias, -(inputs**-0.5), inputs**-0.5)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        rank = len(self.kernel_size)
        if self.padding != (0,) * rank:
            # a string is printed bare
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * rank:
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * rank:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("padding_mode", "zeros")


class Conv1d(_ConvNd):
    """Cross-correlation of (N, C, L) with learned kernels: (N, out_channels, L')."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride),
            padding if isinstance(padding, str) else _single(padding), _single(dilation),
            False, _single(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = _single(0)
        return functional.conv1d(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv2d(_ConvNd):
    """Cross-correlation of (N, C, H, W) with learned kernels: (N, out_channels, H', W')."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride),
            padding if isinstance(padding, str) else _pair(padding), _pair(dilation),
            False, _pair(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = _pair(0)
        return functional.conv2d(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv3d(_ConvNd):
    """Cross-correlation of (N, C, D, H, W) with learned kernels: (N, out_channels, D', H', W')."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride),
            padding if isinstance(padding, str) else _triple(padding), _triple(dilation),
            False, _triple(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = _triple(0)
        return functional.conv3d(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class _ConvTransposeNd(_ConvNd):
    """Transposed convolutions: the gradient of a convolution with regard to its input, as a layer."""

    def __init__(self, *args: Any) -> None:
        if args[10] != "zeros":  # padding_mode
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(*args)

    def _output_padding(
        self,
        input: Tensor,
        output_size: Any,
        stride: Any,
        padding: Any,
        kernel_size: Any,
        num_spatial_dims: int,
        dilation: Any = None,
    ) -> Any:
        """The extra rows at the end that make the result ``output_size``. Raises ValueError when none would."""
        if output_size is None:
            return _single(self.output_padding)
        if input.dim() not in (num_spatial_dims + 1, num_spatial_dims + 2):
            raise ValueError(
                f"{type(self).__name__}: input has {input.dim()} dimensions, wants {num_spatial_dims + 1} or "
                f"{num_spatial_dims + 2}"
            )
        offset = input.dim() - num_spatial_dims
        wanted = list(output_size)
        if len(wanted) == num_spatial_dims + offset:
            wanted = wanted[offset:]
        if len(wanted) != num_spatial_dims:
            raise ValueError(
                f"{type(self).__name__}: for {input.dim()}D input, output_size must have {num_spatial_dims} or "
                f"{num_spatial_dims + offset} elements (got {len(output_size)})"
            )
        gaps = dilation if dilation is not None else (1,) * num_spatial_dims
        smallest = [
            (input.size(d + offset) - 1) * stride[d] - 2 * padding[d] + gaps[d] * (kernel_size[d] - 1) + 1
            for d in range(num_spatial_dims)
        ]
        for size, low, step in zip(wanted, smallest, stride, strict=True):
            if not low <= size <= low + step - 1:
                raise ValueError(
                    f"requested an output size of {wanted}, but valid sizes range from {smallest} to "
                    f"{[n + s - 1 for n, s in zip(smallest, stride, strict=True)]} (for an input of "
                    f"{input.size()[2:]})"
                )
        return [size - low for size, low in zip(wanted, smallest, strict=True)]


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of (N, C, L); ``forward(input, output_size)`` settles which of the possible sizes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride), _single(padding), _single(dilation),
            True, _single(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self._output_padding(input, output_size, self.stride, self.padding, self.kernel_size, 1, self.dilation)
        return functional.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of (N, C, H, W); ``forward(input, output_size)`` settles which of the possible sizes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride), _pair(padding), _pair(dilation),
            True, _pair(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self._output_padding(input, output_size, self.stride, self.padding, self.kernel_size, 2, self.dilation)
        return functional.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of (N, C, D, H, W)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride), _triple(padding), _triple(dilation),
            True, _triple(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self._output_padding(input, output_size, self.stride, self.padding, self.kernel_size, 3, self.dilation)
        return functional.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class _LazyConvXdMixin(LazyModuleMixin):
    """Convolutions that take ``in_channels`` from their first input."""

    rank: int
    weight: Any
    bias: Any

    def _become_lazy(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        # The base class was set up for no channels and without bias, so that nothing has been drawn.
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        this: Any = self
        if not self.has_uninitialized_params() and this.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        this: Any = self
        if self.has_uninitialized_params():
            this.in_channels = self._get_in_channels(input)
            if this.in_channels % this.groups != 0:
                raise ValueError("in_channels must be divisible by groups")
            first, second = this.in_channels, this.out_channels
            if not this.transposed:
                first, second = second, first
            self.weight.materialize((first, second // this.groups, *this.kernel_size))
            if self.bias is not None:
                self.bias.materialize((this.out_channels,))
            self.reset_parameters()

    def _get_in_channels(self, input: Tensor) -> int:
        rank = self._get_num_spatial_dims()
        if input.dim() not in (rank + 1, rank + 2):
            raise RuntimeError(
                f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {type(self).__name__}, but got "
                f"input of size: {input.shape}"
            )
        return input.shape[1] if input.dim() == rank + 2 else input.shape[0]

    def _get_num_spatial_dims(self) -> int:
        return self.rank


def _lazy_convolution() -> Any:
    """The constructor of the lazy forms."""

    def __init__(
        self: Any,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        _LazyConvXdMixin.__init__(
            self, 0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._become_lazy(out_channels, bias, device, dtype)

    return __init__


def _lazy_transposed_convolution() -> Any:
    """The constructor of the lazy transposed forms."""

    def __init__(
        self: Any,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        _LazyConvXdMixin.__init__(
            self,
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._become_lazy(out_channels, bias, device, dtype)

    return __init__


class LazyConv1d(_LazyConvXdMixin, Conv1d):
    """A Conv1d that takes ``in_channels`` from its first input."""

    cls_to_become = Conv1d
    rank = 1
    __init__ = _lazy_convolution()


class LazyConv2d(_LazyConvXdMixin, Conv2d):
    """A Conv2d that takes ``in_channels`` from its first input."""

    cls_to_become = Conv2d
    rank = 2
    __init__ = _lazy_convolution()


class LazyConv3d(_LazyConvXdMixin, Conv3d):
    """A Conv3d that takes ``in_channels`` from its first input."""

    cls_to_become = Conv3d
    rank = 3
    __init__ = _lazy_convolution()


class LazyConvTranspose1d(_LazyConvXdMixin, ConvTranspose1d):
    """A ConvTranspose1d that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose1d
    rank = 1
    __init__ = _lazy_transposed_convolution()


class LazyConvTranspose2d(_LazyConvXdMixin, ConvTranspose2d):
    """A ConvTranspose2d that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose2d
    rank = 2
    __init__ = _lazy_transposed_convolution()


class LazyConvTranspose3d(_LazyConvXdMixin, ConvTranspose3d):
    """A ConvTranspose3d that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose3d
    rank = 3
    __init__ = _lazy_transposed_convolution()
