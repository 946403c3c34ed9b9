"""Propagating shapes with fake tensors."""

from __future__ import annotations

from typing import Any

import flambeau

from .._compatibility import unstable
from ..interpreter import Interpreter
from ..node import Node

__all__ = ["FakeTensorProp"]


@unstable
class FakeTensorProp(Interpreter):
    """Runs a graph on fake tensors and writes the results into ``meta["val"]``.

    Args:
        module: the module; its own parameters are not touched.
        mode: the `FakeTensorMode` of the results; a new one when left out.
    """

    def __init__(self, module: flambeau.nn.Module, mode: Any = None) -> None:
        super().__init__(module)
        if mode is None:
            from flambeau._subclasses.fake_tensor import FakeTensorMode

            mode = FakeTensorMode(allow_non_fake_inputs=True)
        self._mode = mode

    def run_node(self, n: Node) -> Any:
        """The value of a node, noted."""
        result = super().run_node(n)
        n.meta["val"] = result
        return result

    def fetch_attr(self, target: str) -> Any:
        """An attribute of the module; fake, if it is a tensor."""
        return self._faked(super().fetch_attr(target))

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A submodule's result with fake parameters."""
        called = super().fetch_attr(str(target))
        held = {name: self._faked(t) for name, t in (*called.named_parameters(), *called.named_buffers())}
        return flambeau.func.functional_call(called, held, args, kwargs)

    def _faked(self, value: Any) -> Any:
        return self._mode.from_tensor(value) if isinstance(value, flambeau.Tensor) else value

    def propagate(self, *args: Any) -> Any:
        """Run the graph with arguments of these shapes."""
        return self.propagate_dont_convert_inputs(*map(self._faked, args))

    def propagate_dont_convert_inputs(self, *args: Any) -> Any:
        """Run the graph with arguments that are fake already."""
        with self._mode:
            return self.run(*args)
