"""Hogwild: several processes train one network on handwritten digits at the same time, without locks.

The weights lie in memory that all processes see; each takes its own stream of batches, computes gradients of its own
and steps on the common weights while the others do. Updates may collide, which costs little as long as they are small
(Niu, Recht, Ré, Wright: "HOGWILD!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent", 2011).
"""

import argparse
import time

import numpy as np
from sklearn.datasets import load_digits

import flambeau as torch
from flambeau import multiprocessing as mp
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset

HELD_OUT = 360  # of 1,797


def digits() -> tuple[TensorDataset, TensorDataset]:
    """Training and held-out images (count, 64), about zero mean and unit spread, with their labels."""
    data = load_digits()
    images = (torch.from_numpy(data.data.astype(np.float32)) - 4.9) / 6.0
    labels = torch.from_numpy(data.target.astype(np.int64))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    held_out, training = order[:HELD_OUT], order[HELD_OUT:]
    return TensorDataset(images[training], labels[training]), TensorDataset(images[held_out], labels[held_out])


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


@torch.no_grad()
def accuracy(model: nn.Module, dataset: TensorDataset) -> float:
    images, labels = dataset.tensors
    return (model(images).argmax(dim=1) == labels).float().mean().item()


def train(rank: int, model: nn.Module, dataset: TensorDataset, epochs: int, steps: torch.Tensor) -> None:
    """What each process does: plain descent on the weights that it shares with the others.

    `steps` holds a count for each process; every entry has one writer, so no update of it is lost.
    """
    torch.set_num_threads(1)  # the processes are the parallelism
    torch.manual_seed(1 + rank)
    loader = DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)  # the momentum is each process's own
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
            steps[rank] += 1


def main(args: list[str] | None = None) -> tuple[float, int]:
    """Accuracy on the held-out digits, and how many steps all processes have made together."""
    parser = argparse.ArgumentParser(description="train on one set of weights from several processes at once")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8, help="passes of each process over the digits")
    parser.add_argument("--start", choices=mp.get_all_start_methods(), default="spawn")
    options = parser.parse_args(args)

    torch.manual_seed(0)
    training, held_out = digits()
    model = network().share_memory()
    steps = torch.zeros(options.processes, dtype=torch.int64).share_memory_()
    print(f"before: accuracy {100 * accuracy(model, held_out):.1f} %")
    start = time.perf_counter()
    mp.start_processes(
        train, (model, training, options.epochs, steps), nprocs=options.processes, start_method=options.start
    )
    right = accuracy(model, held_out)
    print(
        f"{options.processes} processes, {steps.sum().item():,} steps in {time.perf_counter() - start:.1f} s: "
        f"accuracy {100 * right:.1f} %"
    )
    return right, int(steps.sum().item())


if __name__ == "__main__":
    main()
