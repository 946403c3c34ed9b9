"""Start one function in several processes, wait for them, and pass on the first error with its traceback."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

__all__ = ["ProcessContext", "ProcessExitedException", "ProcessRaisedException", "spawn", "start_processes"]


class ProcessException(Exception):
    """A process failed."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid


class ProcessRaisedException(ProcessException):
    """Its function raised."""


class ProcessExitedException(ProcessException):
    """It ended without a traceback, by a signal or an exit."""

    def __init__(
        self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name


def _run(fn: Callable[..., Any], index: int, args: tuple[Any, ...], errors: Any) -> None:
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        errors.put(traceback.format_exc())
        sys.exit(1)


class ProcessContext:
    """The started processes."""

    def __init__(self, processes: list[Any], errors: list[Any]) -> None:
        self.processes, self._errors = processes, errors

    def pids(self) -> list[int]:
        """Their process numbers."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait; True when all have ended well, False when the time is up. The first failure ends the others.

        Args:
            timeout: seconds to wait at most.
            grace_period: seconds the others get to end by themselves after a failure.
        """
        by_sentinel = {process.sentinel: index for index, process in enumerate(self.processes)}
        running = [process.sentinel for process in self.processes if process.exitcode is None]
        ready = multiprocessing.connection.wait(running, timeout) if running else []
        failed = next((i for i, p in enumerate(self.processes) if p.exitcode not in (None, 0)), None)
        if failed is None:
            for sentinel in ready:
                process = self.processes[by_sentinel[sentinel]]
                process.join()
                if process.exitcode != 0:
                    failed = by_sentinel[sentinel]
                    break
        if failed is None:
            return all(process.exitcode is not None for process in self.processes)
        self._end_others(grace_period)
        self._fail(failed)
        return False

    def _end_others(self, grace_period: float | None) -> None:
        until = time.monotonic() + (grace_period or 0)
        for process in self.processes:
            process.join(max(0.0, until - time.monotonic()))
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        for process in self.processes:
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()

    def _fail(self, index: int) -> None:
        process = self.processes[index]
        if not self._errors[index].empty():
            text = f"spawn: process {index} raised\n\n{self._errors[index].get()}"
            raise ProcessRaisedException(text, index, process.pid)
        if process.exitcode < 0:
            try:
                name = signal.Signals(-process.exitcode).name
            except ValueError:
                name = f"signal {-process.exitcode}"
            text = f"spawn: process {index} was ended by {name}"
            raise ProcessExitedException(text, index, process.pid, process.exitcode, name)
        text = f"spawn: process {index} ended with exit code {process.exitcode}"
        raise ProcessExitedException(text, index, process.pid, process.exitcode)


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run ``fn(index, *args)`` in ``nprocs`` processes.

    Args:
        join: wait for all, and raise the first failure; otherwise a :class:`ProcessContext` is returned.
        daemon: end them with this process.
        start_method: ``"spawn"``, ``"fork"`` or ``"forkserver"``.
    """
    context: Any = multiprocessing.get_context(start_method)
    processes, errors = [], []
    for index in range(nprocs):
        errors.append(context.SimpleQueue())
        processes.append(context.Process(target=_run, args=(fn, index, args, errors[-1]), daemon=daemon))
        processes[-1].start()
    started = ProcessContext(processes, errors)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run ``fn(index, *args)`` in ``nprocs`` fresh processes (see :func:`start_processes`)."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
