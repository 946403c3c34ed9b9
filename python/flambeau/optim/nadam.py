"""NAdam: Adam with Nesterov's look ahead."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_betas, check_not_negative, check_rate, counter, scalar, tensor_steps
from .optimizer import ParamsT


class NAdam(Elementwise):
    r"""NAdam (Dozat, "Incorporating Nesterov momentum into Adam", 2016).

    The mean's decay warms up: ``μ(t) = β₁·(1 − ½·0.96^(t·momentum_decay))``; the step mixes the gradient and the mean
    with weights ``(1 − μ(t))`` and ``μ(t+1)``, each divided by one minus the product of the μ so far.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        betas: decay rates of the means of gradient and squared gradient.
        eps: added to the divisor.
        weight_decay: strength of the decay.
        momentum_decay: speed of the warm-up.
        decoupled_weight_decay: shrink the parameter instead of adding to its gradient.
        foreach, capturable: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    _options = {**Elementwise._options, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate("NAdam", lr)
        check_not_negative("NAdam", eps=eps)
        check_betas("NAdam", betas)
        check_not_negative("NAdam", weight_decay=weight_decay, momentum_decay=momentum_decay)
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        tensor_steps(self, ("mu_product",))

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        device = param.device if group["capturable"] else None
        product = counter(device)
        return {
            "step": counter(device),
            "mu_product": product.fill_(1.0),
            "exp_avg": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
            "exp_avg_sq": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        differentiable = group["differentiable"]
        lr = group["lr"] if differentiable else scalar(group["lr"])
        beta1, beta2 = group["betas"]
        state["step"] += 1
        step = state["step"].item()
        decay = group["momentum_decay"]
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (step * decay))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
        state["mu_product"] *= mu
        product = state["mu_product"].item()
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        divisor = square.div(1 - beta2**step).sqrt()
        of_grad, of_mean = -lr * (1.0 - mu) / (1.0 - product), -lr * mu_next / (1.0 - product * mu_next)
        if differentiable:
            divisor = divisor.add(group["eps"])
            param.add_(grad / divisor * of_grad)
            param.add_(mean.clone() / divisor * of_mean)
        else:
            divisor.add_(group["eps"])
            param.addcdiv_(grad, divisor, value=of_grad)
            param.addcdiv_(mean, divisor, value=of_mean)
