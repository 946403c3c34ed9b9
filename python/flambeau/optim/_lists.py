"""What the update rules share: lists of gradients, the loop over parameters, checks of options, scalar states.

`Elementwise` is the loop for rules written parameter by parameter. Adam and SGD run one operator over whole lists
instead, whenever the lists are plain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

from .optimizer import Optimizer, _use_grad_for_differentiable


def _gather_grads(params: list[Any]) -> list[Any]:
    return [param.grad for param in params]


def _clear_grads(params: list[Any]) -> None:
    for param in params:
        param.grad = None


def _uniform_dense(params: list[Any], grads: list[Any]) -> bool:
    first = params[0]
    dtype, device = first.dtype, first.device
    if not dtype.is_floating_point or device.type != "cpu":
        return False
    return all(
        p.dtype is dtype and g.dtype is dtype and p.device == device and g.layout is flambeau.strided
        for p, g in zip(params, grads, strict=True)
    )


gather_grads: Callable[[list[Any]], list[Any]] = getattr(_C, "gather_grads", _gather_grads)
clear_grads: Callable[[list[Any]], None] = getattr(_C, "clear_grads", _clear_grads)
# True when all parameters and gradients are strided, real floating-point, of one dtype and on the CPU.
uniform_dense: Callable[[list[Any], list[Any]], bool] = getattr(_C, "uniform_dense", _uniform_dense)


def list_operator(name: str) -> Any:
    """An operator over lists of tensors, or None where the table has none."""
    return getattr(_C.aten, name, None)


def add_one(steps: list[Any]) -> None:
    """Advance the counters of all parameters."""
    foreach_add = list_operator("_foreach_add_")
    if foreach_add is not None:
        foreach_add(steps, 1)
        return
    for step in steps:
        step += 1


def run_closure(closure: Callable[[], Any] | None) -> Any:
    """The loss from a closure evaluated with gradients, or None."""
    if closure is None:
        return None
    with flambeau.enable_grad():
        return closure()


def with_grads(params: list[Any]) -> tuple[list[Any], list[Any]]:
    """The parameters that have a gradient, and those gradients."""
    grads = gather_grads(params)
    kept = [grad for grad in grads if grad is not None]
    if len(kept) == len(params):
        return params, kept
    return [param for param, grad in zip(params, grads, strict=True) if grad is not None], kept


def counter(device: Any = None, fused: bool = False) -> Any:
    """A new step counter: a 0-d tensor, so that it is saved with the state."""
    dtype = flambeau.float32 if fused or flambeau.get_default_dtype() is not flambeau.float64 else flambeau.float64
    return flambeau.zeros((), dtype=dtype, device=device)


def scalar(value: Any) -> Any:
    """A Python number from an option that may be a tensor of one element."""
    return value.item() if isinstance(value, flambeau.Tensor) else value


def real(tensor: Any) -> Any:
    """The tensor itself, or the real view of a complex one."""
    return flambeau.view_as_real(tensor) if tensor.is_complex() else tensor


def check_rate(name: str, lr: Any, zero: bool = True) -> None:
    """Refuse a learning rate that is negative (or zero, if `zero` is false) or a tensor of several elements."""
    if isinstance(lr, flambeau.Tensor):
        if lr.numel() != 1:
            raise ValueError(f"{name}: lr is a tensor of shape {tuple(lr.shape)}, a tensor lr has one element")
        lr = float(lr)
    if not (lr >= 0.0 if zero else lr > 0.0):
        raise ValueError(f"{name}: lr is {lr}, it must be {'≥' if zero else '>'} 0")


def check_not_negative(name: str, **options: Any) -> None:
    """Refuse negative options."""
    for option, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"{name}: {option} is {value}, it must be ≥ 0")


def check_betas(name: str, betas: Any) -> None:
    """Refuse decay rates outside [0, 1)."""
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"{name}: betas[{index}] is {beta}, it must be in [0, 1)")


def check_variants(name: str, fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Refuse combinations of implementation flags that contradict each other."""
    if fused and differentiable:
        raise RuntimeError(f"{name}: fused=True and differentiable=True exclude each other")
    if fused and foreach:
        raise RuntimeError(f"{name}: fused=True and foreach=True exclude each other")


def tensor_steps(optimizer: Optimizer, names: tuple[str, ...] = ("step",)) -> None:
    """Make counters that an old checkpoint stored as numbers into tensors."""
    for state in optimizer.state.values():
        for name in names:
            if name in state and not isinstance(state[name], flambeau.Tensor):
                new = counter()
                new.fill_(float(state[name]))
                state[name] = new


class Elementwise(Optimizer):
    """An optimizer whose rule looks at one parameter at a time.

    A subclass gives `_start`, the state of a parameter at its first gradient, and `_update`, the rule. The loop takes
    care of the closure, of missing and sparse gradients, of `maximize`, and views complex tensors as real ones.
    """

    _options: dict[str, Any] = {"maximize": False, "foreach": None, "differentiable": False, "capturable": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for key, value in self._options.items():
                group.setdefault(key, value)
        tensor_steps(self)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def _update(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        raise NotImplementedError

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; returns the closure's loss if there is a closure."""
        loss = run_closure(closure)
        for group in self.param_groups:
            params, grads = with_grads(group["params"])
            maximize = group.get("maximize", False)
            for param, grad in zip(params, grads, strict=True):
                if grad.is_sparse:
                    raise RuntimeError(
                        f"{type(self).__name__}.step: a gradient of shape {tuple(grad.shape)} is sparse; dense "
                        "ones are wanted"
                    )
                state = self.state[param]
                if not state:
                    state.update(self._start(param, group))
                if maximize:
                    grad = -grad
                if param.is_complex():
                    self._update_complex(param, grad, state, group)
                else:
                    self._update(param, grad, state, group)
        return loss

    def _update_complex(self, param: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Apply the rule to real and imaginary parts through views; replaced entries go back into the state."""
        views = {key: real(value) if isinstance(value, flambeau.Tensor) else value for key, value in state.items()}
        seen = dict(views)
        self._update(real(param), real(grad), views, group)
        for key, value in views.items():
            if value is not seen.get(key):
                was = state.get(key)
                complex_before = isinstance(was, flambeau.Tensor) and was.is_complex()
                state[key] = flambeau.view_as_complex(value) if complex_before else value
