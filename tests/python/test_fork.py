"""Fork between operators: parent and child both go on, with all threads, whatever either did before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

RUNS = int(os.environ.get("FLAMBEAU_FORK_RUNS", "100"))

PROGRAM = """
import os, signal, sys
import flambeau
flambeau.set_num_threads(2)
before, in_parent, in_child, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
x = flambeau.ones(400_000)
a = flambeau.ones(192, 192)
leaf = flambeau.ones(100_000, requires_grad=True)

def pointwise():
    assert (x * 2 + 1).exp()[-1].item() > 20

def matmul():
    assert (a @ a)[5, 7].item() == 192

def backward():
    leaf.grad = None
    (leaf * leaf).exp().sum().backward()
    assert leaf.grad[-1].item() > 5

def threads():
    return len(os.listdir('/proc/self/task'))

work = {'pointwise': pointwise, 'matmul': matmul, 'backward': backward, 'nothing': lambda: None}
good = 0
for _ in range(runs):
    work[before]()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that hangs is ended, and counted as failed
        try:
            work[in_child]()
            pointwise()
            assert threads() >= 2, 'the child works on one thread only'
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
    signal.alarm(30)
    work[in_parent]()
    pointwise()
    assert threads() >= 2, 'the parent works on one thread only'
    good += os.waitpid(child, 0)[1] == 0
    signal.alarm(0)
print(good)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(
    ("before", "in_parent", "in_child"),
    [
        ("nothing", "pointwise", "pointwise"),
        ("pointwise", "pointwise", "pointwise"),
        ("pointwise", "nothing", "backward"),
        ("matmul", "matmul", "matmul"),
        ("matmul", "pointwise", "backward"),
        ("nothing", "matmul", "matmul"),
        ("backward", "backward", "backward"),
        ("backward", "matmul", "pointwise"),
    ],
)
def test_fork(before: str, in_parent: str, in_child: str) -> None:
    command = [sys.executable, "-c", PROGRAM, before, in_parent, in_child, str(RUNS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == RUNS, done.stderr


REFUSED = """
import os, threading
import flambeau
leaf = flambeau.ones(3, requires_grad=True)
y = (leaf * 2).sum()
seen = []
y.register_hook(lambda g: seen.append(os.fork()) or None)
y.backward()
if seen[0] == 0:
    os._exit(0 if leaf.grad[0].item() == 2 else 1)
assert os.waitpid(seen[0], 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_within_a_backward_pass() -> None:
    subprocess.run([sys.executable, "-c", REFUSED], timeout=60, check=True)
