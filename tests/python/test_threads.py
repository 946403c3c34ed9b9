"""Python threads beside operators: the interpreter goes on during long ones, and the thread count holds."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import flambeau


def progress_during(work: object) -> tuple[int, float]:
    """How often another thread got its turn while the work ran once, and how long that took."""
    assert callable(work)
    turns, running, started = 0, True, threading.Event()

    def count() -> None:
        nonlocal turns
        started.set()
        while running:
            turns += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    started.wait()
    try:
        before, began = turns, time.perf_counter()
        work()
        return turns - before, time.perf_counter() - began
    finally:
        running = False
        thread.join()


@pytest.mark.parametrize("what", ["exp", "product", "sum", "copy"])
def test_another_thread_runs_during_a_long_operator(what: str) -> None:
    x = flambeau.ones(12_000_000)
    square = flambeau.ones(1200, 1200)
    work = {
        "exp": lambda: x.exp(),
        "product": lambda: square @ square,
        "sum": lambda: x.sum(),
        "copy": lambda: x.to(flambeau.float64),
    }[what]
    work()
    # The switch interval is 5 ms: with the lock held throughout, a turn could come only between two operators. On a
    # busy machine the other thread may get no processor at all, so one of several tries has to do.
    tries = [progress_during(lambda: [work() for _ in range(3)]) for _ in range(5)]
    assert any(turns >= min(6, took / 0.006) for turns, took in tries), tries


def test_another_thread_runs_during_a_long_backward_pass() -> None:
    x = flambeau.ones(4, requires_grad=True)
    y = x
    for _ in range(300_000):
        y = y * 1.0001
    tries = [progress_during(lambda: y.sum().backward(retain_graph=True)) for _ in range(5)]
    assert any(turns >= 1 for turns, _ in tries), tries


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
most = 0
def work():
    for _ in range(30):
        x.exp()
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
while any(t.is_alive() for t in threads):
    most = max(most, running())
print(most - 1)  # without the thread that counts
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
