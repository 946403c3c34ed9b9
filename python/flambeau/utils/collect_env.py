"""``python -m flambeau.utils.collect_env``: what a report of a problem should say about the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata

__all__ = ["get_env_info", "get_pretty_env_info", "main"]


def get_env_info() -> dict[str, str]:
    """Name and value of each fact."""
    import flambeau

    facts = {
        "Flambeau": flambeau.__version__,
        "Flambeau's folder": os.path.dirname(flambeau.__file__),
        "Vector instructions": flambeau.backends.cpu.get_cpu_capability(),
        "Python": sys.version.replace("\n", " "),
        "System": platform.platform(),
        "C library": " ".join(platform.libc_ver()),
        "GCC": _first_line("gcc", "--version"),
        "Clang": _first_line("clang", "--version"),
        "CMake": _first_line("cmake", "--version"),
        "Processors": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "Processor": _processor(),
        "Memory": _memory(),
        "Threads": str(flambeau.get_num_threads()),
        "Threads between operators": str(flambeau.get_num_interop_threads()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "CUDA available": str(flambeau.cuda.is_available()),
        "CUDA driver": _first_line("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
    }
    for package in ("numpy", "torch", "triton", "tensorboard"):
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def _first_line(*command: str) -> str:
    try:
        text = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "not found"
    return next(iter(text.splitlines()), "")


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def get_pretty_env_info() -> str:
    """The facts, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in get_env_info().items())


def main() -> None:
    """Print them."""
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()
