"""Derivatives of functions: grad, vjp, jvp, Jacobians, Hessians.

Each transform runs the function at a level of its own (`_levels`): its inputs are tensors of that level, with a history
or a tangent that begins there; what the function captures is a constant to it and keeps the history it has outside, so
the results are differentiable there in turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau import _C
from flambeau.autograd.functional import _basis
from flambeau.utils import _pytree as pytree

from ._levels import Level, chosen, split_aux, tensors_of
from .vmap import vmap


def _pulled(outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], **options: Any) -> list[Any]:
    """vjp over flat lists; zeros where nothing flows."""
    pairs = [(o, g) for o, g in zip(outputs, cotangents, strict=True) if o.requires_grad]
    found: Sequence[Any] = [None] * len(inputs)
    wanted = [x for x in inputs if x.requires_grad]
    if pairs and wanted:
        some = iter(
            flambeau.autograd.grad([o for o, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True, **options)
        )
        found = [next(some) if x.requires_grad else None for x in inputs]
    return [flambeau.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function giving the gradient and the value of a scalar function.

    Args:
        func: gives a tensor with one element, or a pair of it and anything when `has_aux`.
        argnums: the positional argument to differentiate by, or a tuple of them.
        has_aux: hand on a second result.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen("grad", argnums, args)
        with Level("grad") as level:
            inner = [level.wrap(a, track=n in places) for n, a in enumerate(args)]
            value, aux = split_aux("grad", func(*inner, **level.wrap(kwargs)), has_aux)
            if not isinstance(value, _C.Tensor):
                raise RuntimeError(f"grad: the function has to return a Tensor, got {type(value).__name__}")
            if value.dim() != 0:
                raise RuntimeError(
                    "grad: Expected f(*args) to return a scalar tensor, got tensor with "
                    f"{value.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
                )
            by = tuple(inner[n] for n in places)
            leaves, form = pytree.tree_flatten(by)
            grads = _pulled([value], tensors_of(leaves, "grad"), [flambeau.ones_like(value)])
            grads, value, aux = level.unwrap((grads, value, aux))
        tree = pytree.tree_unflatten(grads, form)
        given = tuple(tree) if isinstance(argnums, tuple) else tree[0]
        return (given, (value, aux)) if has_aux else (given, value)

    return wrapper


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function giving the gradient of a scalar function; nested, gradients of higher order.

    >>> flambeau.func.grad(flambeau.func.grad(lambda x: x**3))(flambeau.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        grads, value = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function, and a function from cotangents of its outputs to those of its inputs.

    The second gives a tuple with one entry for each input. It can be called again, also under `vmap`.
    """
    level = Level("grad")
    with level:
        inner = level.wrap(primals, track=True)
        output, aux = split_aux("vjp", func(*inner), has_aux)
        flat_out, form_out = pytree.tree_flatten(output)
        if not flat_out:
            raise RuntimeError("vjp: the function has to return at least one tensor")
        tensors_of(flat_out, "vjp")
        flat_in, form_in = pytree.tree_flatten(inner)
        tensors_of(flat_in, "vjp")
        shown, aux = level.unwrap((output, aux))

    def pull_back(*cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        flat, form = pytree.tree_flatten(given)
        if len(flat) != len(flat_out) or (form != form_out and len(cotangents) == 1 and len(flat_out) != 1):
            raise RuntimeError(
                f"vjp: expected the cotangents in the structure of the output ({len(flat_out)} tensors), got "
                f"{len(flat)} in another; {form} instead of {form_out}"
            )
        for k, (o, g) in enumerate(zip(flat_out, flat, strict=True)):
            if o.shape != g.shape:
                raise RuntimeError(f"vjp: cotangent {k} has shape {tuple(g.shape)}, its output has {tuple(o.shape)}")
        with level:
            found = level.unwrap(_pulled(flat_out, flat_in, flat, retain_graph=True))
        return tuple(pytree.tree_unflatten(found, form_in))

    return (shown, pull_back, aux) if has_aux else (shown, pull_back)


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of a function and its derivative in the direction of the tangents, in one pass forwards."""
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError(
            f"jvp: primals and tangents are tuples, got {type(primals).__name__} and {type(tangents).__name__}"
        )
    flat_in, form_in = pytree.tree_flatten(primals)
    directions, form_directions = pytree.tree_flatten(tangents)
    if form_in != form_directions:
        raise RuntimeError(f"jvp: primals and tangents have different structures: {form_in} and {form_directions}")
    if not flat_in:
        raise RuntimeError("jvp: expected at least one tensor among the primals")
    tensors_of(flat_in, "jvp")
    tensors_of(directions, "jvp")
    for x, t in zip(flat_in, directions, strict=True):
        if x.shape != t.shape:
            raise RuntimeError(f"jvp: a primal of shape {tuple(x.shape)} has a tangent of shape {tuple(t.shape)}")
        if x.dtype != t.dtype:
            raise RuntimeError(f"jvp: a primal of {x.dtype} has a tangent of {t.dtype}")
    with Level("jvp") as level:
        duals = level.wrap(flat_in)
        for dual, direction in zip(duals, directions, strict=True):
            _C._set_tangent(dual, direction)
        output, aux = split_aux("jvp", func(*pytree.tree_unflatten(duals, form_in)), has_aux)
        flat_out, form_out = pytree.tree_flatten(output)
        found = []
        for o in tensors_of(flat_out, "jvp"):
            t = _C._tangent_of(o)
            if t is None and strict:
                raise RuntimeError("jvp: strict=True, and an output does not depend on the inputs")
            found.append(flambeau.zeros_like(o) if t is None else t)
        flat_out, found, aux = level.unwrap((flat_out, found, aux))
    result = (pytree.tree_unflatten(flat_out, form_out), pytree.tree_unflatten(found, form_out))
    return (*result, aux) if has_aux else result


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function, and its derivative there as a function of the tangents.

    The function runs once: the derivative is read off its history, as the derivative of the pullback, which is linear
    in the cotangents, by these.
    """
    level = Level("grad")
    with level:
        inner = level.wrap(primals, track=True)
        flat_out, form_out = pytree.tree_flatten(func(*inner))
        tensors_of(flat_out, "linearize")
        flat_in, form_in = pytree.tree_flatten(inner)
        tensors_of(flat_in, "linearize")
        shown = level.unwrap(flat_out)

    def derivative(*tangents: Any) -> Any:
        directions, form = pytree.tree_flatten(tangents)
        if form != form_in:
            raise RuntimeError(f"linearize: the tangents have the structure {form}, the inputs {form_in}")
        for x, t in zip(flat_in, directions, strict=True):
            if x.shape != t.shape or x.dtype != t.dtype:
                raise RuntimeError(
                    f"linearize: a tangent {t.dtype} {tuple(t.shape)} for an input {x.dtype} {tuple(x.shape)}"
                )
        with level:
            probes = [level.wrap(flambeau.zeros_like(o), track=True) for o in flat_out]
            pulled = _pulled(flat_out, flat_in, probes, retain_graph=True, create_graph=True)
            found = level.unwrap(_pulled(pulled, probes, directions, retain_graph=True))
        return pytree.tree_unflatten(found, form_out)

    return pytree.tree_unflatten(shown, form_out), derivative


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """A function giving the Jacobian of shape (*output, *input): the pullback over a batch of unit cotangents.

    Args:
        func: gives a tensor or a structure of them.
        argnums: the positional argument to differentiate by, or a tuple of them.
        has_aux: hand on a second result.
        chunk_size: how many rows are computed together at most; all by default.
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"jacrev: chunk_size has to be positive, got {chunk_size}")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen("jacrev", argnums, args)

        def of_chosen(*values: Any) -> Any:
            inner = list(args)
            for n, v in zip(places, values, strict=True):
                inner[n] = v
            return func(*inner, **kwargs)

        result = vjp(of_chosen, *(args[n] for n in places), has_aux=has_aux)
        output, pull_back = result[0], result[1]
        flat_out, form_out = pytree.tree_flatten(output)
        flat_in, form_in = pytree.tree_flatten(tuple(args[n] for n in places))

        def rows(*cotangents: Any) -> Any:
            return pytree.tree_flatten(pull_back(pytree.tree_unflatten(list(cotangents), form_out)))[0]

        total = sum(o.numel() for o in flat_out)
        if total == 0:
            found = [flambeau.zeros(0, *x.shape, dtype=x.dtype, device=x.device) for x in flat_in]
        else:
            found = vmap(rows, chunk_size=chunk_size)(*_basis(flat_out))
        jacobian = []
        start = 0
        for o in flat_out:
            parts = [
                f.narrow(0, start, o.numel()).reshape((*o.shape, *x.shape)) for f, x in zip(found, flat_in, strict=True)
            ]
            tree = pytree.tree_unflatten(parts, form_in)
            jacobian.append(tuple(tree) if isinstance(argnums, tuple) else tree[0])
            start += o.numel()
        shown = pytree.tree_unflatten(jacobian, form_out)
        return (shown, result[2]) if has_aux else shown

    return wrapper


def jacfwd(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """A function giving the Jacobian of shape (*output, *input): forward derivatives over a batch of unit tangents."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen("jacfwd", argnums, args)
        primals = tuple(args[n] for n in places)
        flat_in, form_in = pytree.tree_flatten(primals)
        tensors_of(flat_in, "jacfwd")

        def of_chosen(*values: Any) -> Any:
            inner = list(args)
            for n, v in zip(places, values, strict=True):
                inner[n] = v
            return func(*inner, **kwargs)

        shapes: list[Any] = []

        def columns(*tangents: Any) -> Any:
            result = jvp(of_chosen, primals, pytree.tree_unflatten(list(tangents), form_in), has_aux=has_aux)
            flat, form = pytree.tree_flatten(result[1])
            shapes[:] = [form, [tuple(t.shape) for t in flat], len(flat)]
            return (flat, result[2]) if has_aux else flat

        basis = _basis(flat_in)
        if basis and basis[0].shape[0] == 0:
            raise NotImplementedError("jacfwd: inputs without elements; the nearest alternative is jacrev")
        found = vmap(columns, randomness=randomness, out_dims=(-1, 0) if has_aux else -1)(*basis)
        flat_out, aux = found if has_aux else (found, None)
        aux = pytree.tree_map(lambda t: t[0], aux) if has_aux else None  # the same for every direction
        form_out, sizes, _ = shapes
        jacobian = []
        for t, size in zip(flat_out, sizes, strict=True):
            parts = []
            start = 0
            for x in flat_in:
                parts.append(t.narrow(-1, start, x.numel()).reshape((*size, *x.shape)))
                start += x.numel()
            tree = pytree.tree_unflatten(parts, form_in)
            jacobian.append(tuple(tree) if isinstance(argnums, tuple) else tree[0])
        shown = pytree.tree_unflatten(jacobian, form_out)
        return (shown, aux) if has_aux else shown

    return wrapper


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function giving the second derivatives: forward over reverse."""
    return jacfwd(jacrev(func, argnums), argnums)
