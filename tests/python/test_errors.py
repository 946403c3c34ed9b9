"""Mistakes become exceptions of PyTorch's classes whose messages begin with the operator and show the values; nothing
that was to be changed in place has changed. Inside a model they name the submodule; a gradient that was spoilt in place
names file and line. The tables are in tests/golden/errors.py.
"""

from __future__ import annotations

import builtins
import importlib.util
from pathlib import Path
from typing import Any

import pytest

import flambeau

_spec = importlib.util.spec_from_file_location("golden_errors", Path(__file__).parent.parent / "golden" / "errors.py")
assert _spec is not None and _spec.loader is not None
_table: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_table)


def exception(name: str) -> type[BaseException]:
    return flambeau.linalg.LinAlgError if name == "LinAlgError" else getattr(builtins, name)


@pytest.mark.parametrize(("code", "kind", "beginning", "shown"), _table.ERRORS, ids=[e[0] for e in _table.ERRORS])
def test_mistake(code: str, kind: str, beginning: str, shown: tuple[str, ...]) -> None:
    with pytest.raises(exception(kind)) as caught:
        eval(code, {"flambeau": flambeau})
    message = str(caught.value)
    assert message, "the message is empty"
    assert message.lower().lstrip("_").removeprefix("linalg_").removeprefix("linalg.").startswith(beginning), (
        f"begins with {message[:60]!r}, not {beginning!r}"
    )
    missing = [piece for piece in shown if piece.lower() not in message.lower()]
    assert not missing, f"{message!r} does not show {missing}"


@pytest.mark.parametrize(
    ("code", "kind", "path", "layer", "beginning", "shown"),
    _table.MODEL_ERRORS,
    ids=[f"{e[2]}-{e[3]}" for e in _table.MODEL_ERRORS],
)
def test_mistake_in_a_model(
    code: str, kind: str, path: str, layer: str, beginning: str, shown: tuple[str, ...]
) -> None:
    names: dict[str, Any] = {"flambeau": flambeau}
    exec(code, names)
    with pytest.raises(exception(kind)) as caught:
        names["model"](names["x"])
    message, notes = str(caught.value), caught.value.__notes__
    assert message.lower().startswith(beginning), f"begins with {message[:60]!r}, not {beginning!r}"
    assert len(notes) == 1
    assert notes[0].startswith(f"in module {path}: {layer}, called with ("), notes
    missing = [piece for piece in shown if piece not in message + notes[0]]
    assert not missing, f"{message!r} and {notes[0]!r} do not show {missing}"


@pytest.mark.parametrize(
    ("code", "beginning", "shown"), _table.INPLACE_ERRORS, ids=[e[1] for e in _table.INPLACE_ERRORS]
)
def test_spoilt_gradient_names_the_line(code: str, beginning: str, shown: tuple[str, ...]) -> None:
    line = next(i for i, text in enumerate(code.splitlines(), 1) if text.endswith("# here"))
    with pytest.raises(RuntimeError) as caught:
        exec(compile(code, "/a/program.py", "exec"), {"flambeau": flambeau})
    message = str(caught.value)
    assert message.lower().startswith(beginning), message
    assert f"/a/program.py, line {line}." in message, message
    assert not [piece for piece in shown if piece not in message], message


def test_failed_in_place_leaves_everything() -> None:
    t = flambeau.arange(6).reshape(2, 3)
    before = t.tolist()
    for code in (
        "t.add_(flambeau.ones(4))",
        "t.add_(0.5)",
        "t.copy_(flambeau.ones(4))",
        "t.fill_(1j)",
        "t.index_fill_(0, flambeau.tensor([0, 7]), 9)",
        "t.scatter_(0, flambeau.tensor([[0, 9, 0]]), 5)",
        "t.index_add_(0, flambeau.tensor([0, 7]), flambeau.ones(2, 3).long())",
        "t.index_put_((flambeau.tensor([0, 7]),), flambeau.tensor(4))",
        "t.masked_fill_(flambeau.tensor([True, False]), 1)",
        "t.__setitem__((flambeau.tensor([0, 5]), 1), 3)",
    ):
        with pytest.raises((RuntimeError, IndexError, TypeError)):
            eval(code, {"t": t, "flambeau": flambeau})
        assert t.tolist() == before, code


def test_unreachable_size_fails_before_memory_is_touched() -> None:
    with pytest.raises(RuntimeError) as caught:
        flambeau.empty(1 << 50)
    assert f"{4 << 50} bytes" in str(caught.value)  # float32
    with pytest.raises(RuntimeError):
        flambeau.empty(1 << 40, 1 << 40)
    assert flambeau.ones(3).sum().item() == 3
