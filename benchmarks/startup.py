"""Start-up: a fresh interpreter that imports the library, and one that also runs a small program."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = {
    "import": "import {library}",
    "import, a linear layer and its gradient": (
        "import {library} as t; t.nn.Linear(4, 4)(t.rand(2, 4)).sum().backward()"
    ),
}


def seconds(program: str, rounds: int = 5) -> float | None:
    """Best wall time of a fresh process, less that of an empty one; None if it fails."""

    def run(text: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", text], check=True, env={**os.environ, "PYTHONPATH": package_path()})
        return time.perf_counter() - start

    try:
        times = [(run(program), run("pass")) for _ in range(rounds)]
    except subprocess.CalledProcessError:
        return None
    return max(min(t for t, _ in times) - min(t for _, t in times), 1e-4)


def package_path() -> str:
    """Where this process found Flambeau, before what PYTHONPATH had."""
    import flambeau

    return os.pathsep.join(filter(None, [str(Path(flambeau.__file__).parent.parent), os.environ.get("PYTHONPATH")]))


def resident(program: str) -> int:
    """Largest resident memory of a process that runs a program, in bytes."""
    text = program + "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    environment = {**os.environ, "PYTHONPATH": package_path()}
    done = subprocess.run([sys.executable, "-c", text], check=True, env=environment, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) * 1024


def rows(libraries: list[str]) -> dict[str, list[float | None]]:
    """Row name to the seconds of each library."""
    return {name: [seconds(text.format(library=lib)) for lib in libraries] for name, text in PROGRAMS.items()}


if __name__ == "__main__":
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, {lib: resident(f"import {lib}") for lib in sys.argv[1:]})
