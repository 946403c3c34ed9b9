"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_not_negative, check_rate, counter, scalar, tensor_steps
from .optimizer import ParamsT


class ASGD(Elementwise):
    r"""Averaged SGD (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992).

    ``p ← p·(1 − lambd·η) − η·g``; the average of the parameter since step ``t0`` is kept in the state as ``ax``. The
    rate falls as ``η = lr/(1 + lambd·lr·t)^alpha``.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        lambd: decay of the parameter.
        alpha: power of the rate's fall.
        t0: step at which averaging starts.
        weight_decay: added to the gradient as ``weight_decay·p``.
        foreach, capturable: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_rate("ASGD", lr)
        check_not_negative("ASGD", weight_decay=weight_decay)
        defaults = dict(
            lr=lr,
            lambd=lambd,
            alpha=alpha,
            t0=t0,
            weight_decay=weight_decay,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        tensor_steps(self, ("eta", "mu"))

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        device = param.device
        return {
            "step": counter(device),
            "eta": counter(device).fill_(float(scalar(group["lr"]))),
            "mu": counter(device).fill_(1.0),
            "ax": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        step, eta, mu = state["step"].item(), state["eta"].item(), state["mu"].item()
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        param.mul_(1 - group["lambd"] * eta)
        param.add_(grad, alpha=-eta)
        average = state["ax"]
        if mu == 1:
            average.copy_(param)
        else:
            average.add_(param.sub(average).mul_(mu))
        lr = scalar(group["lr"])
        state["eta"].fill_(lr / (1 + group["lambd"] * lr * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))
