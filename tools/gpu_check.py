"""The stages of tools/gpu_check.sh. Each prints its figures, one to a line, and last what matters most; where PyTorch is
installed, the same is measured there, in this process after Flambeau's, and the ratio printed."""

from __future__ import annotations

import collections
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flambeau

ROOT = Path(__file__).parents[1]


def libraries() -> list[tuple[str, Any]]:
    """Flambeau, and PyTorch where it is installed with CUDA."""
    found = [("flambeau", flambeau)]
    try:
        reference = importlib.import_module("torch")
    except ImportError:
        return found
    return [*found, ("pytorch", reference)] if reference.cuda.is_available() else found


def seconds(library: Any, call: Callable[[], Any], repeats: int = 30, inner: int = 1) -> float:
    """The median of the repeats, by events of the device."""
    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        start, end = (library.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(inner):
            call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1000 / inner)
    return statistics.median(times)


def compared(rows: dict[str, Callable[[Any], Callable[[], Any]]], inner: int = 1, unit: float = 1.0) -> None:
    """A line for each row: its time in each library, and the ratio."""
    worst = 0.0
    for name, make in rows.items():
        found = {}
        for label, library in libraries():
            try:
                found[label] = seconds(library, make(library), inner=inner)
            except Exception as error:
                print(f"{name:24} {label}: {type(error).__name__}: {str(error)[:100]}")
        ratio = found["flambeau"] / found["pytorch"] if len(found) == 2 else float("nan")
        worst = max(worst, ratio if ratio == ratio else 0)
        figures = "  ".join(f"{label} {value * 1e6:10.1f} µs" for label, value in found.items())
        print(f"{name:24} {figures}  ratio of times {ratio:.2f}")
    print(f"worst ratio of times: {worst:.2f}" if worst else "nothing to compare with")


def versions() -> None:
    cuda = flambeau.cuda
    assert cuda.is_available(), flambeau._C._cuda_problem()
    print(cuda.get_device_properties(0))
    start = time.perf_counter()
    x = flambeau.arange(1000.0, device="cuda")
    total = (x * 2 + 1).sum().item()
    assert total == 1000000, total
    print("driver", flambeau._C._cuda_driver_version(), "first kernels", round(time.perf_counter() - start, 2), "s")


def operators(out: str) -> None:
    rows_file = Path(out) / "operators.jsonl"
    sweep = [sys.executable, str(ROOT / "tests" / "cuda" / "sweep.py"), str(rows_file), "", "float32", "bfloat16"]
    try:
        subprocess.run(sweep, timeout=140)
    except subprocess.TimeoutExpired:
        print("not finished")
    rows = [json.loads(line) for line in rows_file.read_text().splitlines()]
    rows = [row for row in rows if "status" in row]
    for row in rows:
        if row["status"] in ("different", "error", "elsewhere"):
            print(row)
    counts = collections.Counter(row["status"] for row in rows)
    good, bad = counts["equal"] + counts["near"], counts["different"] + counts["error"] + counts["elsewhere"]
    print(dict(counts), f"{good / max(good + bad, 1):.4f} equal or within tolerance")
    assert good >= 0.99 * (good + bad)


def bandwidth() -> None:
    n = 1 << 28

    def one(f: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Callable[[], Any]]:
        def make(library: Any) -> Callable[[], Any]:
            x, y = library.ones(n, device="cuda"), library.ones(n, device="cuda")
            return lambda: f(library, x, y)

        return make

    compared(
        {
            "copy 1 GiB": one(lambda t, x, y: y.copy_(x)),
            "add 1 GiB": one(lambda t, x, y: t.add(x, y, out=y)),
            "gelu 1 GiB": one(lambda t, x, y: t.nn.functional.gelu(x)),
            "sum 1 GiB": one(lambda t, x, y: x.sum()),
            "sum of rows": one(lambda t, x, y: x.view(-1, 4096).sum(1)),
            "sum of columns": one(lambda t, x, y: x.view(-1, 4096).sum(0)),
            "softmax of rows": one(lambda t, x, y: x.view(-1, 4096).softmax(1)),
            "transposed copy": one(lambda t, x, y: x.view(-1, 4096).t().contiguous()),
        }
    )


def per_call() -> None:
    def small(f: Callable[[Any, Any], Any]) -> Callable[[Any], Callable[[], Any]]:
        def make(library: Any) -> Callable[[], Any]:
            x = library.ones(8, 8, device="cuda")
            return lambda: f(library, x)

        return make

    compared(
        {
            "a + b 8×8": small(lambda t, x: x + x),
            "view": small(lambda t, x: x.view(64)),
            "linear 8×8": small(lambda t, x: t.nn.functional.linear(x, x, x[0])),
            "sum 8×8": small(lambda t, x: x.sum()),
        },
        inner=200,
    )


def matmul() -> None:
    def square(n: int, dtype: str) -> Callable[[Any], Callable[[], Any]]:
        def make(library: Any) -> Callable[[], Any]:
            x = library.ones(n, n, device="cuda", dtype=getattr(library, dtype))
            return lambda: x @ x

        return make

    compared({f"matmul {n} {d}": square(n, d) for n in (1024, 4096) for d in ("float32", "bfloat16")})


def losses(library: Any, device: str) -> list[float]:
    library.manual_seed(0)
    nn = library.nn
    model = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 10)).to("cpu")
    x, y = library.randn(512, 64), library.arange(512) % 10
    model, x, y = model.to(device), x.to(device), y.to(device)
    optimizer = library.optim.AdamW(model.parameters(), lr=1e-3)
    found = []
    for _ in range(20):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def training() -> None:
    cpu = losses(flambeau, "cpu")
    start = time.perf_counter()
    cuda = losses(flambeau, "cuda")
    print(f"20 steps with cold kernels in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    losses(flambeau, "cuda")
    print(f"20 steps again in {time.perf_counter() - start:.2f} s")
    off = max(abs(a - b) for a, b in zip(cpu, cuda, strict=True))
    print(f"losses of CPU and device differ by at most {off:.2e}")
    assert off < 1e-3


def streams() -> None:
    cuda = flambeau.cuda
    x = flambeau.arange(1 << 20, dtype=flambeau.float32, device="cuda")
    a, b = cuda.Stream(), cuda.Stream()
    a.wait_stream(cuda.current_stream())
    with cuda.stream(a):
        y = x * 2
    b.wait_stream(a)
    with cuda.stream(b):
        z = y + 1
    cuda.current_stream().wait_stream(b)
    assert flambeau.equal(z.cpu(), flambeau.arange(1 << 20, dtype=flambeau.float32) * 2 + 1)
    pinned = flambeau.arange(1000.0).pin_memory()
    assert flambeau.equal(pinned.to("cuda", non_blocking=True).cpu(), pinned)
    try:
        flambeau.empty(1 << 50, dtype=flambeau.uint8, device="cuda")
    except cuda.OutOfMemoryError as error:
        print(str(error)[:150])
    try:
        x[flambeau.tensor([1 << 30], device="cuda")].cpu()
    except IndexError as error:
        print(error)
    assert x.sum().item() > 0
    print("streams, events, pinned copies, out of memory and a bad index: right")


def numbers(out: str) -> None:
    """What only this device can say, for comparisons elsewhere."""
    found: dict[str, Any] = {"device": str(flambeau.cuda.get_device_properties(0))}
    for label, library in libraries():
        library.manual_seed(1)
        found[label] = {
            "rand": library.rand(8, device="cuda").tolist(),
            "randn": library.randn(8, device="cuda").tolist(),
        }
    (Path(out) / "numbers.json").write_text(json.dumps(found, indent=1))
    print("written to", Path(out) / "numbers.json")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
