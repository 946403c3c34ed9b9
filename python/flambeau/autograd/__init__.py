"""Automatic differentiation: backward passes, gradients of gradients, custom functions."""

from __future__ import annotations

import importlib
from typing import Any

import flambeau
from flambeau import _C
from flambeau._shadowing import functions_named_as_their_file
from flambeau.autograd import graph
from flambeau.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from flambeau.autograd.function import Function, NestedIOFunction, once_differentiable  # noqa: F401
from flambeau.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]


def _as_tuple(values: Any) -> tuple[Any, ...]:
    if values is None:
        return ()
    one = isinstance(values, (_C.Tensor, graph.GradientEdge)) or (
        hasattr(type(values), "__torch_function__") and not hasattr(values, "__iter__")
    )
    return (values,) if one else tuple(values)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of the tensors' sum, weighted by `grad_tensors`, to the leaves' ``.grad``.

    Args:
        tensors: one tensor or several; those of more than one element need a weight of the same shape.
        grad_tensors: the weights; None stands for one.
        retain_graph: keep the saved values for another pass. Defaults to `create_graph`.
        create_graph: record the backward pass itself, for higher derivatives.
        inputs: accumulate only into these.
    """
    if inputs is not None and len(_as_tuple(inputs)) == 0:
        raise RuntimeError("backward: `inputs` argument to backward cannot be empty")
    roots = _as_tuple(tensors)
    weights = _as_tuple(grad_tensors if grad_tensors is not None else grad_variables)
    if _C._has_torch_function(roots):
        named = {"grad_tensors": grad_tensors, "retain_graph": retain_graph, "create_graph": create_graph}
        return _C._offer_torch_function(backward, roots, (tensors,), {**named, "inputs": inputs})
    if weights and len(weights) != len(roots):
        raise RuntimeError(f"backward: got {len(roots)} tensors and {len(weights)} gradients")
    keep = create_graph if retain_graph is None else retain_graph
    _C._backward(roots, weights, keep, create_graph, None if inputs is None else _as_tuple(inputs), True, True)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the outputs' weighted sum with respect to the inputs, as a tuple.

    Args:
        outputs: the differentiated tensors.
        inputs: what to differentiate with respect to; need not be leaves.
        grad_outputs: weights of the outputs' shapes; None stands for one where an output is a single number.
        retain_graph: keep the saved values for another pass. Defaults to `create_graph`.
        create_graph: record the pass, so that the gradients can be differentiated in turn.
        only_inputs: has no effect; the leaves' ``.grad`` are never touched.
        allow_unused: give None for inputs that the outputs do not depend on, instead of an error.
        is_grads_batched: the first dimension of `grad_outputs` runs over several weightings.
        materialize_grads: give zeros instead of None.
    """
    roots, wanted, weights = _as_tuple(outputs), _as_tuple(inputs), _as_tuple(grad_outputs)
    if _C._has_torch_function(roots + wanted):
        return _C._offer_torch_function(
            grad,
            roots + wanted,
            (roots, wanted),
            {
                "grad_outputs": grad_outputs,
                "retain_graph": retain_graph,
                "create_graph": create_graph,
                "only_inputs": only_inputs,
                "allow_unused": allow_unused,
                "is_grads_batched": is_grads_batched,
                "materialize_grads": materialize_grads,
            },
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "grad: materialize_grads=True gives zeros for unused inputs, which allow_unused=False forbids; leave it out"
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    if weights and len(weights) != len(roots):
        raise RuntimeError(f"grad: got {len(roots)} tensors and {len(weights)} gradients")
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        for root, weight in zip(roots, weights, strict=True):
            if weight.shape[1:] != root.shape:
                raise RuntimeError(
                    "grad: If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the "
                    f"batch dimension: {tuple(weight.shape)} is not a batch of {tuple(root.shape)}"
                )
        result = _batched_pass(roots, wanted, weights, keep, create_graph, allow_unused)
    else:
        result = _C._backward(roots, weights, keep, create_graph, wanted, allow_unused, False)
    if materialize_grads:
        result = tuple(flambeau.zeros_like(x) if g is None else g for g, x in zip(result, wanted, strict=True))
    return result


def _batched_pass(
    roots: tuple[Any, ...], wanted: tuple[Any, ...], weights: tuple[Any, ...], keep: bool, create_graph: bool,
    allow_unused: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """One backward pass over a batch of weightings."""
    from flambeau.func._levels import Level

    level = Level("batch", weights[0].shape[0])
    with level:
        entries = tuple(_C._batch_at(level.handle, w, 0) for w in weights)
        rows = _C._backward(roots, entries, keep, create_graph, wanted, allow_unused, False)
    return tuple(None if g is None else _C._unbatch_at(level.handle, g, 0) for g in rows)


class _Engine:
    """What programs ask of the engine itself."""

    def queue_callback(self, callback: Any) -> None:
        """Call a function at the end of the running backward pass; RuntimeError where none runs."""
        _C._queue_callback(callback)

    def run_backward(
        self, tensors: Any, grad_tensors: Any, keep_graph: bool, create_graph: bool, inputs: Any = (),
        allow_unreachable: bool = False, accumulate_grad: bool = False,
    ) -> Any:  # fmt: skip
        """A backward pass: adds to the leaves' ``.grad``, or gives the gradients of `inputs`."""
        return _C._backward(
            tensors, grad_tensors, keep_graph, create_graph, inputs or None, allow_unreachable, accumulate_grad
        )


class _VariableMeta(type):
    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, _C.Tensor)


class Variable(metaclass=_VariableMeta):
    """The former name of a tensor that takes part in differentiation; calling it gives the tensor."""

    _execution_engine = _Engine()

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        return data.detach().requires_grad_(requires_grad)


functions_named_as_their_file(__name__, "gradcheck")


SavedTensor = _C._SavedTensor


def variable(*args: Any, **kwargs: Any) -> None:
    """Refuses: the function form is gone, a tensor is a variable itself."""
    raise RuntimeError(
        "autograd.variable(...) is deprecated, use flambeau.tensor(..., requires_grad=True), or Variable(data)"
    )


_LAZY = {"gradcheck": "gradcheck", "gradgradcheck": "gradcheck"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module("flambeau.autograd.gradcheck")
        globals().update(
            gradcheck=module.gradcheck, gradgradcheck=module.gradgradcheck, GradcheckError=module.GradcheckError
        )
        return globals()[name]
    if name in ("_profiler_enabled", "DeviceType", "kineto_available"):
        place = "profiler_util" if name == "DeviceType" else "profiler"
        return getattr(importlib.import_module(f"flambeau.autograd.{place}"), name)
    if name in ("functional", "graph", "forward_ad", "profiler", "profiler_util", "profiler_legacy"):
        try:
            return importlib.import_module("flambeau.autograd." + name)
        except ModuleNotFoundError as error:
            if error.name != "flambeau.autograd." + name:
                raise
    raise AttributeError(f"module 'flambeau.autograd' has no attribute '{name}'")
