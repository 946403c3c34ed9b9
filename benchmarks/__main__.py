"""``python -m benchmarks [group …] [--only TEXT] [--quick] [--write]``: measure, print a table, write a page.

Where PyTorch is importable every row is measured for both libraries in turns in this process; otherwise for Flambeau
alone; what was slower than PyTorch is listed with the reason. Groups: startup and those of rows.py.
`benchmarks.threads` and `benchmarks.memory` are programs of their own.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from pathlib import Path

from . import startup
from . import transforms as _transforms  # noqa: F401  (enters its rows)
from .rows import GROUPS, REASONS
from .timing import geometric_mean, in_turns, readable

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `python -m benchmarks --write`{options}. Best time of a call over several rounds; where two libraries are
shown they took turns within each round, so the ratio (how many times faster Flambeau is) is less noisy than the times.

Machine: {machine}; {threads} threads. {versions}.
"""


def measure(group: str, only: str, quick: bool, libraries: list) -> dict[str, list[float | None]]:
    """Row to seconds for each library; None where it could not run."""
    if group == "startup":
        names = [library.__name__ for library in libraries]
        return {name: list(times) for name, times in startup.rows(names).items() if only in name}
    results: dict[str, list[float | None]] = {}
    for name, make in GROUPS[group].items():
        if only not in name:
            continue
        runs, places = [], []
        times: list[float | None] = [None] * len(libraries)
        for place, library in enumerate(libraries):
            try:
                run = make(library)
                run()
            except Exception as error:
                print(
                    f"  {name}: {library.__name__} cannot: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr
                )
            else:
                runs.append(run)
                places.append(place)
        best = in_turns(runs, rounds=2 if quick else 7, seconds=0.01 if quick else 0.03)
        for place, seconds in zip(places, best):
            times[place] = seconds
        results[name] = times
    return results


def table(group: str, results: dict[str, list[float | None]], both: bool) -> str:
    lines = [f"\n## {group}\n", "| what | Flambeau |" + (" PyTorch | ratio |" if both else "")]
    lines.append("|---|---|" + ("---|---|" if both else ""))
    ratios = []
    for name, times in results.items():
        line = f"| {name} | {readable(times[0])} |"
        if both:
            ratio = times[1] / times[0] if times[0] and times[1] else None
            ratios += [ratio] if ratio else []
            line += f" {readable(times[1])} | {f'{ratio:.2f}' if ratio else '–'} |"
        lines.append(line)
    if ratios:
        lines.append(f"| geometric mean | | | {geometric_mean(ratios):.2f} |")
    return "\n".join(lines)


def below(results: dict[str, list[float | None]]) -> list[str]:
    """The rows in which PyTorch was faster by more than a twentieth, each with the reason that rows.py knows."""
    found = []
    for name, times in results.items():
        if all(times) and len(times) > 1 and times[1] / times[0] < 0.95:  # type: ignore[operator]
            reason = next((text for start, text in REASONS.items() if name.startswith(start)), "not looked into yet")
            found.append(f"* {name} ({times[1] / times[0]:.2f}): {reason}.")  # type: ignore[operator]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="group")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for trying out")
    parser.add_argument("--alone", action="store_true", help="leave PyTorch out")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    known = ["startup", *GROUPS]
    unknown = set(options.groups) - set(known)
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(known)}")

    import flambeau

    libraries = [flambeau]
    if not options.alone and importlib.util.find_spec("torch"):
        import torch

        libraries.append(torch)
    for library in libraries:
        library.set_num_threads(options.threads)
    versions = ", ".join(f"{library.__name__} {library.__version__}" for library in libraries)
    parts = [
        HEAD.format(
            options=f" ({' '.join(options.groups)})" if options.groups else "",
            machine=f"{platform.machine()}, {len(os.sched_getaffinity(0))} processors",
            threads=options.threads,
            versions=versions,
        )
    ]
    slower: list[str] = []
    for group in options.groups or known:
        results = measure(group, options.only, options.quick, libraries)
        parts.append(table(group, results, len(libraries) > 1))
        slower += below(results)
        print(parts[-1], flush=True)
    if len(libraries) > 1:
        parts.append("\n".join(["\n## Below PyTorch\n", *(slower or ["Nothing."])]))
        print(parts[-1], flush=True)
    if options.write:
        PAGE.write_text("\n".join(parts) + "\n")
        print(f"\nwritten to {PAGE}")


if __name__ == "__main__":
    main()
