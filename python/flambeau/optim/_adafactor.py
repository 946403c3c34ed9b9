"""Adafactor: second moments kept as a row and a column instead of a matrix."""

from __future__ import annotations

from typing import Any

import flambeau

from ._lists import Elementwise, check_rate, scalar
from .optimizer import ParamsT


class Adafactor(Elementwise):
    r"""Adafactor (Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018).

    For matrices the mean of squared gradients is the outer product of a row and a column mean, so the state is small.
    Steps are relative to the parameter's root mean square and clipped.

    Args:
        params: tensors, named tensors or groups.
        lr: upper bound of the relative step, ≥ 0.
        beta2_decay: the squared gradient's mean decays by ``1 − t^beta2_decay``; ≤ 0.
        eps: regularisation of the squared gradient (None: the dtype's epsilon) and of the parameter's scale.
        d: the root mean square of the update is clipped to this; ≥ 1.
        weight_decay: the parameter shrinks by ``lr·weight_decay``.
        foreach: accepted; it doesn't change the result.
        maximize: climb instead of descend.
    """

    _options = {"foreach": None, "maximize": False}

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_rate("Adafactor", lr)
        if not beta2_decay <= 0.0:
            raise ValueError(f"Adafactor: beta2_decay is {beta2_decay}, it must be ≤ 0")
        if not (eps[0] is None or eps[0] >= 0.0) or not eps[1] >= 0.0:
            raise ValueError(f"Adafactor: eps is {tuple(eps)}, both must be ≥ 0")
        if not d >= 1.0:
            raise ValueError(f"Adafactor: d is {d}, it must be ≥ 1")
        if not weight_decay >= 0.0:
            raise ValueError(f"Adafactor: weight_decay is {weight_decay}, it must be ≥ 0")
        defaults = dict(
            lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, foreach=foreach, maximize=maximize
        )
        super().__init__(params, defaults)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        state: dict[str, Any] = {"step": flambeau.tensor(0.0, dtype=flambeau.float32)}
        if param.dim() > 1:
            *batch, rows, columns = param.shape
            state["row_var"] = param.new_zeros((*batch, rows, 1))
            state["col_var"] = param.new_zeros((*batch, 1, columns))
        else:
            state["variance"] = flambeau.zeros_like(param, memory_format=flambeau.preserve_format)
        return state

    def _update_complex(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        raise RuntimeError("Adafactor.step: a parameter is complex; only real ones have a factored variance")

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        small, scale_floor = group["eps"]
        if small is None:
            small = flambeau.finfo(param.dtype).eps
        lr = scalar(group["lr"])
        state["step"] += 1
        step = state["step"].item()
        new_share = step ** group["beta2_decay"]
        root = param.numel() ** 0.5
        length = max(scale_floor, param.norm(2).item() / root) * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            param.mul_(1 - lr * group["weight_decay"])
        if grad.dim() > 1:
            rows, columns = state["row_var"], state["col_var"]
            rows.lerp_(grad.norm(dim=-1, keepdim=True).square_().div_(grad.size(-1)), new_share)
            columns.lerp_(grad.norm(dim=-2, keepdim=True).square_().div_(grad.size(-2)), new_share)
            variance = rows @ columns
            variance.div_(rows.mean(dim=-2, keepdim=True).clamp_(min=small))
        else:
            state["variance"].lerp_(grad.square(), new_share)
            variance = state["variance"].clone()
        update = variance.clamp_(min=small * small).rsqrt_().mul_(grad)
        clip = max(1.0, update.norm(2).item() / (root * group["d"]))
        param.add_(update, alpha=-length / clip)
