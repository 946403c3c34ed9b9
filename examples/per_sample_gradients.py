"""Per-sample gradients through autograd, three ways that agree, and training with each sample's gradient clipped.

The gradient of one sample is what private training bounds (Abadi et al., 2016) and what shows which samples steer a
model. Prints the largest differences between the ways and the accuracy reached. Seconds on 2 cores.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.utils.hooks import RemovableHandle


def one_by_one(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """A backward pass for each sample: (samples, *parameter) for each parameter."""
    parameters = list(model.parameters())
    rows = [torch.autograd.grad(F.cross_entropy(model(x[None]), y[None]), parameters) for x, y in zip(inputs, labels)]
    return [torch.stack(column) for column in zip(*rows)]


def by_hooks(model: nn.Sequential, inputs: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """One backward pass: a linear layer's gradient is the outer product of what came in and what came back."""
    seen: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}
    handles: list[RemovableHandle] = []
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    for layer in layers:

        def keep(module: nn.Module, arguments: tuple[torch.Tensor, ...], result: torch.Tensor) -> None:
            def note(gradient: torch.Tensor) -> None:
                seen[module] = arguments[0].detach(), gradient

            result.register_hook(note)

        handles.append(layer.register_forward_hook(keep))
    F.cross_entropy(model(inputs), labels, reduction="sum").backward()
    for handle in handles:
        handle.remove()
    model.zero_grad()
    gradients: list[torch.Tensor] = []
    for layer in layers:
        came_in, came_back = seen[layer]
        gradients += [torch.einsum("no,ni->noi", came_back, came_in), came_back]
    return gradients


def by_copies(model: nn.Sequential, inputs: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """One backward pass through parameters expanded to one copy for each sample."""
    copies = [p.detach().expand(len(inputs), *p.shape).clone().requires_grad_() for p in model.parameters()]
    x, left = inputs, list(copies)
    for layer in model:
        if isinstance(layer, nn.Linear):
            weight, bias = left.pop(0), left.pop(0)
            x = torch.baddbmm(bias[:, :, None], weight, x[:, :, None])[:, :, 0]
        else:
            x = layer(x)
    return list(torch.autograd.grad(F.cross_entropy(x, labels, reduction="sum"), copies))


def clipped_step(
    model: nn.Sequential,
    optimizer: torch.optim.Optimizer,
    inputs: torch.Tensor,
    labels: torch.Tensor,
    bound: float,
    noise: float,
) -> None:
    """A step along the mean of gradients cut to a length, with noise."""
    gradients = by_hooks(model, inputs, labels)
    lengths = torch.stack([g.flatten(1).norm(dim=1) for g in gradients]).norm(dim=0)  # (samples,)
    factor = (bound / lengths).clamp(max=1.0)
    for parameter, gradient in zip(model.parameters(), gradients):
        total = torch.tensordot(factor, gradient, dims=1)
        parameter.grad = (total + noise * bound * torch.randn_like(total)) / len(inputs)
    optimizer.step()


def main(arguments: list[str] | None = None) -> tuple[float, float]:
    """Compare and train; return the largest relative difference and the held-out accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    data = load_digits()
    inputs = torch.from_numpy(data.data.astype(np.float32) / 16)
    labels = torch.from_numpy(data.target.astype(np.int64))
    model = nn.Sequential(nn.Linear(64, 48), nn.Tanh(), nn.Linear(48, 10))
    reference = one_by_one(model, inputs[:16], labels[:16])
    worst = 0.0
    for way in (by_hooks, by_copies):
        pairs = zip(way(model, inputs[:16], labels[:16]), reference)
        difference = max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
        worst = max(worst, difference)
        print(f"{way.__name__} differs from one_by_one by {difference:.1e}")
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.8)
    for _ in range(options.steps):
        chosen = torch.randint(1437, (64,))
        clipped_step(model, optimizer, inputs[chosen], labels[chosen], bound=1.0, noise=0.3)
    with torch.no_grad():
        accuracy = (model(inputs[1437:]).argmax(1) == labels[1437:]).float().mean().item()
    print(f"accuracy after training with clipped, noisy gradients: {accuracy:.1%}")
    return worst, accuracy


if __name__ == "__main__":
    main()
