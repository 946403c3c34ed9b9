"""Adagrad: steps divided by the root of all squared gradients so far; dense and sparse gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import (
    Elementwise,
    check_not_negative,
    check_rate,
    check_variants,
    counter,
    run_closure,
    scalar,
    with_grads,
)
from .optimizer import ParamsT, _use_grad_for_differentiable


class Adagrad(Elementwise):
    r"""Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011).

    ``s ← s + g²``, ``p ← p − lr/(1 + (t−1)·lr_decay) · g/(√s + eps)``. Sparse gradients touch their rows only.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0.
        lr_decay: how fast the rate falls with the number of steps.
        weight_decay: added to the gradient as ``weight_decay·p``; not for sparse gradients.
        initial_accumulator_value: start of the sum of squares.
        eps: added to the divisor.
        foreach, fused: accepted; they don't change the result.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
    """

    _options = {"maximize": False, "foreach": None, "differentiable": False, "fused": None}

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate("Adagrad", lr)
        check_not_negative(
            "Adagrad",
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)
        check_variants("Adagrad", fused, foreach, differentiable)
        # The sums exist from the beginning, so that processes can share them before the first step.
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param].update(self._start(param, group))

    def share_memory(self) -> None:
        """Move the sums of squares to shared memory, for training by several processes."""
        for param in self._parameters():
            self.state[param]["sum"].share_memory_()

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        start = group["initial_accumulator_value"]
        value = complex(start, start) if param.is_complex() else start
        return {
            "step": counter(param.device if group.get("fused") else None, bool(group.get("fused"))),
            "sum": flambeau.full_like(param, value, memory_format=flambeau.preserve_format),
        }

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        loss = run_closure(closure)
        for group in self.param_groups:
            params, grads = with_grads(group["params"])
            for param, grad in zip(params, grads, strict=True):
                state = self.state[param]
                if not state:
                    state.update(self._start(param, group))
                if group["maximize"]:
                    grad = -grad
                if grad.is_sparse:
                    self._update_rows(param, grad, state, group)
                elif param.is_complex():
                    self._update_complex(param, grad, state, group)
                else:
                    self._update(param, grad, state, group)
        return loss

    @staticmethod
    def _rate(state: dict[str, Any], group: dict[str, Any]) -> Any:
        lr = group["lr"] if group["differentiable"] else scalar(group["lr"])
        state["step"] += 1
        return lr / (1 + (state["step"].item() - 1) * group["lr_decay"])

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        rate = self._rate(state, group)
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        total = state["sum"]
        total.addcmul_(grad, grad, value=1)
        if group["differentiable"]:
            param.add_(grad / total.clone().sqrt().add(group["eps"]) * -rate)
        else:
            param.addcdiv_(grad, total.sqrt().add_(group["eps"]), value=-rate)

    def _update_rows(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        if group["weight_decay"] != 0:
            raise RuntimeError(
                f"Adagrad.step: weight_decay is {group['weight_decay']} and a gradient is sparse; use weight_decay=0"
            )
        rate = self._rate(state, group)
        grad = grad.coalesce()
        if grad._values().numel() == 0:
            return
        where, values = tuple(grad._indices().unbind(0)), grad._values()
        sums = state["sum"][where].add_(values.pow(2))
        state["sum"].index_put_(where, sums)
        param.index_put_(where, values.div(sums.sqrt().add_(group["eps"])).mul_(-rate), accumulate=True)
