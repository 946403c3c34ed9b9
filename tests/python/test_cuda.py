"""The CUDA devices over a pretended driver (tests/fake_cuda), which compiles kernels for the host and runs work as late
as it may. Everything runs in processes of its own, since a process opens one driver; without any, `flambeau.cuda` says
so."""

from __future__ import annotations

import collections
import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "cuda_coverage.json"
pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="the pretended driver is built with g++")


@functools.cache
def environment() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("fake_cuda_build", ROOT / "tests" / "fake_cuda" / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    found: dict[str, str] = build.environment()
    found["PYTHONPATH"] = os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests" / "python")])
    return found


def run(code: str, **settings: str) -> str:
    """What a program prints that has a CUDA device."""
    done = subprocess.run(
        [sys.executable, "-c", "import flambeau as torch, gc\nfrom flambeau import _C\n" + code],
        env={**environment(), **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


FAKE = """
import ctypes, os
fake = ctypes.CDLL(os.environ["FLAMBEAU_CUDA_DRIVER"])
fake.fake_count.restype = fake.fake_used.restype = ctypes.c_ulonglong
fake.fake_reason.restype = fake.fake_entries.restype = ctypes.c_char_p
"""


# --- every operator ---------------------------------------------------------------------------------------------------
def swept(out: Path, *arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "cuda" / "sweep.py"), str(out), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=1500,
    )
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert done.returncode == 0, f"after {lines[-1]}: {done.stderr[-2000:]}"
    return [line for line in lines if "status" in line]


def wrong(rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"{r['operator']} (sample {r['sample']}, {r['type']}): {r['status']}: {r['words']}"
        for r in rows
        if r["status"] in ("different", "error", "elsewhere")
    ]


def test_operators_equal_the_cpu(tmp_path: Path) -> None:
    """In float32 every operator gives what the CPU gives or is refused by name, and no operator that ran before is
    refused now: tests/golden/cuda_coverage.json."""
    rows = swept(tmp_path / "rows", "", "float32")
    known = json.loads(GOLDEN.read_text())
    found = wrong(rows)
    unexpected = [line for line in found if line.split(" ")[0] not in known["wrong"]]
    assert not unexpected, "\n".join(unexpected)
    ran = {r["operator"] for r in rows if r["status"] in ("equal", "near", "random")}
    refused = {r["operator"] for r in rows if r["status"] == "refused"}
    lost = sorted(refused - set(known["refused"]))
    assert not lost, f"refused on cuda, though they ran there: {lost}"
    gained = sorted(set(known["refused"]) & ran - refused)
    assert not gained, f"these run on cuda now, take them out of {GOLDEN.name}: {gained}"


@pytest.mark.long
def test_operators_equal_the_cpu_in_every_type(tmp_path: Path) -> None:
    rows = swept(tmp_path / "rows")
    counts = collections.Counter(r["status"] for r in rows)
    compared = counts["equal"] + counts["near"] + len(wrong(rows))
    assert len(wrong(rows)) <= 0.01 * compared, "\n".join(wrong(rows)[:60])


# --- without a driver -------------------------------------------------------------------------------------------------
def test_without_a_driver() -> None:
    """The answer takes 5 ms of processor time at most, import opens no library, and errors say what was looked for."""
    code = """
import time, flambeau
assert not any("libcuda" in line or "nvrtc" in line for line in open("/proc/self/maps"))
cuda = flambeau.cuda
start = time.process_time()
assert cuda.is_available() is False
print(time.process_time() - start)
assert flambeau.cuda.device_count() == 0 and not flambeau.cuda.is_initialized()
try:
    flambeau.zeros(2, device="cuda")
except NotImplementedError as error:
    assert "NVIDIA's driver was not found" in str(error) and "/nowhere/libcuda.so" in str(error), error
else:
    raise AssertionError
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "python"), "FLAMBEAU_CUDA_DRIVER": "/nowhere/libcuda.so"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.005


# --- devices, streams, events -----------------------------------------------------------------------------------------
def test_devices() -> None:
    out = run(
        """
c = torch.cuda
assert c.is_available() and c.device_count() == 2 and not c.is_initialized()
x = torch.ones(3, device="cuda")
assert c.is_initialized() and str(x.device) == "cuda:0"
with c.device(1):
    y = torch.ones(3, device="cuda")
    assert c.current_device() == 1 and str(y.device) == "cuda:1"
assert c.current_device() == 0
assert torch.equal(y.to("cuda:0"), x) and str(x.cuda(1).device) == "cuda:1"
try:
    x + y
except RuntimeError as error:
    assert "same device" in str(error)
c.set_device(1)
assert str(torch.zeros(1, device="cuda").device) == "cuda:1"
try:
    torch.zeros(1, device="cuda:7")
except RuntimeError as error:
    assert "invalid device ordinal 7" in str(error), error
p = c.get_device_properties(0)
assert p.major == 9 and c.get_device_capability() == (9, 0) and p.total_memory > 0
print(c.get_device_name(0))
""",
        FAKE_CUDA_DEVICES="2",
    )
    assert out.strip() == "Executor on the host"


def test_streams_and_events() -> None:
    run(
        """
c = torch.cuda
x = torch.arange(1000.0, device="cuda")
s, t = c.Stream(), c.Stream()
assert s != t and c.current_stream() == c.default_stream()
start, end = c.Event(enable_timing=True), c.Event(enable_timing=True)
s.wait_stream(c.current_stream())
with c.stream(s):
    assert c.current_stream() == s
    start.record()
    y = x * 2
    end.record()
assert c.current_stream() == c.default_stream()
assert not s.query() and not end.query()
t.wait_event(end)
with torch.cuda.stream(t):
    z = y + 1
t.synchronize()
assert t.query() and end.query() and start.elapsed_time(end) >= 0
_C._cuda_record_stream(y, t.cuda_stream)
assert torch.equal(z.cpu(), torch.arange(1000.0) * 2 + 1)
"""
    )


def test_work_of_another_stream_is_not_waited_for() -> None:
    """The pretended driver runs a stream only when something waits for it: what was not waited for is not there."""
    run(
        """
x = torch.zeros(8, device="cuda")
torch.cuda.synchronize()
s = torch.cuda.Stream()
with torch.cuda.stream(s):
    x.fill_(1)
t = torch.cuda.Stream()
with torch.cuda.stream(t):
    assert x.sum().item() == 0
    t.wait_stream(s)
    assert x.sum().item() == 8
"""
    )


# --- memory -----------------------------------------------------------------------------------------------------------
def test_memory_is_cached_split_and_given_back() -> None:
    run(
        FAKE
        + """
c, M = torch.cuda, 1 << 20
a = torch.empty(100, dtype=torch.uint8, device="cuda")
assert c.memory_allocated() == 512 and c.memory_reserved() == 2 * M
address = a.data_ptr()
del a
b = torch.empty(300, dtype=torch.uint8, device="cuda")
assert b.data_ptr() == address and c.memory_allocated() == 512
big = torch.empty(3 * M, dtype=torch.uint8, device="cuda")
other = torch.empty(4 * M, dtype=torch.uint8, device="cuda")
assert c.memory_reserved() == 22 * M and other.data_ptr() - big.data_ptr() == 3 * M
assert c.max_memory_allocated() == 512 + 7 * M
del big, other
whole = torch.empty(20 * M - 512, dtype=torch.uint8, device="cuda")
assert c.memory_reserved() == 22 * M  # in the segment of the two, whose blocks have been joined again
own = torch.empty(11 * M, dtype=torch.uint8, device="cuda")
assert c.memory_reserved() == 34 * M  # from 10 MiB on a segment of its own, of a multiple of 2 MiB
calls = fake.fake_count(b"cuMemAlloc_v2")
del whole
again = torch.empty(20 * M - 512, dtype=torch.uint8, device="cuda")
assert fake.fake_count(b"cuMemAlloc_v2") == calls
del again, b, own
c.empty_cache()
assert c.memory_reserved() == c.memory_allocated() == 0 and fake.fake_used() == 0
assert c.memory_stats()["num_device_free"] == 3
c.reset_peak_memory_stats()
assert c.max_memory_allocated() == 0
"""
    )


def test_a_block_waits_for_the_streams_that_used_it() -> None:
    run(
        """
x = torch.ones(1000, device="cuda")
torch.cuda.synchronize()
s = torch.cuda.Stream()
with torch.cuda.stream(s):
    y = x + 1
_C._cuda_record_stream(x, s.cuda_stream)
address = x.data_ptr()
del x
z = torch.zeros(1000, device="cuda")
assert z.data_ptr() != address
s.synchronize()
del z
again = [torch.zeros(1000, device="cuda") for _ in range(2)]
assert address in [t.data_ptr() for t in again]
assert y.sum().item() == 2000
"""
    )


def test_out_of_memory() -> None:
    run(
        """
c, M = torch.cuda, 1 << 20
keep = torch.empty(20 * M, dtype=torch.uint8, device="cuda")
cached = torch.empty(30 * M, dtype=torch.uint8, device="cuda")
del cached
fits = torch.empty(40 * M, dtype=torch.uint8, device="cuda")  # what is cached goes back first
assert c.memory_stats()["num_alloc_retries"] == 1 and c.memory_stats()["num_ooms"] == 0
try:
    torch.empty(50 * M, dtype=torch.uint8, device="cuda")
except torch.cuda.OutOfMemoryError as error:
    text = str(error)
else:
    raise AssertionError
for part in ("CUDA out of memory", "Tried to allocate 50.00 MiB", "total capacity of 64.00 MiB", "4.00 MiB is free",
             "60.00 MiB live in 2 tensors", "the largest: 40.00 MiB, 20.00 MiB"):
    assert part in text, (part, text)
del fits
assert torch.empty(44 * M, dtype=torch.uint8, device="cuda").numel() == 44 * M
c.set_per_process_memory_fraction(0.5)
c.empty_cache()
try:
    torch.empty(20 * M, dtype=torch.uint8, device="cuda")
except torch.cuda.OutOfMemoryError as error:
    assert "may have 32.00 MiB" in str(error)
else:
    raise AssertionError
""",
        FAKE_CUDA_MEMORY=str(64 << 20),
    )


def test_pinned_memory() -> None:
    run(
        """
x = torch.arange(100.0)
p = x.pin_memory()
assert p.is_pinned() and not x.is_pinned() and torch.equal(p, x) and p.pin_memory() is p
there = p.to("cuda", non_blocking=True)
assert not torch.cuda.current_stream().query()
back = torch.empty(100).pin_memory()
back.fill_(-1)
back.copy_(there, non_blocking=True)
assert back[5] == -1  # on its way
torch.cuda.synchronize()
assert torch.equal(back, x)
pageable = torch.empty(100)
pageable.copy_(there, non_blocking=True)
assert torch.equal(pageable, x)  # waits, whatever was asked for
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=10, pin_memory=True)
assert all(batch[0].is_pinned() for batch in loader)
"""
    )


# --- errors -----------------------------------------------------------------------------------------------------------
def test_an_index_out_of_bounds_is_an_index_error() -> None:
    """The kernel reports it; the context lives on."""
    run(
        """
x = torch.arange(6.0, device="cuda").reshape(2, 3)
y = x[torch.tensor([0, 5], device="cuda")]
try:
    y.cpu()
except IndexError as error:
    assert "index 5 is out of bounds for dimension 0 with size 2" in str(error), error
else:
    raise AssertionError
assert x[torch.tensor([1, -2], device="cuda")].cpu().tolist() == [[3, 4, 5], [0, 1, 2]]
try:
    x.gather(1, torch.tensor([[0], [9]], device="cuda"))
    torch.cuda.synchronize()
except RuntimeError as error:
    assert "gather: index 9 is out of bounds for dimension 1 with size 3" in str(error), error
else:
    raise AssertionError
"""
    )


def test_what_has_no_kernel_is_refused_by_name() -> None:
    run(
        """
x = torch.eye(3, device="cuda")
try:
    torch.linalg.eigh(x)
except NotImplementedError as error:
    for part in ("eigh", "float32", "cuda:0", ".to('cpu')"):
        assert part in str(error), error
else:
    raise AssertionError
"""
    )


ENTRIES = [
    "cuMemAlloc_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemsetD8Async",
    "cuMemsetD32Async",
    "cuStreamSynchronize",
    "cuLaunchKernel",
    "cuLibraryLoadData",
    "cuLibraryGetKernel",
    "cuEventCreate",
    "cuEventRecord",
    "cuStreamWaitEvent",
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_failing_entry_is_an_exception_and_the_next_step_works(entry: str) -> None:
    run(
        FAKE
        + f"""
def step():
    x = torch.arange(12.0).reshape(3, 4).to("cuda")
    y = torch.full((4, 2), 1.5, device="cuda")
    z = torch.zeros(3, 2, device="cuda")
    s = torch.cuda.Stream()
    s.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(s):
        r = (x @ y + z).exp().sum(1)
    torch.cuda.current_stream().wait_stream(s)
    return r.cpu()
fresh = {entry!r}.startswith("cuLibrary")
if not fresh:
    wanted = step()
for after in (0, 1, 5):
    if {entry!r} == "cuMemAlloc_v2":
        torch.cuda.empty_cache()
    fake.fake_fail({entry!r}.encode(), after, 1 if {entry!r} != "cuMemAlloc_v2" else 2, 999)
    try:
        step()
    except RuntimeError as error:
        assert "CUDA error" in str(error) or "out of memory" in str(error), error
    fake.fake_reset()
    wanted = step() if fresh else wanted
    assert torch.equal(step(), wanted)
gc.collect()
torch.cuda.synchronize()
assert torch.cuda.memory_allocated() == 0, torch.cuda.memory_allocated()
""",
    )


# --- numbers ----------------------------------------------------------------------------------------------------------
def test_random_numbers() -> None:
    """Streams by seed and offset, and the moments of what is drawn."""
    run(
        """
torch.manual_seed(5)
a = torch.rand(1000, device="cuda")
b = torch.rand(1000, device="cuda")
torch.manual_seed(5)
assert torch.equal(torch.rand(1000, device="cuda"), a) and not torch.equal(a, b)
state = torch.cuda.get_rng_state()
c = torch.randn(1000, device="cuda")
torch.cuda.set_rng_state(state)
assert torch.equal(torch.randn(1000, device="cuda"), c) and state.numel() == 16
g = torch.Generator("cuda").manual_seed(5)
assert torch.equal(torch.rand(1000, device="cuda", generator=g), a)
assert torch.equal(torch.empty(1000, 1, device="cuda").uniform_(generator=g).flatten(), b)
n = torch.randn(200000, device="cuda").cpu()
assert abs(n.mean()) < 0.01 and abs(n.std() - 1) < 0.01 and n.abs().max() < 6
u = torch.rand(200000, device="cuda", dtype=torch.float64).cpu()
assert u.min() >= 0 and u.max() < 1 and abs(u.mean() - 0.5) < 0.003 and abs(u.var() - 1 / 12) < 0.001
i = torch.randint(-3, 4, (70000,), device="cuda").cpu()
assert all(abs((i == k).sum() - 10000) < 500 for k in range(-3, 4)) and i.min() == -3 and i.max() == 3
e = torch.empty(100000, device="cuda").exponential_(2).cpu()
assert abs(e.mean() - 0.5) < 0.01 and e.min() >= 0
p = torch.empty(100000, device="cuda").bernoulli_(0.3).cpu()
assert abs(p.mean() - 0.3) < 0.01
"""
    )


def test_a_model_trains_as_on_the_cpu() -> None:
    out = run(
        """
from flambeau import nn
def losses(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, 5)).to(device)
    assert all(p.device.type == device for p in model.parameters())
    x, y = torch.randn(40, 16, generator=torch.Generator().manual_seed(1)), torch.arange(40) % 5
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    found = []
    for _ in range(5):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        found.append(loss.item())
    return found
a, b = losses("cpu"), losses("cuda")
print(a, b)
assert all(abs(x - y) < 1e-4 for x, y in zip(a, b)), (a, b)
"""
    )
    assert "[" in out


# --- texts ------------------------------------------------------------------------------------------------------------
def nvrtc() -> str | None:
    """The real compiler, where its package is installed or FLAMBEAU_TEST_NVRTC names it."""
    if given := os.environ.get("FLAMBEAU_TEST_NVRTC"):
        return given
    spec = importlib.util.find_spec("nvidia")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(folder).glob("**/libnvrtc.so.1*"):
            return str(path)
    return None


@pytest.mark.long
@pytest.mark.skipif(nvrtc() is None, reason="pip install nvidia-cuda-nvrtc brings the compiler")
def test_texts_compile_for_real_devices(tmp_path: Path) -> None:
    """Every text that the float32 sweep uses, and those of a second type, for three generations of devices."""
    texts = tmp_path / "texts"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "cuda" / "sweep.py"), str(tmp_path / "rows"), "", "float32", "float16"],
        env={**environment(), "FLAMBEAU_CUDA_DUMP": str(texts)},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    library = Path(nvrtc() or "")
    code = f"""
import ctypes, sys, time
from pathlib import Path
for extra in Path({str(library.parent)!r}).glob("libnvrtc-builtins.so*"):
    ctypes.CDLL(str(extra))
from flambeau import _C
failed, start = [], time.process_time()
paths = sorted(Path({str(texts)!r}).glob("*.cu"))
for path in paths:
    for architecture in ("sm_80", "sm_90", "sm_100"):
        try:
            _C._cuda_compile(path.read_text(), architecture, path.name.endswith(".fused.cu"))
        except RuntimeError as error:
            failed.append(f"{{path.name}} {{architecture}}: {{error}}")
print(len(paths), "texts,", (time.process_time() - start) / max(len(paths), 1) / 3, "seconds of CPU each")
assert paths and not failed, "\\n".join(failed[:10])
"""
    settings = {"FLAMBEAU_NVRTC": str(library), "FLAMBEAU_CUDA_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment(), **settings}, capture_output=True, text=True, timeout=3000
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert re.match(r"\d+ texts", done.stdout)
