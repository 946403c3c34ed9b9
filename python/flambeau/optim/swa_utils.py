"""Averages of weights along the training path, and the schedule that goes with them.

After "Averaging weights leads to wider optima and better generalization" (Izmailov et al., 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module

from .lr_scheduler import LRScheduler, _per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def _check_decay(name: str, decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"{name}: decay is {decay}, it must be in [0, 1]")


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[list[Any], list[Any], Any], None]:
    """A function that moves a list of averages to ``decay·average + (1 − decay)·value``."""
    _check_decay("get_ema_multi_avg_fn", decay)
    average_one = get_ema_avg_fn(decay)

    def ema_update(ema_param_list: list[Any], current_param_list: list[Any], _: Any) -> None:
        with flambeau.no_grad():
            for average, value in zip(ema_param_list, current_param_list, strict=False):
                if average.is_floating_point() or average.is_complex():
                    average.lerp_(value.to(average.dtype), 1 - decay)
                else:
                    average.copy_(average_one(average, value, 0))

    return ema_update


def get_swa_multi_avg_fn() -> Callable[[list[Any], list[Any], Any], None]:
    """A function that moves a list of averages over n values to those over n + 1."""

    def swa_update(averaged_param_list: list[Any], current_param_list: list[Any], num_averaged: Any) -> None:
        share = 1 / (num_averaged + 1)
        with flambeau.no_grad():
            for average, value in zip(averaged_param_list, current_param_list, strict=False):
                if average.is_floating_point() or average.is_complex():
                    weight = float(share) if isinstance(share, flambeau.Tensor) else share
                    average.lerp_(value.to(average.dtype), weight)
                else:
                    average.add_(((value - average) * share).to(average.dtype))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], Any]:
    """A function of average, value and count that gives ``decay·average + (1 − decay)·value``."""
    _check_decay("get_ema_avg_fn", decay)

    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with flambeau.no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable[[Any, Any, Any], Any]:
    """A function of average, value and count that gives the average over one value more."""

    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with flambeau.no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are running averages of the model's.

    Args:
        model: what is averaged; it is copied.
        device: where the averages are kept.
        avg_fn: gives a new average from average, value and the number of values so far.
        multi_avg_fn: the same in place for lists; without either, all values weigh the same.
        use_buffers: average buffers too; otherwise the model's are copied at each update.
    """

    n_averaged: Any

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Callable[[Any, Any, Any], Any] | None = None,
        multi_avg_fn: Callable[[list[Any], list[Any], Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: both avg_fn and multi_avg_fn are given, one is wanted")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", flambeau.tensor(0, dtype=flambeau.long, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The averaged model's result."""
        return self.module(*args, **kwargs)

    def _averaged(self, module: Any) -> list[Any]:
        tensors = list(module.parameters())
        return tensors + list(module.buffers()) if self.use_buffers else tensors

    def update_parameters(self, model: Any) -> None:
        """Take the present parameters of the model into the averages."""
        averages, values = self._averaged(self.module), self._averaged(model)
        averages = [average.detach() for average in averages]
        values = [value.detach().to(average.device) for average, value in zip(averages, values, strict=False)]
        if self.n_averaged == 0:
            for average, value in zip(averages, values, strict=False):
                average.copy_(value)
        elif self.avg_fn is not None:
            count = self.n_averaged.to(averages[0].device) if averages else self.n_averaged
            for average, value in zip(averages, values, strict=False):
                average.copy_(self.avg_fn(average, value, count))
        else:
            update = self.multi_avg_fn or get_swa_multi_avg_fn()
            update(averages, values, self.n_averaged)
        if not self.use_buffers:
            for own, other in zip(self.module.buffers(), model.buffers(), strict=False):
                own.detach().copy_(other.detach().to(own.device))
        self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """Compute the running statistics of a model's batch norms anew, by one pass over data.

    Args:
        loader: gives batches, or lists and tuples whose first item is the batch.
        model: averaged weights need statistics of their own; those of the original model don't fit.
        device: where batches are moved first.
    """
    momenta = {}
    for module in model.modules():
        if isinstance(module, flambeau.nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    with flambeau.no_grad():
        model.train()
        for module in momenta:
            module.momentum = None  # a plain average over all batches
        for batch in loader:
            if isinstance(batch, (list, tuple)):
                batch = batch[0]
            model(batch if device is None else batch.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Goes from each group's rate to ``swa_lr`` in ``anneal_epochs`` steps and stays there.

    Args:
        optimizer: whose rates are set.
        swa_lr: the final rate, one or one for each group.
        anneal_epochs: length of the way.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: number of the last step, -1 for a new run.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for group, rate in zip(optimizer.param_groups, _per_group("SWALR", swa_lr, optimizer), strict=False):
            group["swa_lr"] = rate
        self._set_anneal_func(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs is {anneal_epochs}, an integer ≥ 0 is wanted")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _set_anneal_func(self, anneal_strategy: str) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy is {anneal_strategy!r}, 'cos' or 'linear' is wanted")
        self._anneal_strategy = anneal_strategy

    @staticmethod
    def _get_initial_lr(lr: Any, swa_lr: Any, alpha: float) -> Any:
        return swa_lr if alpha == 1 else (lr - alpha * swa_lr) / (1 - alpha)

    def _share(self, step: int) -> float:
        share = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return share if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * share)) / 2

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            start = self._get_initial_lr(group["lr"], group["swa_lr"], before)
            rates.append(group["swa_lr"] * now + start * (1 - now))
        return rates
