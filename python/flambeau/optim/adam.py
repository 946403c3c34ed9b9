"""Adam, and with it AdamW: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import (
    add_one,
    check_betas,
    check_not_negative,
    check_rate,
    check_variants,
    counter,
    list_operator,
    real,
    run_closure,
    scalar,
    tensor_steps,
    uniform_dense,
    with_grads,
)
from .optimizer import Optimizer, ParamsT, _use_grad_for_differentiable


class Adam(Optimizer):
    r"""Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2014).

    ``m ← β₁m + (1−β₁)g``, ``v ← β₂v + (1−β₂)g²``, ``p ← p − lr·m̂ / (√v̂ + eps)`` where the hats correct the bias of
    the zero start by dividing with ``1 − βᵗ``.

    Args:
        params: tensors, named tensors or groups.
        lr: learning rate, ≥ 0; a tensor of one element is accepted.
        betas: decay rates of the two means, each in [0, 1).
        eps: added to the divisor.
        weight_decay: strength of the decay.
        amsgrad: divide by the largest ``v`` seen so far (Reddi et al., 2018).
        foreach, fused, capturable: accepted; the update always is one call over all parameters where they are dense
            and real.
        maximize: climb instead of descend.
        differentiable: record the update so that it can be differentiated.
        decoupled_weight_decay: shrink the parameter by ``lr·weight_decay`` instead of adding to its gradient.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        name = type(self).__name__
        check_rate(name, lr)
        self._check_tensors(name, foreach, capturable, lr=lr, **{f"betas[{i}]": beta for i, beta in enumerate(betas)})
        check_not_negative(name, eps=eps)
        check_betas(name, betas)
        check_not_negative(name, weight_decay=weight_decay)
        if isinstance(betas[0], flambeau.Tensor) != isinstance(betas[1], flambeau.Tensor):
            raise ValueError(f"{name}: betas is {betas}; give two numbers or two tensors")
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=decoupled_weight_decay,
        )
        super().__init__(params, defaults)
        check_variants(name, fused, foreach, differentiable)
        if fused:
            self._step_supports_amp_scaling = True

    @staticmethod
    def _check_tensors(name: str, foreach: bool | None, capturable: bool, **options: Any) -> None:
        for option, value in options.items():
            if not isinstance(value, flambeau.Tensor):
                continue
            if foreach and not capturable:
                raise ValueError(f"{name}: a tensor {option} together with foreach=True wants capturable=True")
            if value.numel() != 1:
                raise ValueError(f"{name}: {option} is a tensor of shape {tuple(value.shape)}, it may have one element")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            later = {
                "amsgrad": False,
                "maximize": False,
                "foreach": None,
                "capturable": False,
                "differentiable": False,
                "fused": None,
                "decoupled_weight_decay": False,
            }
            for key, value in later.items():
                group.setdefault(key, value)
        tensor_steps(self)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        placed = group["capturable"] or group["fused"]
        keep = flambeau.preserve_format
        state = {
            "step": counter(param.device if placed else None, bool(group["fused"])),
            "exp_avg": flambeau.zeros_like(param, memory_format=keep),
            "exp_avg_sq": flambeau.zeros_like(param, memory_format=keep),
        }
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = flambeau.zeros_like(param, memory_format=keep)
        return state

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        loss = None if closure is None else run_closure(closure)
        state = self.state
        for group in self.param_groups:
            params, grads = with_grads(group["params"])
            if not params:
                continue
            states = [state[param] for param in params]
            if not all(states):
                self._start_missing(params, grads, states, group)
            fused = list_operator("_fused_adamw_" if group["decoupled_weight_decay"] else "_fused_adam_")
            if fused is not None and not group["differentiable"] and uniform_dense(params, grads):
                self._step_lists(fused, params, grads, states, group)
            else:
                for param, grad, own in zip(params, grads, states, strict=True):
                    self._step_one(param, grad, own, group)
        return loss

    def _start_missing(self, params: list[Any], grads: list[Any], states: list[Any], group: dict[str, Any]) -> None:
        for param, grad, own in zip(params, grads, states, strict=True):
            self._refuse_sparse(grad)
            if not own:
                own.update(self._start(param, group))

    def _refuse_sparse(self, grad: Any) -> None:
        if grad.is_sparse:
            raise RuntimeError(
                f"{type(self).__name__}.step: a gradient of shape {tuple(grad.shape)} is sparse; SparseAdam takes "
                "such gradients"
            )

    def _step_lists(
        self, fused: Any, params: list[Any], grads: list[Any], states: list[Any], group: dict[str, Any]
    ) -> None:
        steps = [own["step"] for own in states]
        amsgrad = group["amsgrad"]
        found_inf = getattr(self, "found_inf", None)
        add_one(steps)
        beta1, beta2 = group["betas"]
        fused(
            params,
            grads,
            [own["exp_avg"] for own in states],
            [own["exp_avg_sq"] for own in states],
            [own["max_exp_avg_sq"] for own in states] if amsgrad else [],
            steps,
            lr=scalar(group["lr"]),
            beta1=scalar(beta1),
            beta2=scalar(beta2),
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=amsgrad,
            maximize=group["maximize"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=found_inf,
        )
        if found_inf is not None and found_inf.item():
            flambeau._foreach_sub_(steps, [found_inf] * len(steps))  # the operator left the parameters alone

    def _step_one(self, param: Any, grad: Any, own: dict[str, Any], group: dict[str, Any]) -> None:
        """The rule for one parameter: complex, mixed or differentiable."""
        self._refuse_sparse(grad)
        differentiable, amsgrad = group["differentiable"], group["amsgrad"]
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if not differentiable:
            lr, beta1, beta2 = scalar(lr), scalar(beta1), scalar(beta2)
        own["step"] += 1
        step = own["step"] if differentiable else own["step"].item()
        if group["maximize"]:
            grad = -grad
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        mean, square = own["exp_avg"], own["exp_avg_sq"]
        largest = own["max_exp_avg_sq"] if amsgrad else None
        if param.is_complex():
            param, grad, mean, square = real(param), real(grad), real(mean), real(square)
            largest = None if largest is None else real(largest)
        mean.lerp_(grad, 1 - beta1)
        if isinstance(beta2, flambeau.Tensor):
            square.mul_(beta2).add_((1 - beta2) * grad * grad)
        else:
            square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        if largest is not None:
            if differentiable:
                largest.copy_(flambeau.maximum(largest.clone(), square))
            else:
                flambeau.maximum(largest, square, out=largest)
            square = largest
        root = correction2.sqrt() if isinstance(correction2, flambeau.Tensor) else correction2**0.5
        if differentiable:
            # Copies, because the means change in place in the next step and the recorded quotient keeps them.
            param.add_(mean.clone() / (square.clone().sqrt() / root + group["eps"]) * -(lr / correction1))
        else:
            param.addcdiv_(mean, (square.sqrt() / root).add_(group["eps"]), value=-(lr / correction1))
