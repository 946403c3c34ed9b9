"""``python -m flambeau.utils.collect_env``: what a report of a problem should say about the machine."""

from __future__ import annotations

import os
import platform
import sys

__all__ = ["get_env_info", "get_pretty_env_info", "main"]


def get_env_info() -> dict[str, str]:
    """Name and value of each fact."""
    import flambeau

    facts = {
        "Flambeau": flambeau.__version__,
        "Python": sys.version.replace("\n", " "),
        "System": platform.platform(),
        "C library": " ".join(platform.libc_ver()),
        "Processors": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "Processor": _processor(),
        "Threads": str(flambeau.get_num_threads()),
        "CUDA available": str(flambeau.cuda.is_available()),
    }
    try:
        import numpy

        facts["NumPy"] = numpy.__version__
    except ImportError:
        facts["NumPy"] = "not installed"
    return facts


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
