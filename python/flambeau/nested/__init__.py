"""`flambeau.nested`: names of nested tensors. There are none; padded tensors with masks do what they are for."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "as_nested_tensor",
    "masked_select",
    "narrow",
    "nested_tensor",
    "nested_tensor_from_jagged",
    "to_padded_tensor",
]


class _AbsentLayout:
    """The name of a layout that no tensor has here."""

    def __repr__(self) -> str:
        return "torch.jagged"

    def __reduce__(self) -> str:
        return "jagged"


jagged = _AbsentLayout()
_AbsentLayout.__module__ = "flambeau"


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"nested.{name}: there are no nested tensors here; nn.utils.rnn.pad_sequence pads, flambeau.masked masks"
    )


def nested_tensor(tensor_list: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("nested_tensor")


def as_nested_tensor(ts: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("as_nested_tensor")


def nested_tensor_from_jagged(values: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("nested_tensor_from_jagged")


def narrow(tensor: Any, dim: int, start: Any, length: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("narrow")


def masked_select(tensor: Any, mask: Any) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("masked_select")


def to_padded_tensor(input: Any, padding: float, output_size: Any = None, out: Any = None) -> NoReturn:
    """Not available: nested tensors."""
    _refuse("to_padded_tensor")
