"""`PyTorchFileReader`: the records of a saved file, one by one, for programs that read only some of them."""

from __future__ import annotations

import sys
from typing import Any

import flambeau
from flambeau.serialization._zip import ZipReader, open_source

__all__ = ["PyTorchFileReader"]


class PyTorchFileReader:
    """The records of a file that `save` wrote: ``data.pkl``, ``byteorder``, ``data/0``, …

    Args:
        file: a path, or a file opened for reading bytes.

    Raises:
        RuntimeError: there is no such file, or it is no archive.
    """

    def __init__(self, file: Any) -> None:
        try:
            self._archive = ZipReader(open_source(file))
        except OSError as error:
            raise RuntimeError(f"PyTorchFileReader: cannot open {file}: {error}") from error
        names = list(self._archive.entries)
        self._folder = names[0].partition("/")[0] + "/" if names else ""

    def get_all_records(self) -> list[str]:
        """The names of all records."""
        return [name.removeprefix(self._folder) for name in self._archive.entries]

    def has_record(self, name: str) -> bool:
        """Whether there is a record of the name."""
        return self._folder + name in self._archive.entries

    def get_record(self, name: str) -> bytes:
        """The bytes of a record. RuntimeError where there is none."""
        return self._archive.read(self._folder + name)

    def get_record_size(self, name: str) -> int:
        """How many bytes a record has."""
        return self._archive.entry(self._folder + name).size

    def get_record_offset(self, name: str) -> int:
        """Where in the file a record's bytes begin."""
        return self._archive.entry(self._folder + name).start

    def get_record_header_offset(self, name: str) -> int:
        """Where in the file a record's header begins."""
        return self._archive.entry(self._folder + name).header

    def get_storage_from_record(self, name: str, numel: int, dtype: Any) -> Any:
        """A tensor whose storage has a record's bytes; ``.untyped_storage()`` is what callers want of it."""
        data = self.get_record(name)
        if len(data) < numel * dtype.itemsize:
            raise RuntimeError(
                f"PyTorchFileReader: record {name!r} has {len(data)} bytes, {numel} elements of {dtype} were asked for"
            )
        order = self.get_record("byteorder").decode() if self.has_record("byteorder") else sys.byteorder
        storage: Any = flambeau.UntypedStorage
        made = storage.from_buffer(data, byte_order=order, count=numel, dtype=dtype)
        return flambeau.empty(0, dtype=dtype).set_(made, 0, (0,), (1,))

    def serialization_id(self) -> str:
        """The number that the file was given when it was written; empty where it has none."""
        name = ".data/serialization_id"
        return self.get_record(name).decode() if self.has_record(name) else ""


PyTorchFileReader.__module__ = "torch"
