"""The command line: `python -m tools.mutate [--only REGEX] [--python] [--list] [--first]`, or `./dev mutate`.

Each mutation goes into a copy of the working tree under build/mutate. First come the tests that ought to notice, then,
where they do not, all that `./dev test` runs; the first failure ends a run. The exit status is 1 when more than two are
missed, or a text to be changed is not in its file any more.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutate"
BIN = ROOT / ".venv" / "bin"
MAY_BE_MISSED = 2


def copy_tree() -> None:
    """The files git knows, as they are now; what has not changed keeps its time, so that builds stay small."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    COPY.mkdir(parents=True, exist_ok=True)
    if not (COPY / ".venv").exists():  # paths as they are in the tree itself, so that the compiler's cache knows them
        (COPY / ".venv").symlink_to(ROOT / ".venv")
    names = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, COPY / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            os.utime(target)
    for old in [p for folder in ("src", "python", "tests") for p in (COPY / folder).rglob("*")]:
        name = str(old.relative_to(COPY))
        if old.is_file() and name not in names and not name.endswith((".so", ".pyc")) and "/lib/" not in name:
            old.unlink()


def take_built() -> None:
    """The extension and libraries of the tree itself, for mutations of Python."""
    package = ROOT / "python" / "flambeau"
    for built in package.glob("_C*.so"):
        shutil.copy2(built, COPY / "python" / "flambeau" / built.name)
    shutil.rmtree(COPY / "python" / "flambeau" / "lib", ignore_errors=True)
    shutil.copytree(package / "lib", COPY / "python" / "flambeau" / "lib")


def build() -> str:
    """Compiles what has changed in the copy; '' or the end of the compiler's report."""
    folder = COPY / "build"
    commands = []
    if not (folder / "build.ninja").exists():
        launcher = os.environ.get("FLAMBEAU_LAUNCHER")
        options = [f"-DFLAMBEAU_LAUNCHER={launcher}"] if launcher else []
        options += [
            f"-DCMAKE_MAKE_PROGRAM={BIN / 'ninja'}",
            f"-DPython_EXECUTABLE={COPY / '.venv' / 'bin' / 'python'}",
            "-DFLAMBEAU_TESTS=OFF",
        ]
        commands.append([str(BIN / "cmake"), "-S", str(COPY), "-B", str(folder), "-G", "Ninja", *options])
    jobs = os.environ.get("JOBS", str(min(os.cpu_count() or 1, 8)))
    commands.append([str(BIN / "cmake"), "--build", str(folder), "-j", jobs])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return (done.stdout + done.stderr)[-2000:]
    return ""


def passes(arguments: str) -> tuple[bool, str]:
    """Whether the tests pass on the copy, and the line that says what failed."""
    environment = {**os.environ, "PYTHONPATH": str(COPY / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(BIN / "python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    lines = failed or done.stdout.splitlines()[-1:] or done.stderr.splitlines()[-1:]
    return done.returncode == 0, lines[0][:150] if lines else f"exit status {done.returncode}"


def changed(mutation: Mutation, tree: Path) -> str | None:
    """The file's text with the mistake in it; None where the text is not there, or more than once."""
    text = (tree / mutation.file).read_text()
    return text.replace(mutation.text, mutation.instead) if text.count(mutation.text) == 1 else None


def attempt(mutation: Mutation, first_only: bool) -> tuple[bool, str]:
    """Whether the tests notice, and which does, or how that was found."""
    target = COPY / mutation.file
    original, text = target.read_text(), changed(mutation, COPY)
    assert text is not None
    target.write_text(text)
    try:
        if mutation.needs_build and (report := build()):
            return False, f"does not compile: {report}"
        for arguments in [mutation.first] if first_only else [mutation.first, "tests"]:
            passed, line = passes(arguments)
            if not passed:
                return True, line
        return False, "all tests pass"
    finally:
        target.write_text(original)


def main() -> int:
    p = argparse.ArgumentParser(prog="tools.mutate", description=__doc__)
    p.add_argument("--only", default="", help="regular expression: only mutations whose name or file matches")
    p.add_argument("--python", action="store_true", help="only those that need no build")
    p.add_argument("--first", action="store_true", help="only the tests that ought to notice, not all")
    p.add_argument("--list", action="store_true", help="show them and what they change")
    args = p.parse_args()
    chosen = [
        m for m in MUTATIONS if re.search(args.only, f"{m.name} {m.file}") and not (args.python and m.needs_build)
    ]
    gone = [m for m in chosen if changed(m, ROOT) is None]
    for m in gone:
        print(f"{m.file}: the text of '{m.name}' is not there once: {m.text!r}")
    if args.list:
        for m in chosen:
            print(f"{m.name}\n    {m.file}: {m.text!r}\n    → {m.instead!r}")
        return 1 if gone else 0
    copy_tree()
    chosen = sorted((m for m in chosen if m not in gone), key=lambda m: m.needs_build)
    take_built()
    for arguments in sorted({m.first for m in chosen}):
        passed, line = passes(arguments)
        if not passed:
            print(f"the tests fail without any mutation: {arguments}: {line}")
            return 1
    missed = []
    built = False
    for m in chosen:
        if m.needs_build and not built:
            built = True
            if report := build():
                print(report)
                return 1
        start = time.monotonic()
        noticed, how = attempt(m, args.first)
        missed += [] if noticed else [m]
        print(f"{'noticed' if noticed else 'MISSED '} {m.name} ({time.monotonic() - start:.0f} s): {how}", flush=True)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} noticed" + "".join(f"\nmissed: {m.name}" for m in missed))
    return 1 if gone or len(missed) > MAY_BE_MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
