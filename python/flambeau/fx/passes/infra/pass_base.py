"""PassBase: a pass over a graph module, with checks before and after."""

from __future__ import annotations

import abc
from typing import NamedTuple

from flambeau import nn

from ..._compatibility import unstable
from ...graph_module import GraphModule

__all__ = ["PassBase", "PassResult"]


@unstable
class PassResult(NamedTuple):
    """What a pass gives.

    Attributes:
        graph_module: the module, changed or new.
        modified: whether anything changed.
    """

    graph_module: nn.Module
    modified: bool


@unstable
class PassBase(abc.ABC):
    """A pass: subclasses define `call`, and may check in `requires` and `ensures`."""

    def __call__(self, graph_module: GraphModule) -> PassResult | None:
        self.requires(graph_module)
        result = self.call(graph_module)
        self.ensures(graph_module)
        return result

    @abc.abstractmethod
    def call(self, graph_module: GraphModule) -> PassResult | None:
        """Change a module."""

    def requires(self, graph_module: GraphModule) -> None:  # noqa: B027
        """Called before; raises if the pass cannot be run on the module."""

    def ensures(self, graph_module: GraphModule) -> None:  # noqa: B027
        """Called afterwards; raises if the pass did not do what it should."""
