"""Jacobians, Hessians and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _tuple(values: Any) -> tuple[bool, tuple[Any, ...]]:
    return (True, tuple(values)) if isinstance(values, (tuple, list)) else (False, (values,))


def _prepare(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _grad(
    outputs: Any, inputs: Any, weights: Any, create_graph: bool, strict: bool = False, what: str = ""
) -> tuple[Any, ...]:
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
    if not pairs:
        if strict:
            raise RuntimeError(f"{what}: the output does not depend on any input, and strict=True was asked for")
        return tuple(flambeau.zeros_like(x) for x in inputs)
    grads = flambeau.autograd.grad(
        [o for o, _ in pairs],
        inputs,
        [w for _, w in pairs],
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
    )
    if strict and any(g is None for g in grads):
        raise RuntimeError(f"{what}: the output does not depend on some input, and strict=True was asked for")
    return tuple(flambeau.zeros_like(x) if g is None else g for g, x in zip(grads, inputs, strict=True))


def _give(many: bool, values: tuple[Any, ...], create_graph: bool) -> Any:
    values = values if create_graph else tuple(v.detach() for v in values)
    return values if many else values[0]


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the product of `v` (of the outputs' shapes) with the Jacobian."""
    with flambeau.enable_grad():
        many, xs = _tuple(inputs)
        xs = _prepare(xs, create_graph)
        many_out, outputs = _tuple(func(*xs))
        if v is None:
            if len(outputs) != 1 or outputs[0].numel() != 1:
                raise RuntimeError("vjp: without a vector v the function has to return one tensor of one element")
            weights: tuple[Any, ...] = (flambeau.ones_like(outputs[0]),)
        else:
            weights = _tuple(v)[1]
        grads = _grad(outputs, xs, weights, create_graph, strict, "vjp")
    return _give(many_out, outputs, create_graph), _give(many, grads, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the product of the Jacobian with `v` (of the inputs' shapes), by two backward passes."""
    with flambeau.enable_grad():
        _, xs = _tuple(inputs)
        xs = _prepare(xs, create_graph)
        if v is None:
            if len(xs) != 1 or xs[0].numel() != 1:
                raise RuntimeError("jvp: without a vector v the function has to take one tensor of one element")
            tangents: tuple[Any, ...] = (flambeau.ones_like(xs[0]),)
        else:
            tangents = _tuple(v)[1]
        many_out, outputs = _tuple(func(*xs))
        weights = tuple(flambeau.zeros_like(o, requires_grad=True) for o in outputs)
        first = _grad(outputs, xs, weights, True, strict, "jvp")
        second = _grad(first, weights, tangents, create_graph, False, "jvp")
    return _give(many_out, outputs, create_graph), _give(many_out, second, create_graph)


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The Jacobian: for each output and input a tensor of the output's sizes followed by the input's."""
    with flambeau.enable_grad():
        many, xs = _tuple(inputs)
        xs = _prepare(xs, create_graph)
        many_out, outputs = _tuple(func(*xs))
        blocks = []
        for out in outputs:
            rows = []
            for k in range(out.numel()):
                weight = flambeau.zeros_like(out).view(-1)
                weight[k] = 1
                rows.append(_grad((out,), xs, (weight.view(out.shape),), create_graph, strict, "jacobian"))
            blocks.append(tuple(
                (flambeau.stack(column) if column else x.new_zeros((0, *x.shape))).view(*out.shape, *x.shape)
                for x, column in zip(xs, zip(*rows, strict=True) if rows else ((),) * len(xs), strict=False)
            ))  # fmt: skip
    result = tuple(_give(many, block, create_graph) for block in blocks)
    return result if many_out else result[0]


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """Second derivatives of a function with a single value."""
    many, xs = _tuple(inputs)

    def first(*args: Any) -> Any:
        out = func(*args)
        if not isinstance(out, _C.Tensor) or out.numel() != 1:
            raise RuntimeError("hessian: the function must return a single value")
        args = tuple(a if a.requires_grad else a.requires_grad_() for a in args)
        return _grad((out,), args, (flambeau.ones_like(out),), True, strict, "hessian")

    blocks = jacobian(first, xs, create_graph, strict)
    return blocks if many else blocks[0][0]


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the product of `v` with the Hessian."""
    with flambeau.enable_grad():
        many, xs = _tuple(inputs)
        xs = _prepare(xs, create_graph)
        out = func(*xs)
        first = _grad((out,), xs, (flambeau.ones_like(out),), True, strict, "vhp")
        weights = (flambeau.ones_like(xs[0]),) if v is None else _tuple(v)[1]
        second = _grad(first, xs, weights, create_graph, strict, "vhp")
    return _give(False, (out,), create_graph), _give(many, second, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the product of the Hessian with `v`; equal to `vhp` where the Hessian is symmetric."""
    return vhp(func, inputs, v, create_graph, strict)
