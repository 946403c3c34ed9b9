"""Loaders with worker processes: order, early ends, errors and deaths of workers, memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scripts import private_shm, run_script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
LARGE = os.environ.get("FLAMBEAU_TEST_ALL") == "1"

HEAD = """
import gc, itertools, os, signal, sys, time
import flambeau
from flambeau.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

def in_shm():
    return {name for name in os.listdir("/dev/shm") if not name.startswith("sem.")}  # those are the queues' own

class Numbers(Dataset):
    def __init__(self, n=8):
        self.n = n
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        return i

class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.n, info.num_workers))
"""


def test_options_that_do_not_go_together() -> None:
    from flambeau.utils.data import BatchSampler, DataLoader, IterableDataset, SequentialSampler

    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(4))

    data = list(range(4))
    sampler = SequentialSampler(data)
    batches = BatchSampler(sampler, 2, False)
    refused = [
        (data, {"num_workers": -1}, "num_workers"),
        (data, {"timeout": -1}, "timeout"),
        (data, {"batch_size": None, "drop_last": True}, "batch_size=None.*drop_last"),
        (data, {"multiprocessing_context": "fork"}, "num_workers > 0"),
        (data, {"num_workers": 1, "multiprocessing_context": "pigeon"}, "start method.*'pigeon'"),
        (data, {"sampler": sampler, "shuffle": True}, "sampler.*shuffle"),
        (data, {"sampler": sampler, "batch_sampler": batches, "shuffle": 3}, "sampler.*shuffle"),
        *((data, {"batch_sampler": batches, name: value}, f"batch_sampler.*{name}")
          for name, value in [("batch_size", 3), ("shuffle", True), ("sampler", sampler), ("drop_last", True)]),
        *((Stream(), {name: value}, f"IterableDataset.*{name}")
          for name, value in [("shuffle", True), ("shuffle", 3), ("sampler", 3), ("batch_sampler", batches)]),
    ]  # fmt: skip
    for dataset, options, message in refused:
        with pytest.raises(ValueError, match=message):
            DataLoader(dataset, **options)
    with pytest.raises(TypeError, match="multiprocessing_context"):
        DataLoader(data, num_workers=1, multiprocessing_context=object())


BREAK = (
    HEAD
    + """
def main(start):
    whole = [[0, 1], [2, 3], [4, 5], [6, 7]]
    for in_order, prefetch, workers in itertools.product((True, False), (1, 2, 5), (1, 2, 3)):
        loader = DataLoader(Numbers(), batch_size=2, num_workers=workers, persistent_workers=True, in_order=in_order,
                            prefetch_factor=prefetch, multiprocessing_context=start)
        for taken in (1, 2, 3, 4, 0, 1, 1, 4, 1):
            for batch in itertools.islice(loader, taken):
                pass
        got = [b.tolist() for b in loader]
        assert (got if in_order else sorted(got)) == whole, got
        del loader
        if start == "spawn":
            break
    loader = DataLoader(Stream(13), batch_size=2, num_workers=2, persistent_workers=True, multiprocessing_context=start)
    for taken in (1, 3, 2, 100, 1):
        for batch in itertools.islice(loader, taken):
            pass
    assert sorted(n for b in loader for n in b.tolist()) == list(range(13))
    print("good")

if __name__ == "__main__":
    main(sys.argv[1])
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_pass_left_early_then_the_next(tmp_path: Path, start: str) -> None:
    assert run_script(tmp_path, BREAK, start, timeout=120) == "good"


ERRORS = (
    HEAD
    + """
class Faulty(Numbers):
    def __getitem__(self, i):
        if i == 3:
            raise KeyError("item three")
        return flambeau.full((4,), float(i))

class Deadly(Numbers):
    def __getitem__(self, i):
        if i == 5 and os.path.exists(sys.argv[1]):
            os.remove(sys.argv[1])
            os.kill(os.getpid(), signal.SIGKILL)
        return flambeau.full((4,), float(i))

class Unsendable(Numbers):
    def __getitem__(self, i):
        return (flambeau.ones(1000), lambda: 0) if i == 2 else i

loader = DataLoader(Faulty(), batch_size=1, num_workers=2, persistent_workers=True)
for _ in range(3):
    seen, raised = [], 0
    batches = iter(loader)
    while True:
        try:
            seen.append(next(batches)[0, 0].item())
        except KeyError as error:
            assert "item three" in str(error) and "worker process 1" in str(error)
            raised += 1
        except StopIteration:
            break
    assert seen == [0, 1, 2, 4, 5, 6, 7] and raised == 1, (seen, raised)

open(sys.argv[1], "w").close()
loader = DataLoader(Deadly(), batch_size=1, num_workers=2, persistent_workers=True)
batches, seen = iter(loader), []
for _ in range(2):  # asked again it says the same, and does not wait
    try:
        for batch in batches:
            seen.append(batch[0, 0].item())
        raise SystemExit("the death went unnoticed")
    except RuntimeError as error:
        assert "SIGKILL" in str(error), error
assert seen == [0, 1, 2, 3, 4][: len(seen)], seen
assert [b[0, 0].item() for b in loader] == list(range(8))  # with new workers

loader = DataLoader(Unsendable(), batch_size=None, num_workers=1)
batches = iter(loader)
assert next(batches) == 0 and next(batches) == 1
try:
    next(batches)
except Exception as error:
    assert "pickle" in str(error).lower() and "worker process 0" in str(error), error
assert next(batches) == 3
print("good")
"""
)


def test_errors_and_deaths_of_workers(tmp_path: Path) -> None:
    assert run_script(tmp_path, ERRORS, tmp_path / "once") == "good"


MEMORY = (
    HEAD
    + """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

class Images(Numbers):
    def __getitem__(self, i):
        return flambeau.full((3, 64, 64), float(i)), i

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before = in_shm()
loader = DataLoader(Images(256), batch_size=8, num_workers=2)
kept, sizes = [], []
for epoch in range(int(sys.argv[1])):
    for x, y in loader:
        assert x.is_shared() and (x[:, 0, 0, 0] == y).all() and (x[:, 2, -1, -1] == y).all()
    kept.append(x)
    sizes.append(resident())
assert all(x[0, 0, 0, 0].item() == 248 for x in kept)
assert sizes[-1] - sizes[2] < 40 << 20, [s >> 20 for s in sizes]  # what is kept is 0.4 MB an epoch
assert len(os.listdir("/proc/self/fd")) < 200
del kept, x, y
gc.collect()
time.sleep(0.3)
flambeau._C.tend_shared_memory()
print(flambeau._C.shared_memory_stats()["arenas"], in_shm() <= before)
"""
)


def test_memory_of_passing_workers(tmp_path: Path) -> None:
    assert run_script(tmp_path, MEMORY, 40 if LARGE else 8, timeout=200, prefix=private_shm()) == "0 True"


ANEW = (
    HEAD
    + """
import threading

class Images(Numbers):
    def __getitem__(self, i):
        if self.n == 31 and i == 20:
            raise ValueError("one that cannot be read")
        return flambeau.full((3, 32, 32), float(i)), i

def figures():
    gc.collect()
    until = time.monotonic() + 30  # what an ended worker has lent is let go, with its descriptor, after its end is seen
    while True:
        flambeau._C.tend_shared_memory()
        if not flambeau._C.shared_memory_stats()["arenas"]:
            break
        assert time.monotonic() < until, flambeau._C.shared_memory_stats()
        time.sleep(0.01)
    resident = int(open("/proc/self/statm").read().split()[1]) * 4096
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    shared = flambeau._C.shared_memory_stats()
    return resident, len(os.listdir("/proc/self/fd")), len(children), threading.active_count(), shared["owned"]

def passes(epoch):
    kind = epoch % 5
    loader = DataLoader(Images(31 if kind == 1 else 32), batch_size=4, num_workers=1 + epoch % 3, shuffle=kind == 2,
                        persistent_workers=kind == 3, prefetch_factor=1 + epoch % 2)
    seen = 0
    try:
        for x, y in loader:
            assert (x[:, 0, 0, 0] == y).all() and (x[:, 2, -1, -1] == y).all()
            seen += len(y)
            if kind == 4 and seen >= 8:
                break  # the rest is on its way
        if kind == 3:
            seen += sum(len(y) for x, y in loader)
    except ValueError as error:
        assert kind == 1 and "cannot be read" in str(error)
    assert seen == {0: 32, 1: 20, 2: 32, 3: 64, 4: 8}[kind], (kind, seen)

before = in_shm()
epochs = int(sys.argv[1])
for epoch in range(epochs):
    passes(epoch)
    if epoch == max(10, epochs // 10):
        first = figures()
last = figures()
assert last[1:] == first[1:] and last[2] == 0 and last[4] == 0, (first, last)
assert last[0] - first[0] < 4 << 20, (first, last)
time.sleep(0.3)
flambeau._C.tend_shared_memory()
print(flambeau._C.shared_memory_stats()["arenas"], in_shm() <= before)
"""
)


def test_loaders_made_anew_leave_nothing(tmp_path: Path) -> None:
    assert run_script(tmp_path, ANEW, 1000 if LARGE else 25, timeout=1500, prefix=private_shm()) == "0 True"


KILLED = (
    HEAD
    + """
import random
from flambeau import multiprocessing

class Images(Numbers):
    def __getitem__(self, i):
        return flambeau.full((3, 32, 32), float(i)), i

def train(pipe, persistent):
    loader = DataLoader(Images(10_000), batch_size=4, num_workers=2, persistent_workers=persistent)
    batches = iter(loader)
    pipe.send([w.pid for w in batches._workers])
    for x, y in batches:
        assert (x[:, 0, 0, 0] == y).all() and (x[:, 2, -1, -1] == y).all()

def ended(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True

def wait_for(condition, what):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.01)

draw = random.Random(int(sys.argv[2]))
context = multiprocessing.get_context("fork")
before = in_shm()
for round in range(int(sys.argv[1])):
    here, there = context.Pipe(duplex=False)
    trainer = context.Process(target=train, args=(there, round % 2 == 0))
    trainer.start()
    workers = here.recv()
    assert len(workers) == 2 and not any(map(ended, workers))
    time.sleep(draw.random() * 0.1)
    if round % 4 < 2:
        os.kill(trainer.pid, signal.SIGKILL)
    else:
        os.kill(draw.choice(workers), signal.SIGKILL)
    trainer.join(30)  # the loss of a worker is an error in the process that waits for it
    assert trainer.exitcode is not None and trainer.exitcode != 0, (round, trainer.exitcode)
    wait_for(lambda: all(map(ended, workers)), f"workers of round {round} go on")
print(in_shm() <= before)
"""
)


def test_killed_loaders_and_killed_workers(tmp_path: Path) -> None:
    assert run_script(tmp_path, KILLED, 100 if LARGE else 8, 1, timeout=500, prefix=private_shm()) == "True"


STRANGE = (
    HEAD
    + """
class Mixed(Numbers):
    def __getitem__(self, i):
        return {"x": flambeau.full((i % 2 + 1,), float(i)), "n": i, "s": str(i), "h": flambeau.ones(2).half()}

def keep(samples):
    return samples

loader = DataLoader(Mixed(6), batch_size=3, num_workers=2, collate_fn=keep)
got = [s for batch in loader for s in batch]
assert [s["n"] for s in got] == list(range(6))
assert [s["x"].tolist() for s in got] == [[float(i)] * (i % 2 + 1) for i in range(6)]
loader = DataLoader(Mixed(6), batch_size=3, num_workers=1)
try:
    next(iter(loader))
except RuntimeError as error:
    assert "stack" in str(error) and "worker process 0" in str(error), error

class Learned(Numbers):
    def __getitem__(self, i):
        return flambeau.ones(2, requires_grad=True) * i

try:
    next(iter(DataLoader(Learned(), batch_size=2, num_workers=1)))
except RuntimeError as error:
    assert "requires_grad" in str(error), error
print("good")
"""
)


def test_batches_of_all_kinds(tmp_path: Path) -> None:
    assert run_script(tmp_path, STRANGE) == "good"


PROCESSES = (
    HEAD
    + """
batches = iter(DataLoader(Numbers(100), batch_size=2, num_workers=2))
processes = batches._workers
assert next(batches).tolist() == [0, 1] and len({p.pid for p in processes}) == 2
assert all(p.is_alive() for p in processes)
del batches
for process in processes:
    process.join(10)
    assert not process.is_alive()
print("good")
"""
)


def test_workers_of_a_pass_that_is_dropped_end(tmp_path: Path) -> None:
    assert run_script(tmp_path, PROCESSES) == "good"
