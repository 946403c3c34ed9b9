"""The two kinds of pipes, by order and by key, and the decorator that names a step."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from ..dataset import Dataset, IterableDataset

__all__ = ["IterDataPipe", "MapDataPipe", "functional_datapipe"]

T_co = TypeVar("T_co", covariant=True)


class _Steps:
    """Attributes that are steps: registered classes, made on top of the pipe that is asked."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        if name in type(self).functions:
            return functools.partial(type(self).functions[name], self)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def register_function(cls, function_name: str, function: Callable[..., Any]) -> None:
        """Enter a step by name."""
        if function_name in cls.functions:
            raise Exception(f"{cls.__name__}.register_function: {function_name!r} is registered already")
        cls.functions[function_name] = function

    @classmethod
    def register_datapipe_as_function(
        cls, function_name: str, cls_to_register: Callable[..., Any], enable_df_api_tracing: bool = False
    ) -> None:
        """Enter a class of pipes as a step."""
        cls.register_function(function_name, cls_to_register)


class IterDataPipe(_Steps, IterableDataset[T_co]):
    """A pipe that is iterated over."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}

    def reset(self) -> None:
        """Begin anew; a pipe with state overrides it."""


class MapDataPipe(_Steps, Dataset[T_co]):
    """A pipe that is indexed."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}


class functional_datapipe:
    """Decorator of a class of pipes: its name as a method of every pipe of the same kind."""

    def __init__(self, name: str, enable_df_api_tracing: bool = False) -> None:
        self.name = name

    def __call__(self, cls: Any) -> Any:
        kind: Any = next((base for base in (IterDataPipe, MapDataPipe) if issubclass(cls, base)), None)
        if kind is None:
            raise TypeError(f"functional_datapipe: {cls} is no IterDataPipe or MapDataPipe")
        kind.register_datapipe_as_function(self.name, cls)
        return cls
