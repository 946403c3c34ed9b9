"""Queues under the names that programs import from here; the standard ones send tensors as well."""

from __future__ import annotations

import io
import pickle
from multiprocessing.queues import Queue, SimpleQueue
from typing import Any

from .reductions import ForkingPickler

__all__ = ["ConnectionWrapper", "Queue", "SimpleQueue"]


class ConnectionWrapper:
    """A connection that is no standard one, with `send` and `recv` that know tensors."""

    def __init__(self, conn: Any) -> None:
        self.conn = conn

    def send(self, obj: Any) -> None:
        """Pickle an object and write it."""
        stream = io.BytesIO()
        ForkingPickler(stream, pickle.HIGHEST_PROTOCOL).dump(obj)
        self.send_bytes(stream.getvalue())

    def recv(self) -> Any:
        """Read an object."""
        return pickle.loads(self.recv_bytes())

    def __getattr__(self, name: str) -> Any:
        if "conn" in self.__dict__:
            return getattr(self.conn, name)
        raise AttributeError(f"ConnectionWrapper: no connection yet, so no attribute {name!r}")
