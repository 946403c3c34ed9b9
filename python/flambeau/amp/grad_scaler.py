"""Loss scaling: multiplies the loss so that float16 gradients don't vanish, and divides the gradients again."""

from __future__ import annotations

import math
import warnings
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["GradScaler", "OptState"]


class OptState:
    """What was done with an optimizer since the last `GradScaler.update`."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


class GradScaler:
    """Scales losses by a factor that grows while gradients are finite and shrinks when they are not.

        scaler.scale(loss).backward()
        scaler.step(optimizer)   # skipped if a gradient is infinite or NaN
        scaler.update()

    Args:
        device: kind of device.
        init_scale: first factor.
        growth_factor: what it is multiplied by after ``growth_interval`` steps without trouble, > 1.
        backoff_factor: what it is multiplied by after trouble, < 1.
        growth_interval: see growth_factor.
        enabled: False makes all methods pass through.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        if enabled and device != "cpu":
            module = getattr(flambeau, device, None)
            if module is None or not module.is_available():
                warnings.warn(f"GradScaler: there is no {device} device here, so losses are not scaled", stacklevel=2)
                enabled = False
        self._enabled = enabled
        if not enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError(f"GradScaler: growth_factor is {growth_factor}, it must be > 1")
        if backoff_factor >= 1.0:
            raise AssertionError(f"GradScaler: backoff_factor is {backoff_factor}, it must be < 1")
        self._init_scale = init_scale
        self._scale: Any = None
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._init_growth_tracker = 0
        self._growth_tracker: Any = None
        self._per_optimizer_states: dict[int, dict[str, Any]] = {}

    def _state(self, optimizer: Any) -> dict[str, Any]:
        fresh = {"stage": OptState.READY, "found_inf_per_device": {}}
        return self._per_optimizer_states.setdefault(id(optimizer), fresh)

    def _start(self, device: Any) -> None:
        if self._scale is None:
            self._scale = flambeau.full((), self._init_scale, dtype=flambeau.float32, device=device)
            self._growth_tracker = flambeau.full((), self._init_growth_tracker, dtype=flambeau.int32, device=device)

    def _need_scale(self, method: str) -> None:
        if self._scale is None:
            raise AssertionError(f"GradScaler.{method}: nothing was scaled yet; call scale(loss).backward() first")

    def scale(self, outputs: Any) -> Any:
        """A tensor, or a nested list or tuple of them, times the factor."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, flambeau.Tensor):
            self._start(outputs.device)
            return outputs * self._scale.to(device=outputs.device, non_blocking=True)
        if isinstance(outputs, (list, tuple)):
            items = [self.scale(item) for item in outputs]
            return type(outputs)(items)
        if hasattr(outputs, "__iter__"):
            return map(self.scale, outputs)
        raise ValueError(
            f"GradScaler.scale: {type(outputs).__name__} given, a tensor or an iterable of tensors is wanted"
        )

    def _unscale_grads_(self, optimizer: Any, inv_scale: Any, found_inf: Any, allow_fp16: bool) -> dict[Any, Any]:
        """Divide all gradients of an optimizer in place; returns for each device 1.0 if one was not finite."""
        found: dict[Any, Any] = {}
        by_kind: dict[Any, list[Any]] = {}
        for group in optimizer.param_groups:
            for param in group["params"]:
                grad = param.grad
                if grad is None:
                    continue
                if not allow_fp16 and grad.dtype is flambeau.float16:
                    raise ValueError(
                        "GradScaler.unscale_: a gradient is float16; keep parameters in float32 and use autocast"
                    )
                values = grad
                if grad.is_sparse:
                    param.grad = grad = grad.coalesce()  # duplicates may add up to infinity
                    values = grad._values()
                by_kind.setdefault((values.device, values.dtype), []).append(values)
        together = getattr(_C.aten, "_amp_foreach_non_finite_check_and_unscale_", None)
        for (device, _), grads in by_kind.items():
            flag = found.setdefault(device, found_inf.to(device).clone())
            factor = inv_scale.to(device)
            if together is not None:
                together(grads, flag, factor)
                continue
            for grad in grads:
                if not bool(flambeau.isfinite(grad).all()):
                    flag.fill_(1.0)
                grad.mul_(factor.to(grad.dtype) if grad.dtype is flambeau.float64 else factor)
        return found

    def unscale_(self, optimizer: Any) -> None:
        """Divide the optimizer's gradients now, for example to clip them; `step` will not do it again.

        Raises:
            RuntimeError: it was called already since the last `update`, or after `step`.
        """
        if not self._enabled:
            return
        self._need_scale("unscale_")
        state = self._state(optimizer)
        if state["stage"] == OptState.UNSCALED:
            raise RuntimeError("GradScaler.unscale_: called twice for this optimizer since the last update()")
        if state["stage"] == OptState.STEPPED:
            raise RuntimeError("GradScaler.unscale_: called after step(); call it before")
        inverse = self._scale.double().reciprocal().float()
        found_inf = flambeau.full((), 0.0, dtype=flambeau.float32, device=self._scale.device)
        state["found_inf_per_device"] = self._unscale_grads_(optimizer, inverse, found_inf, False)
        state["stage"] = OptState.UNSCALED

    def _maybe_opt_step(self, optimizer: Any, optimizer_state: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if sum(flag.item() for flag in optimizer_state["found_inf_per_device"].values()):
            return None
        return optimizer.step(*args, **kwargs)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Divide the gradients if that has not been done, and step unless one is infinite or NaN.

        Args:
            optimizer: whose gradients come from the scaled loss.
            args, kwargs: for its step; a closure is not possible.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("GradScaler.step: a closure was given; its losses would not be scaled")
        self._need_scale("step")
        state = self._state(optimizer)
        if state["stage"] == OptState.STEPPED:
            raise RuntimeError("GradScaler.step: called twice for this optimizer since the last update()")
        if getattr(optimizer, "_step_supports_amp_scaling", False):
            result = self._fused_step(optimizer, state, *args, **kwargs)
        else:
            if state["stage"] == OptState.READY:
                self.unscale_(optimizer)
            if not state["found_inf_per_device"]:
                raise AssertionError(
                    "GradScaler.step: the optimizer has no gradient, so nothing was checked; was backward() called?"
                )
            result = self._maybe_opt_step(optimizer, state, *args, **kwargs)
        state["stage"] = OptState.STEPPED
        return result

    def _fused_step(self, optimizer: Any, state: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The step of an optimizer whose operator divides and checks by itself."""
        if state["stage"] == OptState.READY:
            one = flambeau.full((), 1.0, dtype=flambeau.float32, device=self._scale.device)
            zero = flambeau.full((), 0.0, dtype=flambeau.float32, device=self._scale.device)
            # Multiplying by 1 only checks; the operator divides.
            state["found_inf_per_device"] = self._unscale_grads_(optimizer, one, zero, True)
        flags = list(state["found_inf_per_device"].values())
        if not flags:
            raise AssertionError(
                "GradScaler.step: the optimizer has no gradient, so nothing was checked; was backward() called?"
            )
        optimizer.grad_scale = None if state["stage"] == OptState.UNSCALED else self._scale
        optimizer.found_inf = flags[0] if len(flags) == 1 else sum(flags)
        try:
            return optimizer.step(*args, **kwargs)
        finally:
            del optimizer.grad_scale
            del optimizer.found_inf

    def update(self, new_scale: Any = None) -> None:
        """Adapt the factor to what the steps since the last call found, or set it.

        Args:
            new_scale: a number, or a float32 tensor of one element.
        """
        if not self._enabled:
            return
        self._need_scale("update")
        if new_scale is not None:
            if isinstance(new_scale, flambeau.Tensor):
                if new_scale.numel() != 1 or new_scale.requires_grad:
                    raise AssertionError(
                        "GradScaler.update: new_scale must be a number or a tensor of one element without gradient"
                    )
                self._scale.copy_(new_scale)
            else:
                self._scale.fill_(new_scale)
        else:
            flags = [
                flag for state in self._per_optimizer_states.values() for flag in state["found_inf_per_device"].values()
            ]
            if not flags:
                raise AssertionError("GradScaler.update: no step was taken since the last update()")
            if any(flag.item() for flag in flags):
                self._scale.mul_(self._backoff_factor)
                self._growth_tracker.fill_(0)
            else:
                good = int(self._growth_tracker.item()) + 1
                if good == self._growth_interval:
                    grown = flambeau.mul(self._scale, self._growth_factor)
                    if math.isfinite(grown.item()):
                        self._scale.copy_(grown)
                    good = 0
                self._growth_tracker.fill_(good)
        self._per_optimizer_states = {}

    def _get_scale_async(self) -> Any:
        return self._scale

    def get_scale(self) -> float:
        """The factor, 1.0 if disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self) -> float:
        """The factor of growth."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set the factor of growth."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """The factor after trouble."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set the factor after trouble."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Number of steps between two growths."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set the number of steps between two growths."""
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else int(self._growth_tracker.item())

    def is_enabled(self) -> bool:
        """Whether losses are scaled."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """Factor and options as numbers; empty if disabled."""
        if not self._enabled:
            return {}
        options = ("growth_factor", "backoff_factor", "growth_interval")
        state = {option: getattr(self, "_" + option) for option in options}
        return {"scale": self.get_scale(), **state, "_growth_tracker": self._get_growth_tracker()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("GradScaler.load_state_dict: the state is empty; was it saved by a disabled scaler?")
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
            self._growth_tracker.fill_(state_dict["_growth_tracker"])

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self._enabled:
            if self._per_optimizer_states:
                raise AssertionError("GradScaler: pickled between step() and update(); pickle it after update()")
            # Tensors stay here: a scaler unpickled elsewhere starts from numbers.
            state.update(
                _init_scale=self.get_scale(),
                _init_growth_tracker=self._get_growth_tracker(),
                _scale=None,
                _growth_tracker=None,
            )
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
