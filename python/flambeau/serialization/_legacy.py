"""PyTorch's format before 1.6: five pickles one after another, then the length and bytes of each storage.

magic number · protocol version · system facts · the object · the sorted storage keys · (int64 count, bytes) …
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pickle import UnpicklingError
from typing import IO, Any

from flambeau.storage import UntypedStorage, storage_bytes

from . import _names
from ._archive import StorageCollector, StorageLoader, full_unpickler, pickle_object, swap_bytes, text_of
from ._locations import Restore
from ._pickle_vm import PickleReader
from ._zip import ArchiveError, Source

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
FIRST_WINDOW = 1 << 16


def write_legacy(stream: IO[bytes], obj: Any, pickle_module: Any, protocol: int) -> None:
    """Write the object in the older format."""
    collector = StorageCollector(legacy=True)
    data = pickle_object(obj, pickle_module, protocol, collector)
    facts = {
        "protocol_version": PROTOCOL,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    for part in (MAGIC, PROTOCOL, facts):
        stream.write(pickle.dumps(part, protocol=min(protocol, 2)))
    stream.write(data)
    keys = sorted(collector.keys.values())
    stream.write(pickle.dumps(keys, protocol=min(protocol, 2)))
    for key in keys:
        storage = collector.storages[int(key)]
        held = storage if storage.device.type == "cpu" else storage.cpu()
        dtype = collector.dtypes.get(key)
        count = storage.nbytes() // (1 if dtype is None else dtype.itemsize)
        stream.write(count.to_bytes(8, "little", signed=True))
        stream.write(storage_bytes(held))


class _Blank(dict[Any, Any]):
    """Stands for any object while a pickle is only walked through."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class _Walk:
    """A table of names for a first pass that makes nothing: it finds the end of a pickle and its storages."""

    def lookup(self, module: str, name: str) -> Any:
        # Other pickle modules write our name.
        found = _names.value_table().get(f"{'torch' if module == 'flambeau' else module}.{name}")
        return found if isinstance(found, _names.StorageType) else _Blank()

    def reduce(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        return _Blank()

    def new(self, cls: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        return _Blank()

    def build(self, instance: Any, state: Any) -> Any:
        return instance


class LegacyLoader:
    """One file of the older format being read."""

    def __init__(self, source: Source, restore: Restore) -> None:
        self.source, self.restore = source, restore
        self.position = 0
        self.promised = 0
        self.raw: dict[str, tuple[Any, int]] = {}

    def _make_storage(self, key: str, nbytes: int, itemsize: int, location: str) -> Any:
        self.promised += nbytes
        if self.promised > self.source.size:
            raise UnpicklingError(f"storages of {self.promised} bytes in a file of {self.source.size}")
        storage = self.restore(UntypedStorage(nbytes), location)  # its bytes follow behind the pickle
        if storage.nbytes() != nbytes:
            raise UnpicklingError(
                f"map_location answered with {storage.nbytes()} bytes for storage {key!r} of {nbytes}"
            )
        self.raw[key] = (storage, itemsize)
        return storage

    def _next(self, what: str, names: Any, persistent: Callable[[Any], Any] | None, encoding: str) -> Any:
        """The next pickle of the file, through a window that grows until the pickle fits."""
        window = FIRST_WINDOW
        while True:
            size = min(window, self.source.size - self.position)
            data = self.source.read(self.position, size, what)
            reader = PickleReader(
                data, names, persistent, f"{self.source.label}, {what} at offset {self.position}", encoding=encoding
            )
            try:
                value = reader.load()
            except UnpicklingError:
                if reader.hit_end and self.position + size < self.source.size:
                    window *= 4
                    continue
                raise
            self.position += reader.position
            return value

    def load(
        self, weights_only: bool, pickle_module: Any, arguments: dict[str, Any], allowed: dict[str, Any], file: Any
    ) -> Any:
        names = _names.SafeGlobals(allowed)
        encoding = arguments.get("encoding", "utf-8")
        label = self.source.label
        first = self._next("first pickle", names, None, encoding)
        if type(first) is not int or first != MAGIC:
            raise UnpicklingError(
                f"load: {label} begins with a pickled {type(first).__name__}, not with the number "
                "that saved files carry; a plain pickle is read with pickle.load"
            )
        version = self._next("protocol version", names, None, encoding)
        if version != PROTOCOL:
            raise ArchiveError(f"load: {label} has protocol version {version!r:.40}, {PROTOCOL} is the known one")
        facts = self._next("system facts", names, None, encoding)
        facts = {text_of(name): value for name, value in facts.items()} if isinstance(facts, dict) else {}
        little = facts.get("little_endian", True)
        loader = StorageLoader(self._make_storage)
        start, result = self.position, None
        walked = self._walk(loader, weights_only, encoding)
        if not walked:
            result = self._load_fully(file, start, loader, pickle_module, arguments)
        end = self.position
        keys = self._next("storage keys", names, None, encoding)
        if type(keys) is not list or len(keys) != len(self.raw) or {str(text_of(key)) for key in keys} != set(self.raw):
            raise ArchiveError(f"load: {label}: the list of storage keys does not match the object's storages")
        self._read_storages(keys, (little is True) != (sys.byteorder == "little"))
        finish = self.position
        if walked and weights_only:
            data = self.source.read(start, end - start, "object")
            result = PickleReader(
                data, names, loader.load, f"{label}, object at offset {start}", encoding=encoding
            ).load()
        elif walked:
            result = self._load_fully(file, start, loader, pickle_module, arguments)
        if not self.source.owned:
            self.source.file.seek(self.source.base + finish)
        return result

    def _walk(self, loader: StorageLoader, needed: bool, encoding: str) -> bool:
        """A first pass that makes the storages alone: their bytes are then in place when objects look at values.

        A pickle with opcodes outside the data subset cannot be walked; it is read in one pass (`needed` forbids that).
        """
        identities: dict[str, Any] = {}
        try:
            self._next("object", _Walk(), lambda identity: identities.setdefault(repr(identity), identity), encoding)
        except UnpicklingError:
            if needed:
                raise
            return False
        try:
            for identity in identities.values():
                loader.load(identity)
        except UnpicklingError as error:
            raise UnpicklingError(f"load: {self.source.label}, storages: {error}") from None
        return True

    def _load_fully(
        self, file: Any, start: int, loader: StorageLoader, pickle_module: Any, arguments: dict[str, Any]
    ) -> Any:
        owned = isinstance(file, (str, os.PathLike))
        stream = open(file, "rb") if owned else file  # noqa: SIM115 (closed below)
        try:
            stream.seek(self.source.base + start)
            result = full_unpickler(stream, loader, pickle_module, arguments).load()
            self.position = stream.tell() - self.source.base
            return result
        finally:
            if owned:
                stream.close()

    def _read_storages(self, keys: list[Any], swap: bool) -> None:
        for key in keys:
            storage, itemsize = self.raw[str(text_of(key))]
            what = f"storage {key!r}"
            count = int.from_bytes(self.source.read(self.position, 8, what), "little", signed=True)
            if count * itemsize != storage.nbytes():
                raise ArchiveError(
                    f"load: {self.source.label}: {what} at offset {self.position} has {count} elements "
                    f"of {itemsize} bytes, the object says {storage.nbytes()} bytes"
                )
            self.position += 8
            if storage.device.type != "meta":
                held = storage if storage.device.type == "cpu" else UntypedStorage(storage.nbytes())
                view = storage_bytes(held)
                self.source.fill(view, self.position, what)
                if swap:
                    swap_bytes(view, itemsize)
                if held is not storage:
                    storage.copy_(held)
            self.position += storage.nbytes()
