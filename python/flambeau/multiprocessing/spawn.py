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

__all__ = [
    "ProcessContext", "ProcessException", "ProcessExitedException", "ProcessRaisedException", "SpawnContext", "spawn",
    "start_processes",
]  # fmt: skip


class ProcessException(Exception):
    """A process failed."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """Its function raised."""


class ProcessExitedException(ProcessException):
    """It ended without a traceback, by a signal or an exit."""

    def __init__(
        self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _prctl_pr_set_pdeathsig(signum: int) -> None:
    """Ask Linux to send this process a signal when its parent ends."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1  # of prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signum, 0, 0, 0)


def _run(fn: Callable[..., Any], index: int, args: tuple[Any, ...], error: Any) -> None:
    _prctl_pr_set_pdeathsig(signal.SIGINT)  # a process that is no daemon must not outlive a killed parent
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        error.send(traceback.format_exc())
        sys.exit(1)


class ProcessContext:
    """The started processes; `sentinels` says which of them have not been joined yet."""

    def __init__(self, processes: list[Any], errors: list[Any]) -> None:
        self.processes = processes
        self.sentinels = {process.sentinel: index for index, process in enumerate(processes)}
        self._errors = errors  # the ends of pipes on which each may send a traceback before it ends
        self._tracebacks: dict[int, str] = {}

    def pids(self) -> list[int]:
        """Their process numbers."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait; True when all have ended well, False when the time is up. The first failure ends the others.

        Args:
            timeout: seconds to wait at most.
            grace_period: seconds the others get to end by themselves after a failure.

        Raises:
            ProcessRaisedException: the function of a process raised; the message holds its traceback.
            ProcessExitedException: a process ended without one, by a signal or an exit.
        """
        if not self.sentinels:
            return True
        # A traceback may be longer than a pipe holds: it is read before the process is waited for.
        pipes = {pipe: index for index, pipe in enumerate(self._errors) if index not in self._tracebacks}
        for ready in multiprocessing.connection.wait([*self.sentinels, *pipes], timeout):
            if ready in pipes:
                self._read(pipes[ready])
        failed = None
        for sentinel in multiprocessing.connection.wait(list(self.sentinels), 0):
            index = self.sentinels.pop(sentinel)
            self.processes[index].join()
            if self.processes[index].exitcode != 0:
                failed = index
                break
        if failed is None:
            return not self.sentinels
        self._end_others(grace_period)
        self._fail(failed)
        return False

    def _read(self, index: int) -> None:
        try:
            self._tracebacks[index] = self._errors[index].recv()
        except (EOFError, OSError):
            self._tracebacks[index] = ""

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
        if index not in self._tracebacks and self._errors[index].poll():
            self._read(index)
        if self._tracebacks.get(index):
            text = f"spawn: process {index} raised\n\n{self._tracebacks[index]}"
            raise ProcessRaisedException(text, index, process.pid)
        if process.exitcode < 0:
            try:
                name = signal.Signals(-process.exitcode).name
            except ValueError:
                name = f"signal {-process.exitcode}"
            text = f"spawn: process {index} terminated with signal {name}"
            raise ProcessExitedException(text, index, process.pid, process.exitcode, name)
        text = f"spawn: process {index} terminated with exit code {process.exitcode}"
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
        receiver, sender = context.Pipe(duplex=False)
        errors.append(receiver)
        processes.append(context.Process(target=_run, args=(fn, index, args, sender), daemon=daemon))
        processes[-1].start()
        sender.close()
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


class SpawnContext(ProcessContext):
    """The name that `spawn` gave its result once."""
