"""`_C._functions`: the class of leaves' nodes, and functions that end or forbid a gradient."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau.autograd import Function

AccumulateGrad = type(flambeau.empty(0, requires_grad=True)._grad_accumulator())


class _Undefined(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> None:
        return None


class UndefinedGrad:
    """``UndefinedGrad()(x)`` is ``x``; no gradient comes back through it."""

    def __call__(self, x: Any) -> Any:
        return _Undefined.apply(x)


class DelayedError:
    """``DelayedError(message, n)(*tensors)`` are the n tensors; a gradient that comes back raises RuntimeError."""

    def __init__(self, message: str, num_inputs: int) -> None:
        self.message, self.num_inputs = message, num_inputs

    def __call__(self, *tensors: Any) -> Any:
        class Error(Function):
            @staticmethod
            def forward(ctx: Any, *given: Any) -> Any:
                return tuple(t.view_as(t) for t in given)

            @staticmethod
            def backward(ctx: Any, *grads: Any, message: str = self.message) -> Any:
                raise RuntimeError(message)

        results = Error.apply(*tensors)
        return results[0] if self.num_inputs == 1 else results
