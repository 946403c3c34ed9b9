"""The worker process of a loader: fetches batches on request, tells errors with their traceback.

The other side is `flambeau/utils/data/_workers.py`.
"""

from __future__ import annotations

import os
import random
import select
import sys
import traceback
from typing import Any

PARENT_CHECK_INTERVAL = 5.0
_worker_info: WorkerInfo | None = None


class WorkerInfo:
    """What a worker process knows of itself: ``id``, ``num_workers``, ``seed`` and its copy of the ``dataset``."""

    def __init__(self, id: int, num_workers: int, seed: int, dataset: Any) -> None:
        self.id = id
        self.num_workers = num_workers
        self.seed = seed
        self.dataset = dataset

    def __repr__(self) -> str:
        return f"WorkerInfo(id={self.id}, num_workers={self.num_workers}, seed={self.seed}, dataset={self.dataset!r})"


def get_worker_info() -> WorkerInfo | None:
    """In a worker process its :class:`WorkerInfo`, elsewhere None."""
    return _worker_info


class WorkerError:
    """An exception on its way to the loader: its type by reference, its traceback as text."""

    def __init__(self, where: str) -> None:
        kind, value, trace = sys.exc_info()
        self.kind = kind
        self.where = where
        self.text = "".join(traceback.format_exception(kind, value, trace))

    def __getstate__(self) -> dict[str, Any]:
        import pickle

        state = dict(self.__dict__)
        try:
            pickle.dumps(self.kind)
        except Exception:  # a class made inside a function has no name to find it by
            state["kind"] = RuntimeError
        return state

    def reraise(self) -> None:
        """Raise the exception again, with the worker's traceback in its message."""
        assert self.kind is not None
        message = f"Caught {self.kind.__name__} {self.where}; there the error was:\n{self.text}"
        if issubclass(self.kind, KeyError):
            raise self.kind(_Verbatim(message))
        try:
            error = self.kind(message)
        except Exception:  # a constructor that wants other arguments
            error = RuntimeError(message)
        raise error


class _Verbatim(str):
    """A KeyError shows the repr of its argument; this keeps the line breaks of a traceback there."""

    def __repr__(self) -> str:
        return str(self)


class End:
    """Sent when the iterable dataset of a worker is used up."""


def _generate_state(base_seed: int, worker_id: int) -> list[int]:
    """Four words of 32 bits that seed NumPy in a worker: those of its `SeedSequence` of worker and base seed."""
    import numpy

    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return numpy.random.SeedSequence(entropy).generate_state(4).tolist()


def _seed_all(base_seed: int, worker_id: int) -> int:
    import flambeau

    seed = base_seed + worker_id
    random.seed(seed)
    flambeau.manual_seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(_generate_state(base_seed, worker_id))
    return seed


def _show_stack_on_request(fd: int) -> None:
    """Let the loader ask by signal where a stuck worker is."""
    import faulthandler
    import signal

    if hasattr(signal, "SIGUSR1") and signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL:
        faulthandler.register(signal.SIGUSR1, file=fd, all_threads=True)


def worker_loop(
    worker_id: int,
    num_workers: int,
    parent: int,
    requests: Any,
    results: Any,
    stack: Any,
    make_fetcher: Any,
    dataset: Any,
    base_seed: int,
    init_fn: Any,
    numpy_loaded: bool,
) -> None:
    """Serve requests until told to stop or until the parent is gone.

    Requests are ``(number, index)``, ``("restart", base_seed)`` or None;
    results ``(number, batch or WorkerError or End)``.
    """
    global _worker_info
    import flambeau

    from . import channel

    where = f"in DataLoader worker process {worker_id}"
    try:
        _show_stack_on_request(stack.fileno())
        if numpy_loaded:
            import numpy  # noqa: F401  (a spawned process seeds it too, as a forked one does)
        flambeau.set_num_threads(1)
        seed = _seed_all(base_seed, worker_id)
        _worker_info = WorkerInfo(worker_id, num_workers, seed, dataset)
        fetcher: Any = None
        failure: Any = None
        try:
            if init_fn is not None:
                init_fn(worker_id)
            fetcher = make_fetcher(dataset)
        except Exception:
            failure = WorkerError(where)
        while True:
            ready, _, _ = select.select([requests.fileno()], [], [], PARENT_CHECK_INTERVAL)
            if not ready:
                if os.getppid() != parent:
                    return
                continue
            request = channel.unpack(*channel.receive(requests.fileno()))
            if request is None:
                return
            number, index = request
            answer: Any
            if number == "restart":
                try:
                    # A new pass over an iterable dataset; seeds go on, as the process does.
                    fetcher = make_fetcher(dataset)
                    failure = None
                except Exception:
                    failure = WorkerError(where)
                continue
            if failure is not None:
                answer, failure = failure, None
            else:
                answer = _fetch(fetcher, index, where)
            try:
                packed = channel.pack((number, answer))
            except Exception:
                packed = channel.pack((number, WorkerError(where)))
            answer = None
            channel.send(results.fileno(), packed)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return  # the loader is gone; it reports


def _fetch(fetcher: Any, index: Any, where: str) -> Any:
    from .fetch import Exhausted

    try:
        return fetcher.fetch(index)
    except Exhausted:
        return End()
    except Exception:
        return WorkerError(where)
