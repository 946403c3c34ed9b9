"""The printed headers and stubs are those that the operator table gives."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from flambeau import _headers


def test_printed_files_are_current() -> None:
    # In a process of its own: what other tests import adds names to the package.
    done = subprocess.run(
        [sys.executable, "-m", "flambeau._headers", "--check"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"run ./dev headers: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("path", [p for p in _headers.printed() if p.suffix == ".pyi"], ids=lambda p: p.name)
def test_stubs_parse(path: Path) -> None:
    ast.parse(path.read_text())


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
def test_all_prototypes_compile(tmp_path: Path) -> None:
    source = tmp_path / "all.cpp"
    source.write_text("#include <flambeau/extension.h>\nint main() { return 0; }\n")
    includes = [f"-I{_headers.ROOT / 'include'}", f"-I{sysconfig.get_path('include')}"]
    subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", *includes, str(source)], check=True)
