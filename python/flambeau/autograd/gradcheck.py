"""Gradients against finite differences, of first and second order."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C
from flambeau.autograd._differences import along, jacobians, positive, reals, scattered, weight_of

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """The gradient does not agree with the finite difference."""


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _able(value: Any) -> bool:
    return isinstance(value, _C.Tensor) and (value.is_floating_point() or value.is_complex())


def _differentiable(values: tuple[Any, ...]) -> list[Any]:
    return [v for v in values if isinstance(v, _C.Tensor) and v.requires_grad]


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
        func: takes the inputs, gives a tensor or several, of the same shapes and types at all inputs.
        inputs: tensors; those that require a gradient should be of double precision (a warning otherwise) and have no
            elements that share memory (RuntimeError).
        eps: the step of the difference.
        atol, rtol: the agreement asked for.
        raise_exception: raise :class:`GradcheckError` rather than return False.
        nondet_tol: how much two runs of backward may differ.
        check_undefined_grad: whether backward copes with outputs that no gradient reaches.
        check_grad_dtypes: gradients have to be of their inputs' types.
        check_batched_grad: gradients of several weightings at once have to be those of each.
        check_batched_forward_grad: forward derivatives along several directions at once have to be those along each.
        check_forward_ad: compare forward derivatives, too.
        check_backward_ad: compare backward passes.
        fast_mode: compare the derivative along one random direction, weighted at random, instead of every element of
            the Jacobian. Where that does not agree, every element is compared and decides.
    """
    if not check_forward_ad and not check_backward_ad:
        raise AssertionError("gradcheck: Expected at least one of check_forward_ad or check_backward_ad to be True")
    values = _tuple(inputs)
    leaves = _differentiable(values)
    if not leaves and not check_forward_ad:
        raise ValueError(
            "gradcheck: none of the inputs is a tensor that requires gradients, so there is nothing to check; it "
            "expects at least one input tensor to require gradient"
        )
    try:
        _check_inputs(values)
        check = _Check(func, values, leaves, eps, atol, rtol, fast_mode)
        if check_forward_ad:
            check.forward()
            if check_batched_forward_grad:
                check.batched_forward()
        if check_backward_ad and leaves:
            check.backward(nondet_tol, check_grad_dtypes)
            if check_batched_grad:
                check.batched()
            if check_undefined_grad:
                check.undefined()
        return True
    except GradcheckError:
        if raise_exception:
            raise
        return False


def _check_inputs(values: tuple[Any, ...]) -> None:
    for place, value in enumerate(values):
        if not isinstance(value, _C.Tensor) or not value.requires_grad:
            continue
        if value.dtype not in (_C.float64, _C.complex128):
            warnings.warn(
                f"gradcheck: Input #{place} requires gradient and is not a double precision floating point or complex; "
                "differences of single precision hardly ever agree",
                stacklevel=4,
            )
        if value.layout == _C.strided and any(
            stride == 0 and size > 1 for stride, size in zip(value.stride(), value.shape, strict=True)
        ):
            raise RuntimeError(
                f"gradcheck: The {place}th input has a dimension with stride 0: its elements share memory and can't be "
                "moved one by one; give it contiguous"
            )


class _Check:
    """One function at one point."""

    def __init__(
        self,
        func: Any,
        values: tuple[Any, ...],
        leaves: list[Any],
        eps: float,
        atol: float,
        rtol: float,
        fast: bool,
    ) -> None:
        self.func, self.values, self.leaves = func, values, leaves
        self.eps, self.atol, self.rtol, self.fast = eps, atol, rtol, fast

    def outputs(self) -> list[Any]:
        return [o for o in _tuple(self.func(*self.values)) if _able(o)]

    def agree(self, analytical: Any, numerical: Any, scale: float = 1.0) -> bool:
        """`scale` is the weight that the elements' tolerances have in a sum of several."""
        return bool(((analytical - numerical).abs() <= self.atol * scale + self.rtol * numerical.abs()).all())

    def mismatch(self, output: Any, j: int, which: int, k: int, numerical: Any, analytical: Any, way: str = "") -> None:
        part = ""
        if output.is_complex():
            part = f"While considering the {'imaginary' if k % 2 else 'real'} part of complex outputs only, "
        raise GradcheckError(
            f"gradcheck: {part}{way}Jacobian mismatch for output {j} with respect to input {which}, coordinate {k} of "
            f"the output:\nnumerical: {numerical.tolist()}\nanalytical: {analytical.tolist()}"
        )

    def backward(self, nondet_tol: float, check_dtypes: bool) -> None:
        results = self.outputs()
        recorded = any(o.requires_grad for o in results)
        for which, x in enumerate(self.leaves):
            if self.fast and self.projections_agree(results, recorded, which, nondet_tol, check_dtypes):
                continue
            for j, rows in enumerate(jacobians(self.outputs, results, x, self.eps)):
                if results[j].requires_grad:
                    self.compare(results[j], j, which, rows, nondet_tol, check_dtypes)
                elif not recorded and bool((rows.abs() > self.atol).any()):
                    raise GradcheckError(
                        "gradcheck: Numerical gradient for function expected to be zero, as no output requires a "
                        f"gradient; output {j} changes with input {which}: {rows.tolist()}"
                    )

    def projections_agree(
        self, results: list[Any], recorded: bool, which: int, nondet_tol: float, check_dtypes: bool
    ) -> bool:
        """Whether v·(J u), by a difference along u, is (Jᵀ v)·u, by backward, for one u and one v of each output."""
        x = self.leaves[which]
        u = positive(x)
        for j, change in enumerate(along(self.outputs, results, x, u, self.eps)):
            out = results[j]
            if not out.requires_grad:
                if not recorded and not self.agree(change, change * 0):
                    return False
                continue
            v = positive(out, 1)
            gradient = reals(self.gradient(out, j, which, scattered(out, v), check_dtypes, nondet_tol))
            if not self.agree((gradient * u).sum(), (change * v).sum(), float(u.sum() * v.sum())):
                return False
        return True

    def gradient(
        self, out: Any, j: int, which: int, weight: Any, check_dtypes: bool, nondet_tol: float | None = None
    ) -> Any:
        x = self.leaves[which]
        gradient = _gradient(out, x, weight)
        if check_dtypes and gradient.dtype != x.dtype:
            raise GradcheckError(f"gradcheck: the gradient of input {which} has dtype {gradient.dtype}, not {x.dtype}")
        if nondet_tol is not None:
            differs = (reals(gradient) - reals(_gradient(out, x, weight))).abs() > nondet_tol
            if bool(differs.any()):
                raise GradcheckError(
                    f"gradcheck: Backward is not reentrant: that of output {j} is not reproducible with respect to "
                    f"input {which}; two runs differ by more than nondet_tol={nondet_tol}"
                )
        return gradient

    def compare(self, out: Any, j: int, which: int, rows: Any, nondet_tol: float, check_dtypes: bool) -> None:
        # The imaginary coordinates first: a complex function is wrong there where it is only half right.
        order = sorted(range(len(rows)), key=lambda k: -(k % 2)) if out.is_complex() else range(len(rows))
        for count, k in enumerate(order):
            # With one coordinate of the weight set, the gradient of Re(conj(weight) out) is its derivative.
            unit = flambeau.zeros(len(rows), dtype=_C.float64)
            unit[k] = 1
            weight = scattered(out, unit)
            analytical = reals(self.gradient(out, j, which, weight, check_dtypes, nondet_tol if count == 0 else None))
            if not self.agree(analytical, rows[k]):
                self.mismatch(out, j, which, k, rows[k], analytical)

    def batched(self) -> None:
        """Gradients of several weightings at once against those of each."""
        for j, out in enumerate(o for o in self.outputs() if o.requires_grad):
            weights = flambeau.stack([weight_of(out, seed) for seed in (1, 2)])
            together = flambeau.autograd.grad(
                out, self.leaves, weights, retain_graph=True, allow_unused=True, is_grads_batched=True
            )
            for i, weight in enumerate(weights):
                alone = flambeau.autograd.grad(out, self.leaves, weight, retain_graph=True, allow_unused=True)
                for a, b in zip(together, alone, strict=True):
                    if a is not None and b is not None and not flambeau.allclose(a[i], b, self.rtol, self.atol):
                        raise GradcheckError(
                            f"gradcheck: batched gradients of output {j} are not those of each weighting"
                        )

    def undefined(self) -> None:
        """No gradient for any output, then for all outputs but one: inputs get none either, or zeros."""
        outputs = [o for o in self.outputs() if o.requires_grad]
        if not outputs:
            return
        try:
            cut = [_NoGradient.apply(o) for o in outputs]
            grads = flambeau.autograd.grad(
                cut, self.leaves, [flambeau.zeros_like(o) for o in outputs], retain_graph=True, allow_unused=True
            )
        except RuntimeError as error:
            warnings.warn(
                "gradcheck: Backwards compatibility: New undefined gradient support checking feature is on by default; "
                "check_undefined_grad=False turns it off",
                stacklevel=4,
            )
            raise GradcheckError(
                f"gradcheck: Expected backward function to handle undefined output grads, but it raised: {error}"
            ) from error
        for which, grad in enumerate(grads):
            if grad is not None and bool(reals(grad).any()):
                raise GradcheckError(
                    f"gradcheck: no gradient reaches the outputs, but input {which} gets one that is not zero"
                )

    def tangents(self, place: int, direction: Any) -> tuple[list[Any], list[Any]]:
        """The outputs and their derivatives along `direction` of the value at `place`; zeros where there are none."""
        forward_ad: Any = flambeau.autograd.forward_ad
        with forward_ad.dual_level():
            given = list(self.values)
            given[place] = forward_ad.make_dual(given[place].detach(), direction)
            made = [o for o in _tuple(self.func(*given)) if _able(o)]
            duals = [forward_ad.unpack_dual(o) for o in made]
            return made, [flambeau.zeros_like(d.primal) if d.tangent is None else d.tangent for d in duals]

    def forward(self) -> None:
        """Forward derivatives along each real coordinate of each input."""
        results = self.outputs()
        for which, (place, x) in enumerate((i, v) for i, v in enumerate(self.values) if _able(v)):
            if self.fast:
                u = positive(x)
                changes = along(self.outputs, results, x, u, self.eps)
                _, tangents = self.tangents(place, scattered(x, u))
                if all(self.agree(reals(t), c, float(u.sum())) for t, c in zip(tangents, changes, strict=True)):
                    continue
            numerical = jacobians(self.outputs, results, x, self.eps)
            for k in range(x.numel() * (2 if x.is_complex() else 1)):
                unit = flambeau.zeros(x.numel() * (2 if x.is_complex() else 1), dtype=_C.float64)
                unit[k] = 1
                made, tangents = self.tangents(place, scattered(x, unit))
                for j, tangent in enumerate(tangents):
                    if not self.agree(reals(tangent), numerical[j][:, k]):
                        self.mismatch(made[j], j, which, k, numerical[j][:, k], reals(tangent), "in forward mode: ")

    def batched_forward(self) -> None:
        """Forward derivatives along several directions at once against those along each."""
        for place, x in enumerate(self.values):
            if not _able(x):
                continue

            def outputs_of(value: Any, at: int = place) -> tuple[Any, ...]:
                made = self.func(*self.values[:at], value, *self.values[at + 1 :])
                return tuple(o for o in _tuple(made) if _able(o))

            def derivative(direction: Any, of: Any = outputs_of, at: Any = x) -> Any:
                return flambeau.func.jvp(of, (at.detach(),), (direction,))[1]

            directions = flambeau.stack([weight_of(x, seed) for seed in (1, 2)])
            together = flambeau.vmap(derivative)(directions)
            for i, direction in enumerate(directions):
                for j, alone in enumerate(self.tangents(place, direction)[1]):
                    if not flambeau.allclose(together[j][i], alone, self.rtol, self.atol, equal_nan=True):
                        raise GradcheckError(
                            f"gradcheck: batched forward derivatives of output {j} are not those along each direction"
                        )


class _NoGradient(flambeau.autograd.Function):
    """Passes no gradient on."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return None


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
    """Compare second derivatives with central differences of the first ones.

    Args:
        func, inputs: as for :func:`gradcheck`.
        grad_outputs: the weights of the outputs in the first pass; by default some that are not all alike.
        gen_non_contig_grad_outputs: give the default weights strides that are not those of a contiguous tensor.
        check_fwd_over_rev: compare forward derivatives of backward passes, too.
        check_rev_over_rev: compare backward passes of backward passes.
    """
    if not check_fwd_over_rev and not check_rev_over_rev:
        raise AssertionError(
            "gradgradcheck: Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    values = _tuple(inputs)
    count = len(values)
    outs = [o for o in _tuple(func(*values)) if isinstance(o, _C.Tensor) and o.requires_grad]
    if grad_outputs is None:
        weights = tuple(weight_of(o) for o in outs)
        if gen_non_contig_grad_outputs:  # every other place of a last dimension twice as long
            weights = tuple(flambeau.stack([w, w], -1)[..., 0] for w in weights)
        weights = tuple(w.requires_grad_() for w in weights)
    else:
        weights = _tuple(grad_outputs)

    def gradients(*args: Any) -> Any:
        given = [a.requires_grad_() if _able(a) and not a.requires_grad and v.requires_grad else a
                 for a, v in zip(args[:count], values, strict=True)]  # fmt: skip
        made = [o for o in _tuple(func(*given)) if isinstance(o, _C.Tensor) and o.requires_grad]
        wanted = [a for a in given if isinstance(a, _C.Tensor) and a.requires_grad]
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
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
    )
