"""PyTorch's zip format: the entries of a saved file, written and read.

    NAME/data.pkl            the object, its storages replaced by persistent ids
    NAME/data/0, data/1 …    the bytes of each storage, once
    NAME/byteorder, version, .format_version, .storage_alignment, .data/serialization_id

`_zip.py` is the container, `_pickle_vm.py` reads data.pkl, `_legacy.py` is the older format.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import pickle
import sys
from collections.abc import Callable
from pickle import UnpicklingError
from types import FunctionType
from typing import IO, Any

import flambeau
from flambeau import _tensor_pickle
from flambeau.storage import TypedStorage, UntypedStorage, storage_bytes

from . import _names
from ._locations import Restore, location_tag
from ._pickle_vm import PickleReader
from ._zip import ALIGNMENT, ArchiveError, ZipReader, ZipWriter

DEFLATED_PICKLE_LIMIT = 1 << 28


_PythonPickler: Any = pickle._Pickler  # its parts are not part of the public interface of pickle


class _NamePickler(_PythonPickler):
    """Pickles under PyTorch's names. The C pickler has no way to rename a global, hence the one in Python."""

    # Written out, because other pickling libraries put functions of theirs into the table of the standard class.
    dispatch: dict[Any, Any] = {
        kind: getattr(_PythonPickler, f"save_{name}")
        for kind, name in [
            (type(None), "none"), (bool, "bool"), (int, "long"), (float, "float"), (bytes, "bytes"), (str, "str"),
            (bytearray, "bytearray"), (pickle.PickleBuffer, "picklebuffer"), (tuple, "tuple"), (list, "list"),
            (dict, "dict"), (set, "set"), (frozenset, "frozenset"), (type, "type"),
        ]
    }  # fmt: skip

    def __init__(
        self, stream: IO[bytes], protocol: int, persistent: Callable[[Any], Any], reduce_tensor: Callable[[Any], Any]
    ) -> None:
        super().__init__(stream, protocol)
        self.persistent_id = persistent
        table = dict(copyreg.dispatch_table)
        table[flambeau.Tensor] = reduce_tensor
        parameters = sys.modules.get("flambeau.nn.parameter")
        if parameters is not None:  # without it there is no parameter to save
            table[parameters.Parameter] = _tensor_pickle.reduce_parameter
        table.update(_tensor_pickle.small_reducers())
        self.dispatch_table = table

    def save_global(self, obj: Any, name: str | None = None) -> None:
        module = "flambeau" if isinstance(obj, (flambeau.dtype, flambeau.memory_format)) else None
        if module is None:
            module = getattr(obj, "__module__", None)
        if name is None:
            name = getattr(obj, "__qualname__", None) or obj.__name__
        written = _names.name_of_core(obj) or (_names.torch_name(module, name) if module else None)
        if written is None:
            super().save_global(obj, name)
            return
        if self.proto >= 4:
            self.save(written[0])
            self.save(written[1])
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{written[0]}\n{written[1]}\n".encode())
        self.memoize(obj)

    dispatch[FunctionType] = save_global


class StorageCollector:
    """Numbers the storages of one save and answers for their persistent ids."""

    def __init__(self, legacy: bool = False) -> None:
        self.storages: list[Any] = []
        self.keys: dict[int, str] = {}
        self.dtypes: dict[str, Any] = {}
        self.legacy = legacy

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        kind = type(obj)
        if kind is UntypedStorage:
            untyped, dtype, named = obj, None, UntypedStorage
        elif issubclass(kind, TypedStorage):
            untyped, dtype = obj.untyped(), obj.dtype
            named = obj._pickle_storage_class()
        else:
            return None
        key = self.keys.get(untyped._cdata)
        if key is None:
            key = str(len(self.storages))
            self.keys[untyped._cdata] = key
            self.storages.append(untyped)
            if dtype is None and self.legacy:  # where the count of elements is one of the type named first
                self.dtypes[key] = flambeau.uint8
        if dtype is not None and untyped.nbytes() and self.dtypes.setdefault(key, dtype) != dtype:
            raise RuntimeError(
                f"save: a storage is saved as {self.dtypes[key]} and as {dtype}; the format knows one "
                "element type for each storage"
            )
        count = untyped.nbytes() // (1 if dtype is None else dtype.itemsize)
        identity = ("storage", named, key, location_tag(untyped), count)
        return (*identity, None) if self.legacy else identity

    def reduce_tensor(self, tensor: Any) -> Any:
        """A tensor's reduction; by raw bytes where its storage already stands in the file with another type."""
        if tensor.layout == flambeau.strided and tensor.device.type != "meta":
            key = self.keys.get(tensor.untyped_storage()._cdata)
            known = self.dtypes.get(key) if key is not None else None
            if known is not None and known != tensor.dtype:
                return _tensor_pickle.reduce_tensor(tensor, as_bytes=True, for_file=True)
        return _tensor_pickle.reduce_tensor(tensor, for_file=True)


def pickle_object(obj: Any, pickle_module: Any, protocol: int, collector: StorageCollector) -> bytes:
    """The object's pickle, its storages left to `collector`."""
    stream = io.BytesIO()
    pickler: Any
    if pickle_module is pickle:
        pickler = _NamePickler(stream, protocol, collector.persistent_id, collector.reduce_tensor)
    else:

        class ForeignPickler(pickle_module.Pickler):
            def persistent_id(self, obj: Any) -> Any:
                return collector.persistent_id(obj)

        pickler = ForeignPickler(stream, protocol=protocol)
    pickler.dump(obj)
    return stream.getvalue()


def write_archive(stream: IO[bytes], name: str, obj: Any, pickle_module: Any, protocol: int, checksums: bool) -> None:
    """Write a whole archive to `stream`."""
    collector = StorageCollector()
    data = pickle_object(obj, pickle_module, protocol, collector)
    archive = ZipWriter(stream, name, checksums)
    archive.add("data.pkl", data)
    archive.add(".format_version", b"1")
    archive.add(".storage_alignment", str(ALIGNMENT).encode())
    archive.add("byteorder", sys.byteorder.encode())
    for index, storage in enumerate(collector.storages):
        held = storage if storage.device.type == "cpu" else storage.cpu()
        archive.add(f"data/{index}", storage_bytes(held))
    finish_archive(archive)


def finish_archive(archive: ZipWriter) -> str:
    """Write what ends every archive; returns the number that it is given."""
    archive.add("version", b"3\n")
    identity = hashlib.blake2b(b"".join(archive.directory), digest_size=16).digest()
    number = f"{int.from_bytes(identity, 'little'):040d}"
    archive.add(".data/serialization_id", number.encode())
    archive.finish()
    return number


def text_of(value: Any) -> Any:
    """The texts of the format are bytes in the pickles of Python 2 when they are read with ``encoding="bytes"``."""
    return value.decode("latin1") if isinstance(value, bytes) else value


class StorageLoader:
    """Answers persistent ids: checks type, key, place and size, and has `make` produce the bytes once for each key."""

    def __init__(self, make: Callable[[str, int, int, str], Any]) -> None:
        self.make = make
        self.loaded: dict[str, Any] = {}

    def load(self, identity: Any) -> Any:
        if type(identity) is not tuple or len(identity) not in (5, 6) or text_of(identity[0]) != "storage":
            raise UnpicklingError(f"persistent id {identity!r:.100} is not that of a storage")
        kind, key, location, count = identity[1], text_of(identity[2]), text_of(identity[3]), identity[4]
        if isinstance(kind, type) and (kind is UntypedStorage or issubclass(kind, TypedStorage)):
            kind = _names.value_table().get(f"torch.{kind.__name__}")  # written by another pickle module, by our name
        if not isinstance(kind, _names.StorageType):
            raise UnpicklingError(f"a storage whose type is {kind!r:.80}")
        if type(key) is not str or type(location) is not str or type(count) is not int or not 0 <= count < 1 << 62:
            raise UnpicklingError(f"storage with key {key!r:.80}, location {location!r:.80}, {count!r:.80} elements")
        itemsize = 1 if kind.dtype is None else kind.dtype.itemsize
        storage = self.loaded.get(key)
        if storage is None:
            storage = self.loaded[key] = self.make(key, count * itemsize, itemsize, location)
        elif storage.nbytes() != count * itemsize and not (storage.nbytes() > count * itemsize and len(identity) == 6):
            raise UnpicklingError(
                f"storage {key!r} has {storage.nbytes()} bytes, a second mention says {count * itemsize}"
            )
        view = identity[5] if len(identity) == 6 else None
        if view is not None:
            storage = self._view(storage, view, itemsize)
        if kind.dtype is None:
            return storage
        return TypedStorage(wrap_storage=storage, dtype=kind.dtype, _internal=True)

    def _view(self, storage: Any, view: Any, itemsize: int) -> Any:
        if type(view) is not tuple or len(view) != 3 or any(type(n) is not int or n < 0 for n in view[1:]):
            raise UnpicklingError(f"storage view {view!r:.100}")
        start, stop = view[1] * itemsize, (view[1] + view[2]) * itemsize
        if stop > storage.nbytes():
            raise UnpicklingError(f"a storage view ends at byte {stop}, its storage has {storage.nbytes()}")
        return storage[start:stop]


def unpickle(
    data: bytes,
    label: str,
    loader: StorageLoader | None,
    weights_only: bool,
    pickle_module: Any,
    arguments: dict[str, Any],
    allowed: dict[str, Any],
) -> Any:
    """Read one pickle, safely or with the standard machine."""
    if weights_only:
        reader = PickleReader(
            data,
            _names.SafeGlobals(allowed),
            loader.load if loader else None,
            label,
            encoding=arguments.get("encoding", "utf-8"),
        )
        return reader.load()
    return full_unpickler(io.BytesIO(data), loader, pickle_module, arguments).load()


def full_unpickler(stream: Any, loader: StorageLoader | None, pickle_module: Any, arguments: dict[str, Any]) -> Any:
    """The standard unpickler, with PyTorch's names leading to this package."""
    storage_types = _names.value_table()

    class FullUnpickler(pickle_module.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            found = storage_types.get(f"{module}.{name}")
            if found is not None and not isinstance(found, type):
                return found
            return super().find_class(*_names.flambeau_name(module, name))

        def persistent_load(self, identity: Any) -> Any:
            if loader is None:
                raise UnpicklingError("load: a persistent id in a pickle without storages")
            return loader.load(identity)

    return FullUnpickler(stream, **arguments)


class ArchiveLoader:
    """One zip file being read."""

    def __init__(
        self,
        archive: ZipReader,
        target: Callable[[str], str | None],
        restore: Restore,
        checksums: bool,
        whole: Any = None,
        order: str = "little",
    ) -> None:
        self.archive, self.target, self.restore = archive, target, restore
        self.checksums, self.whole = checksums, whole
        folders = [
            name[: -len("/data.pkl")] for name in archive.entries if name.endswith("/data.pkl") and name.count("/") == 1
        ]
        label = archive.source.label
        if len(folders) != 1:
            raise ArchiveError(
                f"load: {label}: {len(folders)} entries are called NAME/data.pkl, one was expected; "
                f"the archive has {len(archive.entries)} entries"
            )
        self.folder = folders[0]
        if f"{self.folder}/constants.pkl" in archive.entries:
            raise NotImplementedError(
                f"load: {label} is a TorchScript archive; Flambeau does not run these yet. "
                "Save the module's state_dict() instead"
            )
        if f"{self.folder}/byteorder" in archive.entries:
            said = archive.read(f"{self.folder}/byteorder", 16)
            if said not in (b"little", b"big"):
                raise ArchiveError(
                    f"load: {label}: entry '{self.folder}/byteorder' is {said!r}, neither b'little' nor b'big'"
                )
            order = said.decode()
        self.swap = order != sys.byteorder

    def make_storage(self, key: str, nbytes: int, itemsize: int, location: str) -> Any:
        name = f"{self.folder}/data/{key}"
        entry = self.archive.entry(name)
        if entry.size != nbytes:
            raise ArchiveError(
                f"load: {self.archive.source.label}: entry {name!r} has {entry.size} bytes, the pickle says {nbytes}"
            )
        if self.target(location) == "meta" or location == "meta":
            return UntypedStorage(nbytes, device="meta")
        if self.whole is not None and entry.method == 0 and not self.swap:
            storage = self.whole[entry.start : entry.start + nbytes]
        else:
            storage = UntypedStorage(nbytes)
            view = storage_bytes(storage)
            self.archive.read_into(name, view, self.checksums)
            if self.swap:
                swap_bytes(view, itemsize)
        return self.restore(storage, location)

    def load(self, weights_only: bool, pickle_module: Any, arguments: dict[str, Any], allowed: dict[str, Any]) -> Any:
        name = f"{self.folder}/data.pkl"
        entry = self.archive.entry(name)
        data = self.archive.read(name, DEFLATED_PICKLE_LIMIT if entry.method else None)
        loader = StorageLoader(self.make_storage)
        return unpickle(
            data,
            f"{self.archive.source.label}, entry {name!r}",
            loader,
            weights_only,
            pickle_module,
            arguments,
            allowed,
        )


def swap_bytes(view: memoryview, itemsize: int) -> None:
    """Reverse the bytes of each element, a megabyte at a time."""
    from array import array

    code = {2: "H", 4: "I", 8: "Q"}.get(itemsize)
    if code is None:
        if itemsize == 16:  # complex128: two doubles
            swap_bytes(view, 8)
        return
    step = 1 << 20
    for at in range(0, len(view), step):
        part = array(code, bytes(view[at : at + step]))
        part.byteswap()
        view[at : at + step] = part.tobytes()
