"""Rows of the transforms: batches, forward derivatives, Hessians, gradients of single samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .rows import row


def perceptron(t: Any, inputs: int, hidden: int) -> tuple[Callable[[Any], Any], Any]:
    """A loss over the flat weights of a small network, and the weights."""
    t.manual_seed(0)
    x, y = t.rand(32, inputs), t.rand(32, 1)
    sizes = [(hidden, inputs), (hidden,), (1, hidden), (1,)]
    total = sum(a * (b[0] if b else 1) for a, *b in sizes)

    def loss(flat: Any) -> Any:
        parts, at = [], 0
        for size in sizes:
            count = size[0] * (size[1] if len(size) > 1 else 1)
            parts.append(flat[at : at + count].view(size))
            at += count
        hidden_values = t.tanh(x @ parts[0].T + parts[1])
        return ((hidden_values @ parts[2].T + parts[3] - y) ** 2).mean()

    return loss, t.rand(total)


@row("transforms", "vmap(dot), 2,000 rows of 64")
def batched_dot(t: Any) -> Callable[[], object]:
    a, b = t.rand(2000, 64), t.rand(2000, 64)
    f = t.func.vmap(t.dot)
    return lambda: f(a, b)


@row("transforms", "per-sample gradients of a small CNN, batch 64")
def single_samples(t: Any) -> Callable[[], object]:
    t.manual_seed(0)
    nn = t.nn
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 49, 10),
    )  # fmt: skip
    state = {name: p.detach() for name, p in model.named_parameters()}
    x, y = t.rand(64, 1, 28, 28), t.randint(10, (64,))

    def loss(parameters: Any, image: Any, label: Any) -> Any:
        out = t.func.functional_call(model, parameters, (image.unsqueeze(0),))
        return nn.functional.cross_entropy(out, label.unsqueeze(0))

    f = t.func.vmap(t.func.grad(loss), in_dims=(None, 0, 0))
    return lambda: f(state, x, y)


@row("transforms", "hessian of a perceptron's loss, 201 variables")
def second_derivatives(t: Any) -> Callable[[], object]:
    loss, flat = perceptron(t, 8, 20)
    f = t.func.hessian(loss)
    return lambda: f(flat)


@row("transforms", "jvp of a perceptron's loss, 201 variables")
def forward_derivative(t: Any) -> Callable[[], object]:
    loss, flat = perceptron(t, 8, 20)
    direction = t.rand(flat.shape[0])
    return lambda: t.func.jvp(loss, (flat,), (direction,))


@row("transforms", "jacrev of a perceptron's outputs, 16 → 16")
def jacobian(t: Any) -> Callable[[], object]:
    t.manual_seed(0)
    w, v, x = t.rand(64, 16), t.rand(16, 64), t.rand(16)
    f = t.func.jacrev(lambda z: v @ t.tanh(w @ z))
    return lambda: f(x)
