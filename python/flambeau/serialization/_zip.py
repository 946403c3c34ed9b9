"""The zip container of a saved file: a strict reader and an aligned writer.

Only what checkpoints need: stored entries (and deflated ones when reading), zip64 sizes, one disk, no encryption. The
reader trusts no number in the file: every range is checked against the file's size before it is used. What the entries
hold is the business of `_archive.py`.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from typing import IO, Any

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
END64_LOCATOR = struct.Struct("<4sIQI")
ALIGNMENT = 64
CHUNK = 1 << 20
U16, U32 = 0xFFFF, 0xFFFFFFFF
PAD_FIELD = 0x4246  # "FB": the extra field that PyTorch pads with
UTF8_NAME = 0x0800


class ArchiveError(RuntimeError):
    """A saved file whose container is damaged, truncated or not of the expected kind."""


class Entry:
    """One entry of the directory; `start` is where its bytes begin, known once the local header has been read."""

    __slots__ = ("crc", "header", "limit", "method", "name", "packed", "size", "start")

    def __init__(self, name: str, method: int, crc: int, packed: int, size: int, header: int) -> None:
        self.name, self.method, self.crc = name, method, crc
        self.packed, self.size, self.header = packed, size, header
        self.limit = 0
        self.start = -1


class Source:
    """Random access to a path or a seekable file object, with readable errors at the end of the file."""

    def __init__(self, file: IO[bytes], label: str, owned: bool) -> None:
        self.file, self.label, self.owned = file, label, owned
        self.base = 0 if owned else file.tell()
        file.seek(0, os.SEEK_END)
        self.size = file.tell() - self.base
        file.seek(self.base)
        descriptor = -1
        if owned:
            try:
                descriptor = file.fileno()
            except (OSError, AttributeError, ValueError):
                descriptor = -1
        self.descriptor = descriptor if hasattr(os, "preadv") else -1

    def fill(self, view: memoryview, offset: int, what: str) -> None:
        """Read exactly len(view) bytes that begin at `offset` straight into `view`."""
        wanted, done = len(view), 0
        if offset < 0 or offset + wanted > self.size:
            raise ArchiveError(
                f"load: {self.label}: {what} at offset {offset} wants {wanted} bytes, but the file ends at {self.size}"
            )
        if self.descriptor < 0:
            self.file.seek(self.base + offset)
        while done < wanted:
            if self.descriptor >= 0:
                count = os.preadv(self.descriptor, [view[done : done + (1 << 30)]], offset + done)
            elif hasattr(self.file, "readinto"):
                count = self.file.readinto(view[done:]) or 0
            else:
                piece = self.file.read(min(wanted - done, 16 * CHUNK))
                count = len(piece)
                view[done : done + count] = piece
            if count <= 0:
                raise ArchiveError(
                    f"load: {self.label}: {what} ended at offset {offset + done} of the file, "
                    f"{wanted - done} bytes short"
                )
            done += count

    def read(self, offset: int, count: int, what: str) -> bytes:
        """The `count` bytes at `offset`; the size is checked before memory is taken."""
        if count < 0 or offset < 0 or offset + count > self.size:
            raise ArchiveError(
                f"load: {self.label}: {what} at offset {offset} wants {count} bytes, but the file ends at {self.size}"
            )
        data = bytearray(count)
        self.fill(memoryview(data), offset, what)
        return bytes(data)

    def close(self) -> None:
        if self.owned:
            self.file.close()


class ZipReader:
    """The directory of a zip file and its entries' bytes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.entries: dict[str, Entry] = {}
        self._read_directory()

    def _fail(self, text: str) -> ArchiveError:
        return ArchiveError(f"load: {self.source.label}: {text}")

    def _read_directory(self) -> None:
        source = self.source
        tail_size = min(source.size, END.size + U16)
        tail_at = source.size - tail_size
        tail = source.read(tail_at, tail_size, "end of the archive")
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or found + END.size > tail_size:
            raise self._fail(
                f"no zip directory in the last {tail_size} of {source.size} bytes; "
                "the file is truncated or not an archive"
            )
        end_at = tail_at + found
        _, disk, first_disk, here, count, size, offset, _ = END.unpack_from(tail, found)
        limit = end_at
        if end_at >= END64_LOCATOR.size:
            locator = source.read(end_at - END64_LOCATOR.size, END64_LOCATOR.size, "zip64 locator")
            if locator.startswith(b"PK\x06\x07"):
                at = END64_LOCATOR.unpack(locator)[2]
                record = source.read(at, END64.size, "zip64 end record")
                if not record.startswith(b"PK\x06\x06"):
                    raise self._fail(f"zip64 end record at offset {at} has no signature")
                (_, _, _, _, disk, first_disk, here, count, size, offset) = END64.unpack(record)
                limit = at
        if disk or first_disk or here != count:
            raise self._fail(f"directory at offset {end_at} speaks of several disks")
        if offset + size > limit or count * CENTRAL.size > size:
            raise self._fail(
                f"directory of {count} entries and {size} bytes at offset {offset} does not fit before offset {limit}"
            )
        directory = source.read(offset, size, "zip directory")
        at = 0
        for index in range(count):
            at = self._read_entry(directory, at, offset, index)
        previous: Entry | None = None
        for entry in sorted(self.entries.values(), key=lambda item: item.header):
            if previous is not None:
                previous.limit = entry.header
            previous = entry
        if previous is not None:
            previous.limit = offset

    def _read_entry(self, directory: bytes, at: int, base: int, index: int) -> int:
        if at + CENTRAL.size > len(directory) or directory[at : at + 4] != b"PK\x01\x02":
            raise self._fail(f"directory entry {index} at offset {base + at} is damaged")
        (_, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, _, _, _, header) = (
            CENTRAL.unpack_from(directory, at)
        )
        after = at + CENTRAL.size
        stop = after + name_size + extra_size + comment_size
        if stop > len(directory):
            raise self._fail(f"directory entry {index} at offset {base + at} runs past the directory")
        try:
            name = directory[after : after + name_size].decode("utf-8")
        except UnicodeDecodeError:
            raise self._fail(f"directory entry {index} at offset {base + at} has a name that is not UTF-8") from None
        extra = directory[after + name_size : after + name_size + extra_size]
        if U32 in (packed, size, header):
            wide = _zip64_field(extra)
            values = []
            for value in (size, packed, header):
                if value == U32:
                    if len(wide) < 8:
                        raise self._fail(f"entry {name!r}: zip64 field lacks a value")
                    value, wide = int.from_bytes(wide[:8], "little"), wide[8:]
                values.append(value)
            size, packed, header = values
        if flags & 1:
            raise self._fail(f"entry {name!r} is encrypted")
        if method not in (0, 8):
            raise self._fail(f"entry {name!r} uses compression method {method}; stored (0) and deflated (8) are read")
        if method == 0 and packed != size:
            raise self._fail(f"entry {name!r} is stored, but its two sizes differ: {packed} and {size}")
        if method == 8 and size > 1032 * packed + 1024:
            raise self._fail(f"entry {name!r} claims {size} bytes from {packed} deflated ones, which cannot be")
        if name in self.entries:
            raise self._fail(f"entry {name!r} stands twice in the directory")
        self.entries[name] = Entry(name, method, crc, packed, size, header)
        return stop

    def entry(self, name: str) -> Entry:
        """The entry called `name`, its data range checked."""
        entry = self.entries.get(name)
        if entry is None:
            raise self._fail(f"entry {name!r} is missing from the archive ({len(self.entries)} entries)")
        if entry.start < 0:
            local = self.source.read(entry.header, LOCAL.size, f"header of entry {name!r}")
            fields = LOCAL.unpack(local)
            if fields[0] != b"PK\x03\x04":
                raise self._fail(f"entry {name!r}: no local header at offset {entry.header}")
            start = entry.header + LOCAL.size + fields[9] + fields[10]
            if start + entry.packed > entry.limit:
                raise self._fail(
                    f"entry {name!r}: {entry.packed} bytes from offset {start} run into what stands "
                    f"at offset {entry.limit}"
                )
            entry.start = start
        return entry

    def read(self, name: str, limit: int | None = None) -> bytes:
        """All bytes of an entry; refused when they are more than `limit`."""
        entry = self.entry(name)
        if limit is not None and entry.size > limit:
            raise self._fail(f"entry {name!r} has {entry.size} bytes, at most {limit} are read here")
        data = bytearray(entry.size)
        self.read_into(name, memoryview(data))
        return bytes(data)

    def read_into(self, name: str, view: memoryview, check: bool = True) -> None:
        """Fill `view` with the entry, verifying the checksum on the way (0 means that none was written)."""
        entry = self.entry(name)
        if len(view) != entry.size:
            raise self._fail(f"entry {name!r} has {entry.size} bytes, {len(view)} were asked for")
        what = f"entry {name!r}"
        if entry.method == 8:
            self._inflate(entry, view)
            crc = zlib.crc32(view) if check else entry.crc
        elif not check or entry.crc == 0:
            self.source.fill(view, entry.start, what)
            return
        else:
            crc = 0
            for at in range(0, entry.size, CHUNK):
                part = view[at : at + CHUNK]
                self.source.fill(part, entry.start + at, what)
                crc = zlib.crc32(part, crc)
        if entry.crc not in (0, crc):
            raise self._fail(
                f"{what} at offset {entry.start} has checksum {crc:#010x}, the directory says "
                f"{entry.crc:#010x}; the file is damaged"
            )

    def _inflate(self, entry: Entry, view: memoryview) -> None:
        unpacker = zlib.decompressobj(-15)
        done, at, end = 0, entry.start, entry.start + entry.packed
        pending = b""
        try:
            while done < entry.size:
                if not pending:
                    if at >= end or unpacker.eof:
                        break
                    pending = self.source.read(at, min(CHUNK, end - at), f"entry {entry.name!r}")
                    at += len(pending)
                piece = unpacker.decompress(pending, min(CHUNK, entry.size - done))
                pending = unpacker.unconsumed_tail
                view[done : done + len(piece)] = piece
                done += len(piece)
        except zlib.error as error:
            raise self._fail(f"entry {entry.name!r}: {error} after {done} bytes") from None
        if done != entry.size:
            raise self._fail(f"entry {entry.name!r} gave {done} of its {entry.size} bytes")


def _zip64_field(extra: bytes) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return b""


class ZipWriter:
    """Writes stored entries whose data begin at multiples of 64 bytes, so that a file can be mapped."""

    def __init__(self, stream: IO[bytes], folder: str, checksums: bool = True) -> None:
        self.stream, self.folder, self.checksums = stream, folder, checksums
        self.offset = 0
        self.directory: list[bytes] = []

    def _write(self, data: Any) -> None:
        view = memoryview(data)
        size = view.nbytes
        if size == 0:
            return
        view = view.cast("B")
        done = 0
        while done < size:
            part = view[done : done + (1 << 30)]
            written = self.stream.write(part)
            if written is None:  # a writer that does not say takes everything
                written = len(part)
            if written <= 0:
                raise OSError(f"save: the file took 0 of {size - done} bytes at offset {self.offset}")
            done += written
            self.offset += written

    def add(self, name: str, data: Any) -> None:
        """Append one entry from anything that has a buffer."""
        view = memoryview(data)
        size = view.nbytes
        raw_name = f"{self.folder}/{name}".encode()
        crc = 0
        if self.checksums and size:
            crc = zlib.crc32(view.cast("B"))
        header = self.offset
        wide = central_wide = b""
        if size >= U32 or header >= U32:
            wide = struct.pack("<2H2Q", 1, 16, size, size)
            central_wide = struct.pack("<2H3Q", 1, 24, size, size, header)
        fixed = header + LOCAL.size + len(raw_name) + len(wide) + 4
        padding = -fixed % ALIGNMENT
        extra = wide + struct.pack("<2H", PAD_FIELD, padding) + b"Z" * padding
        narrow = U32 if wide else size
        self._write(
            LOCAL.pack(
                b"PK\x03\x04", 45 if wide else 20, UTF8_NAME, 0, 0, 0x21, crc, narrow, narrow, len(raw_name), len(extra)
            )
            + raw_name
            + extra
        )
        self._write(view)
        self.directory.append(
            CENTRAL.pack(
                b"PK\x01\x02",
                45,
                45 if wide else 20,
                UTF8_NAME,
                0,
                0,
                0x21,
                crc,
                narrow,
                narrow,
                len(raw_name),
                len(central_wide),
                0,
                0,
                0,
                0,
                U32 if wide else header,
            )
            + raw_name
            + central_wide
        )

    def finish(self) -> None:
        """Write the directory."""
        start, count = self.offset, len(self.directory)
        self._write(b"".join(self.directory))
        size = self.offset - start
        if count >= U16 or start >= U32 or size >= U32:
            at = self.offset
            self._write(END64.pack(b"PK\x06\x06", END64.size - 12, 45, 45, 0, 0, count, count, size, start))
            self._write(END64_LOCATOR.pack(b"PK\x06\x07", 0, at, 1))
        self._write(END.pack(b"PK\x05\x06", 0, 0, min(count, U16), min(count, U16), min(size, U32), min(start, U32), 0))


def open_source(file: Any) -> Source:
    """A Source over a path or over a readable, seekable binary object."""
    if isinstance(file, (str, os.PathLike)):
        path = os.fspath(file)
        opened = open(path, "rb", buffering=0)  # noqa: SIM115 (closed by Source.close)
        try:
            return Source(opened, repr(path), True)
        except BaseException:
            opened.close()
            raise
    for method in ("read", "seek", "tell"):
        if not hasattr(file, method):
            raise AttributeError(
                f"load: {type(file).__name__} object has no {method!r}; a path or a seekable binary "
                "file is needed (io.BytesIO(data) wraps bytes)"
            )
    label = getattr(file, "name", None)
    try:
        return Source(file, repr(label) if isinstance(label, str) else f"<{type(file).__name__}>", False)
    except (io.UnsupportedOperation, OSError) as error:
        raise io.UnsupportedOperation(
            f"load: {type(file).__name__} object cannot seek ({error}); read it into io.BytesIO first"
        ) from None
