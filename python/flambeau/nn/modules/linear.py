"""Linear maps: Identity, Linear, Bilinear and the lazy form of Linear."""

from __future__ import annotations

import math
from typing import Any

import flambeau
from flambeau._C import Tensor

from .. import functional, init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module


class Identity(Module):
    """Returns its input; takes and ignores any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


def _described(module: Module, *sizes: str) -> str:
    """Sizes of a linear map, and whether it has a bias, for `extra_repr`."""
    parts = [f"{size}={getattr(module, size)}" for size in sizes]
    return ", ".join([*parts, f"bias={module.bias is not None}"])


class Linear(Module):
    """``x @ weight.T + bias``: (*, in_features) to (*, out_features).

    ``weight`` is (out_features, in_features); it and ``bias`` start uniform in ±1/√in_features.
    """

    in_features: int
    out_features: int
    weight: Any

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.out_features = out_features
        self.in_features = in_features
        kind: Any = {"device": device, "dtype": dtype}
        self.weight = Parameter(flambeau.empty((out_features, in_features), **kind))
        self.register_parameter("bias", Parameter(flambeau.empty(out_features, **kind)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew."""
        # a = √5 makes kaiming_uniform_ draw from ±1/√fan_in.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = self.weight.size(1) ** -0.5 if self.weight.size(1) else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return _described(self, "in_features", "out_features")


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear that is part of another module's computation and is therefore left alone by quantization."""


class Bilinear(Module):
    """``x1 @ A @ x2 + b`` for each output: (*, in1), (*, in2) to (*, out); ``weight`` is (out, in1, in2)."""

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        kind: Any = {"device": device, "dtype": dtype}
        self.weight = Parameter(flambeau.empty((out_features, in1_features, in2_features), **kind))
        self.register_parameter("bias", Parameter(flambeau.empty(out_features, **kind)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniform in ±1/√in1_features."""
        bound = 1 / math.sqrt(self.weight.size(1))
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return _described(self, "in1_features", "in2_features", "out_features")


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear that takes ``in_features`` from its first input, and then is one."""

    cls_to_become = Linear
    weight: Any
    bias: Any

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        # The base class is set up with nothing in it: parameters that are drawn here would be drawn twice.
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            for parameter, shape in ((self.bias, ()), (self.weight, (self.in_features,))):
                if parameter is not None:
                    parameter.materialize((self.out_features, *shape))
            self.reset_parameters()
        if self.in_features == 0:  # parameters came from a state_dict
            self.in_features = input.shape[-1]
