"""The examples in the docstrings of the Python package run and give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import flambeau

PACKAGE = Path(flambeau.__file__).parent
FILES = sorted(p for p in PACKAGE.rglob("*.py") if ">>>" in p.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_examples(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = ".".join(("flambeau", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)  # examples may write files
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, name, extraglobs={"flambeau": flambeau}):
        flambeau.manual_seed(0)
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)
