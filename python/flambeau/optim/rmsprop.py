"""RMSprop: steps divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_not_negative, check_rate, counter, scalar
from .optimizer import ParamsT


class RMSprop(Elementwise):
    r"""RMSprop (Tieleman and Hinton, lecture 6e of "Neural networks for machine learning", 2012).

    ``v ← αv + (1−α)g²``, ``p ← p − lr·g/(√v + eps)``. The centered form subtracts the squared mean of the gradient from
    ``v`` (Graves, "Generating sequences with recurrent neural networks", 2013).

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        alpha: decay rate of the mean.
        eps: added to the divisor, after the root.
        weight_decay: added to the gradient as ``weight_decay·p``.
        momentum: share of the last step that is kept.
        centered: divide by an estimate of the standard deviation.
        capturable, foreach: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    _options = {**Elementwise._options, "momentum": 0, "centered": False}

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate("RMSprop", lr)
        check_not_negative("RMSprop", eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = dict(
            lr=lr,
            momentum=momentum,
            alpha=alpha,
            eps=eps,
            centered=centered,
            weight_decay=weight_decay,
            capturable=capturable,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        state = {"step": counter(param.device if group["capturable"] else None)}
        for name in names:
            state[name] = flambeau.zeros_like(param, memory_format=flambeau.preserve_format)
        return state

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        differentiable = group["differentiable"]
        lr = group["lr"] if differentiable else scalar(group["lr"])
        alpha = group["alpha"]
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        square = state["square_avg"]
        square.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"]
            mean.lerp_(grad, 1 - alpha)
            spread = square - mean.clone() ** 2 if differentiable else square.addcmul(mean, mean, value=-1)
            root = spread.sqrt() if differentiable else spread.sqrt_()
        else:
            root = square.clone().sqrt() if differentiable else square.sqrt()
        root = root.add(group["eps"]) if differentiable else root.add_(group["eps"])
        if group["momentum"] > 0:
            buffer = state["momentum_buffer"]
            buffer.mul_(group["momentum"]).addcdiv_(grad, root)
            param.add_(buffer * -lr) if differentiable else param.add_(buffer, alpha=-lr)
        elif differentiable:
            param.add_(grad / root * -lr)
        else:
            param.addcdiv_(grad, root, value=-lr)
