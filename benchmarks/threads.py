"""``python -m benchmarks.threads``: are the bits the same at 1, 2 and 7 threads, and what do more threads bring?"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import flambeau

from .timing import in_turns, readable


def convolution(t: Any) -> Callable[[], list[Any]]:
    layer, x = t.nn.Conv2d(32, 48, 3, padding=1), t.randn(8, 32, 28, 28, requires_grad=True)

    def run() -> list[Any]:
        layer.zero_grad()
        x.grad = None
        y = layer(x)
        (y * y).sum().backward()
        return [y.detach(), x.grad, layer.weight.grad, layer.bias.grad]

    return run


def batch_norm(t: Any) -> Callable[[], list[Any]]:
    layer, x = t.nn.BatchNorm2d(32), t.randn(16, 32, 28, 28, requires_grad=True)

    def run() -> list[Any]:
        x.grad = None
        y = layer(x)
        (y * y * y).sum().backward()
        return [y.detach(), x.grad]

    return run


def on_random(call: Callable[[Any], Any], *shape: int) -> Callable[[Any], Callable[[], list[Any]]]:
    def make(t: Any) -> Callable[[], list[Any]]:
        x = t.randn(*shape)
        return lambda: [call(x)]

    return make


WORK = {
    "sum of 4 M": on_random(lambda x: x.sum(), 1 << 22),
    "softmax 2048×512": on_random(lambda x: x.softmax(1), 2048, 512),
    "product 512×512": on_random(lambda x: x @ x, 512, 512),
    "product 96×4096×96": on_random(lambda x: x @ x.t(), 96, 4096),
    "batch norm and gradient": batch_norm,
    "convolution and gradients": convolution,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| what | same bits at 1, 2, 7 threads | 1 thread | 2 threads |\n|---|---|---|---|")
    for name, make in WORK.items():
        flambeau.manual_seed(0)
        try:
            run = make(flambeau)
            results = []
            for threads in (1, 2, 7):
                flambeau.set_num_threads(threads)
                results.append([t.clone() for t in run()])
        except Exception as error:
            print(f"| {name} | cannot run: {type(error).__name__} | | |")
            continue
        same = all(bool((a == b).all()) for other in results[1:] for a, b in zip(results[0], other))

        def with_threads(threads: int, work: Callable[[], object] = run) -> Callable[[], object]:
            def call() -> None:
                flambeau.set_num_threads(threads)
                work()

            return call

        one, two = in_turns([with_threads(1), with_threads(2)], rounds=options.rounds)
        print(f"| {name} | {'yes' if same else 'NO'} | {readable(one)} | {readable(two)} |", flush=True)


if __name__ == "__main__":
    main()
