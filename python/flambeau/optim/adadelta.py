"""Adadelta: steps in the units of the parameter, from running means of squared gradients and squared steps."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_not_negative, check_rate, counter, scalar
from .optimizer import ParamsT


class Adadelta(Elementwise):
    r"""Adadelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012).

    ``v ← ρv + (1−ρ)g²``, ``Δ = √(u + eps)/√(v + eps)·g``, ``u ← ρu + (1−ρ)Δ²``, ``p ← p − lr·Δ``.

    Args:
        params: tensors, named tensors or groups.
        lr: factor of the step, ≥ 0.
        rho: decay rate of both means, in [0, 1].
        eps: added under both roots.
        weight_decay: added to the gradient as ``weight_decay·p``.
        foreach, capturable: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate("Adadelta", lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Adadelta: rho is {rho}, it must be in [0, 1]")
        check_not_negative("Adadelta", eps=eps, weight_decay=weight_decay)
        defaults = dict(
            lr=lr,
            rho=rho,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            capturable=capturable,
            foreach=foreach,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "step": counter(param.device if group["capturable"] else None),
            "square_avg": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
            "acc_delta": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        rho, eps = group["rho"], group["eps"]
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        squares, moves = state["square_avg"], state["acc_delta"]
        squares.mul_(rho).addcmul_(grad, grad, value=1 - rho)
        if group["differentiable"]:
            move = (moves + eps).sqrt() / (squares + eps).sqrt() * grad
            moves.copy_(moves * rho + (1 - rho) * move * move)
            param.add_(move * -group["lr"])
            return
        move = moves.add(eps).sqrt_().div_(squares.add(eps).sqrt_()).mul_(grad)
        moves.mul_(rho).addcmul_(move, move, value=1 - rho)
        param.add_(move, alpha=-scalar(group["lr"]))
