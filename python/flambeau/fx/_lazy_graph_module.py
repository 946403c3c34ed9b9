"""The class of graph modules that other code makes. Compiling is quick here, so it is never put off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ._compatibility import unstable
from .graph_module import GraphModule

__all__ = ["_LazyGraphModule", "_get_graph_module_cls", "_make_graph_module", "_use_lazy_graph_module"]


@unstable
class _LazyGraphModule(GraphModule):
    """A graph module."""

    @classmethod
    def from_graphmodule(cls, gm: GraphModule) -> _LazyGraphModule:
        """A module of this class with the same graph."""
        return gm if isinstance(gm, _LazyGraphModule) else _LazyGraphModule(gm, gm.graph)

    @staticmethod
    def force_recompile(gm: GraphModule) -> None:
        """Nothing: it has been compiled."""

    def real_recompile(self) -> None:
        """Compile the graph."""
        self.recompile()


@contextlib.contextmanager
def _use_lazy_graph_module(should_use: bool) -> Iterator[None]:
    yield


def _get_graph_module_cls() -> type[GraphModule]:
    return GraphModule


def _make_graph_module(*args: Any, graph_module_cls: type[GraphModule] | None = None, **kwargs: Any) -> GraphModule:
    return (graph_module_cls or GraphModule)(*args, **kwargs)
