"""Jacobians, Hessians and their products with vectors.

Everything is built of backward passes: a product with the Jacobian from the left is one pass, from the right two (the
first pass is linear in its weights, and its transpose is what is wanted).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_OUTPUTS = "outputs of the user-provided function"


def _tensors(values: Any, what: str, name: str) -> tuple[bool, tuple[Any, ...]]:
    """Whether there are several, and the tensors as a tuple."""
    many = isinstance(values, tuple)
    given = values if many else (values,)
    for place, value in enumerate(given):
        if not isinstance(value, _C.Tensor):
            where = f"the value at index {place}" if many else f"the given {what}"
            raise TypeError(
                f"{name}: The {what} given to {name} must be either a Tensor or a tuple of Tensors, but {where} has "
                f"type {type(value)}"
            )
    return many, given


def _prepare(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _vector(v: Any, like: Sequence[Any], name: str, single: str) -> tuple[Any, ...]:
    """The given vector, of the shapes of `like`; ones where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(
                f"{name}: The vector v can only be None if {single} a single Tensor with a single element"
            )
        return (flambeau.ones_like(like[0]),)
    _, vector = _tensors(v, "v", name)
    if len(vector) != len(like):
        raise RuntimeError(
            f"{name}: The given v should contain a single Tensor."
            if len(like) == 1
            else f"{name}: v is a tuple of {len(vector)} tensors, {len(like)} are wanted"
        )
    for place, (given, wanted) in enumerate(zip(vector, like, strict=True)):
        if given.shape != wanted.shape:
            where = f"Entry {place} in v" if len(like) > 1 else "v"
            raise RuntimeError(f"{name}: {where} has invalid size: should be {wanted.shape} but got {given.shape}")
    return vector


def _grad(
    outputs: Sequence[Any], inputs: Sequence[Any], weights: Sequence[Any], create_graph: bool, batched: bool = False
) -> tuple[Any, ...]:
    """Gradients of the weighted outputs, or of a batch of weightings; None for inputs that they don't depend on."""
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    return flambeau.autograd.grad(
        [o for o, _ in pairs],
        inputs,
        [w for _, w in pairs],
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
        is_grads_batched=batched,
    )


def _zeros_for(grads: Sequence[Any], like: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(flambeau.zeros_like(x) if g is None else g for g, x in zip(grads, like, strict=True))


def _check_outputs(outputs: Sequence[Any], name: str) -> None:
    for place, out in enumerate(outputs):
        if not out.requires_grad:
            raise RuntimeError(
                f"{name}: Output {place} of the user-provided function does not require gradients, which strict mode "
                "wants; it has to be computed from the input by differentiable functions"
            )


def _check_reached(grads: Sequence[Any], name: str, output: str = "The output") -> None:
    for place, grad in enumerate(grads):
        if grad is None:
            raise RuntimeError(
                f"{name}: {output} of the user-provided function is independent of input {place}; strict forbids it"
            )


def _check_jacobian(grads: Sequence[Any], name: str) -> None:
    for place, grad in enumerate(grads):
        if grad is None or not grad.requires_grad:
            raise RuntimeError(
                f"{name}: The jacobian of the user-provided function is independent of input {place}. Strict mode with "
                "create_graph=True forbids it"
            )


def _check_twice(grads: Sequence[Any], name: str) -> None:
    for place, grad in enumerate(grads):
        if grad is None or not grad.requires_grad:
            raise RuntimeError(
                f"{name}: The jacobian of the user-provided function with respect to input {place} is independent of "
                "the input. Strict mode forbids it: the function has to be differentiable twice"
            )


def _give(many: bool, values: Sequence[Any], create_graph: bool) -> Any:
    values = tuple(values) if create_graph else tuple(v.detach() for v in values)
    return values if many else values[0]


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the product of `v` with the Jacobian.

    Args:
        func: takes the inputs, gives a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the outputs' shapes; may be left out where there is one output of one element.
        create_graph: results can be differentiated in turn.
        strict: RuntimeError where an output does not depend on an input, in place of zeros.
    """
    with flambeau.enable_grad():
        many, xs = _tensors(inputs, "inputs", "vjp")
        xs = _prepare(xs, create_graph)
        many_out, outputs = _tensors(func(*xs), _OUTPUTS, "vjp")
        if strict:
            _check_outputs(outputs, "vjp")
        weights = _vector(v, outputs, "vjp", "the user-provided function returns")
        grads = _grad(outputs, xs, weights, create_graph)
        if strict:
            _check_reached(grads, "vjp")
            if create_graph:
                _check_jacobian(grads, "vjp")
        result = _zeros_for(grads, xs)
    return _give(many_out, outputs, create_graph), _give(many, result, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the product of the Jacobian with `v`, by two backward passes.

    Args:
        func: takes the inputs, gives a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the inputs' shapes; may be left out where there is one input of one element.
        create_graph: results can be differentiated in turn.
        strict: RuntimeError where an output does not depend on an input, in place of zeros.
    """
    with flambeau.enable_grad():
        _, xs = _tensors(inputs, "inputs", "jvp")
        tangents = _vector(v, xs, "jvp", "the input to the user-provided function is")
        xs = _prepare(xs, create_graph)
        many_out, outputs = _tensors(func(*xs), _OUTPUTS, "jvp")
        if strict:
            _check_outputs(outputs, "jvp")
        weights = tuple(flambeau.zeros_like(o, requires_grad=True) for o in outputs)
        first = _grad(outputs, xs, weights, True)
        if strict:
            _check_reached(first, "jvp")
        second = _grad(_zeros_for(first, xs), weights, tangents, create_graph)
        if strict and create_graph:
            _check_jacobian(second, "jvp")
        result = _zeros_for(second, outputs)
    return _give(many_out, outputs, create_graph), _give(many_out, result, create_graph)


def _check_strategy(strategy: str, vectorize: bool, create_graph: bool, strict: bool, name: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            f'{name}: Expected strategy to be either "forward-mode" or "reverse-mode", got {strategy!r}'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                f'{name}: create_graph=True and strategy="forward-mode" are not supported together; use "reverse-mode"'
            )
        if strict:
            raise RuntimeError(
                f'{name}: strict=True and strategy="forward-mode" are not supported together; use "reverse-mode"'
            )
        if not vectorize:
            raise NotImplementedError(f'{name}: strategy="forward-mode" is there for vectorize=True only')
    if strict and vectorize:
        raise RuntimeError(f"{name}: strict=True and vectorize=True are not supported together")


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The Jacobian: for each output and input a tensor of the output's sizes followed by the input's.

    Args:
        func: takes the inputs, gives a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        create_graph: results can be differentiated in turn.
        strict: RuntimeError where an output does not depend on an input, in place of zeros; not with `vectorize`.
        vectorize: asks for all rows (or columns) together; the values are the same.
        strategy: "reverse-mode", a pass for each element of the outputs, or "forward-mode", one for each element of the
            inputs (with `vectorize` only, without `create_graph` and `strict`).
    """
    _check_strategy(strategy, vectorize, create_graph, strict, "jacobian")
    if strategy == "forward-mode":
        return _jacobian_by_columns(func, inputs)
    with flambeau.enable_grad():
        many, xs = _tensors(inputs, "inputs", "jacobian")
        xs = _prepare(xs, create_graph)
        many_out, outputs = _tensors(func(*xs), _OUTPUTS, "jacobian")
        if vectorize:
            blocks = _rows_together(outputs, xs, create_graph)
            result = tuple(_give(many, block, create_graph) for block in blocks)
            return result if many_out else result[0]
        if strict:
            _check_outputs(outputs, "jacobian")
        blocks = []
        for place, out in enumerate(outputs):
            rows = []
            for k in range(out.numel()):
                weight = flambeau.zeros_like(out).view(-1)
                weight[k] = 1
                grads = _grad((out,), xs, (weight.view(out.shape),), create_graph)
                if strict:
                    _check_reached(grads, "jacobian", f"Output {place}")
                    if create_graph:
                        _check_jacobian(grads, "jacobian")
                rows.append(_zeros_for(grads, xs))
            blocks.append(tuple(
                (flambeau.stack(column) if column else x.new_zeros((0, *x.shape))).view((*out.shape, *x.shape))
                for x, column in zip(xs, zip(*rows, strict=True) if rows else ((),) * len(xs), strict=False)
            ))  # fmt: skip
    result = tuple(_give(many, block, create_graph) for block in blocks)
    return result if many_out else result[0]


def _construct_standard_basis_for(tensors: Sequence[Any], tensor_numels: Sequence[int]) -> tuple[Any, ...]:
    """The rows of the identity over the elements of all tensors: for each tensor its columns, (total, numel)."""
    total = sum(tensor_numels)
    out = []
    start = 0
    for tensor, count in zip(tensors, tensor_numels, strict=True):
        part = flambeau.zeros(total, count, dtype=tensor.dtype, device=tensor.device)
        if count:
            part.narrow(0, start, count).fill_diagonal_(1)
        out.append(part)
        start += count
    return tuple(out)


def _basis(tensors: Sequence[Any]) -> tuple[Any, ...]:
    """The same, in the shapes of the tensors."""
    parts = _construct_standard_basis_for(tensors, [t.numel() for t in tensors])
    return tuple(part.view((part.shape[0], *t.shape)) for part, t in zip(parts, tensors, strict=True))


def _rows_together(outputs: Sequence[Any], xs: Sequence[Any], create_graph: bool) -> list[tuple[Any, ...]]:
    """The blocks of the Jacobian, by one backward pass over a batch of unit weightings."""
    total = sum(o.numel() for o in outputs)
    grads = _grad(outputs, xs, _basis(outputs), create_graph, batched=True) if total else (None,) * len(xs)
    blocks = []
    start = 0
    for out in outputs:
        rows = [x.new_zeros((out.numel(), *x.shape)) if g is None else g.narrow(0, start, out.numel())
                for g, x in zip(grads, xs, strict=True)]  # fmt: skip
        blocks.append(tuple(r.reshape((*out.shape, *x.shape)) for r, x in zip(rows, xs, strict=True)))
        start += out.numel()
    return blocks


def _jacobian_by_columns(func: Callable[..., Any], inputs: Any) -> Any:
    """The Jacobian by one pass forwards over a batch of unit directions."""
    many, xs = _tensors(inputs, "inputs", "jacobian")
    xs = tuple(x.detach() for x in xs)
    seen: list[Any] = []

    def columns(*tangents: Any) -> Any:
        def of_tuple(*args: Any) -> Any:
            many_out, outputs = _tensors(func(*args), _OUTPUTS, "jacobian")
            seen[:] = [many_out, [o.shape for o in outputs]]
            return outputs

        return flambeau.func.jvp(of_tuple, xs, tangents)[1]

    basis = _basis(xs)
    if basis and basis[0].shape[0]:
        found = flambeau.vmap(columns, out_dims=-1)(*basis)
    else:
        found = [o.unsqueeze(-1)[..., :0] for o in columns(*(flambeau.zeros_like(x) for x in xs))]
    many_out, shapes = seen
    result = []
    for t, shape in zip(found, shapes, strict=True):
        parts = []
        start = 0
        for x in xs:
            parts.append(t.narrow(-1, start, x.numel()).reshape((*shape, *x.shape)))
            start += x.numel()
        result.append(_give(many, parts, False))
    return tuple(result) if many_out else result[0]


def _single(out: Any, name: str) -> Any:
    many, outputs = _tensors(out, _OUTPUTS, name)
    if many:
        raise RuntimeError(f"{name}: The function given to {name} should return a single Tensor, got a tuple")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"{name}: The Tensor returned by the function given to {name} should contain a single element, got shape "
            f"{tuple(outputs[0].shape)}"
        )
    return outputs[0].squeeze()


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """Second derivatives of a function with a single value: for each pair of inputs a tensor of both sizes.

    The arguments are those of :func:`jacobian`; `outer_jacobian_strategy` is the second pass's.
    """
    many, xs = _tensors(inputs, "inputs", "hessian")
    _check_strategy(outer_jacobian_strategy, vectorize, create_graph, strict, "hessian")

    def pulled(*args: Any) -> Any:
        out, pull_back = flambeau.func.vjp(lambda *inner: _single(func(*inner), "hessian"), *args)
        return pull_back(flambeau.ones_like(out))

    def first(*args: Any) -> Any:
        with flambeau.enable_grad():
            args = tuple(a if a.requires_grad else a.requires_grad_() for a in args)
            out = _single(func(*args), "hessian")
            if strict:
                _check_outputs((out,), "hessian")
            grads = _grad((out,), args, (flambeau.ones_like(out),), True)
            if strict:
                _check_twice(grads, "hessian")
            return _zeros_for(grads, args)

    gradient = pulled if outer_jacobian_strategy == "forward-mode" else first
    blocks = jacobian(gradient, xs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return blocks if many else blocks[0][0]


def _second_product(
    func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Any, Any]:
    with flambeau.enable_grad():
        many, xs = _tensors(inputs, "inputs", name)
        weights = _vector(v, xs, name, "the input to the user-provided function is")
        xs = _prepare(xs, create_graph)
        out = _single(func(*xs), name)
        if strict:
            _check_outputs((out,), name)
        first = _grad((out,), xs, (flambeau.ones_like(out),), True)
        if strict:
            _check_reached(first, name)
            _check_twice(first, name)
        second = _grad(_zeros_for(first, xs), xs, weights, create_graph)
        if strict:
            _check_reached(second, name)
            if create_graph:
                _check_jacobian(second, name)
        result = _zeros_for(second, xs)
    return _give(False, (out,), create_graph), _give(many, result, create_graph)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the product of `v` (of the inputs' shapes) with the Hessian; the rest as in :func:`vjp`."""
    return _second_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the product of the Hessian with `v`: that of :func:`vhp`, as the Hessian is symmetric."""
    return _second_product(func, inputs, v, create_graph, strict, "hvp")
