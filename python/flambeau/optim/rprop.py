"""Rprop: a step size for each element, grown or shrunk by the signs of successive gradients."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_rate, counter, scalar
from .optimizer import ParamsT


class Rprop(Elementwise):
    r"""Resilient backpropagation (Riedmiller and Braun, 1993), for full batches.

    Where a gradient keeps its sign the step size is multiplied by ``etas[1]``, where it turns by ``etas[0]`` and the
    gradient counts as zero; the parameter moves by the step size against the sign.

    Args:
        params: tensors, named tensors or groups.
        lr: first step size, ≥ 0.
        etas: factors of shrinking, in (0, 1), and growing, > 1.
        step_sizes: smallest and largest step size.
        capturable, foreach: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate("Rprop", lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Rprop: etas is {tuple(etas)}, it must be one number in (0, 1) and one above 1")
        defaults = dict(
            lr=lr,
            etas=etas,
            step_sizes=step_sizes,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        lr = float(scalar(group["lr"]))
        return {
            "step": counter(param.device if group["capturable"] else None),
            "prev": flambeau.zeros_like(param, memory_format=flambeau.preserve_format),
            "step_size": flambeau.full_like(
                param, complex(lr, lr) if param.is_complex() else lr, memory_format=flambeau.preserve_format
            ),
        }

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        differentiable = group["differentiable"]
        shrink, grow = group["etas"]
        state["step"] += 1
        before, size = state["prev"], state["step_size"]
        agreement = grad * (before.clone() if differentiable else before)
        turned = agreement < 0
        factor = flambeau.ones_like(grad).masked_fill_(agreement > 0, grow).masked_fill_(turned, shrink)
        size.mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        if differentiable:
            param.add_(grad.sign() * -size.clone())
        else:
            param.addcmul_(grad.sign(), size, value=-1)
        before.copy_(grad)
