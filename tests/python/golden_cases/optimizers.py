"""Ten steps of every optimizer, with each option that changes what it does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import wave

# The options of each; several cases of a line are parted by |.
OPTIONS = """
SGD: lr=0.1 | lr=0.1, momentum=0.9 | lr=0.1, momentum=0.9, dampening=0.3 | lr=0.1, momentum=0.8, nesterov=True
SGD: lr=0.1, weight_decay=0.2 | lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.1, maximize=True
Adam: lr=0.05 | lr=0.05, betas=(0.7, 0.9), eps=1e-3 | lr=0.05, weight_decay=0.2 | lr=0.05, amsgrad=True, betas=(0.5, 0.6)
Adam: lr=0.05, maximize=True, weight_decay=0.1, amsgrad=True | lr=0.05, decoupled_weight_decay=True, weight_decay=0.3
AdamW: lr=0.05 | lr=0.05, weight_decay=0.4, amsgrad=True, betas=(0.5, 0.6) | lr=0.05, maximize=True, eps=1e-2
Adagrad: lr=0.2 | lr=0.2, lr_decay=0.1, weight_decay=0.2, initial_accumulator_value=0.4 | lr=0.2, eps=0.1, maximize=True
Adadelta: lr=1.0 | lr=0.7, rho=0.8, eps=1e-2, weight_decay=0.2 | lr=0.5, maximize=True
Adamax: lr=0.05 | lr=0.05, betas=(0.7, 0.8), eps=1e-2, weight_decay=0.2 | lr=0.05, maximize=True
NAdam: lr=0.05 | lr=0.05, betas=(0.7, 0.9), weight_decay=0.2, momentum_decay=0.1 | lr=0.05, eps=1e-2, maximize=True
NAdam: lr=0.05, weight_decay=0.3, decoupled_weight_decay=True
RAdam: lr=0.05 | lr=0.05, betas=(0.7, 0.9), eps=1e-2, weight_decay=0.2 | lr=0.05, maximize=True
RAdam: lr=0.05, weight_decay=0.3, decoupled_weight_decay=True, betas=(0.8, 0.95)
RMSprop: lr=0.05 | lr=0.05, alpha=0.8, eps=1e-2, weight_decay=0.2 | lr=0.05, momentum=0.8 | lr=0.05, centered=True
RMSprop: lr=0.05, centered=True, momentum=0.7, maximize=True, alpha=0.7
Rprop: lr=0.05 | lr=0.05, etas=(0.6, 1.4), step_sizes=(0.02, 0.09) | lr=0.05, maximize=True
ASGD: lr=0.1 | lr=0.1, lambd=0.1, alpha=0.5, t0=3.0, weight_decay=0.2 | lr=0.1, t0=2.0, maximize=True
Adafactor: lr=0.1 | lr=0.1, beta2_decay=-0.5, eps=(1e-3, 1e-2), d=1.5, weight_decay=0.2 | lr=0.1, maximize=True
"""
OPTIONS_OF_MATRICES = """
Muon: lr=0.1 | lr=0.1, weight_decay=0.3, momentum=0.7, nesterov=False | lr=0.1, ns_steps=2, eps=1e-3
Muon: lr=0.1, adjust_lr_fn='match_rms_adamw' | lr=0.1, ns_coefficients=(2.0, -1.5, 0.5)
"""
OPTIONS_OF_CLOSURES = """
LBFGS: lr=0.3 | lr=0.5, max_iter=3, history_size=2 | lr=1, max_iter=4, line_search_fn='strong_wolfe'
LBFGS: lr=0.5, max_iter=6, max_eval=3 | lr=0.5, tolerance_grad=0.5 | lr=0.5, max_iter=9, tolerance_change=0.05
SparseAdam: lr=0.05 | lr=0.05, betas=(0.7, 0.9), eps=1e-2, maximize=True
"""
# The other forms of the same step: their results are those of the plain form.
FORMS = {
    "foreach=True": "SGD Adam AdamW Adagrad Adadelta Adamax NAdam RAdam RMSprop Rprop ASGD Adafactor".split(),
    "fused=True": "SGD Adam AdamW Adagrad".split(),
    "lr": "SGD Adam AdamW Adadelta Adamax NAdam RAdam RMSprop Adagrad".split(),
}


def lines(text: str) -> list[tuple[str, str]]:
    made = []
    for line in text.strip().splitlines():
        name, _, options = line.partition(": ")
        made += [(name, one.strip()) for one in options.split(" | ")]
    return made


def parameters(torch: Any, matrices: bool) -> list[Any]:
    shapes = ((3, 5), (4, 2)) if matrices else ((3, 5), (4,), ())
    made = []
    for k, shape in enumerate(shapes):
        made.append(wave(torch, *shape, phase=0.3 + k, dtype=torch.float64).requires_grad_())
    return made


def set_gradients(torch: Any, ps: list[Any], t: int) -> None:
    """Gradients of a valley whose middle moves with the step; at some steps one is zero or not there."""
    for k, p in enumerate(ps):
        g = 0.8 * p.detach() + math.sin(2.1 * t + k)
        p.grad = g * g.abs().sqrt() + 0.1 * wave(torch, *p.shape, phase=float(t), dtype=torch.float64)
        if t == 4 and k == 1:
            p.grad = torch.zeros_like(p)
        if t == 6 and k == 1:
            p.grad = None


def state_of(optimizer: Any, p: Any) -> dict[str, Any]:
    """What the optimizer keeps of a parameter."""
    return {key: value for key, value in sorted(optimizer.state[p].items()) if value is not None}


def steps(
    name: str, options: str, matrices: bool = False, reload_at: int = 0, tensor_rate: bool = False
) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        ps = parameters(torch, matrices)
        groups: list[dict[str, Any]] = [{"params": ps[:1]}, {"params": ps[1:], "lr": 0.02}]
        if tensor_rate:
            for group, rate in zip(groups, (float(options.split(",")[0].removeprefix("lr=")), 0.02)):
                group["lr"] = torch.tensor(rate, dtype=torch.float64)
        make = eval(f"lambda p: torch.optim.{name}(p, {options})", {"torch": torch})
        optimizer = make(groups)
        track = []
        for t in range(1, 11):
            set_gradients(torch, ps, t)
            optimizer.step()
            track.append(sum((p.detach() * wave(torch, *p.shape, dtype=torch.float64)).sum().item() for p in ps))
            if t == reload_at:
                saved = optimizer.state_dict()
                optimizer = make([{"params": ps[:1]}, {"params": ps[1:]}])
                optimizer.load_state_dict(saved)
        return track, [p.detach() for p in ps], state_of(optimizer, ps[0])

    return run


def closures(name: str, options: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        sparse = name == "SparseAdam"
        p = wave(torch, 5, 3, dtype=torch.float64).requires_grad_()
        optimizer = eval(f"torch.optim.{name}([p], {options})", {"torch": torch, "p": p})
        track = []

        def closure() -> Any:
            optimizer.zero_grad()
            target = wave(torch, 5, 3, phase=1.0, dtype=torch.float64)
            if sparse:
                rows = torch.tensor([0, 3, 3, 1])
                value = torch.nn.functional.embedding(rows, p, sparse=True)
                loss = ((value - target[:4]) ** 2).sum() + value.exp().sum()
            else:
                loss = ((p - target) ** 4).sum() + 0.3 * (p[1:] * p[:-1]).sum() + (p * p).sum()
            loss.backward()
            return loss

        for _ in range(10 if name == "SparseAdam" else 5):
            track.append(float(optimizer.step(closure)))
        return track, p.detach()

    return run


CASES: dict[str, Callable[[Any], Any]] = {}
for name, options in lines(OPTIONS):
    CASES[f"{name}({options})"] = steps(name, options)
for name, options in lines(OPTIONS_OF_MATRICES):
    CASES[f"{name}({options})"] = steps(name, options, matrices=True)
for name, options in lines(OPTIONS_OF_CLOSURES):
    CASES[f"{name}({options})"] = closures(name, options)
# Forms of a case that has to give the same, by the case's name.
ALIKE: dict[str, list[Callable[[Any], Any]]] = {}
for form, names in FORMS.items():
    for name in names:
        for n, options in lines(OPTIONS):
            if n == name and form.startswith("lr"):
                ALIKE.setdefault(f"{n}({options})", []).append(steps(n, options, tensor_rate=True))
            elif n == name:
                ALIKE.setdefault(f"{n}({options})", []).append(steps(n, f"{options}, {form}"))
for name in sorted({name for name, _ in lines(OPTIONS)}):
    options = [options for n, options in lines(OPTIONS) if n == name][-1]
    ALIKE.setdefault(f"{name}({options})", []).append(steps(name, options, reload_at=5))
