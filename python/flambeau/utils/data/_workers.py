"""The loader's side of its worker processes: hands out indices, takes batches in order, notices death and standstill.

One thread reads all result pipes, so that workers never wait for this process to come back from training. Requests are
dealt in turn; batches that arrive early wait.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import sys
import threading
import time
import warnings
import weakref
from typing import Any

from ._utils import channel
from ._utils.worker import End, WorkerError, worker_loop
from .dataloader import DataLoader, _BaseDataLoaderIter, pin

WATCHDOG_SECONDS = 60.0  # without a timeout, warn once after this long
CHECK_INTERVAL = 5.0


class _Undelivered:
    """What stands in for a batch that could not be unpacked here."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def reraise(self) -> None:
        raise self.error


class _Worker:
    """A process with its three pipes: requests to it, results from it, and its stack on demand."""

    def __init__(self, number: int, context: Any, arguments: tuple[Any, ...]) -> None:
        self.number = number
        requests, self.requests = context.Pipe(duplex=False)
        self.results, results = context.Pipe(duplex=False)
        self.stack, stack = context.Pipe(duplex=False)
        channel.widen(results.fileno())
        self.process = context.Process(
            target=worker_loop,
            args=(number, arguments[0], os.getpid(), requests, results, stack, *arguments[1:]),
            daemon=True,
        )
        try:
            self.process.start()
        finally:
            # Only the worker may hold these ends: its death must end the pipe.
            for end in (requests, results, stack):
                end.close()
        self.active = True

    def ask(self, request: Any) -> None:
        """Send a request; a worker that is gone is noticed when its result is missing."""
        with contextlib.suppress(BrokenPipeError, OSError):
            channel.send(self.requests.fileno(), channel.pack(request))

    def where(self) -> str:
        """The stack of the worker, if it can be had."""
        if not hasattr(signal, "SIGUSR1") or not self.process.is_alive():
            return ""
        try:
            os.kill(self.process.pid, signal.SIGUSR1)
            text = b""
            while select.select([self.stack], [], [], 0.3)[0]:
                part = os.read(self.stack.fileno(), 65536)
                if not part:
                    break
                text += part
        except OSError:
            return ""
        return text.decode(errors="replace")

    def fate(self) -> str:
        """How the process ended."""
        self.process.join(1.0)
        code = self.process.exitcode
        if code is None:
            return "closed its pipe but is still running"
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            hint = " (out of memory, perhaps)" if name == "SIGKILL" else ""
            return f"was killed by {name}{hint}"
        return f"exited with code {code}"


def _read_results(pipes: dict[int, int], arrived: queue.SimpleQueue[Any]) -> None:
    """Body of the reading thread: move messages from the pipes to the queue until all pipes end."""
    poll = select.poll()
    for fd in pipes:
        poll.register(fd, select.POLLIN)
    left = set(pipes)
    while left:
        for fd, _ in poll.poll():
            try:
                message: Any = channel.receive(fd)
            except (EOFError, OSError):
                poll.unregister(fd)
                left.discard(fd)
                message = None
            arrived.put((pipes[fd], message))


def _stop(workers: list[_Worker], reader: threading.Thread, owner: int) -> None:
    """End the processes, asking first; runs at most once, at the latest at exit."""
    if os.getpid() != owner:
        return  # a forked child has copies of everything but owns nothing
    for worker in workers:
        worker.ask(None)
        worker.requests.close()
    deadline = time.monotonic() + 5.0
    for worker in workers:
        worker.process.join(max(0.05, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.terminate()
            worker.process.join(2.0)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
    reader.join(5.0)
    for worker in workers:
        worker.results.close()
        worker.stack.close()


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass fetched by worker processes."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        import multiprocessing

        context = loader.multiprocessing_context or multiprocessing.get_context()
        self._prefetch_factor = loader.prefetch_factor or 0
        self._in_order = loader.in_order
        arguments = (
            loader.num_workers,
            self._make_fetcher(),
            self._dataset,
            self._base_seed,
            loader.worker_init_fn,
            "numpy" in sys.modules,
        )
        self._crew = []
        try:
            for number in range(loader.num_workers):
                self._crew.append(_Worker(number, context, arguments))
        except BaseException:
            for worker in self._crew:
                worker.process.terminate()
            raise
        self._arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        pipes = {worker.results.fileno(): worker.number for worker in self._crew}
        reader = threading.Thread(target=_read_results, args=(pipes, self._arrived), daemon=True, name="DataLoader")
        reader.start()
        self._finish = weakref.finalize(self, _stop, self._crew, reader, os.getpid())
        self._failure: str | None = None
        self._start()

    def _start(self) -> None:
        self._sent = 0  # number of the next request
        self._next = 0  # number of the batch that is due
        self._turn = 0
        self._owner: dict[int, _Worker] = {}
        self._indices: dict[int, Any] = {}
        self._early: dict[int, Any] = {}
        self._warned = False
        for _ in range(max(1, self._prefetch_factor) * len(self._crew)):
            self._request()

    def _reset(self, loader: DataLoader[Any], first_iter: bool = False) -> None:
        """Begin the next pass with the same processes."""
        for number in self._early:  # what the last pass left behind: these have come,
            self._forget(number)
        self._early.clear()
        while self._owner:  # and these are still to come
            self._take_one(None)
        super()._reset(loader, first_iter)
        for worker in self._crew:
            worker.active = True
            worker.ask(("restart", self._base_seed))
        self._start()

    def _request(self) -> None:
        """Send the next index to the worker whose turn it is."""
        for _ in self._crew:
            worker = self._crew[self._turn]
            self._turn = (self._turn + 1) % len(self._crew)
            if worker.active:
                break
        else:
            return
        try:
            index = self._next_index()
        except StopIteration:
            return
        number = self._sent
        self._sent += 1
        self._owner[number] = worker
        self._indices[number] = index
        worker.ask((number, index))

    def _describe(self, number: int) -> str:
        index = repr(self._indices[number])
        return (
            f"batch {number}"
            if index[:5] == "[None"
            else f"batch {number} (items {index[:80]}{'…' if len(index) > 80 else ''})"
        )

    def _wait(self, due: int | None) -> tuple[int, Any]:
        """The next message, or an error that names the worker we wait for."""
        started = time.monotonic()
        while True:
            limit = self._timeout or WATCHDOG_SECONDS
            left = max(0.0, started + limit - time.monotonic())
            try:
                return self._arrived.get(timeout=min(left, CHECK_INTERVAL))
            except queue.Empty:
                if time.monotonic() - started < limit:
                    continue
            number = due if due in self._owner else min(self._owner)
            worker = self._owner[number]
            stack = worker.where()
            text = (
                f"DataLoader: worker {worker.number} (pid {worker.process.pid}) has not delivered "
                f"{self._describe(number)} "
                f"for {limit:g} s" + (f"; it stands here:\n{stack}" if stack else "")
            )
            if self._timeout:
                raise RuntimeError(text)
            if not self._warned:
                self._warned = True
                warnings.warn(text, stacklevel=5)
            started = time.monotonic()

    def _take_one(self, due: int | None) -> int | None:
        """Receive one message and file it; returns its number, or None if the worker had no more samples."""
        source, message = self._wait(due)
        worker = self._crew[source]
        if message is None:
            lost = self._outstanding(worker)
            if not lost and not worker.active:  # it had no more samples and was told to go
                return self._take_one(due)
            fate = worker.fate()
            what = f" while fetching {self._describe(min(lost))}" if lost else ""
            self._failure = f"DataLoader: worker {source} (pid {worker.process.pid}) {fate}{what}"
            self._finish()
            raise RuntimeError(self._failure)
        try:
            number, data = channel.unpack(*message)
        except Exception as error:  # answers come in the order of the requests, so it is known which one this was
            number, data = min(self._outstanding(worker)), _Undelivered(error)
        if isinstance(data, End):
            if worker.active:
                worker.active = False
                if not self._persistent_workers:
                    worker.ask(None)
            self._forget(number)
            return None
        if due is None:
            self._forget(number)
        else:
            self._early[number] = data
        return number

    def _outstanding(self, worker: _Worker) -> list[int]:
        """The numbers for which a worker still owes an answer."""
        return [number for number, owner in self._owner.items() if owner is worker and number not in self._early]

    def _forget(self, number: int) -> None:
        del self._owner[number], self._indices[number]

    @property
    def _workers(self) -> list[Any]:
        """The processes, under the name by which programs look at them."""
        return [worker.process for worker in self._crew]

    @property
    def broken(self) -> bool:
        """Whether a worker has died, so that another pass needs new ones."""
        return self._failure is not None

    def _next_data(self) -> Any:
        if self._failure is not None:
            raise RuntimeError(self._failure)
        while True:
            if self._in_order:
                while self._next < self._sent and self._next not in self._owner:
                    self._next += 1  # a worker had nothing left for this number
                due = self._next
            else:
                due = next(iter(self._early), self._next)
            if not self._owner:
                if not self._persistent_workers:
                    self._finish()
                raise StopIteration
            if due in self._early:
                break
            if self._take_one(due) is None:
                self._request()
        data = self._early.pop(due)
        self._forget(due)
        if self._in_order:
            self._next += 1
        self._request()
        if isinstance(data, (WorkerError, _Undelivered)):
            data.reraise()
        return pin(data) if self._pin_memory else data
