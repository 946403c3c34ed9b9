"""A short run of the fuzzer (tests/fuzz) with a fixed seed; `./dev test --all -k fuzz` makes 100,000 calls."""

# ruff: noqa: E501 (a line of text)
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.fuzz.workers import Run


def findings(seed: int, calls: int, jobs: int) -> str:
    return "\n".join(str(found) for found in Run(seed, calls, seconds=30, jobs=jobs).go())


def test_fuzz() -> None:
    found = findings(seed=0, calls=1500, jobs=1)
    assert not found, found


@pytest.mark.long
def test_fuzz_100000_calls() -> None:
    found = findings(seed=1, calls=100_000, jobs=min(os.cpu_count() or 1, 4))
    assert not found, found


def test_a_crash_is_reported_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The fuzzer itself: a call that kills its process is found, with its number."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if '--child' in sys.argv:\n"
        "    import tests.fuzz.workers as w\n"
        "    inner, count = w.attempt, [0]\n"
        "    def attempt(prepare):\n"
        "        count[0] += 1\n"
        "        return os.abort() if count[0] == 3 and sys.argv[sys.argv.index('--child') + 1] == '0' else inner(prepare)\n"
        "    w.attempt = attempt\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = Run(0, 12, jobs=1, match="^(add|mul)[.]Tensor$")
    found = run.go()
    assert [f.what for f in found] == ["killed by SIGABRT"]
    assert "add" in found[0].source or "mul" in found[0].source
