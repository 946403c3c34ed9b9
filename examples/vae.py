"""A variational autoencoder on the handwritten digits that scikit-learn ships (8×8 pixels).

Prints the bound on the log likelihood of held-out digits and draws a few new ones as text. Seconds on 2 cores.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import flambeau as torch
from flambeau import nn
from flambeau.distributions import Bernoulli, Normal, kl_divergence
from flambeau.utils.data import DataLoader, TensorDataset


class VAE(nn.Module):
    """Digits to a normal distribution over 8 numbers, and such numbers back to the chance of ink at each pixel."""

    def __init__(self, width: int = 128, code: int = 8):
        super().__init__()
        self.code = code
        self.encoder = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, 2 * code))
        self.decoder = nn.Sequential(nn.Linear(code, width), nn.SiLU(), nn.Linear(width, 64))

    def encode(self, pixels: torch.Tensor) -> Normal:
        mean, log_scale = self.encoder(pixels).chunk(2, dim=-1)
        return Normal(mean, log_scale.exp())

    def bound(self, pixels: torch.Tensor) -> torch.Tensor:
        """The evidence lower bound of each digit, in nats: (batch, 64) to (batch,)."""
        posterior = self.encode(pixels)
        code = posterior.rsample()
        likelihood = Bernoulli(logits=self.decoder(code), validate_args=False).log_prob(pixels).sum(-1)
        prior = Normal(torch.zeros(self.code), torch.ones(self.code))
        return likelihood - kl_divergence(posterior, prior).sum(-1)

    @torch.no_grad()
    def draw(self, count: int) -> torch.Tensor:
        return torch.sigmoid(self.decoder(torch.randn(count, self.code))).view(count, 8, 8)


def picture(images: torch.Tensor) -> str:
    """Images side by side as text."""
    shades = " .:-=+*#%@"
    rows: list[str] = []
    for y in range(8):
        rows.append("  ".join("".join(shades[int(p * 9.99)] * 2 for p in image[y].tolist()) for image in images))
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> float:
    """Train and return the mean bound on held-out digits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    images = torch.from_numpy(load_digits().data.astype(np.float32) / 16)
    training, held_out = images[:1437], images[1437:]
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    loader = DataLoader(TensorDataset(training), batch_size=64, shuffle=True)
    bound = 0.0
    for epoch in range(1, options.epochs + 1):
        for (pixels,) in loader:
            loss = -model.bound(pixels).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            bound = torch.stack([model.bound(held_out).mean() for _ in range(8)]).mean().item()
        if epoch % 10 == 0:
            print(f"epoch {epoch}: bound on held-out digits {bound:.2f} nats")
    print(picture(model.draw(6)))
    return bound


if __name__ == "__main__":
    main()
