"""The printed headers and stubs are those that the operator table gives."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from flambeau import _headers


@pytest.mark.parametrize("path", sorted(_headers.printed()), ids=lambda p: p.name)
def test_printed_files_are_current(path: Path) -> None:
    assert path.read_text() == _headers.printed()[path], f"{path.name} is out of date: run ./dev headers"


@pytest.mark.parametrize("path", [p for p in _headers.printed() if p.suffix == ".pyi"], ids=lambda p: p.name)
def test_stubs_parse(path: Path) -> None:
    ast.parse(path.read_text())


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
def test_all_prototypes_compile(tmp_path: Path) -> None:
    source = tmp_path / "all.cpp"
    source.write_text("#include <flambeau/extension.h>\nint main() { return 0; }\n")
    includes = [f"-I{_headers.ROOT / 'include'}", f"-I{sysconfig.get_path('include')}"]
    subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", *includes, str(source)], check=True)
