"""Runs a program in a process of its own, with a limit of time: what hangs or dies is a failed test and no more."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path


@functools.cache
def private_shm() -> tuple[str, ...]:
    """What to put before a command so that it has a /dev/shm of its own, where others leave nothing meanwhile.

    Nothing where namespaces are not to be had; the checks then see what others do too.
    """
    command = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"', "sh")
    try:
        possible = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    return command if possible else ()


def run_script(folder: Path, text: str, *arguments: object, timeout: float = 60, prefix: tuple[str, ...] = ()) -> str:
    """What the program printed; it stands in a file, so that spawned processes can import it."""
    script = folder / "program.py"
    script.write_text(text)
    process = subprocess.Popen(
        [*prefix, sys.executable, str(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        _, err = process.communicate()
        raise AssertionError(f"no end after {timeout} s\n{err[-2000:]}") from None
    assert process.returncode == 0, f"exit status {process.returncode} (negative: signal)\n{err[-3000:]}"
    return out.strip()
