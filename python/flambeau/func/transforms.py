"""Derivatives of functions, by the tape: grad, vjp, jvp, Jacobians, Hessians.

Inside a transform the inputs are new tensors whose history begins there (or, under another transform, continues); the
results are cut off from it when the outermost transform returns, unless an input required a gradient from outside.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau.utils import _pytree as pytree

_state = threading.local()


class _Level:
    """One transform at work; the outermost cuts results off from the tape."""

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.tracked = any(isinstance(x, flambeau.Tensor) and x.requires_grad for x in inputs)

    def __enter__(self) -> _Level:
        _state.depth = getattr(_state, "depth", 0) + 1
        self.before = flambeau.is_grad_enabled()
        self.mode = flambeau.enable_grad()
        self.mode.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.mode.__exit__(*error)
        _state.depth -= 1

    def finish(self, tree: Any) -> Any:
        """The results as they leave the transform."""
        if _state.depth > 1 or (self.tracked and self.before):
            return tree
        return pytree.tree_map(lambda t: t.detach() if isinstance(t, flambeau.Tensor) else t, tree)


def _fresh(tree: Any) -> Any:
    """The same tensors, each with a history of its own from here on."""

    def one(t: Any) -> Any:
        if not isinstance(t, flambeau.Tensor) or not (t.is_floating_point() or t.is_complex()):
            return t
        return t.view_as(t) if t.requires_grad else t.detach().requires_grad_()

    return pytree.tree_map(one, tree)


def _tensors(tree: Any, what: str) -> list[Any]:
    leaves = pytree.tree_leaves(tree)
    for leaf in leaves:
        if not isinstance(leaf, flambeau.Tensor):
            raise RuntimeError(f"{what}: expected tensors only, got {type(leaf).__name__}")
    return list(leaves)


def _cotangents(outputs: list[Any], inputs: list[Any], given: list[Any]) -> list[Any]:
    """vjp over flat lists; zero where nothing flows."""
    pairs = [(o, g) for o, g in zip(outputs, given, strict=True) if o.requires_grad]
    wanted = [x for x in inputs if x.requires_grad]
    if pairs and wanted:
        found = iter(
            flambeau.autograd.grad(
                [o for o, _ in pairs], wanted, [g for _, g in pairs], create_graph=True, allow_unused=True
            )
        )
    else:
        found = iter([None] * len(wanted))
    out = []
    for x in inputs:
        g = next(found) if x.requires_grad else None
        out.append(flambeau.zeros_like(x) if g is None else g)
    return out


def _chosen(what: str, argnums: int | tuple[int, ...], args: tuple[Any, ...]) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"{what}: argnums {argnums} for a call with {len(args)} positional arguments")
    return tuple(n % len(args) for n in numbers)


def _split_aux(what: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(
            f"{what}: with has_aux the function returns a pair (output, aux), got {type(result).__name__}"
        )
    return result


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
        chosen = _chosen("grad", argnums, args)
        with _Level(pytree.tree_leaves([args[n] for n in chosen])) as level:
            inner = list(args)
            for n in chosen:
                inner[n] = _fresh(args[n])
            value, aux = _split_aux("grad", func(*inner, **kwargs), has_aux)
            if not isinstance(value, flambeau.Tensor):
                raise RuntimeError(f"grad: the function has to return a tensor, got {type(value).__name__}")
            if value.dim() != 0:
                raise RuntimeError(
                    f"grad: the function has to return a tensor without dimensions, got {tuple(value.shape)}"
                )
            by = [inner[n] for n in chosen] if isinstance(argnums, tuple) else inner[chosen[0]]
            leaves, form = pytree.tree_flatten(by)
            grads = pytree.tree_unflatten(
                _cotangents([value], _tensors(leaves, "grad"), [flambeau.ones_like(value)]), form
            )
            if isinstance(argnums, tuple):
                grads = tuple(grads)
            return level.finish((grads, (value, aux)) if has_aux else (grads, value))

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
    """The value of a function, and a function from cotangents of its outputs to those of its inputs."""
    level = _Level(pytree.tree_leaves(primals))
    with level:
        inner = _fresh(primals)
        output, aux = _split_aux("vjp", func(*inner), has_aux)
        flat_out, form_out = pytree.tree_flatten(output)
        _tensors(flat_out, "vjp")
        flat_in, form_in = pytree.tree_flatten(inner)

        def pull_back(*cotangents: Any, **_: Any) -> Any:
            given = pytree.tree_leaves(cotangents[0] if len(cotangents) == 1 else cotangents)
            if len(given) != len(flat_out):
                raise RuntimeError(f"vjp: the function has {len(flat_out)} outputs, got {len(given)} cotangents")
            inside = _Level([*given, *pytree.tree_leaves(primals)])
            with inside:
                found = pytree.tree_unflatten(_cotangents(flat_out, flat_in, given), form_in)
                found = inside.finish(found)
            return tuple(found)

        shown = level.finish(pytree.tree_unflatten(flat_out, form_out))
        return (shown, pull_back, level.finish(aux)) if has_aux else (shown, pull_back)


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of a function and its derivative in the direction of the tangents.

    The backward pass is linear in its cotangent; its own derivative with respect to that is the forward derivative.
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError(
            f"jvp: primals and tangents are tuples, got {type(primals).__name__} and {type(tangents).__name__}"
        )
    directions = _tensors(tangents, "jvp")
    with _Level([*pytree.tree_leaves(primals), *directions]) as level:
        inner = _fresh(primals)
        output, aux = _split_aux("jvp", func(*inner), has_aux)
        flat_out, form_out = pytree.tree_flatten(output)
        flat_in = _tensors(inner, "jvp")
        if len(flat_in) != len(directions):
            raise RuntimeError(f"jvp: {len(flat_in)} primals, {len(directions)} tangents")
        for x, t in zip(flat_in, directions, strict=True):
            if x.shape != t.shape:
                raise RuntimeError(f"jvp: a primal of shape {tuple(x.shape)} has a tangent of shape {tuple(t.shape)}")
        found = push_forward(_tensors(flat_out, "jvp"), flat_in, directions)
        if strict and any(not o.requires_grad for o in flat_out):
            raise RuntimeError("jvp: an output does not depend on the inputs")
        result = (pytree.tree_unflatten(flat_out, form_out), pytree.tree_unflatten(found, form_out))
        return level.finish((*result, aux) if has_aux else result)


def push_forward(outputs: list[Any], inputs: list[Any], directions: list[Any]) -> list[Any]:
    """The directional derivatives of outputs that were computed on the tape from inputs."""
    found = []
    for o in outputs:
        if not o.requires_grad:
            found.append(flambeau.zeros_like(o))
            continue
        probe = flambeau.zeros_like(o).detach().requires_grad_()
        back = _cotangents([o], inputs, [probe])
        found.append(_cotangents(back, [probe], directions)[0])
    return found


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function, and its derivative there as a function of the tangents."""
    output = func(*primals)
    return output, lambda *tangents: jvp(func, primals, tangents)[1]


def _unit_vectors(x: Any) -> list[Any]:
    """One tensor of x's shape for each element, 1 there and 0 elsewhere."""
    out = []
    for i in range(x.numel()):
        e = flambeau.zeros(x.numel(), dtype=x.dtype, device=x.device)
        e[i] = 1
        out.append(e.view(x.shape))
    return out


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """A function giving the Jacobian, one backward pass for each element of the output: shape (*output, *input)."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen("jacrev", argnums, args)

        def of_chosen(*values: Any) -> Any:
            inner = list(args)
            for n, v in zip(chosen, values, strict=True):
                inner[n] = v
            return func(*inner, **kwargs)

        result = vjp(of_chosen, *(args[n] for n in chosen), has_aux=has_aux)
        output, pull_back = result[0], result[1]
        flat_out, form_out = pytree.tree_flatten(output)

        def rows(index: int, o: Any) -> Any:
            found = []
            for e in _unit_vectors(o):
                seed = [flambeau.zeros_like(other) if k != index else e for k, other in enumerate(flat_out)]
                found.append(pull_back(pytree.tree_unflatten(seed, form_out)))
            flat = [pytree.tree_flatten(f)[0] for f in found]
            form = pytree.tree_flatten(tuple(args[n] for n in chosen))[1]
            leaves = pytree.tree_leaves(tuple(args[n] for n in chosen))
            stacked = [
                flambeau.stack([f[k] for f in flat]).view(*o.shape, *x.shape)
                if flat
                else flambeau.zeros(*o.shape, *x.shape)
                for k, x in enumerate(leaves)
            ]
            tree = pytree.tree_unflatten(stacked, form)
            return tuple(tree) if isinstance(argnums, tuple) else tree[0]

        jacobian = pytree.tree_unflatten([rows(k, o) for k, o in enumerate(flat_out)], form_out)
        return (jacobian, result[2]) if has_aux else jacobian

    return wrapper


def jacfwd(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """A function giving the Jacobian, one forward derivative for each element of the input: shape (*output, *input)."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen("jacfwd", argnums, args)
        aux: list[Any] = []

        def of_chosen(*values: Any) -> Any:
            inner = list(args)
            for n, v in zip(chosen, values, strict=True):
                inner[n] = v
            value, extra = _split_aux("jacfwd", func(*inner, **kwargs), has_aux)
            aux[:] = [extra]
            return value

        primals = tuple(args[n] for n in chosen)
        for p in primals:
            if not isinstance(p, flambeau.Tensor):
                raise RuntimeError(f"jacfwd: the arguments to differentiate by are tensors, got {type(p).__name__}")
        columns = []
        for k, p in enumerate(primals):
            found = []
            for e in _unit_vectors(p):
                tangents = tuple(flambeau.zeros_like(q) if j != k else e for j, q in enumerate(primals))
                found.append(pytree.tree_flatten(jvp(of_chosen, primals, tangents)[1]))
            if not found:
                raise NotImplementedError("jacfwd: an input without elements; the nearest alternative is jacrev")
            form = found[0][1]
            leaves = [
                flambeau.stack([f[0][i] for f in found], -1).view(*found[0][0][i].shape, *p.shape)
                for i in range(len(found[0][0]))
            ]
            columns.append((leaves, form))
        form = columns[0][1]
        per_output = [
            tuple(c[0][i] for c in columns) if isinstance(argnums, tuple) else columns[0][0][i]
            for i in range(len(columns[0][0]))
        ]
        jacobian = pytree.tree_unflatten(per_output, form)
        return (jacobian, aux[0]) if has_aux else jacobian

    return wrapper


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function giving the second derivatives: the Jacobian of the Jacobian."""
    return jacrev(jacrev(func, argnums), argnums)
