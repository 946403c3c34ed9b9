"""Writes tests/golden/overrides.txt in an environment with PyTorch: ``python tools/golden_overrides.py``.

First every function that PyTorch's `__torch_function__` sees, with the name under which it does (which is another one for
some aliases), and for those written in Python the form in which their arguments arrive (``1,dim,dtype``: one by
position, two by name). Then the expressions of tests/python/override_calls.py
with all that a mode sees of them. tests/python/test_overrides.py compares.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
from torch import overrides

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS / "python"))

from override_calls import call_text, call_with_what_it_needs, expressions, seen  # noqa: E402

X = torch.ones(2, 3)


class Watching(overrides.TorchFunctionMode):
    """Runs nothing; remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = overrides.resolve_name(function) or function.__name__
        self.seen.append((name, call_text("", args, kwargs)[1:-1]))
        return X


def form(name: str, function: Any) -> str:
    """What is seen of a call with arguments that mean nothing: the name, and for a function written in Python the form
    of the arguments."""
    mode = Watching()
    try:
        with mode:
            call_with_what_it_needs(function, X)
    except (TypeError, RuntimeError, IndexError):  # it looks at its arguments first
        return ""
    if len(mode.seen) != 1:
        return ""
    seen, shape = mode.seen[0]
    return seen if not isinstance(function, FunctionType) or seen != name else f"{seen}({shape})"


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    lines = []
    for function in overrides.get_testing_overrides():
        name = overrides.resolve_name(function)
        if name:
            lines.append(f"{name}\t{form(name, function)}")
    lines = [*sorted(set(lines)), "# expressions"]
    for expression in expressions():
        lines.append(f"{expression}\t{seen(expression, torch, overrides)}")
    (TESTS / "golden" / "overrides.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
