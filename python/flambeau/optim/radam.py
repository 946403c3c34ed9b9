"""RAdam: Adam whose adaptive step waits until its variance is known."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_betas, check_not_negative, check_rate, counter, scalar
from .optimizer import ParamsT


class RAdam(Elementwise):
    r"""Rectified Adam (Liu et al., "On the variance of the adaptive learning rate and beyond", 2019).

    With ``ρ∞ = 2/(1−β₂) − 1`` and ``ρ(t) = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ)``: while ``ρ(t) ≤ 5`` the step is plain momentum,
    later it is Adam's step times ``√((ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ))``.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        betas: decay rates of the means of gradient and squared gradient.
        eps: added to the divisor.
        weight_decay: strength of the decay.
        decoupled_weight_decay: shrink the parameter instead of adding to its gradient.
        foreach, capturable: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    _options = {**Elementwise._options, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate("RAdam", lr)
        check_not_negative("RAdam", eps=eps)
        check_betas("RAdam", betas)
        check_not_negative("RAdam", weight_decay=weight_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            decoupled_weight_decay=decoupled_weight_decay,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "step": counter(param.device if group["capturable"] else None),
            "exp_avg": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
            "exp_avg_sq": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr = group["lr"] if group["differentiable"] else scalar(group["lr"])
        beta1, beta2 = group["betas"]
        state["step"] += 1
        step = state["step"].item()
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction2 = 1 - beta2**step
        move = mean / (1 - beta1**step) * lr
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * beta2**step / correction2
        if length > 5.0:
            rectify = ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)) ** 0.5
            root = square.sqrt()
            root = root.add(group["eps"]) if group["differentiable"] else root.add_(group["eps"])
            move = move * (correction2**0.5 / root) * rectify
        param.add_(move, alpha=-1.0)
