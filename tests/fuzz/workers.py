"""Runs calls in child processes. A child writes the number of the call it is at into a shared file; when it dies or an
alarm ends it, the parent reports that call and goes on with the next one in a new child."""

# ruff: noqa: E501 (a line of text)
from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import mmap
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
ROOM = 2 << 30  # bytes that a child may have beside what it needs to start
BATCH = 2000


@dataclass
class Finding:
    """A call that did not end as it should."""

    number: int
    what: str
    source: str
    detail: str = ""
    alone: bool = True

    def __str__(self) -> str:
        more = (
            ""
            if self.alone
            else "  (only after the calls before it: look for a write out of bounds, ./dev sanitize fuzz)"
        )
        return f"call {self.number}: {self.what}{more}\n    {self.source}\n{self.detail}"


# --- in the child ---------------------------------------------------------------------------------------------------------
def warm_up() -> None:
    """Loads the libraries and starts their threads before memory is limited: they end the process when they get none."""
    import flambeau as f
    import flambeau.nn.functional
    import flambeau.testing

    a = f.rand(300, 300)
    for t in (a, a.double(), a.to(f.complex64)):
        f.linalg.svdvals(t @ t)
        f.linalg.solve(t, t)
    f.nn.functional.conv2d(f.rand(8, 8, 64, 64), f.rand(8, 8, 3, 3), padding=1)
    f.rand(1 << 20).exp().sum()


def limit_memory(room: int) -> None:
    with open("/proc/self/status") as stream:
        now = next(int(line.split()[1]) * 1024 for line in stream if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (now + room, now + room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def touch(result: Any) -> None:
    """Reads a result, so that one with a wrong layout is found out."""
    import flambeau as f

    for item in result if isinstance(result, (list, tuple)) and len(result) < 50 else [result]:
        if isinstance(item, f.Tensor):
            if item.numel() <= 1 << 14:
                repr(item)
        elif not isinstance(item, (list, tuple)):
            repr(item)


def attempt(prepare: Callable[[], Any]) -> str:
    """Makes one call; '' or what is wrong with how it ended."""
    try:
        touch(prepare())
    except SystemError as error:
        return f"SystemError: {error}"
    except (Exception, GeneratorExit, StopIteration):
        return ""
    return ""


def child(seed: int, first: int, last: int, seconds: float, progress: str, match: str, room: int) -> None:
    """Calls [first, last); what is wrong in the manner of an exception goes to stdout, a line each."""
    from .calls import backward, make_call

    warm_up()
    limit_memory(room)
    out = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    sys.setrecursionlimit(500)
    warnings.simplefilter("ignore")
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, all_threads=True, chain=True)
    with open(progress, "r+b") as stream:
        shared = mmap.mmap(stream.fileno(), 16)
    for n in range(first, last):
        struct.pack_into("q", shared, 0, n)
        random.seed(n)
        call = make_call(seed, n, match)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                function, args, kwargs = call.prepare()
        except Exception:  # an argument that there is not
            continue
        begin = time.monotonic()

        def run(call: Any = call, function: Any = function, args: Any = args, kwargs: Any = kwargs) -> Any:
            result = function(*args, **kwargs)
            return backward(result) if call.backward else result

        wrong = attempt(run)
        taken = time.monotonic() - begin
        signal.setitimer(signal.ITIMER_REAL, 0)
        del run, function, args, kwargs
        if wrong:
            print(f"{n} {wrong!r}", file=out, flush=True)
        if taken > 1:
            print(f"{n} slow {taken:.1f}", file=out, flush=True)
        if n % 500 == 0:
            gc.collect()
    struct.pack_into("q", shared, 0, last)
    signal.setitimer(signal.ITIMER_REAL, 4 * seconds)  # the end of the process counts, too


# --- in the parent ----------------------------------------------------------------------------------------------------------
@dataclass
class Outcome:
    """How a child ended: its exit status, the call it was at, what it said."""

    status: int
    at: int
    told: list[str]
    errors: str


def run_child(seed: int, first: int, last: int, seconds: float, match: str, room: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "at"
        progress.write_bytes(struct.pack("qq", first, 0))
        command = [sys.executable, "-m", "tests.fuzz", "--child", str(first), str(last), str(progress)]
        command += ["--seed", str(seed), "--seconds", str(seconds), "--only", match, "--room", str(room)]
        paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "2",
        }
        errors = Path(folder) / "errors"
        with errors.open("w") as stream:
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stream
            )
        at = struct.unpack("qq", progress.read_bytes())[0]
        told = done.stdout.decode(errors="replace").splitlines()
        return Outcome(done.returncode, at, told, errors.read_text(errors="replace")[-6000:])


def name_of(status: int) -> str:
    if status == -signal.SIGALRM:
        return "hangs"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exits with status {status}"


class Run:
    """All calls of a run, spread over several children at a time."""

    def __init__(
        self, seed: int, calls: int, seconds: float = 10.0, jobs: int = 1, match: str = "", room: int = ROOM
    ) -> None:
        self.seed, self.seconds, self.match, self.room, self.calls, self.jobs = seed, seconds, match, room, calls, jobs
        self.findings: list[Finding] = []
        self.slow: list[tuple[float, int]] = []
        self.verbose = False
        self._next = 0
        self._lock = threading.Lock()

    def source(self, n: int) -> str:
        from .calls import make_call

        return str(make_call(self.seed, n, self.match))

    def go(self) -> list[Finding]:
        threads = [threading.Thread(target=self._drive) for _ in range(self.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.findings.sort(key=lambda finding: finding.number)
        return self.findings

    def _drive(self) -> None:
        while True:
            with self._lock:
                first, last = self._next, min(self._next + BATCH, self.calls)
                self._next = last
            if first == last:
                return
            while first < last:
                first = self._some(first, last)

    def _some(self, first: int, last: int) -> int:
        """Runs a child from `first`; the number to go on from."""
        outcome = run_child(self.seed, first, last, self.seconds, self.match, self.room)
        for line in outcome.told:
            n, _, what = line.partition(" ")
            if what.startswith("slow "):
                self.slow.append((float(what[5:]), int(n)))
            else:
                self._report(Finding(int(n), what, self.source(int(n))))
        if outcome.status == 0:
            return last
        if outcome.at >= last:
            self._report(Finding(last - 1, f"{name_of(outcome.status)} at its end", "", outcome.errors, alone=False))
            return last
        alone = run_child(self.seed, outcome.at, outcome.at + 1, self.seconds, self.match, self.room).status != 0
        self._report(Finding(outcome.at, name_of(outcome.status), self.source(outcome.at), outcome.errors, alone))
        return outcome.at + 1

    def _report(self, finding: Finding) -> None:
        with self._lock:
            self.findings.append(finding)
            if self.verbose:
                print(finding, flush=True)

    def summary(self) -> str:
        kinds = Counter(finding.what for finding in self.findings)
        text = ", ".join(f"{count} {what}" for what, count in kinds.most_common()) or "0 crashes, 0 hangs"
        lines = [f"{self.calls} calls, seed {self.seed}: {text}"]
        if self.slow:
            lines.append("slowest: " + "; ".join(f"{s:.1f} s {self.source(n)}" for s, n in sorted(self.slow)[-3:]))
        return "\n".join(lines)
