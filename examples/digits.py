"""Train a small convolutional network on handwritten digits: the program behind `./dev demo`.

The data are the 1,797 scanned digits of 8×8 pixels that scikit-learn ships; a fixed fifth is held out. After training,
the checkpoint is evaluated in a fresh process and demo-output/digits.png shows learning curves and mistakes.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from tqdm import tqdm

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset

OUTPUT = Path(__file__).resolve().parent.parent / "demo-output"
HELD_OUT = 360  # of 1,797


class DigitNet(nn.Module):
    """Two convolutions at 8×8, two at 4×4, then a linear layer over what is left at 2×2."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.features = nn.Sequential(
            self.block(1, width),
            self.block(width, width),
            nn.MaxPool2d(2),
            self.block(width, 2 * width),
            self.block(2 * width, 2 * width),
            nn.MaxPool2d(2),
        )
        self.dropout = nn.Dropout(0.3)
        self.classify = nn.Linear(2 * width * 2 * 2, 10)

    @staticmethod
    def block(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # images: (batch, 1, 8, 8)
        return self.classify(self.dropout(self.features(images).flatten(1)))


def digits() -> tuple[TensorDataset, TensorDataset]:
    """Training and held-out images (count, 1, 8, 8), about zero mean and unit spread, with their labels."""
    data = load_digits()
    images = torch.from_numpy(data.images.astype(np.float32)).unsqueeze(1)
    images = (images - 4.9) / 6.0
    labels = torch.from_numpy(data.target.astype(np.int64))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    held_out, training = order[:HELD_OUT], order[HELD_OUT:]
    return TensorDataset(images[training], labels[training]), TensorDataset(images[held_out], labels[held_out])


def shifted(images: torch.Tensor) -> torch.Tensor:
    """Each image moved by up to one pixel each way, so that the network sees more hands than there are."""
    count = len(images)
    padded = F.pad(images, (1, 1, 1, 1), value=float(images.min()))
    rows = torch.randint(0, 3, (count, 1, 1)) + torch.arange(8).view(1, 8, 1)
    columns = torch.randint(0, 3, (count, 1, 1)) + torch.arange(8).view(1, 1, 8)
    which = torch.arange(count).view(count, 1, 1)
    return padded[which, 0, rows, columns].unsqueeze(1)


@torch.no_grad()
def predict(model: nn.Module, dataset: TensorDataset) -> tuple[torch.Tensor, float]:
    """How likely each digit is for each image (count, 10), and the mean loss."""
    model.eval()
    images, labels = dataset.tensors
    scores = model(images)
    return scores.softmax(dim=1), F.cross_entropy(scores, labels).item()


def accuracy(chances: torch.Tensor, labels: torch.Tensor) -> float:
    return (chances.argmax(dim=1) == labels).float().mean().item()


def train(epochs: int, checkpoint: Path) -> dict[str, list[float]]:
    torch.manual_seed(1)
    training, held_out = digits()
    model = DigitNet()
    loader = DataLoader(training, batch_size=64, shuffle=True, drop_last=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    weights = sum(parameter.numel() for parameter in model.parameters())
    print(f"{len(training)} digits to learn from, {len(held_out)} held out; {weights:,} weights")

    history: dict[str, list[float]] = {"training loss": [], "held-out loss": [], "accuracy": []}
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        bar = tqdm(loader, desc=f"epoch {epoch:2d}/{epochs}", unit="batch", leave=False)
        for images, labels in bar:
            loss = F.cross_entropy(model(shifted(images)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        bar.close()
        chances, held_out_loss = predict(model, held_out)
        history["training loss"].append(total / len(loader))
        history["held-out loss"].append(held_out_loss)
        history["accuracy"].append(accuracy(chances, held_out.tensors[1]))
        print(
            f"epoch {epoch:2d}/{epochs}  loss {total / len(loader):.3f}  accuracy {100 * history['accuracy'][-1]:.1f} %"
        )

    torch.save({"model": model.state_dict(), "history": history}, checkpoint)
    return history


def evaluate(checkpoint: Path) -> None:
    """Load the checkpoint, measure it on the held-out digits and draw the picture."""
    saved = torch.load(checkpoint)
    model = DigitNet()
    model.load_state_dict(saved["model"])
    _, held_out = digits()
    images, labels = held_out.tensors
    chances, _ = predict(model, held_out)
    print(f"loaded {checkpoint.name} in a fresh process: accuracy {100 * accuracy(chances, labels):.1f} %")
    picture = checkpoint.with_suffix(".png")
    draw(saved["history"], images.squeeze(1).numpy(), labels.numpy(), chances.numpy(), picture)
    print(f"picture: {picture}")


def draw(history: dict[str, list[float]], images: Any, labels: Any, chances: Any, path: Path) -> None:
    """Learning curves, and the digits read wrongly; where these are few, the least certain right ones follow."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    predictions, certainty = chances.argmax(axis=1), chances.max(axis=1)
    wrong = predictions != labels
    hardest = np.lexsort((certainty, ~wrong))
    figure = plt.figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    losses = left.subplots()
    epochs = range(1, len(history["accuracy"]) + 1)
    losses.plot(epochs, history["training loss"], color="tab:blue", label="training loss")
    losses.plot(epochs, history["held-out loss"], color="tab:cyan", label="held-out loss")
    losses.set(xlabel="epoch", ylabel="loss", yscale="log", title="Learning curves")
    rates = losses.twinx()
    rates.plot(epochs, [100 * a for a in history["accuracy"]], color="tab:red", label="held-out accuracy")
    rates.set(ylabel="accuracy (%)", ylim=(80, 100.5))
    losses.legend(handles=[*losses.get_lines(), *rates.get_lines()], loc="center right")

    right.suptitle(f"Misclassified: {wrong.sum()} of {len(labels)} (red), then the least certain")
    for cell, i in zip(right.subplots(3, 4).flat, hardest, strict=False):
        cell.axis("off")
        cell.imshow(images[i], cmap="gray_r")
        title = f"{labels[i]} read as {predictions[i]}" if wrong[i] else f"{labels[i]}, {100 * certainty[i]:.0f} % sure"
        cell.set_title(title, fontsize=9, color="tab:red" if wrong[i] else "black")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description="train a small convolutional network on handwritten digits")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for checkpoint and picture")
    parser.add_argument("--evaluate", type=Path, metavar="CHECKPOINT", help="only evaluate this checkpoint")
    arguments = parser.parse_args()
    if arguments.evaluate:
        evaluate(arguments.evaluate)
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.output / "digits.pt"
    start = time.perf_counter()
    train(arguments.epochs, checkpoint)
    print(f"trained in {time.perf_counter() - start:.0f} s; checkpoint: {checkpoint}")
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, "--evaluate", str(checkpoint)], check=True)


if __name__ == "__main__":
    main()
