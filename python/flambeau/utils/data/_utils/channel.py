"""Messages between a loader and its worker processes: pickles whose tensors stay in memory that both sides map.

Buffers of other kinds (arrays) travel beside the pickle as plain bytes. Neither takes room in /dev/shm or a descriptor
for each tensor, so small containers and long epochs are no danger.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
from typing import Any

from flambeau.multiprocessing.reductions import ForkingPickler, UntypedStorage, reduce_storage

_HEADER = struct.Struct("!QI")


class _Pickler(ForkingPickler):
    """Remembers what it has promised to send, because a pickle that fails half-way is never sent."""

    def __init__(self, stream: Any, keep: Any) -> None:
        super().__init__(stream, 5, True, keep)
        self.tickets: list[bytes] = []
        self.dispatch_table[UntypedStorage] = self._reduce_storage

    def _reduce_storage(self, storage: Any) -> tuple[Any, ...]:
        rebuild, arguments = reduce_storage(storage)
        if isinstance(arguments[0], bytes):
            self.tickets.append(arguments[0])
        return rebuild, arguments


def pack(value: Any) -> tuple[bytes, list[Any]]:
    """The pickle of a value and the buffers that belong to it."""
    buffers: list[Any] = []

    def keep(buffer: pickle.PickleBuffer) -> None:
        buffers.append(buffer.raw())

    stream = io.BytesIO()
    pickler = _Pickler(stream, keep)
    try:
        pickler.dump(value)
    except BaseException:
        for ticket in pickler.tickets:
            UntypedStorage._recall(ticket)
        raise
    return stream.getvalue(), buffers


def unpack(data: Any, buffers: list[Any]) -> Any:
    """The value of a pickle and its buffers."""
    return pickle.loads(data, buffers=buffers)


def _write_all(fd: int, data: Any) -> None:
    view = memoryview(data).cast("B")
    while view:
        view = view[os.write(fd, view) :]


def _read_exactly(fd: int, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = os.readv(fd, [view])
        if count == 0:
            raise EOFError
        view = view[count:]
    return data


def send(fd: int, packed: tuple[bytes, list[Any]]) -> None:
    """Write a packed message."""
    data, buffers = packed
    lengths = struct.pack(f"!{len(buffers)}Q", *(buffer.nbytes for buffer in buffers))
    _write_all(fd, _HEADER.pack(len(data), len(buffers)) + lengths + data)
    for buffer in buffers:
        _write_all(fd, buffer)


def receive(fd: int) -> tuple[Any, list[Any]]:
    """Read a packed message; EOFError when the other side is gone."""
    size, count = _HEADER.unpack(_read_exactly(fd, _HEADER.size))
    lengths = struct.unpack(f"!{count}Q", _read_exactly(fd, 8 * count))
    data = _read_exactly(fd, size)
    return data, [_read_exactly(fd, length) for length in lengths]


def widen(fd: int) -> None:
    """Ask for a pipe that holds a megabyte, so that a worker is woken less often."""
    try:
        import fcntl

        fcntl.fcntl(fd, getattr(fcntl, "F_SETPIPE_SZ", 1031), 1 << 20)
    except (ImportError, OSError):
        pass
