"""The library's static memory of threads, which has to fit into what other libraries leave."""

from __future__ import annotations

import struct
from pathlib import Path

from flambeau import _C

PT_TLS = 7


def test_static_memory_of_threads_is_small() -> None:
    """The loader keeps some 1,600 bytes for all libraries that are loaded late; PyTorch, say, may be there already."""
    elf = Path(_C.__file__).read_bytes()
    assert elf[:5] == b"\x7fELF\x02"
    (start,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    sizes = [
        struct.unpack_from("<Q", elf, start + i * size + 40)[0]
        for i in range(count)
        if struct.unpack_from("<I", elf, start + i * size)[0] == PT_TLS
    ]
    assert sum(sizes) <= 512, sizes


def test_no_thread_local_state_of_the_c_plus_plus_library() -> None:
    """std::call_once reads it in a way that fails where PyTorch, say, has loaded that library before."""
    assert b"__once_call" not in Path(_C.__file__).read_bytes()
