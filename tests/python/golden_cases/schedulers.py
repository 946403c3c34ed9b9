"""Learning rates (and momenta) of every scheduler over 24 epochs, two groups of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SCHEDULERS = """
StepLR(o, 4) | StepLR(o, 3, gamma=0.5) | MultiStepLR(o, [2, 5, 5, 11], gamma=0.3) | ConstantLR(o) | ConstantLR(o, 0.2, 7)
LinearLR(o) | LinearLR(o, 0.1, 0.7, 9) | ExponentialLR(o, 0.8) | PolynomialLR(o) | PolynomialLR(o, 9, 2.5)
CosineAnnealingLR(o, 7) | CosineAnnealingLR(o, 30, eta_min=0.01) | CosineAnnealingWarmRestarts(o, 4)
CosineAnnealingWarmRestarts(o, 3, 2, eta_min=0.02) | LambdaLR(o, lambda t: 1 / (1 + t)) | MultiplicativeLR(o, lambda t: 0.9)
LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 + 0.1 * t]) | MultiplicativeLR(o, [lambda t: 1 - 0.01 * t, lambda t: 1.1])
CyclicLR(o, 0.01, 0.2, step_size_up=4) | CyclicLR(o, [0.01, 0.02], [0.2, 0.3], 3, 5, mode='triangular2')
CyclicLR(o, 0.01, 0.2, 4, mode='exp_range', gamma=0.9, base_momentum=0.6, max_momentum=0.95)
CyclicLR(o, 0.01, 0.2, 4, cycle_momentum=False, scale_fn=lambda x: 0.8**x, scale_mode='iterations')
CyclicLR(o, 0.01, 0.2, 4, scale_fn=lambda x: 1 / x, scale_mode='cycle')
OneCycleLR(o, 0.5, total_steps=24) | OneCycleLR(o, [0.5, 0.4], epochs=5, steps_per_epoch=5, pct_start=0.4)
OneCycleLR(o, 0.5, total_steps=24, three_phase=True, div_factor=10, final_div_factor=100, base_momentum=0.7)
OneCycleLR(o, 0.5, total_steps=24, anneal_strategy='linear', max_momentum=0.9) | OneCycleLR(o, 0.5, 24, cycle_momentum=False)
ChainedScheduler([ConstantLR(o, 0.3, 5), ExponentialLR(o, 0.9)]) | SequentialLR(o, [LinearLR(o, 0.2, 1, 4), StepLR(o, 3)], [6])
SequentialLR(o, [ConstantLR(o, 0.2, 3), CosineAnnealingLR(o, 6), ExponentialLR(o, 0.7)], [4, 11])
ReduceLROnPlateau(o, patience=2) | ReduceLROnPlateau(o, 'max', 0.5, 1, cooldown=2, min_lr=[0.01, 0.03])
ReduceLROnPlateau(o, factor=0.3, patience=0, threshold=0.2) | ReduceLROnPlateau(o, patience=1, threshold_mode='abs', threshold=0.3)
ReduceLROnPlateau(o, 'max', patience=1, threshold=0.3) | ReduceLROnPlateau(o, patience=0, factor=0.5, eps=0.02)
ReduceLROnPlateau(o, 'max', patience=1, threshold=0.3, threshold_mode='abs')
swa(o, 0.07, 5) | swa(o, 0.07, 5, anneal_strategy='linear') | swa(o, [0.07, 0.01], 0)
"""


def epochs(expression: str, reload_at: int = 0) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        first = torch.ones(2, requires_grad=True)
        second = torch.ones(1, requires_grad=True)
        names = {name: getattr(torch.optim.lr_scheduler, name) for name in dir(torch.optim.lr_scheduler)}
        names["swa"] = torch.optim.swa_utils.SWALR

        def build() -> tuple[Any, Any]:
            groups = [{"params": [first]}, {"params": [second], "lr": 0.25, "momentum": 0.5}]
            optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
            return optimizer, eval(expression, {**names, "o": optimizer})

        optimizer, scheduler = build()
        plateau = type(scheduler).__name__ == "ReduceLROnPlateau"
        cyclic = type(scheduler).__name__ in ("CyclicLR", "OneCycleLR")
        track = []
        for t in range(24):
            track += [g["momentum"] for g in optimizer.param_groups] if cyclic else []
            track += [g["lr"] for g in optimizer.param_groups]
            if t == 23:
                break
            optimizer.step()
            scheduler.step(*[2.0 - 0.1 * (t % 7) + 0.05 * t] if plateau else [])
            if t == reload_at > 0:
                states = optimizer.state_dict(), scheduler.state_dict()
                optimizer, scheduler = build()
                optimizer.load_state_dict(states[0])
                scheduler.load_state_dict(states[1])
        return track, scheduler.get_last_lr()

    return run


def late(expression: str) -> Callable[[Any], Any]:
    """A scheduler that begins at epoch 5, as after a restart without its state."""

    def run(torch: Any) -> Any:
        p = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([{"params": [p], "initial_lr": 0.2}], lr=0.1)
        names = {name: getattr(torch.optim.lr_scheduler, name) for name in dir(torch.optim.lr_scheduler)}
        scheduler = eval(expression, {**names, "o": optimizer})
        track = [scheduler.get_last_lr()[0]]
        for _ in range(9):
            optimizer.step()
            scheduler.step()
            track.append(scheduler.get_last_lr()[0])
        return track

    return run


_ALL = [e.strip() for line in SCHEDULERS.strip().splitlines() for e in line.split(" | ")]
CASES: dict[str, Callable[[Any], Any]] = {expression: epochs(expression) for expression in _ALL}
CASES |= {f"{e}, its state loaded after 7 epochs": epochs(e, 7) for e in _ALL if "lambda" not in e}
CASES |= {
    f"{e}, begun late": late(e)
    for e in (
        "StepLR(o, 4, last_epoch=5)",
        "ExponentialLR(o, 0.8, last_epoch=5)",
        "CosineAnnealingLR(o, 7, last_epoch=5)",
        "LinearLR(o, total_iters=8, last_epoch=5)",
        "MultiStepLR(o, [6, 8], last_epoch=5)",
        "LambdaLR(o, lambda t: 1 / (1 + t), last_epoch=5)",
        "PolynomialLR(o, 9, last_epoch=5)",
        "CosineAnnealingWarmRestarts(o, 4, last_epoch=5)",
    )
}
