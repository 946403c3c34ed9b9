"""Adam for sparse gradients: only the rows of the gradient, and their means, change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import check_betas, check_rate, run_closure, scalar, with_grads
from .optimizer import Optimizer, ParamsT


class SparseAdam(Optimizer):
    r"""Adam restricted to the entries that a sparse gradient mentions.

    Means of other entries are not decayed, so the result differs from :class:`Adam` on the same dense gradient.

    Args:
        params: dense tensors whose gradients are sparse, such as the weight of an embedding with ``sparse=True``.
        lr: learning rate, > 0.
        betas: decay rates of the means of gradient and squared gradient.
        eps: added to the divisor, > 0.
        maximize: climb instead of descend.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_rate("SparseAdam", lr, zero=False)
        if not eps > 0.0:
            raise ValueError(f"SparseAdam: eps is {eps}, it must be > 0")
        check_betas("SparseAdam", betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        sparse = [
            [number, place]
            for number, group in enumerate(self.param_groups)
            for place, param in enumerate(group["params"])
            if param.is_sparse
        ]
        if sparse:
            raise ValueError(
                f"SparseAdam: the parameters at [group, position] {sparse} are sparse; dense parameters are wanted"
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        with flambeau.no_grad():
            loss = run_closure(closure)
            for group in self.param_groups:
                params, grads = with_grads(group["params"])
                for grad in grads:
                    if not grad.is_sparse:
                        raise RuntimeError(
                            f"SparseAdam.step: a gradient of shape {tuple(grad.shape)} is dense; Adam takes such "
                            "gradients"
                        )
                for param, grad in zip(params, grads, strict=True):
                    self._update(param, grad, group)
        return loss

    def _update(self, param: Any, grad: Any, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:
            state["step"] = 0
            state["exp_avg"] = flambeau.zeros_like(param, memory_format=flambeau.preserve_format)
            state["exp_avg_sq"] = flambeau.zeros_like(param, memory_format=flambeau.preserve_format)
        state["step"] += 1
        step, (beta1, beta2) = state["step"], group["betas"]
        grad = (-grad if group["maximize"] else grad).coalesce()
        values = grad._values()
        if values.numel() == 0:
            return
        # Coalesced, so no entry stands twice and plain assignment is enough.
        where = tuple(grad._indices().unbind(0))
        mean, square = state["exp_avg"][where], state["exp_avg_sq"][where]
        mean += values.sub(mean).mul_(1 - beta1)
        square += values.pow(2).sub_(square).mul_(1 - beta2)
        state["exp_avg"].index_put_(where, mean)
        state["exp_avg_sq"].index_put_(where, square)
        rate = scalar(group["lr"]) * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        param.index_put_(where, mean.div(square.sqrt_().add_(group["eps"])).mul_(-rate), accumulate=True)
