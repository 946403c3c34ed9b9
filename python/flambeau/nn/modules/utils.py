"""Small helpers of the modules: expanding a number to a tuple, reversing paddings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def _ntuple(count: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    def parse(value: Any) -> tuple[Any, ...]:
        return tuple(value) if isinstance(value, Iterable) else (value,) * count

    parse.__name__ = name
    return parse


_quadruple = _ntuple(4, "_quadruple")
_triple = _ntuple(3, "_triple")
_pair = _ntuple(2, "_pair")
_single = _ntuple(1, "_single")


def _reverse_repeat_tuple(values: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Each value ``count`` times, last first: per-dimension padding in the order that ``pad`` takes."""
    return tuple(value for value in reversed(values) for _ in range(count))


def _list_with_default(out_size: list[Any], defaults: list[int]) -> list[int]:
    """``out_size`` with None replaced by the matching one of the last ``defaults``."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    tail = defaults[-len(out_size) :]
    return [default if size is None else size for size, default in zip(out_size, tail, strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Takes ``prefix`` off the keys that begin with it, in place: a wrapped module's state for the module itself."""
    places: tuple[dict[str, Any], ...] = (state_dict, getattr(state_dict, "_metadata", None) or {})
    for place in places:
        for key in list(place):
            # Of the metadata, the key of the wrapped module itself is the prefix without its dot.
            if place is not state_dict and key == prefix.replace(".", ""):
                place[""] = place.pop(key)
            elif key.startswith(prefix):
                place[key[len(prefix) :]] = place.pop(key)
