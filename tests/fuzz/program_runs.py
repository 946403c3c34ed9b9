"""Runs the programs of programs.py in child processes: one that dies or hangs is reported, and the run goes on."""

from __future__ import annotations

import json
import math
import mmap
import signal
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .programs import Program


def child(seed: int, first: int, last: int, seconds: float, progress: str) -> None:
    """Programs first … last − 1 in this process: a line of JSON for each that is wrong; the number of the one that runs
    stands in the file `progress`. One that takes too long ends the process."""
    with Path(progress).open("r+b") as file, mmap.mmap(file.fileno(), 8) as now:
        for n in range(first, last):
            struct.pack_into("q", now, 0, n)
            signal.alarm(math.ceil(seconds))
            program = Program(seed, n)
            if wrong := program.run():
                print(json.dumps([n, f"{wrong}\n{program}"]), flush=True)
        signal.alarm(0)
        struct.pack_into("q", now, 0, last)


def run_child(seed: int, first: int, last: int, seconds: float) -> tuple[int, int, list[tuple[int, str]]]:
    """The exit status of a child, the number of the program at which it ended, and what it found wrong."""
    with tempfile.NamedTemporaryFile() as progress:
        progress.write(struct.pack("q", first))
        progress.flush()
        command = [sys.executable, "-m", "tests.fuzz", "--seed", str(seed), "--seconds", str(seconds)]
        command += ["--programs-child", str(first), str(last), progress.name]
        root = Path(__file__).parents[2]
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        at = struct.unpack("q", Path(progress.name).read_bytes())[0]
        told = [tuple(json.loads(line)) for line in done.stdout.decode().splitlines() if line.startswith("[")]
        return done.returncode, at, told


def findings(
    seed: int, programs: int, seconds: float = 20.0, jobs: int = 1, batch: int = 1000
) -> list[tuple[int, str]]:
    """Runs programs in child processes; number and description of each that was wrong, killed its process or hung."""
    found: list[tuple[int, str]] = []

    def batch_from(first: int) -> None:
        last = min(first + batch, programs)
        while first < last:
            status, at, told = run_child(seed, first, last, seconds)
            found.extend(told)
            if status == 0:
                return
            how = (
                "hangs"
                if status == -signal.SIGALRM
                else f"killed by {signal.Signals(-status).name}"
                if status < 0
                else f"exits with {status}"
            )
            found.append((at, how))
            first = at + 1

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(batch_from, range(0, programs, batch)))
    return sorted(found)


def show(seed: int, number: int) -> str:
    """Runs one program in this process, its lines shown as they come."""
    return Program(seed, number, shown=True).run()
