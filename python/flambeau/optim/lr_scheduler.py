"""Schedules of the learning rate that follow the number of steps: decay, warm-up, cosine, and their combinations.

The cyclic ones and the one that follows a metric are in `_lr_cycles.py`; both files share one public place, this one.
"""

from __future__ import annotations

import math
import types
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import wraps
from typing import Any
from weakref import ref

import flambeau

from .optimizer import Optimizer

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

EPOCH_DEPRECATION_WARNING = (
    "lr_scheduler.step: an epoch was given; schedules count their steps themselves, call step() without one"
)


def _to_scalar(value: Any) -> Any:
    return value.item() if isinstance(value, flambeau.Tensor) and value.dim() != 0 else value


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, flambeau.Tensor) else value


def _set_option(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group; a tensor option is filled, because programs may hold on to it."""
    if isinstance(group[key], flambeau.Tensor):
        if isinstance(value, flambeau.Tensor):
            value = value.item()
        group[key].fill_(value)
    else:
        group[key] = value


def _per_group(name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """One value for each group, from a list of that length or from a single value."""
    count = len(optimizer.param_groups)
    if isinstance(value, (list, tuple)):
        if len(value) != count:
            raise ValueError(f"{name}: {len(value)} values given for {count} parameter groups")
        return [_copied(v) for v in value]
    return [_copied(value) for _ in range(count)]


class LRScheduler:
    """Sets ``group["lr"]`` of an optimizer at each `step`; a subclass says in `get_lr` to what.

    Args:
        optimizer: whose rates are set. The rate of each group when the first scheduler is made is kept as
            ``group["initial_lr"]``.
        last_epoch: number of the last step when a run goes on, -1 for a new run.
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: optimizer is a {type(optimizer).__name__}, an Optimizer is wanted")
        self.optimizer = optimizer
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", _copied(group["lr"]))
        else:
            for number, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"{type(self).__name__}: last_epoch is {last_epoch}, but group {number} has no 'initial_lr'; "
                        "load the optimizer's state first"
                    )
        self.base_lrs: list[Any] = [_copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._watch_steps(optimizer)
        self._initial_step()

    @staticmethod
    def _watch_steps(optimizer: Optimizer) -> None:
        """Let the optimizer remember that it stepped, to warn when schedule and optimizer step in the wrong order."""
        if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
            return
        inner = optimizer.step.__func__  # type: ignore[attr-defined]
        owner = ref(optimizer)  # a strong reference would keep the optimizer alive in a cycle

        @wraps(inner)
        def step(*args: Any, **kwargs: Any) -> Any:
            self: Any = owner()
            self._opt_called = True
            return inner(self, *args, **kwargs)

        step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
        optimizer.step = step  # type: ignore[method-assign]

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rate of each group as last set."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The next rate of each group."""
        raise NotImplementedError(f"{type(self).__name__}.get_lr: not defined; a subclass gives its schedule here")

    def _current(self) -> list[Any]:
        return [_copied(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: Any) -> list[Any]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                f"{type(self).__name__}.get_lr: called outside step it gives a further rate; get_last_lr() is the "
                "present one",
                UserWarning,
                stacklevel=3,
            )

    def step(self, epoch: int | None = None) -> None:
        """Go one step on in the schedule; call it after the optimizer's step.

        Args:
            epoch: deprecated, jumps to that step.
        """
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warnings.warn(
                    f"{type(self).__name__}.step: optimizer.step was replaced after the scheduler was made, so the "
                    "order of "
                    "their steps cannot be checked; make the scheduler last",
                    UserWarning,
                    stacklevel=2,
                )
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(
                    f"{type(self).__name__}.step: called before the first optimizer.step(), which skips the "
                    "schedule's first "
                    "rate; call optimizer.step() first",
                    UserWarning,
                    stacklevel=2,
                )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                closed = getattr(self, "_get_closed_form_lr", None)
                rates = self.get_lr() if closed is None else closed()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
            _set_option(group, "lr", rate)
        self._last_lr: list[Any] = self._current()


class _LRScheduler(LRScheduler):
    """The older name of the base class."""


class _Factors(LRScheduler):
    """What `LambdaLR` and `MultiplicativeLR` share: one function for each group, and how they are saved."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        if isinstance(lr_lambda, (list, tuple)):
            if len(lr_lambda) != len(optimizer.param_groups):
                raise ValueError(
                    f"{type(self).__name__}: {len(lr_lambda)} functions given for {len(optimizer.param_groups)} "
                    "parameter groups"
                )
            self.lr_lambdas: list[Any] = list(lr_lambda)
        else:
            self.lr_lambdas = [lr_lambda] * len(optimizer.param_groups)
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """As in the base class; of the functions only callable objects are saved, by their attributes."""
        state = {key: value for key, value in self.__dict__.items() if key not in ("optimizer", "lr_lambdas")}
        state["lr_lambdas"] = [
            None if isinstance(fn, types.FunctionType) else dict(fn.__dict__) for fn in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned; functions stay as they are."""
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for own, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=False):
            if saved is not None:
                own.__dict__.update(saved)


class LambdaLR(_Factors):
    """The initial rate times a function of the step number.

    Args:
        optimizer: whose rates are set.
        lr_lambda: one function of the step number, or one for each group.
        last_epoch: number of the last step, -1 for a new run.
    """

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        return [base * fn(self.last_epoch) for base, fn in zip(self.base_lrs, self.lr_lambdas, strict=False)]


class MultiplicativeLR(_Factors):
    """The rate is multiplied at each step by a function of the step number; arguments as for :class:`LambdaLR`."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        functions = lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda]
        for fn in functions:
            if not callable(fn):
                raise TypeError(
                    f"MultiplicativeLR: lr_lambda is a {type(fn).__name__}, a function of the step number is wanted"
                )
        super().__init__(optimizer, lr_lambda, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self._is_initial:
            return self._current()
        return [
            group["lr"] * fn(self.last_epoch)
            for group, fn in zip(self.optimizer.param_groups, self.lr_lambdas, strict=False)
        ]


class StepLR(LRScheduler):
    """The rate is multiplied by ``gamma`` every ``step_size`` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._current()
        return self._scaled(self.gamma)

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """The rate is multiplied by ``gamma`` at each of the ``milestones``."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self.last_epoch not in self.milestones:
            return self._current()
        return self._scaled(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> list[Any]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """The rate is ``factor`` times the initial one for ``total_iters`` steps, then the initial one."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1.0:
            raise ValueError(f"ConstantLR: factor is {factor}, it must be in [0, 1]")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self.last_epoch == 0:
            return self._scaled(self.factor)
        if self.last_epoch != self.total_iters:
            return self._current()
        return self._scaled(1.0 / self.factor)

    def _get_closed_form_lr(self) -> list[Any]:
        early = self.last_epoch < self.total_iters
        return [base * (self.factor + early * 0 if early else 1.0) for base in self.base_lrs]


class LinearLR(LRScheduler):
    """The factor of the rate goes linearly from ``start_factor`` to ``end_factor`` in ``total_iters`` steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1.0:
            raise ValueError(f"LinearLR: start_factor is {start_factor}, it must be in (0, 1]")
        if not 0 <= end_factor <= 1.0:
            raise ValueError(f"LinearLR: end_factor is {end_factor}, it must be in [0, 1]")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current()
        rise = self.end_factor - self.start_factor
        return self._scaled(1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _get_closed_form_lr(self) -> list[Any]:
        rise = self.end_factor - self.start_factor
        factor = self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * factor for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """The rate is multiplied by ``gamma`` at each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self._is_initial:
            return self._current()
        return self._scaled(self.gamma)

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """The rate falls to zero in ``total_iters`` steps as ``(1 − t/total_iters)^power``."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current()
        now, before = 1.0 - self.last_epoch / self.total_iters, 1.0 - (self.last_epoch - 1) / self.total_iters
        return self._scaled((now / before) ** self.power)

    def _get_closed_form_lr(self) -> list[Any]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left**self.power for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    r"""The rate follows a half cosine from its initial value to ``eta_min`` in ``T_max`` steps, and back if stepped on.

    From "SGDR: stochastic gradient descent with warm restarts" (Loshchilov and Hutter, 2016), without the restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        # Computed from the present rate, so that other schedules may act on the same groups.
        self._warn_outside_step()
        if self._is_initial:
            return self._current()
        epoch, low = self.last_epoch, self.eta_min
        groups = self.optimizer.param_groups
        if self._step_count == 1 and epoch > 0:
            share = (1 + math.cos(epoch * math.pi / self.T_max)) / 2
            return [low + (base - low) * share for base in self.base_lrs]
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = 1 - math.cos(math.pi / self.T_max)
            return [group["lr"] + (base - low) * rise / 2 for base, group in zip(self.base_lrs, groups, strict=False)]
        now, before = 1 + math.cos(math.pi * epoch / self.T_max), 1 + math.cos(math.pi * (epoch - 1) / self.T_max)
        return [now / before * (group["lr"] - low) + low for group in groups]

    def _get_closed_form_lr(self) -> list[Any]:
        share = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * share / 2 for base in self.base_lrs]


class _Combined(LRScheduler):
    """What the schedules made of other schedules share: how the members are saved."""

    _schedulers: list[Any]

    def state_dict(self) -> dict[str, Any]:
        """The state of this schedule and, as a list, those of its members."""
        state = {key: value for key, value in self.__dict__.items() if key not in ("optimizer", "_schedulers")}
        state["_schedulers"] = [member.state_dict() for member in self._schedulers]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what `state_dict` returned."""
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for member, state in zip(self._schedulers, state_dict["_schedulers"], strict=False):
            member.load_state_dict(state)


def _undo(scheduler: Any) -> None:
    """Take back the first step that a scheduler makes when it is constructed, in nested ones too."""
    for member in getattr(scheduler, "_schedulers", ()):
        _undo(member)
    if hasattr(scheduler, "last_epoch"):
        scheduler.last_epoch -= 1


class SequentialLR(_Combined):
    """One schedule after another, changing at the ``milestones``.

    Args:
        optimizer: whose rates are set.
        schedulers: of that optimizer, in order of use.
        milestones: steps at which the next one begins; one fewer than schedulers.
        last_epoch: number of the last step, -1 for a new run.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError("SequentialLR: schedulers is empty")
        for number, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"SequentialLR: scheduler {number}, a {type(scheduler).__name__}, has no optimizer")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"SequentialLR: scheduler {number} is a ReduceLROnPlateau, whose step needs a metric")
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"SequentialLR: scheduler {number} belongs to another optimizer")
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(milestones)} milestones given for {len(schedulers)} schedulers, one fewer is "
                "wanted"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each member has made its first step already; only the first one's counts.
        for group in optimizer.param_groups:
            _set_option(group, "lr", group["initial_lr"])
        self.recursive_undo()
        schedulers[0]._initial_step()
        self._last_lr = schedulers[0].get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take back the members' first steps."""
        for member in (self if sched is None else sched)._schedulers:
            _undo(member)

    def step(self) -> None:  # type: ignore[override]
        """Go one step on in the schedule whose turn it is."""
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        begins = index > 0 and self._milestones[index - 1] == self.last_epoch
        if begins and not isinstance(scheduler, _Combined):
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Combined):
    """Several schedules at once: each acts on the rate that the one before it has set.

    Args:
        schedulers: of one optimizer.
        optimizer: that optimizer, by default the first scheduler's.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler: schedulers is empty")
        optimizer = optimizer or schedulers[0].optimizer
        for number, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"ChainedScheduler: scheduler {number}, a {type(scheduler).__name__}, has no optimizer")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"ChainedScheduler: scheduler {number} is a ReduceLROnPlateau, whose step needs a metric"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"ChainedScheduler: scheduler {number} belongs to another optimizer")
        self._schedulers = list(schedulers)
        self.optimizer = optimizer
        self._last_lr = self._current()

    def step(self) -> None:  # type: ignore[override]
        """Go one step on in all schedules."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current()


from ._lr_cycles import (  # noqa: E402  (these derive from LRScheduler)
    CosineAnnealingWarmRestarts,
    CyclicLR,
    OneCycleLR,
    ReduceLROnPlateau,
)
