"""Curve fitting with L-BFGS in float64: a damped oscillation recovered from noisy samples.

Prints the loss at each step and the parameters found. A second on any machine.
"""

import argparse

import flambeau as torch

TRUE = {"amplitude": 2.0, "decay": 0.3, "frequency": 2.5, "phase": 0.5}


def curve(parameters: dict[str, torch.Tensor] | dict[str, float], t: torch.Tensor) -> torch.Tensor:
    """``amplitude · exp(−decay·t) · cos(frequency·t + phase)``"""
    swing = torch.cos(parameters["frequency"] * t + parameters["phase"])
    return parameters["amplitude"] * torch.exp(-parameters["decay"] * t) * swing


def main(arguments: list[str] | None = None) -> float:
    """Fit and return the largest error of a parameter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noise", type=float, default=0.02)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    t = torch.linspace(0, 6, 200, dtype=torch.float64)
    samples = curve(TRUE, t) + options.noise * torch.randn(200, dtype=torch.float64)
    start = {"amplitude": 1.0, "decay": 0.1, "frequency": 2.2, "phase": 0.0}
    found = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in start.items()}
    optimizer = torch.optim.LBFGS(list(found.values()), lr=1.0, max_iter=20, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (curve(found, t) - samples).square().mean()
        loss.backward()
        return loss

    for step in range(1, 6):
        print(f"step {step}: mean squared error {optimizer.step(closure).item():.6f}")
    for name, value in found.items():
        print(f"{name}: {value.item():.4f} (true {TRUE[name]})")
    return max(abs(value.item() - TRUE[name]) for name, value in found.items())


if __name__ == "__main__":
    main()
