"""L-BFGS: quasi-Newton steps from the last few differences of parameters and gradients.

The line search for the strong Wolfe conditions is in `_wolfe.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

from ._lists import check_rate
from ._wolfe import strong_wolfe
from .optimizer import Optimizer, ParamsT


class LBFGS(Optimizer):
    r"""Limited-memory BFGS (Nocedal and Wright, "Numerical optimization", chapter 7).

    Each call of `step` runs up to ``max_iter`` iterations and calls the closure many times. All parameters form one
    vector, so there is one group only; memory is ``(2·history_size + 4)`` times the parameters.

    Args:
        params: tensors or named tensors.
        lr: length of the step along the direction.
        max_iter: iterations in one call of `step`.
        max_eval: evaluations of the closure in one call of `step`; by default 1.25 · max_iter.
        tolerance_grad: stop when no element of the gradient is larger.
        tolerance_change: stop when neither loss nor parameters change by more.
        history_size: number of differences kept.
        line_search_fn: ``"strong_wolfe"`` or None.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_rate("LBFGS", lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = dict(
            lr=lr,
            max_iter=max_iter,
            max_eval=max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(
                f"LBFGS: {len(self.param_groups)} parameter groups given; all parameters share one vector, give "
                "one group"
            )
        self._params = self.param_groups[0]["params"]
        self._numel_cache: int | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._params = self.param_groups[0]["params"]
        self._numel_cache = None

    # -- parameters and gradients as one real vector ------------------------------------------------------------------
    def _numel(self) -> int:
        if self._numel_cache is None:
            self._numel_cache = sum((2 if p.is_complex() else 1) * p.numel() for p in self._params)
        return self._numel_cache

    def _gather_flat_grad(self) -> Any:
        parts = []
        for param in self._params:
            grad = param.grad
            if grad is None:
                part = param.new_zeros(param.numel())
            else:
                part = (grad.to_dense() if grad.is_sparse else grad).reshape(-1)
            parts.append(flambeau.view_as_real(part).reshape(-1) if part.is_complex() else part)
        return flambeau.cat(parts, 0)

    def _add_grad(self, step_size: Any, direction: Any) -> None:
        """Move all parameters by ``step_size·direction``."""
        start = 0
        for param in self._params:
            view = flambeau.view_as_real(param) if param.is_complex() else param
            count = view.numel()
            view.add_(direction[start : start + count].view_as(view), alpha=step_size)
            start += count

    def _clone_param(self) -> list[Any]:
        return [param.clone(memory_format=flambeau.contiguous_format) for param in self._params]

    def _set_param(self, values: list[Any]) -> None:
        for param, value in zip(self._params, values, strict=True):
            param.copy_(value)

    def _directional_evaluate(
        self, closure: Callable[[], Any], start: list[Any], t: Any, direction: Any
    ) -> tuple[float, Any]:
        self._add_grad(t, direction)
        loss = float(closure())
        grad = self._gather_flat_grad()
        self._set_param(start)
        return loss, grad

    # -- the iteration ------------------------------------------------------------------------------------------------
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Run up to ``max_iter`` iterations; returns the loss at the start.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward`` and returns the loss.
        """
        with flambeau.no_grad():
            return self._iterate(flambeau.enable_grad()(closure))

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        lr, max_iter, max_eval = group["lr"], group["max_iter"], group["max_eval"]
        if isinstance(lr, flambeau.Tensor):
            lr = lr.item()
        tolerance_grad, tolerance_change = group["tolerance_grad"], group["tolerance_change"]
        search = group["line_search_fn"]
        # All state belongs to the first parameter, so that a checkpoint has a place for it.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = closure()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        grad = self._gather_flat_grad()
        if grad.abs().max() <= tolerance_grad:
            return first_loss

        direction, t = state.get("d"), state.get("t")
        differences, moves, inverses = state.get("old_dirs"), state.get("old_stps"), state.get("ro")
        scale, grad_before, loss_before = state.get("H_diag"), state.get("prev_flat_grad"), state.get("prev_loss")

        iteration = 0
        while iteration < max_iter:
            iteration += 1
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction = grad.neg()
                differences, moves, inverses, scale = [], [], [], 1
            else:
                scale = self._remember(
                    grad.sub(grad_before), direction.mul(t), differences, moves, inverses, scale, group
                )
                direction = self._direction(grad, differences, moves, inverses, scale, state, group)
            if grad_before is None:
                grad_before = grad.clone(memory_format=flambeau.contiguous_format)
            else:
                grad_before.copy_(grad)
            loss_before = loss

            # Without a history the direction has the gradient's length, which says nothing about a good step.
            t = min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(direction)
            if slope > -tolerance_change:
                break

            calls = 0
            if search is not None:
                if search != "strong_wolfe":
                    raise RuntimeError(f"LBFGS.step: line_search_fn is {search!r}; 'strong_wolfe' or None is wanted")
                start = self._clone_param()

                def at(length: Any, direction: Any, start: list[Any] = start) -> tuple[float, Any]:
                    return self._directional_evaluate(closure, start, length, direction)

                loss, grad, t, calls = strong_wolfe(at, t, direction, loss, grad, slope)
                self._add_grad(t, direction)
                optimal = grad.abs().max() <= tolerance_grad
            else:
                self._add_grad(t, direction)
                optimal = False
                if iteration != max_iter:  # after the last move nobody looks at loss or gradient
                    loss = float(closure())
                    grad = self._gather_flat_grad()
                    optimal = grad.abs().max() <= tolerance_grad
                    calls = 1
            evaluations += calls
            state["func_evals"] += calls
            if iteration == max_iter or evaluations >= max_eval or optimal:
                break
            if direction.mul(t).abs().max() <= tolerance_change or abs(loss - loss_before) < tolerance_change:
                break

        state.update(
            d=direction,
            t=t,
            old_dirs=differences,
            old_stps=moves,
            ro=inverses,
            H_diag=scale,
            prev_flat_grad=grad_before,
            prev_loss=loss_before,
        )
        return first_loss

    @staticmethod
    def _remember(
        difference: Any,
        move: Any,
        differences: list[Any],
        moves: list[Any],
        inverses: list[Any],
        scale: Any,
        group: dict[str, Any],
    ) -> Any:
        """Add a pair to the history unless its curvature is not positive; returns the scale of the first guess."""
        curvature = difference.dot(move)
        if not curvature > 1e-10:
            return scale
        if len(differences) == group["history_size"]:
            del differences[0], moves[0], inverses[0]
        differences.append(difference)
        moves.append(move)
        inverses.append(1.0 / curvature)
        return curvature / difference.dot(difference)

    @staticmethod
    def _direction(
        grad: Any,
        differences: list[Any],
        moves: list[Any],
        inverses: list[Any],
        scale: Any,
        state: dict[str, Any],
        group: dict[str, Any],
    ) -> Any:
        """Minus the approximate inverse Hessian times the gradient, by the two loops over the history."""
        if "al" not in state:
            state["al"] = [None] * group["history_size"]
        weights = state["al"]
        q = grad.neg()
        for i in reversed(range(len(differences))):
            weights[i] = moves[i].dot(q) * inverses[i]
            q.add_(differences[i], alpha=-weights[i])
        r = q.mul(scale)
        for i in range(len(differences)):
            r.add_(moves[i], alpha=weights[i] - differences[i].dot(r) * inverses[i])
        return r
