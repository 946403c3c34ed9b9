"""Schedules with cycles and restarts, which also steer momentum, and the schedule that follows a metric.

Their public place is `lr_scheduler`.
"""

from __future__ import annotations

import math
import types
import warnings
from collections.abc import Callable
from typing import Any

from .lr_scheduler import EPOCH_DEPRECATION_WARNING, LRScheduler, Optimizer, _per_group, _set_option


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rate by ``factor`` when a metric has not improved for more than ``patience`` steps.

    Args:
        optimizer: whose rates are set.
        mode: ``"min"`` if a smaller metric is better, else ``"max"``.
        factor: what the rate is multiplied by, below 1.
        patience: steps without improvement that are tolerated.
        threshold: how much better counts as better.
        threshold_mode: ``"rel"``: by that share of the best value; ``"abs"``: by that amount.
        cooldown: steps after a reduction during which nothing is counted.
        min_lr: lower bound of the rates, one or one for each group.
        eps: smaller changes of the rate are not made.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor is {factor}, it must be below 1")
        self.factor = factor
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau: optimizer is a {type(optimizer).__name__}, an Optimizer is wanted")
        self.optimizer = optimizer
        if isinstance(min_lr, (list, tuple)):
            if len(min_lr) != len(optimizer.param_groups):
                raise ValueError(
                    f"ReduceLROnPlateau: {len(min_lr)} min_lr given for {len(optimizer.param_groups)} parameter groups"
                )
            self.default_min_lr, self.min_lrs = None, list(min_lr)
        else:
            self.default_min_lr, self.min_lrs = min_lr, [min_lr for _ in optimizer.param_groups]
        self.patience, self.cooldown, self.eps, self.last_epoch = patience, cooldown, eps, 0
        self._last_lr = self._current()
        self._init_is_better(mode=mode, threshold=threshold, threshold_mode=threshold_mode)
        self._reset()

    def _reset(self) -> None:
        """Forget the best value and the counts."""
        self.best = self.mode_worse
        self.cooldown_counter = self.num_bad_epochs = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the metric of this step and reduce the rate if it is time."""
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        epoch = self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        current = float(metrics)
        better, resting = self._is_better(current, self.best), self.in_cooldown
        if better:
            self.best = current
        self.num_bad_epochs = 0 if better or resting else self.num_bad_epochs + 1
        self.cooldown_counter -= resting
        if self.num_bad_epochs > self.patience:
            self._reduce_lr(epoch)
            self.num_bad_epochs, self.cooldown_counter = 0, self.cooldown
        self._last_lr = self._current()

    def _reduce_lr(self, epoch: int) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"ReduceLROnPlateau.step: the optimizer has {len(groups)} groups now, min_lr was given for "
                    f"{len(self.min_lrs)}"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, low in zip(groups, self.min_lrs, strict=False):
            old = float(group["lr"])
            new = max(old * self.factor, low)
            if old - new > self.eps:
                _set_option(group, "lr", new)

    @property
    def in_cooldown(self) -> bool:
        """Whether the last reduction is so near that nothing is counted."""
        return self.cooldown_counter > 0

    def _is_better(self, value: float, best: float) -> bool:
        margin = self.threshold * (best if self.threshold_mode == "rel" else 1)
        if self.mode == "min":
            if self.threshold_mode == "rel":
                return value < best * (1.0 - self.threshold)
            return value < best - margin
        if self.threshold_mode == "rel":
            return value > best * (self.threshold + 1.0)
        return value > best + margin

    def _init_is_better(self, mode: str, threshold: float, threshold_mode: str) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode is {mode!r}, 'min' or 'max' is wanted")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: threshold_mode is {threshold_mode!r}, 'rel' or 'abs' is wanted")
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned."""
        self.__dict__.update(state_dict)
        self._init_is_better(mode=self.mode, threshold=self.threshold, threshold_mode=self.threshold_mode)


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half cosines from the initial rate to ``eta_min``, starting again after ``T_0``, ``T_0·T_mult``, … steps.

    From "SGDR: stochastic gradient descent with warm restarts" (Loshchilov and Hutter, 2016).
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"CosineAnnealingWarmRestarts: T_0 is {T_0}, a positive integer is wanted")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"CosineAnnealingWarmRestarts: T_mult is {T_mult}, an integer ≥ 1 is wanted")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"CosineAnnealingWarmRestarts: eta_min is a {type(eta_min).__name__}, a number is wanted")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        share = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * share / 2 for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go one step on, or to ``epoch``, which may be a fraction such as ``epoch + batch / batches``."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur % self.T_i, self.T_i * self.T_mult
        else:
            epoch = epoch or 0
            self._jump(epoch)
        self.last_epoch = math.floor(epoch) - 1  # the update below counts one on
        self._update_lr()

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is not None:
            self._jump(epoch)
            self.last_epoch = math.floor(epoch) - 1
        super()._update_lr()

    def _jump(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts.step: epoch is {epoch}, it must be ≥ 0")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch  # type: ignore[assignment]
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0  # type: ignore[assignment]
        else:
            cycle = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**cycle - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**cycle


def _set_momentum(group: dict[str, Any], momentum: Any, use_beta1: bool) -> None:
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class CyclicLR(LRScheduler):
    r"""The rate goes linearly up and down between two bounds (Smith, "Cyclical learning rates", 2015).

    Momentum goes the opposite way between its bounds.

    Args:
        optimizer: whose rates are set.
        base_lr, max_lr: the bounds, one or one for each group.
        step_size_up, step_size_down: steps of the rise and of the fall, which by default takes as long.
        mode: ``"triangular"``; ``"triangular2"`` halves the height each cycle; ``"exp_range"`` multiplies it by
            ``gamma`` each step.
        gamma: see mode.
        scale_fn: own factor of the height, overrides mode.
        scale_mode: whether scale_fn is given the number of the ``"cycle"`` or of the step (``"iterations"``).
        cycle_momentum: steer momentum (or the first of ``betas``) too.
        base_momentum, max_momentum: its bounds.
        last_epoch: number of the last step, -1 for a new run.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"CyclicLR: optimizer is a {type(optimizer).__name__}, an Optimizer is wanted")
        self.optimizer = optimizer
        low = _per_group("CyclicLR", base_lr, optimizer)
        if last_epoch == -1:
            for rate, group in zip(low, optimizer.param_groups, strict=False):
                _set_option(group, "lr", rate)
        self.max_lrs = _per_group("CyclicLR", max_lr, optimizer)
        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(
                f"CyclicLR: mode is {mode!r}; 'triangular', 'triangular2', 'exp_range' or a scale_fn is wanted"
            )
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else ("iterations" if mode == "exp_range" else "cycle")
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
                raise ValueError(
                    "CyclicLR: cycle_momentum is set, but the optimizer has neither 'momentum' nor 'betas'"
                )
            self.use_beta1 = "betas" in optimizer.defaults
            self.base_momentums = _per_group("CyclicLR", base_momentum, optimizer)
            self.max_momentums = _per_group("CyclicLR", max_momentum, optimizer)
            if last_epoch == -1:
                for high, base, group in zip(
                    self.max_momentums, self.base_momentums, optimizer.param_groups, strict=False
                ):
                    _set_momentum(group, high, self.use_beta1)
                    group["max_momentum"] = high
                    group["base_momentum"] = base
        super().__init__(optimizer, last_epoch)
        self.base_lrs = low

    def scale_fn(self, x: float) -> float:
        """The factor of the height at cycle or step ``x``."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        factor = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        rates = [
            base + (high - base) * height * factor for base, high in zip(self.base_lrs, self.max_lrs, strict=False)
        ]
        if self.cycle_momentum:
            for base, high, group in zip(
                self.base_momentums, self.max_momentums, self.optimizer.param_groups, strict=False
            ):
                _set_momentum(group, high - (high - base) * height * factor, self.use_beta1)
        return rates

    def state_dict(self) -> dict[str, Any]:
        """As in the base class; a scale function is saved only if it is a callable object, by its attributes."""
        state = super().state_dict()
        own = state.pop("_scale_fn_custom")
        plain = own is None or isinstance(own, types.FunctionType)
        state["_scale_fn_custom"] = None if plain else dict(own.__dict__)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned; a scale function stays."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_scale_fn_custom"})
        saved = state_dict.get("_scale_fn_custom")
        if saved is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(saved)


class OneCycleLR(LRScheduler):
    r"""One rise to ``max_lr`` and one fall far below the start (Smith and Topin, "Super-convergence", 2017).

    The number of steps is ``total_steps`` or ``epochs·steps_per_epoch``; the schedule steps after each batch.

    Args:
        optimizer: whose rates are set.
        max_lr: the peak, one or one for each group.
        total_steps, epochs, steps_per_epoch: length of the cycle.
        pct_start: share of the rise.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: steer momentum (or the first of ``betas``) the opposite way.
        base_momentum, max_momentum: its bounds.
        div_factor: the first rate is ``max_lr/div_factor``.
        final_div_factor: the last rate is the first one over this.
        three_phase: fall to the first rate as fast as it rose, then to the last one.
        last_epoch: number of the last step, -1 for a new run.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"OneCycleLR: optimizer is a {type(optimizer).__name__}, an Optimizer is wanted")
        self.optimizer = optimizer
        if total_steps is not None:
            if total_steps <= 0 or not isinstance(total_steps, int):
                raise ValueError(f"OneCycleLR: total_steps is {total_steps}, a positive integer is wanted")
            self.total_steps = total_steps
        elif epochs is not None and steps_per_epoch is not None:
            for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
                if not isinstance(value, int) or value <= 0:
                    raise ValueError(f"OneCycleLR: {name} is {value}, a positive integer is wanted")
            self.total_steps = epochs * steps_per_epoch
        else:
            raise ValueError("OneCycleLR: the length is not given; give total_steps, or epochs and steps_per_epoch")
        up = float(pct_start * self.total_steps) - 1
        last = self.total_steps - 1
        ends: list[tuple[float, str, str, str, str]] = [(up, "initial_lr", "max_lr", "max_momentum", "base_momentum")]
        if three_phase:
            down = float(2 * pct_start * self.total_steps) - 2
            ends.append((down, "max_lr", "initial_lr", "base_momentum", "max_momentum"))
            ends.append((last, "initial_lr", "min_lr", "max_momentum", "max_momentum"))
        else:
            ends.append((last, "max_lr", "min_lr", "base_momentum", "max_momentum"))
        names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        self._schedule_phases: list[dict[str, Any]] = [dict(zip(names, end, strict=False)) for end in ends]
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start is {pct_start}, a float in [0, 1] is wanted")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy is {anneal_strategy!r}, 'cos' or 'linear' is wanted")
        self._anneal_func_type = anneal_strategy
        peaks = _per_group("OneCycleLR", max_lr, optimizer)
        if last_epoch == -1:
            for number, group in enumerate(optimizer.param_groups):
                group["initial_lr"] = peaks[number] / div_factor
                group["max_lr"] = peaks[number]
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
                raise ValueError(
                    "OneCycleLR: cycle_momentum is set, but the optimizer has neither 'momentum' nor 'betas'"
                )
            self.use_beta1 = "betas" in optimizer.defaults
            highs = _per_group("OneCycleLR", max_momentum, optimizer)
            lows = _per_group("OneCycleLR", base_momentum, optimizer)
            if last_epoch == -1:
                for high, low, group in zip(highs, lows, optimizer.param_groups, strict=False):
                    _set_momentum(group, high, self.use_beta1)
                    group["max_momentum"] = high
                    group["base_momentum"] = low
        super().__init__(optimizer, last_epoch)

    def _anneal(self, start: Any, end: Any, share: float) -> Any:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR.step: step {step} is after the end, the cycle has {self.total_steps} steps")
        begin: float = 0.0
        for number, phase in enumerate(self._schedule_phases):
            end: Any = phase["end_step"]
            if step <= end or number == len(self._schedule_phases) - 1:
                break
            begin = end
        share = (step - begin) / (end - begin)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._anneal(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                momentum = self._anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], share)
                _set_momentum(group, momentum, self.use_beta1)
        return rates
