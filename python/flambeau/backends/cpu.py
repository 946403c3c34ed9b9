"""What the processor can do."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """The widest vectors that kernels use: "AVX512", "AVX2", "NO AVX" or "DEFAULT"."""
    from flambeau import _C

    ask = getattr(_C, "_get_cpu_capability", None)
    if ask is not None:
        return str(ask())
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
            flags = next((line for line in lines if line.startswith("flags")), "").split()
    except OSError:
        return "DEFAULT"
    if {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= set(flags):
        return "AVX512"
    return "AVX2" if "avx2" in flags else "DEFAULT"
