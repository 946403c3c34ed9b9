"""`PyTorchFileReader` and `PyTorchFileWriter`: the records of a saved file, one by one, for programs that read only
some of them, or write records of their own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import flambeau
from flambeau.serialization._archive import finish_archive
from flambeau.serialization._zip import ZipReader, ZipWriter, open_source
from flambeau.storage import storage_bytes

__all__ = ["PyTorchFileReader", "PyTorchFileWriter"]


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


class PyTorchFileWriter:
    """Writes records into a file that `PyTorchFileReader` reads, and PyTorch.

    Args:
        file: a path, or a file opened for writing bytes.
        compute_crc32: whether records get checksums.

    Raises:
        RuntimeError: the path's folder is not there, a name is written twice, or the file is finished.
    """

    def __init__(self, file: str | os.PathLike[str] | IO[bytes], compute_crc32: bool = True) -> None:
        self._owned: IO[bytes] | None = None
        self._name = "archive"
        if isinstance(file, (str, os.PathLike)):
            path = os.fspath(file)
            self._name = os.path.splitext(os.path.basename(path))[0] or "archive"
            try:
                self._owned = open(path, "wb")  # noqa: SIM115 (closed by write_end_of_file)
            except OSError as error:
                raise RuntimeError(f"PyTorchFileWriter: cannot open {path}: {error}") from error
        self._archive = ZipWriter(self._owned or file, self._name, compute_crc32)  # type: ignore[arg-type]
        self._written: set[str] = set()
        self._number: str | None = None

    def archive_name(self) -> str:
        """The folder that all records stand in: the file's name without its ending, ``archive`` for a stream."""
        return self._name

    def write_record(self, name: str, data: Any, size: int) -> None:
        """Append the first `size` bytes of `data`: bytes, text (as UTF-8), or a storage."""
        if self._number is not None:
            raise RuntimeError(f"PyTorchFileWriter.write_record: the file is finished, {name!r} comes too late")
        if name in self._written:
            raise RuntimeError(f"PyTorchFileWriter.write_record: record {name!r} is written already")
        if isinstance(data, str):
            data = data.encode()
        if isinstance(data, flambeau.UntypedStorage):
            stored: Any = data
            data = storage_bytes(stored if stored.device.type == "cpu" else stored.cpu())
        view = memoryview(data).cast("B")
        if not 0 <= size <= len(view):
            raise RuntimeError(f"PyTorchFileWriter.write_record: record {name!r} has {len(view)} bytes, not {size}")
        self._archive.add(name, view[:size])
        self._written.add(name)

    def get_all_written_records(self) -> set[str]:
        """The names of the records so far."""
        return set(self._written)

    def serialization_id(self) -> str:
        """The number that the finished file has; empty before."""
        return self._number or ""

    def write_end_of_file(self) -> None:
        """Write the directory and close the file, if it was opened here."""
        if self._number is not None:
            raise RuntimeError("PyTorchFileWriter.write_end_of_file: the file is finished already")
        if "byteorder" not in self._written:
            self.write_record("byteorder", sys.byteorder, len(sys.byteorder))
        self._number = finish_archive(self._archive)
        if self._owned is not None:
            self._owned.close()
        elif hasattr(self._archive.stream, "flush"):
            self._archive.stream.flush()


@contextlib.contextmanager
def open_writer(file: Any) -> Iterator[PyTorchFileWriter]:
    """A writer whose file is finished at the end of the block, also by an exception."""
    writer = PyTorchFileWriter(file)
    try:
        yield writer
    finally:
        writer.write_end_of_file()


@contextlib.contextmanager
def open_reader(file: Any) -> Iterator[PyTorchFileReader]:
    """A reader for a block."""
    yield PyTorchFileReader(file)


PyTorchFileReader.__module__ = PyTorchFileWriter.__module__ = "torch"
