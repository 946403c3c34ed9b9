"""Gradients against finite differences, of first and second order."""

from __future__ import annotations

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


def _numerical(function: Callable[[], list[Any]], x: Any, eps: float, steps: tuple[complex, ...]) -> list[list[Any]]:
    """Derivatives of each output along each real coordinate of x (and each imaginary one, for complex x)."""
    columns = []
    flat = x.detach().view(-1) if x.is_contiguous() else None
    for i in range(x.numel()):
        for step in steps:
            with flambeau.no_grad():
                place = flat[i] if flat is not None else _element(x.detach(), i)
                kept = place.clone()
                place.copy_(kept + step * eps)
                up = [o.detach().clone() for o in function()]
                place.copy_(kept - step * eps)
                down = [o.detach().clone() for o in function()]
                place.copy_(kept)
            columns.append([(a - b) / (2 * eps) for a, b in zip(up, down)])
    return columns


def _element(x: Any, i: int) -> Any:
    for size_after in range(x.dim()):
        inner = 1
        for s in x.shape[1:]:
            inner *= s
        x = x[i // inner]
        i %= inner
    return x


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
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.")
    try:
        return _check(func, values, leaves, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def _check(func: Any, values: tuple[Any, ...], leaves: list[Any], eps: float, atol: float, rtol: float, nondet_tol: float) -> bool:
    def outputs() -> list[Any]:
        return [o for o in _tuple(func(*values)) if isinstance(o, _C.Tensor) and (o.is_floating_point() or o.is_complex())]

    results = outputs()
    recorded = [o for o in results if o.requires_grad]
    if not recorded:
        return True
    for which, x in enumerate(leaves):
        steps: tuple[complex, ...] = (1.0, 1j) if x.is_complex() else (1.0,)
        numerical = _numerical(outputs, x, eps, steps)
        for j, out in enumerate(results):
            if not out.requires_grad:
                continue
            for k in range(out.numel()):
                for unit in ((1.0, 1j) if out.is_complex() else (1.0,)):
                    weight = flambeau.zeros_like(out)
                    weight.view(-1)[k] = unit
                    first = _gradient(out, x, weight)
                    second = _gradient(out, x, weight)
                    if (first - second).abs().max() > nondet_tol:
                        raise GradcheckError(f"gradcheck: backward of output {j} is not reproducible with respect to input {which}")
                    # Re(conj(weight) · d out) along a step is Re(conj(grad) · step).
                    expected = flambeau.stack([(col[j].reshape(-1)[k] * weight.view(-1)[k].conj()).real for col in numerical])
                    flat = first.reshape(-1)
                    parts = flambeau.stack((flat.real, flat.imag), -1).reshape(-1) if x.is_complex() else flat
                    if not flambeau.allclose(parts.to(expected.dtype), expected, rtol, atol):
                        raise GradcheckError(
                            f"gradcheck: Jacobian mismatch for output {j} with respect to input {which}, element {k} of the output:\n"
                            f"numerical: {expected}\nanalytical: {parts}"
                        )
    return True


def _gradient(out: Any, x: Any, weight: Any) -> Any:
    (g,) = flambeau.autograd.grad(out, x, weight, retain_graph=True, allow_unused=True)
    return flambeau.zeros_like(x) if g is None else g


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
        weights = tuple(flambeau.testing.make_tensor(o.shape, dtype=o.dtype, device="cpu", low=-1, high=1).requires_grad_() for o in outs)
    else:
        weights = _tuple(grad_outputs)

    def gradients(*args: Any) -> Any:
        made = [o for o in _tuple(func(*args[:count])) if isinstance(o, _C.Tensor) and o.requires_grad]
        wanted = [a for a in args[:count] if isinstance(a, _C.Tensor) and a.requires_grad]
        grads = flambeau.autograd.grad(made, wanted, args[count:], create_graph=True, allow_unused=True)
        return tuple(g for g in grads if g is not None)

    return gradcheck(gradients, values + weights, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception, nondet_tol=nondet_tol)
