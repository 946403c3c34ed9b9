"""`save` and `load`: PyTorch's file format both ways, safe to read and whole when written.

`_archive.py` holds the format, `_pickle_vm.py` and `_names.py` the machine that reads objects without a path to a call,
`_zip.py` the container, `_whole.py` how a file changes at once, `_legacy.py` the format before 1.6, `_locations.py` the
meaning of `map_location`.
"""

from __future__ import annotations

import contextlib
import enum
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any, TypeAlias

from ._archive import ArchiveLoader, write_archive
from ._legacy import LegacyLoader, write_legacy
from ._locations import default_restore_location, location_tag, register_package, restore_for
from ._whole import write_whole
from ._zip import ArchiveError, Source, ZipReader, open_source

__all__ = [
    "ArchiveError",
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "register_package",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
]

DEFAULT_PROTOCOL = 2
LOCAL_SIGNATURE = b"PK\x03\x04"


class LoadEndianness(enum.Enum):
    """Byte order to assume for archives that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    checksums = True
    endianness: LoadEndianness | None = None
    mmap_flags: int | None = None


_options = _Options()
_allowed_lock = threading.Lock()
_allowed: dict[str, Any] = {}


def _named(entry: Any) -> tuple[str, Any]:
    """The name under which a user's class or function stands in files, and the object."""
    if isinstance(entry, tuple):
        if len(entry) != 2 or not isinstance(entry[1], str):
            raise TypeError("add_safe_globals: a tuple must be (class or function, full name in the file)")
        return entry[1], entry[0]
    if not hasattr(entry, "__qualname__") or not hasattr(entry, "__module__"):
        raise TypeError(f"add_safe_globals: {entry!r} is neither a class nor a function; pass (object, full name)")
    from ._names import torch_name

    renamed = torch_name(entry.__module__, entry.__qualname__)
    return ".".join(renamed or (entry.__module__, entry.__qualname__)), entry


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let `load` with ``weights_only=True`` make objects of these classes and call these functions.

    Each entry is a class or function, or a pair of it and the full name that stands in the file. Whoever allows a
    function lets a file call it with arguments of the file's choice.
    """
    entries = [_named(entry) for entry in safe_globals]
    with _allowed_lock:
        _allowed.update(entries)


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` has allowed so far."""
    with _allowed_lock:
        return [value if _named_as(value) == name else (value, name) for name, value in _allowed.items()]


def _named_as(value: Any) -> str | None:
    try:
        return _named(value)[0]
    except TypeError:
        return None


def clear_safe_globals() -> None:
    """Forget everything that `add_safe_globals` has allowed."""
    with _allowed_lock:
        _allowed.clear()


class safe_globals:
    """Context in which the given classes and functions are allowed, as by `add_safe_globals`."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.entries = list(safe_globals)
        self.before: dict[str, Any] = {}

    def __enter__(self) -> None:
        with _allowed_lock:
            self.before = dict(_allowed)
        add_safe_globals(self.entries)

    def __exit__(self, *exception: object) -> None:
        with _allowed_lock:
            _allowed.clear()
            _allowed.update(self.before)


def set_crc32_options(compute_crc32: bool) -> None:
    """Whether `save` computes checksums, and `load` verifies those it finds (both by default)."""
    _options.checksums = bool(compute_crc32)


def get_crc32_options() -> bool:
    """Whether checksums are computed and verified."""
    return _options.checksums


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """The byte order of archives without a byteorder entry; None stands for little."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError(f"set_default_load_endianness: {endianness!r} is not a LoadEndianness")
    _options.endianness = endianness


def get_default_load_endianness() -> LoadEndianness | None:
    """What `set_default_load_endianness` has set."""
    return _options.endianness


class set_default_mmap_options:
    """Flags for ``load(mmap=True)``: ``mmap.MAP_PRIVATE`` or ``mmap.MAP_SHARED``; also usable as a context."""

    def __init__(self, flags: int) -> None:
        import mmap

        if flags not in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            raise ValueError(f"set_default_mmap_options: flags {flags} are neither MAP_PRIVATE nor MAP_SHARED")
        self.before = _options.mmap_flags
        _options.mmap_flags = flags

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _options.mmap_flags = self.before


def get_default_mmap_options() -> int | None:
    """The flags of `set_default_mmap_options`; private mapping unless set."""
    if _options.mmap_flags is None:
        import mmap

        return mmap.MAP_PRIVATE
    return _options.mmap_flags


def skip_data(materialize_fake_tensors: bool = False) -> Any:
    """Not available: saving archives without their data."""
    raise NotImplementedError(
        "skip_data: archives without data are not written yet; a state_dict on the meta device "
        "(module.to('meta').state_dict()) saves shapes alone"
    )


def save(
    obj: object,
    f: str | os.PathLike[str] | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Save an object with its tensors to a path or a writable binary file.

    The file is PyTorch's: classes stand in it under PyTorch's names, each storage once, views as views. A path gets its
    new content at once or not at all: it is written beside, synced, and renamed over the old file.

    Args:
        obj: anything that pickle takes.
        f: a path, or an object with ``write``.
        pickle_module: another module with ``Pickler``; names are then written as that module writes them.
        pickle_protocol: 2 is what every reader knows. 0, which cannot name storages, is taken as 1.
    """
    module = pickle if pickle_module is None else pickle_module
    if isinstance(pickle_protocol, bool) or not isinstance(pickle_protocol, int) or not 0 <= pickle_protocol <= 5:
        raise ValueError(f"save: pickle_protocol is {pickle_protocol!r}; 0 to 5 are possible")
    protocol = max(pickle_protocol, 1)
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    if path is None and not hasattr(f, "write"):
        raise AttributeError(f"save: {type(f).__name__} object has no 'write'; a path or a binary file is needed")
    name = "archive"
    if path is not None:
        name = os.path.splitext(os.path.basename(path))[0] or "archive"

    def write(stream: IO[bytes]) -> None:
        if _use_new_zipfile_serialization:
            write_archive(stream, name, obj, module, protocol, _options.checksums)
        else:
            write_legacy(stream, obj, module, protocol)

    if path is None:
        write(f)  # type: ignore[arg-type]
        if hasattr(f, "flush"):
            f.flush()
    else:
        write_whole(path, write)


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Load an object from a file of `save` or of PyTorch.

    By default the file is data: tensors, numbers, text and plain containers are read, nothing in the file is called or
    imported, and unknown classes are refused by name. Tensors are read straight into their own memory.

    Args:
        f: a path, or an object with ``read``, ``seek`` and ``tell``.
        map_location: a device or its name, a dict from names to names, or a function of (storage, name) that returns
            a storage or None.
        pickle_module: another module with ``Unpickler``; only with ``weights_only=False``.
        weights_only: False runs the standard pickle machine, which can run any code that the file asks for.
        mmap: map the file instead of reading it; only for paths.
        pickle_load_args: ``encoding`` and ``errors`` for pickles of Python 2.

    Raises:
        EOFError: the file is empty.
        pickle.UnpicklingError: the object is damaged or uses a name that is not allowed.
        RuntimeError: the container is damaged or a device is not there.
    """
    if weights_only is None:
        forced = os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "").lower() in ("1", "y", "yes", "true")
        weights_only = not (forced or pickle_module is not None)
    if weights_only and pickle_module is not None:
        raise RuntimeError("load: pickle_module has no part in weights_only=True; leave one of them out")
    target, restore = restore_for(map_location)
    if mmap and not isinstance(f, (str, os.PathLike)):
        raise ValueError(f"load: mmap=True wants a path, f is a {type(f).__name__}")
    with _allowed_lock:
        allowed = dict(_allowed)
    module = pickle if pickle_module is None else pickle_module
    source = open_source(f)
    try:
        if source.size == 0:
            raise EOFError(f"load: {source.label} is empty")
        if source.read(0, min(4, source.size), "signature") in (LOCAL_SIGNATURE, b"PK\x05\x06"):
            whole = _map_file(source, f) if mmap else None
            archive = ArchiveLoader(ZipReader(source), target, restore, _options.checksums, whole, _assumed_order())
            return archive.load(weights_only, module, pickle_load_args, allowed)
        if mmap:
            raise RuntimeError(f"load: mmap=True wants a zip archive, {source.label} is in the older format")
        if source.size > 262 and source.read(257, 5, "tar signature") == b"ustar":
            raise NotImplementedError(
                f"load: {source.label} is a tar archive of the first PyTorch releases, which "
                "Flambeau does not read; load it with PyTorch and save it again"
            )
        return LegacyLoader(source, restore).load(weights_only, module, pickle_load_args, allowed, f)
    finally:
        source.close()


def _assumed_order() -> str:
    if _options.endianness is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if _options.endianness is LoadEndianness.BIG else "little"


def _map_file(source: Source, f: Any) -> Any:
    import mmap

    from flambeau.storage import UntypedStorage

    shared = get_default_mmap_options() == mmap.MAP_SHARED
    return UntypedStorage.from_file(os.fspath(f), shared, source.size)


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike[str] | IO[bytes]) -> list[str]:
    """The names in an archive that `load` would refuse."""
    import pickletools

    from ._names import SafeGlobals

    with _allowed_lock:
        names = SafeGlobals(dict(_allowed))
    with contextlib.closing(open_source(f)) as source:
        if source.size < 4 or source.read(0, 4, "signature") != b"PK\x03\x04":
            raise ValueError(f"get_unsafe_globals_in_checkpoint: {source.label} is not a zip archive")
        archive = ArchiveLoader(ZipReader(source), lambda location: "meta", lambda storage, location: storage, True)
        data = archive.archive.read(f"{archive.folder}/data.pkl")
    try:
        mentioned = list(_globals_of(pickletools.genops(data)))
    except ValueError as error:
        raise pickle.UnpicklingError(f"get_unsafe_globals_in_checkpoint: {source.label}: {error}") from None
    unsafe = []
    for module, name in dict.fromkeys(mentioned):
        try:
            names.lookup(module, name)
        except pickle.UnpicklingError:
            unsafe.append(f"{module}.{name}")
    return unsafe


def _globals_of(operations: Any) -> Iterator[tuple[str, str]]:
    """The (module, name) pairs of a pickle; STACK_GLOBAL takes the two texts pushed or fetched before it."""
    texts: list[str] = []
    memo: dict[int, str] = {}
    for operation, argument, _ in operations:
        if operation.name in ("GLOBAL", "INST"):
            module, _, name = argument.partition(" ")
            yield module, name
        elif operation.name == "STACK_GLOBAL" and len(texts) >= 2:
            yield texts[-2], texts[-1]
        elif "UNICODE" in operation.name:
            texts.append(argument)
        elif operation.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else ""
        elif operation.name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[int(argument)] = texts[-1] if texts else ""
        elif operation.name in ("BINGET", "LONG_BINGET", "GET"):
            texts.append(memo.get(int(argument), ""))


# What `map_location` may be, for annotations.
MAP_LOCATION: TypeAlias = Callable[..., Any] | Any | str | dict[str, str] | None
FILE_LIKE: TypeAlias = str | os.PathLike | IO[bytes]


def _is_zipfile(f: IO[bytes]) -> bool:
    """Whether the file goes on with an archive from where it stands; a zip directory behind other bytes is none."""
    start = f.tell()
    signature = f.read(len(LOCAL_SIGNATURE))
    f.seek(start)
    return signature == LOCAL_SIGNATURE


def __getattr__(name: str) -> Any:
    if name in ("_open_zipfile_reader", "_open_zipfile_writer"):
        from . import _reader

        return _reader.open_reader if name == "_open_zipfile_reader" else _reader.open_writer
    if name == "_get_layout":  # the name that pickled layouts carry
        from ._rebuild import layout

        return layout
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
