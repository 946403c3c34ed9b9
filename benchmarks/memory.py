"""``python -m benchmarks.memory``: resident memory after import, while tensors live, and after they are gone; and the
cost of fresh memory, as ``a + a`` against the same into a given tensor."""

from __future__ import annotations

import time

import flambeau

from . import startup
from .timing import in_turns


def resident() -> int:
    """Resident bytes of this process now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"


def main() -> None:
    for library in ("flambeau", "torch"):
        try:
            print(f"after import {library}: {mebibytes(startup.resident(f'import {library}'))} resident")
        except Exception:
            print(f"after import {library}: not importable")
    before = resident()
    live = [flambeau.ones(1 << 20) for _ in range(64)]
    print(f"64 tensors of 4 MiB: {mebibytes(resident() - before)} more")
    del live
    print(f"just after they are gone: {mebibytes(resident() - before)} more")
    time.sleep(2.5)
    print(f"2.5 s later: {mebibytes(resident() - before)} more")
    print("| elements | a + a over add(a, a, out=o) |\n|---|---|")
    for bits in range(10, 25, 2):
        a, o = flambeau.rand(1 << bits), flambeau.empty(1 << bits)
        fresh, given = in_turns([lambda a=a: a + a, lambda a=a, o=o: flambeau.add(a, a, out=o)], rounds=5)
        print(f"| 2^{bits} | {fresh / given:.2f} |")


if __name__ == "__main__":
    main()
