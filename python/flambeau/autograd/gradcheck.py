"""Gradients against finite differences, of first and second order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """The gradient does not agree with the finite difference."""


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _differentiable(values: tuple[Any, ...]) -> list[Any]:
    return [v for v in values if isinstance(v, _C.Tensor) and v.requires_grad]


def _flat(values: Any) -> list[float]:
    if not isinstance(values, list):
        return [float(values)]
    return [x for v in values for x in _flat(v)]


def _reals(t: Any) -> list[float]:
    """The elements as Python numbers; complex ones as pairs."""
    t = t.detach().resolve_conj().resolve_neg()
    return _flat((flambeau.view_as_real(t) if t.is_complex() else t).tolist())


def _assign(x: Any, reals: list[float]) -> None:
    """Writes the elements without the version counter of the tape taking notice."""
    values = [complex(a, b) for a, b in zip(reals[::2], reals[1::2], strict=True)] if x.is_complex() else reals
    x.data.copy_(_C.tensor(values, dtype=x.dtype).reshape(x.shape))


def _numerical(outputs: Callable[[], list[Any]], x: Any, eps: float) -> list[list[list[float]]]:
    """For each output: the differences of its real coordinates (rows of the list) along those of x (columns)."""
    kept = _reals(x)
    columns: list[list[list[float]]] = []
    for i, value in enumerate(kept):
        moved = []
        for step in (eps, -eps):
            _assign(x, [*kept[:i], value + step, *kept[i + 1 :]])
            moved.append([_reals(o) for o in outputs()])
        columns.append(
            [[(a - b) / (2 * eps) for a, b in zip(up, down, strict=True)] for up, down in zip(*moved, strict=False)]
        )
    _assign(x, kept)
    return (
        [[list(row) for row in zip(*(column[j] for column in columns), strict=True)] for j in range(len(columns[0]))]
        if columns
        else []
    )


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of `func` at `inputs` with central differences.

    Args:
        func: takes the inputs, gives a tensor or several.
        inputs: tensors; those that require a gradient should be of double precision.
        eps: the step of the difference.
        atol, rtol: the agreement asked for.
        raise_exception: raise :class:`GradcheckError` rather than return False.
        nondet_tol: how much two runs of backward may differ.
    """
    values = _tuple(inputs)
    leaves = _differentiable(values)
    if not leaves:
        raise ValueError(
            "gradcheck: none of the inputs is a tensor that requires gradients, so there is nothing to check"
        )
    try:
        return _check(func, values, leaves, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def _check(
    func: Any, values: tuple[Any, ...], leaves: list[Any], eps: float, atol: float, rtol: float, nondet_tol: float
) -> bool:
    def outputs() -> list[Any]:
        return [
            o for o in _tuple(func(*values)) if isinstance(o, _C.Tensor) and (o.is_floating_point() or o.is_complex())
        ]

    results = outputs()
    recorded = [o for o in results if o.requires_grad]
    if not recorded:
        return True
    for which, x in enumerate(leaves):
        numerical = _numerical(outputs, x, eps)
        if not numerical:
            continue
        for j, out in enumerate(results):
            if not out.requires_grad:
                continue
            for k, expected in enumerate(numerical[j]):
                # With one coordinate of the weight set, the gradient of Re(conj(weight) out) is its derivative.
                reals = [0.0] * len(numerical[j])
                reals[k] = 1.0
                weight = flambeau.zeros_like(out)
                _assign(weight, reals)
                analytical = _reals(_gradient(out, x, weight))
                if k == 0:
                    again = _reals(_gradient(out, x, weight))
                    if any(abs(a - b) > nondet_tol for a, b in zip(analytical, again, strict=True)):
                        raise GradcheckError(
                            f"gradcheck: backward of output {j} is not reproducible with respect to input {which}"
                        )
                if any(not abs(a - e) <= atol + rtol * abs(e) for a, e in zip(analytical, expected, strict=True)):
                    raise GradcheckError(
                        f"gradcheck: Jacobian mismatch for output {j} with respect to input {which}, "
                        f"coordinate {k} of the output:\n"
                        f"numerical: {expected}\nanalytical: {analytical}"
                    )
    return True


def _gradient(out: Any, x: Any, weight: Any) -> Any:
    (g,) = flambeau.autograd.grad(out, x, weight, retain_graph=True, allow_unused=True)
    return flambeau.zeros_like(x) if g is None else g


def _weight(out: Any) -> Any:
    """A tensor like `out` with values in [-1, 1], the same at every run."""
    weight = flambeau.zeros_like(out.detach())
    _assign(weight, [math.sin(1 + 2.7 * i) for i in range(out.numel() * (2 if out.is_complex() else 1))])
    return weight


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare second derivatives with central differences of the first ones."""
    values = _tuple(inputs)
    count = len(values)
    outs = [o for o in _tuple(func(*values)) if isinstance(o, _C.Tensor) and o.requires_grad]
    if grad_outputs is None:
        weights = tuple(_weight(o).requires_grad_() for o in outs)
    else:
        weights = _tuple(grad_outputs)

    def gradients(*args: Any) -> Any:
        made = [o for o in _tuple(func(*args[:count])) if isinstance(o, _C.Tensor) and o.requires_grad]
        wanted = [a for a in args[:count] if isinstance(a, _C.Tensor) and a.requires_grad]
        grads = flambeau.autograd.grad(made, wanted, args[count:], create_graph=True, allow_unused=True)
        return tuple(g for g in grads if g is not None)

    return gradcheck(
        gradients,
        values + weights,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
    )
