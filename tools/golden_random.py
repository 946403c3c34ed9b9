"""Writes tests/golden/random_streams.json: random numbers of PyTorch on the CPU, bit for bit.

Each case is a call after `manual_seed(seed)`: up to 40 elements stand there as hexadecimal bytes (little-endian, in
order), longer results as SHA-256 and CRC-32 of these bytes. `state` is the SHA-256 of the generator's bytes
afterwards, so that the count of numbers drawn is checked too. Run it with an interpreter that has PyTorch, on a machine
with AVX2: `python tools/golden_random.py`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

OUTPUT = Path(__file__).resolve().parent.parent / "tests" / "golden" / "random_streams.json"
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("bool", "uint8", "int8", "int16", "int32", "int64")
SIZES = (1, 2, 15, 16, 17, 31, 32, 33, 1000, 1_000_003)
LONG = 40


def data(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().view(torch.uint8).numpy().tobytes()


def case(name: str, seed: int, call: Callable[[], torch.Tensor], **facts: Any) -> dict[str, Any]:
    torch.manual_seed(seed)
    result = call()
    entry: dict[str, Any] = {"call": name, "seed": seed, "dtype": str(result.dtype).removeprefix("torch.")}
    entry |= {"size": list(result.shape), **facts}
    content = data(result)
    if result.numel() <= LONG:
        entry["hex"] = content.hex()
    else:
        entry["sha256"] = hashlib.sha256(content).hexdigest()
        entry["crc32"] = f"{zlib.crc32(content):08x}"
    entry["state"] = hashlib.sha256(data(torch.get_rng_state())).hexdigest()[:16]
    return entry


def fill(name: str, seed: int, dtype: str, size: int, *args: float) -> dict[str, Any]:
    def call() -> torch.Tensor:
        return getattr(torch.empty(size, dtype=getattr(torch, dtype)), name)(*args)

    return case(name, seed, call, args=list(args))


def fills() -> Iterator[dict[str, Any]]:
    for dtype in FLOATS:
        for size in SIZES:
            yield fill("uniform_", 7, dtype, size, 0.0, 1.0)
            yield fill("normal_", 7, dtype, size, 0.0, 1.0)
        for size in (17, 1000):
            yield fill("uniform_", 42, dtype, size, 0.1, 0.7)
            yield fill("normal_", 42, dtype, size, 0.3, 1.7)
            yield fill("exponential_", 42, dtype, size, 1.5)
            yield fill("cauchy_", 42, dtype, size, 0.3, 1.7)
            yield fill("log_normal_", 42, dtype, size, 0.3, 1.7)
    for dtype in FLOATS + INTEGERS:
        for size in (17, 1000):
            yield fill("random_", 3, dtype, size)
            yield fill("bernoulli_", 3, dtype, size, 0.3)
            if dtype != "bool":
                yield fill("geometric_", 3, dtype, size, 0.3)
    for low, high in ((-5, 7), (0, 997), (0, 2**28 - 1), (0, 2**28), (3, 2**40), (-(2**62), 2**62)):
        yield fill("random_", 2**63 + 5, "int64", 1000, low, high)
        yield fill("random_", 2**63 + 5, "float32", 1000, low, high)


def others() -> Iterator[dict[str, Any]]:
    for dtype in (torch.int32, torch.int64):
        for size in (1, 10, 1000, 100_000):
            yield case("randperm", 9, lambda n=size, d=dtype: torch.randperm(n, dtype=d))
    strided = torch.empty(80)
    yield case("normal_ on a slice of step 2", 5, lambda: strided[::2].normal_(0.3, 1.7))
    for dtype in (torch.float32, torch.float64):
        ramp = torch.arange(1, 101, dtype=dtype) / 100  # parameters k / 100, k = 1 ... 100
        yield case("bernoulli of k/100", 5, lambda p=ramp: torch.bernoulli(p))
        yield case("poisson of k/100", 5, lambda p=ramp: torch.poisson(p))
        yield case("poisson of k", 5, lambda p=ramp: torch.poisson(p * 100))
        yield case("binomial of 50 and k/100", 5, lambda p=ramp: torch.binomial(torch.full_like(p, 50), p))
        yield case("standard_gamma of k/100", 5, lambda p=ramp: torch._standard_gamma(p))
        yield case("standard_gamma of k", 5, lambda p=ramp: torch._standard_gamma(p * 100))
        for replacement in (False, True):
            for samples in (1, 20):
                facts: dict[str, Any] = {"samples": samples, "replacement": replacement}
                call = lambda p=ramp, s=samples, r=replacement: torch.multinomial(p.view(2, 50), s, r)  # noqa: E731
                facts["weights"] = str(dtype).removeprefix("torch.")
                yield case("multinomial of k/100 in 2 rows", 5, call, **facts)


def calls() -> Iterator[dict[str, Any]]:
    """Calls written out, which the tests evaluate with `torch` standing for Flambeau."""
    written = [
        "torch.rand(40)", "torch.rand(3, 5, dtype=torch.float64)", "torch.randn(15)", "torch.randn(16)", "torch.randn(17)",
        "torch.randn(4, 5, dtype=torch.complex64)", "torch.rand(7, dtype=torch.complex64)", "torch.randint(10, (3, 4))",
        "torch.randint(-5, 5, (20,), dtype=torch.int32)", "torch.randperm(30)", "torch.rand_like(torch.empty(4, 5).t())",
        "torch.randn_like(torch.empty(4, 5).t())", "torch.randint_like(torch.empty(6), 3, 9)", "torch.normal(2.0, 3.0, (20,))",
        "torch.normal(torch.zeros(20), torch.ones(20) * 2)", "torch.normal(torch.zeros(5), 2.0)", "torch.normal(1.0, torch.ones(17))",
        "torch.bernoulli(torch.full((20,), 0.3))", "torch.bernoulli(torch.ones(20), 0.4)", "torch.empty(20).exponential_(2.0)",
        "torch.empty(20).bernoulli_(torch.full((20,), 0.6))", "torch.multinomial(torch.ones(10), 5)",
        "torch.nn.functional.dropout(torch.ones(30), 0.4)", "torch.nn.functional.alpha_dropout(torch.ones(30), 0.4, True)",
        "torch.nn.functional.dropout2d(torch.ones(2, 6, 2, 1), 0.4)", "torch.nn.functional.dropout(torch.ones(4, 5).t(), 0.4)",
        "torch.nn.functional.feature_alpha_dropout(torch.ones(2, 6, 2, 1), 0.4, True)",
        "torch.nn.functional.rrelu(torch.arange(-10.0, 10.0), training=True)",
        "torch.nn.init.kaiming_uniform_(torch.empty(5, 7))", "torch.nn.init.kaiming_normal_(torch.empty(5, 7))",
        "torch.nn.init.xavier_uniform_(torch.empty(5, 7))", "torch.empty(4, 5).t().normal_()", "torch.empty(6, 8)[:, ::2].uniform_()",
        "torch.empty(30).random_(5)", "torch.empty(30, dtype=torch.int16).random_(-3, None)", "torch.empty(9).cauchy_()",
        "torch.native_dropout(torch.ones(30), 0.4, True)[0]", "torch._sample_dirichlet(torch.ones(3, 4))",
    ]  # fmt: skip
    for text in written:
        yield case(text, 11, lambda t=text: eval(t))


def main() -> None:
    torch.set_num_threads(1)
    lines = [json.dumps(entry) for entry in (*fills(), *others(), *calls())]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
