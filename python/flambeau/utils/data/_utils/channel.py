"""Messages between a loader and its worker processes: pickles whose tensors travel beside them as plain bytes.

Pipes need neither /dev/shm nor a descriptor for each tensor, so small containers and long epochs are no danger.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
from typing import Any

import flambeau

_HEADER = struct.Struct("!QI")


def _from_bytes(buffer: Any, dtype: Any, shape: tuple[int, ...], requires_grad: bool) -> Any:
    # frombuffer shares the memory of the bytearray that was read into, so nothing is copied here.
    tensor = flambeau.frombuffer(buffer, dtype=flambeau.uint8).view(dtype).reshape(shape)
    return tensor.requires_grad_() if requires_grad else tensor


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if type(value) is not flambeau.Tensor:
            return NotImplemented
        plain = value.device.type == "cpu" and value.layout is flambeau.strided and value.numel() > 0
        if not plain or getattr(value, "is_quantized", False) or value.is_conj() or value.is_neg():
            return NotImplemented
        if value.requires_grad and not value.is_leaf:
            raise RuntimeError(
                "DataLoader: a worker's sample holds a tensor with a gradient history, which cannot leave its process; "
                "call detach() on it"
            )
        try:
            data = value.detach().contiguous().reshape(-1).view(flambeau.uint8).numpy()
        except (ImportError, RuntimeError):  # no NumPy here: the tensor's own way of pickling does it with a copy
            return NotImplemented
        return _from_bytes, (pickle.PickleBuffer(data), value.dtype, tuple(value.shape), value.requires_grad)


def pack(value: Any) -> tuple[bytes, list[Any]]:
    """The pickle of a value and the buffers that belong to it."""
    buffers: list[Any] = []

    def keep(buffer: pickle.PickleBuffer) -> None:
        buffers.append(buffer.raw())

    stream = io.BytesIO()
    _Pickler(stream, protocol=5, buffer_callback=keep).dump(value)
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
