"""Muon: momentum made orthogonal, for the matrices of hidden layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import run_closure, with_grads
from .optimizer import Optimizer, ParamsT, _use_grad_for_differentiable


def _orthogonal(matrix: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """The nearest orthogonal matrix, roughly, by a quintic Newton–Schulz iteration in bfloat16."""
    if steps >= 100:
        raise ValueError(f"Muon: ns_steps is {steps}, it must be below 100")
    if len(coefficients) != 3:
        raise ValueError(f"Muon: ns_coefficients is {coefficients}, three numbers are wanted")
    a, b, c = coefficients
    x = matrix.bfloat16()
    tall = matrix.size(0) > matrix.size(1)
    if tall:
        x = x.T
    x.div_(x.norm().clamp(min=eps))  # singular values of at most 1, where the iteration converges
    for _ in range(steps):
        gram = x @ x.T
        x = flambeau.addmm(x, flambeau.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def _adjusted_rate(lr: float, method: str | None, shape: Any) -> float:
    rows, columns = shape[:2]
    if method == "match_rms_adamw":
        return lr * (0.2 * max(rows, columns) ** 0.5)
    return lr * max(1, rows / columns) ** 0.5


class Muon(Optimizer):
    r"""Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024).

    The step is the momentum replaced by its nearest (semi-)orthogonal matrix. Biases, embeddings and output layers are
    better left to :class:`AdamW`.

    Args:
        params: matrices.
        lr: learning rate, ≥ 0.
        weight_decay: the parameter shrinks by ``lr·weight_decay``.
        momentum: share of the running mean that is kept.
        nesterov: look ahead along the mean.
        ns_coefficients: the quintic of the iteration.
        eps: smallest norm that is divided by.
        ns_steps: number of iterations, below 100.
        adjust_lr_fn: ``"original"`` (also None): rates scale with ``√max(1, rows/columns)``; ``"match_rms_adamw"``:
            with ``0.2·√max(rows, columns)``, so that AdamW's rate and decay can be used (Liu et al., 2025).
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if isinstance(lr, flambeau.Tensor) and lr.numel() != 1:
            raise ValueError(f"Muon: lr is a tensor of shape {tuple(lr.shape)}, a tensor lr has one element")
        for option, value in (("lr", lr), ("momentum", momentum), ("weight_decay", weight_decay)):
            if not value >= 0.0:
                raise ValueError(f"Muon: {option} is {value}, it must be ≥ 0")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Muon: adjust_lr_fn is {adjust_lr_fn!r}; 'original', 'match_rms_adamw' or None is wanted")
        defaults = dict(
            lr=lr,
            weight_decay=weight_decay,
            momentum=momentum,
            nesterov=nesterov,
            ns_coefficients=ns_coefficients,
            eps=eps,
            ns_steps=ns_steps,
            adjust_lr_fn=adjust_lr_fn,
        )
        super().__init__(params, defaults)
        for param in self._parameters():
            if param.dim() != 2:
                raise ValueError(
                    f"Muon: a parameter has shape {tuple(param.shape)}; only matrices can be made orthogonal"
                )

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        loss = run_closure(closure)
        for group in self.param_groups:
            params, grads = with_grads(group["params"])
            for param, grad in zip(params, grads, strict=True):
                if param.is_complex():
                    raise RuntimeError("Muon.step: a parameter is complex; only real matrices are supported")
                if grad.is_sparse:
                    raise RuntimeError(
                        f"Muon.step: a gradient of shape {tuple(grad.shape)} is sparse; dense ones are wanted"
                    )
                state = self.state[param]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = flambeau.zeros_like(grad, memory_format=flambeau.preserve_format)
                mean = state["momentum_buffer"]
                mean.lerp_(grad, 1 - group["momentum"])
                update = grad.lerp(mean, group["momentum"]) if group["nesterov"] else mean
                update = _orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
                lr = float(group["lr"])
                param.mul_(1 - lr * group["weight_decay"])
                param.add_(update, alpha=-_adjusted_rate(lr, group["adjust_lr_fn"], param.shape))
        return loss
