"""Python threads beside operators: the interpreter goes on during long ones, and the thread count holds."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import flambeau


def lets_others_on(work: Callable[[], object], limit: float = 30.0) -> bool:
    """Whether a thread that waits for the interpreter's lock gets it while the work runs, repeated up to the limit.

    The interpreter itself takes the lock away only after the switch interval, which is set beyond the limit: the other
    thread runs if, and only if, an operator has let go of the lock. How soon it gets a processor is up to the system.
    """
    begin, ran = threading.Event(), threading.Event()

    def other() -> None:
        begin.wait()
        ran.set()

    thread = threading.Thread(target=other, daemon=True)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10 * limit)
    try:
        begin.set()
        until = time.monotonic() + limit
        while not ran.is_set() and time.monotonic() < until:
            work()
        return ran.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.parametrize("what", ["exp", "product", "sum", "copy"])
def test_another_thread_runs_during_a_long_operator(what: str) -> None:
    x = flambeau.ones(4_000_000)
    square = flambeau.ones(1200, 1200)
    work: dict[str, Callable[[], object]] = {
        "exp": lambda: x.exp(),
        "product": lambda: square @ square,
        "sum": lambda: x.sum(),
        "copy": lambda: x.to(flambeau.float64),
    }
    work[what]()
    assert lets_others_on(work[what])


def test_short_operators_keep_the_lock() -> None:
    x = flambeau.ones(8)
    assert not lets_others_on(lambda: x.exp(), limit=0.3)


def test_another_thread_runs_during_a_long_backward_pass() -> None:
    x = flambeau.ones(4, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0001
    total = y.sum()
    assert lets_others_on(lambda: total.backward(retain_graph=True))


def test_results_are_right_from_many_threads() -> None:
    x = flambeau.ones(300_000) * 3
    expected = (x.exp() + x).sum().item()
    wrong: list[float] = []

    def work() -> None:
        for _ in range(20):
            found = (x.exp() + x).sum().item()
            if found != expected:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_backward_from_many_threads() -> None:
    leaf = flambeau.ones(1000, requires_grad=True)

    def work() -> None:
        for _ in range(30):
            (leaf * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert leaf.grad is not None
    assert leaf.grad[0].item() == 4 * 30 * 2


COUNT = """
import os, threading
import flambeau
flambeau.set_num_threads(2)
x = flambeau.ones(3_000_000)
x.exp()
def running():
    count = 0
    for task in os.listdir('/proc/self/task'):
        try:
            count += open(f'/proc/self/task/{task}/stat').read().rsplit(')', 1)[1].split()[0] == 'R'
        except OSError:
            pass
    return count
counts = []
def work():
    for _ in range(30):
        x.exp()
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
while any(t.is_alive() for t in threads):
    counts.append(running())
# Threads are looked at one after the other, so that a few counts have some twice that took turns meanwhile.
print(sorted(counts)[len(counts) * 9 // 10] - 1)  # without the thread that counts
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_four_threads_share_one_team() -> None:
    # Each Python thread is one thread more, and none brings a team of its own.
    out = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=120, check=True)
    assert int(out.stdout) <= 5, out.stdout


LIBRARIES = """
import flambeau
maps = open('/proc/self/maps').read()
assert 'libdnnl' not in maps and 'openblas' not in maps, 'loaded on import'
text = flambeau.__config__.show()
assert text.startswith('Flambeau ') and 'oneDNN (not loaded yet)' in text, text
assert 'get_num_threads() : ' in flambeau.__config__.parallel_info()
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="loaded libraries are seen in /proc")
def test_libraries_are_loaded_on_first_use_only() -> None:
    subprocess.run([sys.executable, "-c", LIBRARIES], timeout=60, check=True)
