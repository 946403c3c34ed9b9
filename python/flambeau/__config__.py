"""How the compiled core was made and on what it runs, as text for bug reports."""

from __future__ import annotations

import os

from flambeau import _C

__all__ = ["parallel_info", "show"]


def _loaded(name: str) -> bool:
    """Whether a library has been opened by this process; the bundled ones are opened on first use."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            return any(name in line for line in maps)
    except OSError:
        return False


def show() -> str:
    """What the core was built with: versions, vector instructions in use, libraries and whether they are loaded."""
    from flambeau import version

    libraries = {"oneDNN": "libdnnl", "OpenBLAS": "openblas"}
    state = ", ".join(f"{name} ({'loaded' if _loaded(part) else 'not loaded yet'})" for name, part in libraries.items())
    lines = [
        f"Flambeau {version.flambeau} with the Python API of PyTorch {version.__version__.split('+')[0]}",
        f"  vector instructions: {_C.vector_target()}",
        f"  libraries: {state}",
        "  devices: cpu, meta, mock",
        "  threads: OpenMP",
    ]
    return "\n".join(lines) + "\n"


def parallel_info() -> str:
    """Thread counts, and the environment variables that set them."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = [
        "Flambeau/Parallel:",
        f"\tget_num_threads() : {_C.get_num_threads()}",
        f"\tget_num_interop_threads() : {_C.get_num_interop_threads()}",
        f"Processors of this process : {processors}",
        "Environment variables:",
    ]
    lines += [
        f"\t{name} : {os.environ.get(name, '[not set]')}"
        for name in ("OMP_NUM_THREADS", "GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    ]
    lines.append("Parallel backend: OpenMP")
    return "\n".join(lines) + "\n"


def _cxx_flags() -> str:
    """The compiler's options that decide about numbers."""
    return "-std=c++20 -O2 -ffp-contract=off -fno-math-errno"
