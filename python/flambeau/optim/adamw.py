"""AdamW: Adam with the weight decay kept out of the gradient's means."""

from __future__ import annotations

from typing import Any

from .adam import Adam
from .optimizer import ParamsT


class AdamW(Adam):
    r"""Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2017).

    Before the step of :class:`Adam` the parameter shrinks, ``p ← p·(1 − lr·weight_decay)``.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        betas: decay rates of the means of gradient and squared gradient.
        eps: added to the divisor.
        weight_decay: strength of the decay.
        amsgrad: divide by the largest squared mean seen so far.
        maximize, foreach, capturable, differentiable, fused: as in :class:`Adam`.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        numbers: dict[str, Any] = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(
            params,
            amsgrad=amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
            **numbers,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        old = {"decoupled_weight_decay": True}  # what a checkpoint written before the option existed lacks
        for group in self.param_groups:
            group.update(old)
