"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_betas, check_not_negative, check_rate, counter, scalar
from .optimizer import ParamsT


class Adamax(Elementwise):
    r"""Adamax, the variant of Adam with the infinity norm (Kingma and Ba, 2014, section 7).

    ``u ← max(β₂u, |g| + eps)``, ``p ← p − lr/(1−β₁ᵗ)·m/u``.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        betas: decay rates of the mean and of the largest gradient.
        eps: added to the gradient's magnitude.
        weight_decay: added to the gradient as ``weight_decay·p``.
        foreach, capturable: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_rate("Adamax", lr)
        check_not_negative("Adamax", eps=eps)
        check_betas("Adamax", betas)
        check_not_negative("Adamax", weight_decay=weight_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "step": counter(param.device if group["capturable"] else None),
            "exp_avg": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
            "exp_inf": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        differentiable = group["differentiable"]
        lr = group["lr"] if differentiable else scalar(group["lr"])
        beta1, beta2 = group["betas"]
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        mean, largest = state["exp_avg"], state["exp_inf"]
        mean.lerp_(grad, 1 - beta1)
        rate = lr / (1 - beta1 ** state["step"].item())
        if differentiable:
            largest.copy_(flambeau.maximum(largest * beta2, grad.abs().add(group["eps"])))
            param.add_(mean.clone() / largest.clone() * -rate)
        else:
            flambeau.maximum(largest.mul_(beta2), grad.abs().add_(group["eps"]), out=largest)
            param.addcdiv_(mean, largest, value=-rate)
