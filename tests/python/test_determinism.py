"""The same bits at any number of threads: sums, products, convolutions with their gradients, batch norm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau

THREADS = (1, 2, 7)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = flambeau.get_num_threads()
    yield
    flambeau.set_num_threads(before)


def numbers(*shape: int) -> Any:
    """Values of mixed size whose sum depends on the order of addition."""
    flambeau.manual_seed(1)
    return flambeau.randn(*shape) * flambeau.exp(flambeau.randn(*shape) * 3)


def gradients(f: Callable[..., Any], *inputs: Any) -> list[Any]:
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    out = f(*leaves)
    flambeau.manual_seed(2)
    return [out.detach(), *flambeau.autograd.grad(out, leaves, flambeau.randn(out.shape, dtype=out.dtype))]


def convolution(groups: int) -> Callable[[], list[Any]]:
    return lambda: gradients(
        lambda x, w, b: flambeau.nn.functional.conv2d(x, w, b, padding=1, groups=groups),
        numbers(8, 8, 20, 20),
        numbers(16, 8 // groups, 3, 3),
        numbers(16),
    )


CASES: dict[str, Callable[[], list[Any]]] = {
    "sum": lambda: [
        numbers(1_000_003).sum(),
        numbers(700, 900).sum(0),
        numbers(700, 900).sum(1),
        numbers(3, 200_000).sum((0, 1)),
    ],
    "mean and variance": lambda: [numbers(300_001).mean(), numbers(500, 700).var(0), numbers(500, 700).std(1)],
    "norm": lambda: [numbers(500_001).norm()],
    "cumulative sum": lambda: [numbers(200_003).cumsum(0), numbers(300, 400).cumsum(0)],
    "softmax": lambda: gradients(lambda x: x.softmax(-1), numbers(64, 3001)),
    "matmul": lambda: gradients(lambda a, b: a @ b, numbers(301, 1200), numbers(1200, 257)),
    "matmul, long inner": lambda: gradients(lambda a, b: a @ b, numbers(3, 50_000), numbers(50_000, 5)),
    "batched matmul": lambda: gradients(lambda a, b: a @ b, numbers(7, 65, 130), numbers(7, 130, 33)),
    "double matmul": lambda: gradients(lambda a, b: a.double() @ b.double(), numbers(150, 600), numbers(600, 70)),
    "linear": lambda: gradients(flambeau.nn.functional.linear, numbers(256, 300), numbers(200, 300), numbers(200)),
    "convolution": convolution(1),
    "grouped convolution": convolution(2),
    "depthwise convolution": convolution(8),
    "batch norm": lambda: gradients(
        lambda x, w, b: flambeau.nn.functional.batch_norm(x, None, None, w, b, training=True),
        numbers(16, 6, 25, 25),
        numbers(6),
        numbers(6),
    ),
    "layer norm": lambda: gradients(
        lambda x, w, b: flambeau.nn.functional.layer_norm(x, (500,), w, b),
        numbers(200, 500),
        numbers(500),
        numbers(500),
    ),
    "embedding": lambda: gradients(
        lambda w: flambeau.nn.functional.embedding(flambeau.arange(5000) % 17, w), numbers(17, 64)
    ),
    "scatter": lambda: [flambeau.zeros(13).scatter_add(0, flambeau.arange(100_000) % 13, numbers(100_000))],
    "cross entropy": lambda: gradients(
        lambda x: flambeau.nn.functional.cross_entropy(x, flambeau.arange(3000) % 50), numbers(3000, 50)
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_same_bits(case: str) -> None:
    results: list[list[Any]] = []
    for count in THREADS:
        flambeau.set_num_threads(count)
        results.append(CASES[case]())
    for count, other in zip(THREADS[1:], results[1:]):
        for i, (a, b) in enumerate(zip(results[0], other)):
            differ = (
                int((a.view(flambeau.uint8) != b.view(flambeau.uint8)).sum()) if a.dim() else int(a.item() != b.item())
            )
            assert differ == 0, f"{case}: result {i} differs in {differ} bytes between 1 and {count} threads"
