"""Tensors in the queues, pipes and pools of other processes: values, sharing, and that nothing is left behind."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import sys
from pathlib import Path

import pytest
from scripts import private_shm, run_script

import flambeau
from flambeau import multiprocessing as mp

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="arenas are made for Linux")
LARGE = os.environ.get("FLAMBEAU_TEST_ALL") == "1"

HEAD = """
import gc, os, signal, sys, time
import flambeau
from flambeau import multiprocessing as mp

def echo(there, back):
    for t in iter(there.get, None):
        back.put(t)
        del t

def in_shm():
    return {name for name in os.listdir("/dev/shm") if not name.startswith("sem.")}  # those are the queues' own

def stats():
    flambeau._C.tend_shared_memory()
    return flambeau._C.shared_memory_stats()
"""

ECHO = (
    HEAD
    + """
def main(start, rounds):
    before = in_shm()
    context = mp.get_context(start)
    there, back = context.Queue(), context.Queue()
    process = context.Process(target=echo, args=(there, back), daemon=True)
    process.start()
    flambeau.manual_seed(0)
    wrong = 0
    for _ in range(rounds):
        sent = [flambeau.randn(256, 256) for _ in range(100)]
        want = [t.clone() for t in sent]
        for t in sent:
            there.put(t)
        del sent, t  # the memory may be used again at once
        wrong += sum(not flambeau.equal(back.get(), t) for t in want)
    there.put(None)
    process.join()
    print(wrong, in_shm() <= before)

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_values_survive_a_queue_there_and_back(tmp_path: Path, start: str) -> None:
    rounds = 200 if LARGE else 5
    assert run_script(tmp_path, ECHO, start, rounds, timeout=550, prefix=private_shm()) == "0 True"


FLAT = (
    HEAD
    + """
def main(sends):
    context = mp.get_context("fork")
    there, back = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=echo, args=(there, back), daemon=True)
    process.start()
    sizes = []
    for i in range(sends):
        there.put(flambeau.full((64 + i % 7, 100), float(i)))
        assert back.get()[0, 0].item() == i
        if i % 500 == 499:
            sizes.append(flambeau._C.shared_memory_stats())
    there.put(None)
    process.join()
    assert all(s["lent"] <= 4 and s["owned"] < 1 << 20 and s["cached"] < 1 << 21 for s in sizes), sizes
    end = stats()
    assert end["owned"] == end["lent"] == end["cached"] == 0, end

main(int(sys.argv[1]))
"""
)


def test_the_arena_does_not_grow(tmp_path: Path) -> None:
    run_script(tmp_path, FLAT, 50_000 if LARGE else 10_000, timeout=300)


MANY = (
    HEAD
    + """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

def total(queue, back, count):
    kept = [queue.get() for _ in range(count)]
    back.put(sum(t[0].item() for t in kept))

count = int(sys.argv[1])
context = mp.get_context("fork")
queue, back = context.SimpleQueue(), context.SimpleQueue()
process = context.Process(target=total, args=(queue, back, count))
process.start()
tensors = [flambeau.tensor([i % 10, 1]) for i in range(count)]
for t in tensors:
    queue.put(t)
assert back.get() == sum(i % 10 for i in range(count))
process.join()
assert all(t.is_shared() for t in tensors)
assert len(os.listdir("/proc/self/fd")) < 20
del tensors, t
print(stats()["owned"])
"""
)


def test_as_many_tensors_as_one_likes_with_few_descriptors(tmp_path: Path) -> None:
    assert run_script(tmp_path, MANY, 100_000 if LARGE else 5_000, timeout=500, prefix=private_shm()) == "0"


SMALL = (
    HEAD
    + """
context = mp.get_context("fork")
there, back = context.SimpleQueue(), context.SimpleQueue()
process = context.Process(target=echo, args=(there, back), daemon=True)
process.start()
kept = []
for i in range(30):
    there.put(flambeau.full((1 << 20,), float(i)))
    kept.append(back.get())
print(sum(t.numel() for t in kept) * 4 >> 20, [t[-1].item() for t in kept] == list(range(30)))
there.put(None)
process.join()
"""
)


def test_a_small_dev_shm_is_no_limit(tmp_path: Path) -> None:
    if not private_shm():
        pytest.skip("mount namespaces are not to be had here")
    assert run_script(tmp_path, SMALL, prefix=private_shm()) == "120 True"


KILLED_RECEIVER = (
    HEAD
    + """
def hold(queue, ready):
    kept = [queue.get() for _ in range(20)]
    ready.put(True)
    time.sleep(600)

context = mp.get_context(sys.argv[1])
if __name__ == "__main__":
    for i in range(int(sys.argv[2])):
        queue, ready = context.Queue(), context.SimpleQueue()
        process = context.Process(target=hold, args=(queue, ready), daemon=True)
        process.start()
        for _ in range(20):
            queue.put(flambeau.ones(256, 256))
        ready.get()
        assert flambeau._C.shared_memory_stats()["lent"] == 20
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        end = stats()
        assert end["owned"] == end["lent"] == end["cached"] == 0, (i, end)
        queue.close()
    print("good")
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_what_a_killed_receiver_held_comes_back(tmp_path: Path, start: str) -> None:
    rounds = 50 if LARGE else 3 if start == "spawn" else 10
    assert run_script(tmp_path, KILLED_RECEIVER, start, rounds, timeout=300) == "good"


KILLED_SENDER = (
    HEAD
    + """
import random

def flood(pipe):
    n = 0
    while True:
        pipe.send((n, flambeau.full((64, 64), float(n))))
        n += 1

random.seed(0)
before = in_shm()
context = mp.get_context("fork")
kept = []
for i in range(int(sys.argv[1])):
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=flood, args=(there,), daemon=True)
    process.start()
    there.close()
    for n in range(30):
        number, t = here.recv()
        assert number == n and t[-1, -1].item() == n
    kept.append(t)
    time.sleep(random.random() * 0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        while True:  # what stands in the pipe is readable still, then the pipe ends
            number, t = here.recv()
            assert t[-1, -1].item() == number
    except (EOFError, OSError):
        pass
    here.close()
assert all(t[0, 0].item() == 29 for t in kept)  # the memory of the dead stays while it is used here
del kept, t
gc.collect()
time.sleep(0.3)
print(stats()["arenas"], in_shm() <= before)
"""
)


def test_a_killed_sender_leaves_what_was_received(tmp_path: Path) -> None:
    rounds = 50 if LARGE else 10
    assert run_script(tmp_path, KILLED_SENDER, rounds, timeout=120, prefix=private_shm()) == "0 True"


STORM = (
    HEAD
    + """
import random

def work(inbox, outbox):
    while True:
        t = inbox.get()
        outbox.put(t)
        del t

random.seed(int(sys.argv[2]))
context = mp.get_context("fork")
wrong = 0
for i in range(int(sys.argv[1])):
    inbox, outbox = context.SimpleQueue(), context.SimpleQueue()
    process = context.Process(target=work, args=(inbox, outbox), daemon=True)
    process.start()
    for j in range(8):
        inbox.put(flambeau.full((50, 50), float(j)))
    got = outbox.get()
    wrong += got[3, 3].item() != 0
    time.sleep(random.random() * 0.003)  # the kill comes anywhere, in the middle of counting too
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    t = flambeau.ones(100).share_memory_()  # the lock is to be had still
    wrong += t.sum().item() != 100
    del got
print(wrong, stats()["owned"] < 1 << 20)
"""
)


def test_a_kill_in_the_middle_of_anything(tmp_path: Path) -> None:
    assert run_script(tmp_path, STORM, 200 if LARGE else 40, 1, timeout=200).startswith("0 ")


SHARED = (
    HEAD
    + """
def change(queue, done):
    base, row, turned, parameter, again = queue.get()
    assert type(parameter) is flambeau.nn.Parameter and parameter.requires_grad and parameter.is_leaf
    assert base.untyped_storage()._cdata == row.untyped_storage()._cdata == turned.untyped_storage()._cdata
    assert row.storage_offset() == 4 and turned.stride() == (1, 4) and again is base
    row.fill_(7)
    with flambeau.no_grad():
        parameter.add_(1)
    later = queue.get()
    assert later.untyped_storage()._cdata == base.untyped_storage()._cdata
    later[0, 0] = 5
    done.put(base.untyped_storage().is_shared())

context = mp.get_context(sys.argv[1])
if __name__ == "__main__":
    queue, done = context.Queue(), context.SimpleQueue()
    process = context.Process(target=change, args=(queue, done))
    process.start()
    base = flambeau.zeros(3, 4)
    row, turned = base[1], base.t()
    parameter = flambeau.nn.Parameter(flambeau.zeros(2))
    queue.put((base, row, turned, parameter, base))
    queue.put(base[:2])
    assert done.get() is True
    process.join()
    assert base.tolist() == [[5, 0, 0, 0], [7, 7, 7, 7], [0, 0, 0, 0]], base
    assert row.tolist() == [7] * 4 and turned[:, 1].tolist() == [7] * 4
    assert base.untyped_storage()._cdata == row.untyped_storage()._cdata == turned.untyped_storage()._cdata
    assert parameter.tolist() == [1, 1] and base.is_shared() and row.is_shared()
    print("good")
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_both_sides_see_one_memory(tmp_path: Path, start: str) -> None:
    assert run_script(tmp_path, SHARED, start) == "good"


KINDS = (
    HEAD
    + """
from collections import OrderedDict, namedtuple

Pair = namedtuple("Pair", "left right")

class Labelled(flambeau.Tensor):
    pass

def plain(t):
    return t.detach().clone()

def main():
    context = mp.get_context(sys.argv[1])
    there, back = context.Queue(), context.Queue()
    process = context.Process(target=echo, args=(there, back), daemon=True)
    process.start()

    def round_trip(value):
        there.put(value)
        return back.get(timeout=30)

    dtypes = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 float8_e4m3fn"
    for name in (dtypes + " complex64 complex128").split():
        t = flambeau.arange(6).reshape(2, 3).to(getattr(flambeau, name))
        got = round_trip(t)
        same = got.untyped_storage().tolist() == t.untyped_storage().tolist()
        assert got.dtype == t.dtype and same and got.is_shared() and t.is_shared(), name
    for t in (flambeau.tensor(3.5), flambeau.empty(0), flambeau.empty(2, 0, 3), flambeau.ones(5)[::2],
              flambeau.ones(2, 3).expand(4, 2, 3), flambeau.tensor([1 + 2j, 3j]).conj(),
              flambeau.tensor([1 + 2j, 3j]).conj().imag, flambeau.empty(3, 4, device="meta")):
        got = round_trip(t)
        assert got.shape == t.shape and got.stride() == t.stride() and got.dtype == t.dtype
        assert got.device == t.device and got.is_conj() == t.is_conj() and got.is_neg() == t.is_neg()
        assert t.is_meta or flambeau.equal(got.resolve_conj().resolve_neg(), t.resolve_conj().resolve_neg())
    sparse = flambeau.tensor([[0.0, 2.0], [3.0, 0.0]]).to_sparse()
    got = round_trip(sparse)
    assert got.is_sparse and got.is_coalesced() and got.to_dense().tolist() == [[0, 2], [3, 0]]
    assert got._values().is_shared()
    leaf = round_trip(flambeau.ones(2, requires_grad=True))
    assert leaf.requires_grad and leaf.is_leaf
    nested = round_trip({"a": [flambeau.ones(1), (flambeau.zeros(2), None)], "b": Pair(flambeau.ones(3), "x")})
    assert nested["a"][1][0].tolist() == [0, 0] and nested["b"].left.tolist() == [1, 1, 1]
    labelled = flambeau.ones(2).as_subclass(Labelled)
    labelled.label = "cat"
    got = round_trip(labelled)
    assert type(got) is Labelled and got.label == "cat" and got.tolist() == [1, 1] and got.is_shared()
    named = flambeau.ones(1)
    named.note = 3
    assert round_trip(named).note == 3
    storage = flambeau.arange(4, dtype=flambeau.uint8).untyped_storage()
    got = round_trip(storage)
    assert got.tolist() == [0, 1, 2, 3] and got.is_shared() and storage.is_shared()
    typed = round_trip(flambeau.FloatStorage([1.0, 2.0]))
    assert typed.tolist() == [1, 2] and typed.dtype == flambeau.float32
    model = flambeau.nn.Sequential(flambeau.nn.Linear(2, 3), flambeau.nn.BatchNorm1d(3))
    model.share_memory()
    assert all(p.is_shared() for p in [*model.parameters(), *model.buffers()])
    got = round_trip(model)
    with flambeau.no_grad():
        got[0].weight.fill_(4)
    assert model[0].weight[0, 0].item() == 4
    path = sys.argv[2]
    mapped = flambeau.from_file(path, shared=True, size=3, dtype=flambeau.int32)
    got = round_trip(mapped.fill_(1))
    got.fill_(9)
    assert mapped.tolist() == [9, 9, 9] and open(path, "rb").read(4) == b"\\x09\\0\\0\\0"
    there.put(None)
    process.join()
    print("good")

if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_every_kind_of_tensor(tmp_path: Path, start: str) -> None:
    assert run_script(tmp_path, KINDS, start, tmp_path / "numbers.bin") == "good"


PRIMITIVES = (
    HEAD
    + """
def double(t):
    return t * 2

def put_twice(queue, t, received):
    queue.put(t)
    queue.put(t + 1)
    received.wait()

def main():
    context = mp.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        assert [t.tolist() for t in pool.map(double, [flambeau.full((2,), float(i)) for i in range(5)])] == [
            [2.0 * i] * 2 for i in range(5)]
        assert pool.apply(double, (flambeau.ones(3),)).tolist() == [2, 2, 2]
    for kind in ("Queue", "JoinableQueue", "SimpleQueue"):
        queue = getattr(context, kind)()
        received = context.Event()
        process = context.Process(target=put_twice, args=(queue, flambeau.ones(2), received))
        process.start()
        assert queue.get().tolist() == [1, 1] and queue.get().tolist() == [2, 2]
        if kind == "JoinableQueue":
            queue.task_done()
            queue.task_done()
            queue.join()
        received.set()
        process.join()
    here, there = context.Pipe()
    here.send(flambeau.ones(2))
    assert there.recv().tolist() == [1, 1]
    with context.Manager() as manager:
        shared = manager.list([flambeau.ones(2)])
        shared.append(flambeau.zeros(1))
        assert shared[0].tolist() == [1, 1] and shared[1].tolist() == [0]
        queue = manager.Queue()
        queue.put({"t": flambeau.ones(4)})
        assert queue.get()["t"].sum().item() == 4
    print("good")

if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_queues_pipes_pools_and_managers(tmp_path: Path, start: str) -> None:
    assert run_script(tmp_path, PRIMITIVES, start) == "good"


FORKED = (
    HEAD
    + """
shared = flambeau.zeros(4).share_memory_()
private = flambeau.zeros(4)
for i in range(4):
    pid = os.fork()
    if pid == 0:
        shared[i] = i + 1
        private[i] = i + 1
        mine = flambeau.ones(1000).share_memory_()  # in an arena of the child's own
        grandchild = os.fork()
        if grandchild == 0:
            mine[0] = 5
            shared[i] += 10
            os._exit(0)
        os.waitpid(grandchild, 0)
        os._exit(0 if mine[0].item() == 5 else 1)
    assert os.waitpid(pid, 0)[1] == 0
assert shared.tolist() == [11, 12, 13, 14] and private.tolist() == [0] * 4
owned = stats()["owned"]
del shared
print(owned > 0, stats()["owned"])

# A child keeps what it inherited although the parent lets go of it.
kept = flambeau.full((500,), 3.0).share_memory_()
here, there = mp.Pipe()
pid = os.fork()
if pid == 0:
    there.recv()
    os._exit(0 if kept.sum().item() == 1500 and kept.is_shared() else 1)
del kept
filler = [flambeau.zeros(500).share_memory_() for _ in range(50)]
here.send(1)
assert os.waitpid(pid, 0)[1] == 0
"""
)


def test_children_of_a_fork_share(tmp_path: Path) -> None:
    assert run_script(tmp_path, FORKED) == "True 0"


MORE_THAN_SLOTS = (
    HEAD
    + """
shared = flambeau.zeros(300, dtype=flambeau.int64).share_memory_()
read, write = os.pipe()
pids = []
for i in range(300):
    pid = os.fork()
    if pid == 0:
        os.close(write)
        os.read(read, 1)  # all live at once
        shared[i] = i
        os._exit(0)
    pids.append(pid)
os.close(write)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in pids)
print(shared.tolist() == list(range(300)))
"""
)


def test_more_processes_than_an_arena_has_slots(tmp_path: Path) -> None:
    assert run_script(tmp_path, MORE_THAN_SLOTS) == "True"


CLOSED = (
    HEAD
    + """
first = flambeau.ones(10).share_memory_()

def is_arena(number):
    try:
        return "memfd" in os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return False

number, = [n for n in range(256) if is_arena(n)]
os.close(number)
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
while file != number:
    file = os.dup(file)
try:
    flambeau.ones(1 << 20).share_memory_()
    print("grew")
except RuntimeError as error:
    print("closed the descriptor" in str(error))
first.add_(1)
print(first.sum().item(), os.path.getsize(sys.argv[1]))
"""
)


def test_a_program_that_closes_all_descriptors(tmp_path: Path) -> None:
    assert run_script(tmp_path, CLOSED, tmp_path / "victim").split() == ["True", "20.0", "0"]


GONE = (
    HEAD
    + """
from multiprocessing.reduction import ForkingPickler
import pickle

here, there = mp.Pipe()
pid = os.fork()
if pid == 0:
    there.send_bytes(bytes(ForkingPickler.dumps(flambeau.ones(3))))
    os._exit(0)
os.waitpid(pid, 0)
try:
    here.recv()
except RuntimeError as error:
    print("must live until" in str(error))
message = bytes(ForkingPickler.dumps(flambeau.ones(3)))
first = pickle.loads(message)
second = pickle.loads(message)  # as long as somebody holds it
print(first.untyped_storage()._cdata == second.untyped_storage()._cdata)
del first, second
try:
    pickle.loads(message)
except RuntimeError as error:
    print("received before" in str(error))
"""
)


def test_messages_that_come_too_late_or_twice(tmp_path: Path) -> None:
    assert run_script(tmp_path, GONE).split() == ["True"] * 3


RACE = (
    HEAD
    + """
import threading
x = flambeau.zeros(2_000_000)
stop = False

def compute():
    while not stop:
        x.add_(1)  # runs without the interpreter's lock

thread = threading.Thread(target=compute)
thread.start()
others = []
for i in range(20):
    x = flambeau.zeros(2_000_000)
    time.sleep(0.002)
    x.share_memory_()
    others.append(flambeau.zeros(2_000_000))
stop = True
thread.join()
print(all(t.abs().sum().item() == 0 for t in others))
"""
)


def test_sharing_under_a_running_kernel(tmp_path: Path) -> None:
    assert run_script(tmp_path, RACE) == "True"


BUSY = (
    HEAD
    + """
import threading
stop = False

def work(seed):
    n = 0
    while not stop:
        t = flambeau.full((300 + 7 * (n % 50),), float(seed)).share_memory_()
        assert (t + 1).sum().item() == (seed + 1) * t.numel()
        n += 1

threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
for thread in threads:
    thread.start()
kept = [flambeau.full((100,), float(i)).share_memory_() for i in range(20)]
good = 0
for i in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        mine = [flambeau.full((200,), 5.0).share_memory_() for _ in range(5)]
        right = all(t.sum().item() == 1000 for t in mine)
        right = right and all(t.sum().item() == 100 * j for j, t in enumerate(kept))
        os._exit(0 if right else 1)
    good += os.waitpid(pid, 0)[1] == 0
stop = True
for thread in threads:
    thread.join()
del kept, thread
print(good, stats()["owned"])
"""
)


def test_fork_while_threads_share(tmp_path: Path) -> None:
    runs = 1000 if LARGE else 60
    assert run_script(tmp_path, BUSY, runs, timeout=300).split()[0] == str(runs)


def test_fork_while_threads_share_gives_all_memory_back(tmp_path: Path) -> None:
    assert run_script(tmp_path, BUSY, 40, timeout=300) == "40 0"


SPLIT = (
    HEAD
    + """
# Bytes that look like the header of a block that nobody uses, wherever the rest of a block begins.
looks = flambeau.tensor([64, 7] + [0] * 6, dtype=flambeau.int64).repeat(3000)
kept = []
for size in (40, 3000, 20_000):
    first = looks.clone().share_memory_()
    kept.append(flambeau.zeros(8).share_memory_())  # behind it, so that its place is used again
    before = stats()
    del first
    kept.append(flambeau.zeros(size).share_memory_())
    after = stats()
    assert after["lent"] == 0 and 0 < after["owned"] < before["owned"], (size, before, after)
    assert stats() == after
pid = os.fork()
if pid == 0:
    os._exit(0)  # its end makes the owner look at all blocks
os.waitpid(pid, 0)
assert stats() == after
del kept
print(stats()["owned"], stats()["lent"])
"""
)


def test_what_is_left_of_a_block_is_free_whatever_stood_in_it(tmp_path: Path) -> None:
    assert run_script(tmp_path, SPLIT) == "0 0"


def test_share_memory_in_place() -> None:
    base = flambeau.arange(6.0)
    view = base[2:4]
    array = base.numpy() if _has_numpy() else None
    assert not base.is_shared() and not base.untyped_storage().is_shared()
    assert view.share_memory_() is view
    assert base.is_shared() and base.tolist() == [0, 1, 2, 3, 4, 5]
    view.fill_(9)
    assert base.tolist() == [0, 1, 9, 9, 4, 5]
    if array is not None:
        assert array.tolist() == [0, 1, 2, 3, 4, 5]  # an array made before keeps the memory it was made over
    address = base.data_ptr()
    assert base.share_memory_().data_ptr() == address and address % 64 == 0
    with pytest.raises(RuntimeError, match="resiz"):
        base.resize_(100)
    with pytest.raises(RuntimeError, match="resiz"):
        base.untyped_storage().resize_(100)
    assert base.untyped_storage().share_memory_() is base.untyped_storage()
    assert flambeau.empty(0).share_memory_().is_shared()


def test_share_memory_keeps_a_graph() -> None:
    x = flambeau.ones(3, requires_grad=True)
    y = (x * x).sum()
    x.share_memory_()
    y.backward()
    assert x.grad is not None and x.grad.tolist() == [2, 2, 2] and x.is_shared()
    nested = flambeau.nn.Parameter(flambeau.ones(2)).share_memory_()
    assert nested.is_shared() and nested.requires_grad


def test_new_shared_storages() -> None:
    storage = flambeau.UntypedStorage._new_shared(12)
    assert storage.nbytes() == 12 and storage.is_shared()
    t = flambeau.empty(0, dtype=flambeau.int32).set_(storage)
    t.fill_(3)
    assert t.tolist() == [3, 3, 3]
    with pytest.raises(RuntimeError, match=r"no shared memory for .*3518437\d+ bytes"):
        flambeau.UntypedStorage._new_shared(1 << 45)
    with pytest.raises(RuntimeError, match="negative"):
        flambeau.UntypedStorage._new_shared(-1)
    with pytest.raises(NotImplementedError, match="meta"):
        flambeau.empty(3, device="meta").share_memory_()


def test_a_graph_stays_in_its_process() -> None:
    from multiprocessing.reduction import ForkingPickler

    x = flambeau.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"requires_grad.*detach"):
        ForkingPickler.dumps(x * 2)


def test_strategies_and_names() -> None:
    assert mp.get_all_sharing_strategies() == {"file_descriptor", "file_system"}
    before = mp.get_sharing_strategy()
    mp.set_sharing_strategy("file_system")
    assert mp.get_sharing_strategy() == "file_system"
    mp.set_sharing_strategy(before)
    with pytest.raises(AssertionError):
        mp.set_sharing_strategy("pigeon")

    assert callable(mp.spawn) and mp.spawn is sys.modules["flambeau.multiprocessing.spawn"].spawn


def test_errors_of_processes_can_be_pickled() -> None:
    raised = pickle.loads(pickle.dumps(mp.ProcessRaisedException("text", 1, 22)))
    assert (raised.msg, raised.error_index, raised.pid, str(raised)) == ("text", 1, 22, "text")
    ended = pickle.loads(pickle.dumps(mp.ProcessExitedException("text", 1, 22, -9, "SIGKILL")))
    assert (ended.error_index, ended.pid, ended.exit_code, ended.signal_name) == (1, 22, -9, "SIGKILL")


def test_futures_name_their_type() -> None:
    from flambeau.futures import Future

    future: Future[int] = Future[int]()
    assert future.then(lambda f: f.wait() + 1).done() is False
    future.set_result(3)
    assert future.value() == 3


def _has_numpy() -> bool:
    return importlib.util.find_spec("numpy") is not None


SPAWN = (
    HEAD
    + """
def good(index, results):
    results[index] = index + 1

def fails(index, text):
    if index == 1:
        raise ValueError(text)
    time.sleep(60)

def exits(index):
    if index == 0:
        sys.exit(7)
    time.sleep(60)

def dies(index):
    if index == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)

if __name__ == "__main__":
    results = flambeau.zeros(3).share_memory_()
    mp.spawn(good, (results,), nprocs=3)
    assert results.tolist() == [1, 2, 3]
    for method in ("fork", "forkserver"):
        results.zero_()
        assert mp.start_processes(good, (results,), nprocs=2, start_method=method) is None
        assert results.tolist() == [1, 2, 0]
    began = time.monotonic()
    for text in ("boom", "x" * 300_000):  # longer than a pipe holds
        try:
            mp.start_processes(fails, (text,), nprocs=2, start_method="fork")
            raise SystemExit("nothing was raised")
        except mp.ProcessRaisedException as error:
            assert text in str(error) and "ValueError" in str(error) and error.error_index == 1
    try:
        mp.start_processes(exits, nprocs=2, start_method="fork")
    except mp.ProcessExitedException as error:
        assert error.exit_code == 7 and error.error_index == 0 and error.signal_name is None
    try:
        mp.start_processes(dies, nprocs=2, start_method="fork")
    except mp.ProcessExitedException as error:
        assert error.signal_name == "SIGKILL" and error.exit_code == -9
    context = mp.start_processes(exits, nprocs=1, start_method="fork", join=False)
    assert len(context.pids()) == 1
    try:
        while not context.join(timeout=0.1):
            pass
    except mp.ProcessExitedException as error:
        print("good", time.monotonic() - began < 30)
"""
)


def test_spawn(tmp_path: Path) -> None:
    assert run_script(tmp_path, SPAWN) == "good True"
