"""Stochastic gradient descent, with momentum and Nesterov's variant of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import (
    check_not_negative,
    check_rate,
    check_variants,
    list_operator,
    run_closure,
    scalar,
    uniform_dense,
    with_grads,
)
from .optimizer import Optimizer, ParamsT, _use_grad_for_differentiable


class SGD(Optimizer):
    r"""Gradient descent, ``p ← p − lr·v`` with the velocity ``v ← momentum·v + (1 − dampening)·g``.

    The first velocity is the gradient itself. With ``nesterov`` the step uses ``g + momentum·v`` (Sutskever et al.,
    "On the importance of initialization and momentum in deep learning", 2013).

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        momentum: share of the velocity that is kept.
        dampening: share of the gradient that is kept out of the velocity.
        weight_decay: added to the gradient as ``weight_decay·p``.
        nesterov: look ahead along the velocity; wants momentum > 0 and dampening 0.
        maximize: climb instead of descend.
        foreach, fused: accepted; the update always is one call over all parameters where they are dense and real.
        differentiable: record the update so that it can be differentiated.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate("SGD", lr)
        check_not_negative("SGD", momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(f"SGD: nesterov wants momentum > 0 and dampening 0, not {momentum} and {dampening}")
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            foreach=foreach,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)
        check_variants("SGD", fused, foreach, differentiable)
        if fused:
            self._step_supports_amp_scaling = True

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for key, value in {
                "nesterov": False,
                "maximize": False,
                "foreach": None,
                "differentiable": False,
                "fused": False,
            }.items():
                group.setdefault(key, value)

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        loss = None if closure is None else run_closure(closure)
        for group in self.param_groups:
            params, grads = with_grads(group["params"])
            if not params:
                continue
            fused = list_operator("_fused_sgd_")
            if fused is not None and not group["differentiable"] and uniform_dense(params, grads):
                self._step_lists(fused, params, grads, group)
            else:
                for param, grad in zip(params, grads, strict=True):
                    self._step_one(param, grad, group)
        return loss

    def _step_lists(self, fused: Any, params: list[Any], grads: list[Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        options: dict[str, Any] = {
            "weight_decay": scalar(group["weight_decay"]),
            "momentum": momentum,
            "lr": scalar(group["lr"]),
            "dampening": group["dampening"],
            "nesterov": group["nesterov"],
            "maximize": group["maximize"],
            "grad_scale": getattr(self, "grad_scale", None),
            "found_inf": getattr(self, "found_inf", None),
        }
        if momentum == 0:
            fused(params, grads, [], is_first_step=False, **options)
            return
        state = self.state
        states = [state[param] for param in params]
        buffers = [own.get("momentum_buffer") for own in states]
        new = [index for index, buffer in enumerate(buffers) if buffer is None]
        if new:
            for index in new:
                buffers[index] = states[index]["momentum_buffer"] = flambeau.empty_like(params[index])
            first = [[items[index] for index in new] for items in (params, grads, buffers)]
            fused(*first, is_first_step=True, **options)
            if len(new) == len(params):
                return
            fresh = set(new)
            rest = [index for index in range(len(params)) if index not in fresh]
            params, grads, buffers = [[items[index] for index in rest] for items in (params, grads, buffers)]
        fused(params, grads, buffers, is_first_step=False, **options)

    def _step_one(self, param: Any, grad: Any, group: dict[str, Any]) -> None:
        if group["maximize"]:
            grad = -grad
        decay = group["weight_decay"]
        if isinstance(decay, flambeau.Tensor):
            grad = grad.addcmul(param, decay) if group["differentiable"] else grad.add(param, alpha=decay.item())
        elif decay != 0:
            grad = grad.add(param, alpha=decay)
        momentum = group["momentum"]
        if momentum != 0:
            state = self.state[param]
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = grad.detach().clone()
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        lr = group["lr"]
        if group["differentiable"] and isinstance(lr, flambeau.Tensor):
            # Cloned, because the velocity changes in place in the next step and the product keeps it.
            param.addcmul_(grad.clone(), lr, value=-1)
        else:
            param.add_(grad, alpha=-scalar(lr))
