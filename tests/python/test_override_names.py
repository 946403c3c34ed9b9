"""What `__torch_function__` sees is what PyTorch's sees: tests/golden/overrides.txt, by tools/golden_overrides.py."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import pytest
from override_calls import call_text, call_with_what_it_needs, seen

import flambeau
from flambeau import overrides

_LINES = (Path(__file__).parents[1] / "golden" / "overrides.txt").read_text().splitlines()
_AT = _LINES.index("# expressions")
NAMES = dict(line.split("\t") for line in _LINES[:_AT])
EXPRESSIONS = dict(line.split("\t") for line in _LINES[_AT + 1 :])


def reach(name: str) -> Any:
    """The function of a name, None where it is not there."""
    place: Any = flambeau
    for part in name.split(".")[1:]:
        try:
            place = getattr(place, part)
        except AttributeError:
            try:
                place = importlib.import_module(f"{place.__name__}.{part}")
            except (ImportError, AttributeError):
                return None
        except NotImplementedError:
            return None
    return place


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_seen_as_in_pytorch(expression: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert seen(expression, flambeau, overrides) == EXPRESSIONS[expression]


# Functions that are Python's in PyTorch and operators of the table or of the core here, which show the arguments as
# they were given; l1_loss shows PyTorch's `weight` too.
AS_CALLED = frozenset(
    [
        "torch.Tensor.__array__",
        "torch.Tensor.__array_wrap__",
        "torch.Tensor.__dlpack__",
        "torch.Tensor.__ipow__",
        "torch.Tensor.__pow__",
        "torch.Tensor.istft",
        "torch.Tensor.norm",
        "torch.Tensor.split",
        "torch.Tensor.stft",
        "torch.functional.norm",
        "torch.functional.stft",
        "torch.nn.functional.l1_loss",
    ]
)
# Of two tensors Python's own slot calls the method of the left one; those of the right one are seen for `2 / x`.
REFLECTED = frozenset(
    f"torch.Tensor.__r{name}__"
    for name in ("and", "floordiv", "lshift", "matmul", "mod", "or", "pow", "rshift", "truediv", "xor")
)


def call_text_of(function: Any, shape: str) -> str:
    return f"{overrides.resolve_name(function)}({shape})"


class Answering(overrides.TorchFunctionMode):
    """Runs nothing; remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, str]] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.append((function, call_text("", args, kwargs)[1:-1]))
        return 1


FUNCTIONS = [n for n in NAMES if not n.endswith("__get__") and n not in REFLECTED and reach(n) is not None]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_seen_as_itself_once(name: str) -> None:
    function, x = reach(name), flambeau.ones(2, 3)
    assert overrides.resolve_name(function) == name
    mode = Answering()
    with mode:
        call_with_what_it_needs(function, x)
    assert len(mode.seen) == 1
    seen_function, shape = mode.seen[0]
    wanted = NAMES[name] or name
    if "(" in wanted and name not in AS_CALLED:
        assert call_text_of(seen_function, shape) == wanted
    else:
        assert overrides.resolve_name(seen_function) == wanted.partition("(")[0]


@pytest.mark.parametrize("name", [n for n in NAMES if n.endswith("__get__") and reach(n) is not None])
def test_an_attribute_is_seen_as_its_getter(name: str) -> None:
    mode = Answering()
    x = flambeau.ones(2, 2)
    with mode:
        getattr(x, name.split(".")[2])
    assert [overrides.resolve_name(f) for f, _ in mode.seen] == [name.replace("._grad.", ".grad.")]


def test_nearly_all_of_pytorchs_functions_are_there() -> None:
    """The rest is quantization, compressed layouts and other devices."""
    assert len(FUNCTIONS) > 0.9 * len([n for n in NAMES if not n.endswith("__get__")])
