"""The pretended driver as a library: built with g++ into build/fake_cuda, anew where a source has changed.

`environment()` is what a process needs to find its CUDA device there; texts of kernels are then compiled by g++ and
kept in build/fake_cuda/cache.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "fake_cuda"
SOURCES = [HERE / name for name in ("executor.cpp", "driver.cpp", "executor.h")]


def library() -> Path:
    """The path of the library, built if need be."""
    key = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:16]
    target = BUILD / key / "libcuda.so.1"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_suffix(f".{os.getpid()}")
        command = ["g++", "-std=c++20", "-O2", "-fPIC", "-shared", "-Wl,-soname,libcuda.so.1", "-o", str(aside)]
        subprocess.run([*command, *map(str, SOURCES[:2]), "-ldl"], check=True)
        aside.rename(target)
    return target


def environment(**settings: str) -> dict[str, str]:
    """The process's environment with the pretended device in it."""
    path = library()
    words = hashlib.sha256((HERE / "host_words.h").read_bytes() + str(path).encode()).hexdigest()[:16]
    return {
        **os.environ,
        "FLAMBEAU_CUDA_DRIVER": str(path),
        "FLAMBEAU_NVRTC": str(path),
        "FLAMBEAU_CUDA_CACHE": str(BUILD / "cache" / words),
        "FAKE_CUDA_WORDS": str(HERE),
        **settings,
    }
