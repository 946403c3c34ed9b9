"""Propagating shapes with fake tensors: here with tensors of the "meta" device."""

from __future__ import annotations

from typing import Any

import flambeau

from .._compatibility import unstable
from ..interpreter import Interpreter
from ..node import Node, map_aggregate

__all__ = ["FakeTensorProp"]


@unstable
class FakeTensorProp(Interpreter):
    """Runs a graph on shapes alone and writes the results, tensors of device "meta", into ``meta["val"]``.

    Args:
        module: the module; its own parameters are not touched.
        mode: not supported; there is no mode of fake tensors.
    """

    def __init__(self, module: flambeau.nn.Module, mode: Any = None) -> None:
        super().__init__(module)
        if mode is not None:
            raise NotImplementedError("fx.FakeTensorProp: mode; tensors of device 'meta' are used instead")

    def run_node(self, n: Node) -> Any:
        """The value of a node, noted."""
        result = super().run_node(n)
        n.meta["val"] = result
        return result

    def fetch_attr(self, target: str) -> Any:
        """An attribute of the module, on "meta"."""
        found = super().fetch_attr(target)
        return found.to("meta") if isinstance(found, flambeau.Tensor) else found

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A submodule's result with its parameters on "meta"."""
        called = super().fetch_attr(str(target))
        held = {name: t.to("meta") for name, t in (*called.named_parameters(), *called.named_buffers())}
        return flambeau.func.functional_call(called, held, args, kwargs)

    def propagate(self, *args: Any) -> Any:
        """Run the graph with arguments of these shapes."""
        return self.run(*map_aggregate(args, _on_meta))

    def propagate_dont_convert_inputs(self, *args: Any) -> Any:
        """Run the graph with these arguments, which are on "meta" already."""
        return self.run(*args)


def _on_meta(value: Any) -> Any:
    return value.to("meta") if isinstance(value, flambeau.Tensor) else value
