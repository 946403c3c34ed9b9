"""Names of the rooms of `flambeau.distributed` that are not there: classes for isinstance, functions that refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn


def absent(namespace: dict[str, Any], classes: Iterable[str] = (), functions: Iterable[str] = ()) -> None:
    """Put a class that nothing is an instance of, or a function that refuses, for each name into a module."""
    room = namespace["__name__"].removeprefix("flambeau.")
    for name in classes:
        namespace[name] = type(name, (), {"__init__": _refusal(room, name), "__module__": namespace["__name__"]})
        namespace[name].__doc__ = "Not available: training is not distributed here; nothing is an instance."
    for name in functions:
        namespace[name] = _refusal(room, name)
    namespace["__all__"] = [*classes, *functions]


def _refusal(room: str, name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"{room}.{name}: distributed training is not implemented (distributed.is_available() is False); "
            "one process and `state_dict` with save and load do"
        )

    refused.__name__ = name
    refused.__doc__ = "Not available: training is not distributed here."
    return refused
