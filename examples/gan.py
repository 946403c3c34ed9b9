"""A generative adversarial network on scikit-learn's digits.

A classifier trained on real digits judges the result: how confident it is about each made digit and how many of the
ten kinds appear. Under a minute on 2 cores.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

NOISE = 16


def generator() -> nn.Module:
    """From (batch, 16) noise to (batch, 1, 8, 8) in −1 … 1."""
    return nn.Sequential(
        nn.Linear(NOISE, 64 * 2 * 2),
        nn.Unflatten(1, (64, 2, 2)),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def critic(outputs: int = 1) -> nn.Module:
    """From (batch, 1, 8, 8) to (batch, outputs)."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.2),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(64 * 2 * 2, outputs),
    )


def batches(count: int, size: int = 64) -> tuple[torch.Tensor, ...]:
    """Index tensors of one pass in random order."""
    return torch.randperm(count)[: count // size * size].split(size)


def train_judge(images: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    judge = critic(10)
    optimizer = torch.optim.Adam(judge.parameters(), lr=2e-3)
    for _ in range(epochs):
        for chosen in batches(len(images)):
            loss = F.cross_entropy(judge(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return judge.eval()


def main(arguments: list[str] | None = None) -> tuple[float, int]:
    """Train; return the judge's mean confidence in made digits and the number of kinds among them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--judge-epochs", type=int, default=15)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    data = load_digits()
    images = torch.from_numpy(data.images.astype(np.float32)).unsqueeze(1) / 8 - 1
    labels = torch.from_numpy(data.target.astype(np.int64))
    judge = train_judge(images, labels, options.judge_epochs)
    make, judge_real = generator(), critic()
    make_step = torch.optim.Adam(make.parameters(), lr=1e-3, betas=(0.5, 0.999))
    real_step = torch.optim.Adam(judge_real.parameters(), lr=5e-4, betas=(0.5, 0.999))
    confidence, kinds = 0.0, 0
    for epoch in range(1, options.epochs + 1):
        for chosen in batches(len(images)):
            real, noise = images[chosen], torch.randn(64, NOISE)
            made = make(noise)
            # The critic: real ones up, made ones down.
            scores = judge_real(torch.cat([real, made.detach()]))
            wanted = torch.cat([torch.full((64, 1), 0.9), torch.zeros(64, 1)])
            loss = F.binary_cross_entropy_with_logits(scores, wanted)
            real_step.zero_grad()
            loss.backward()
            real_step.step()
            # The generator: what it makes should pass for real.
            loss = F.binary_cross_entropy_with_logits(judge_real(made), torch.ones(64, 1))
            make_step.zero_grad()
            loss.backward()
            make_step.step()
        if epoch % 10 == 0 or epoch == options.epochs:
            make.eval()
            with torch.no_grad():
                chances = F.softmax(judge(make(torch.randn(500, NOISE))), dim=1)
            make.train()
            best, kind = chances.max(dim=1)
            confidence = best.mean().item()
            kinds = int((torch.bincount(kind, minlength=10) >= 5).sum())
            print(f"epoch {epoch}: the judge is {confidence:.1%} sure of the made digits; {kinds} of 10 kinds appear")
    return confidence, kinds


if __name__ == "__main__":
    main()
