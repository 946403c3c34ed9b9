"""GraphTransformObserver: running a pass and knowing which nodes it made, changed and erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._compatibility import unstable
from ..graph_module import GraphModule
from ..node import Node

__all__ = ["GraphTransformObserver"]


@unstable
class GraphTransformObserver:
    """A context in which changes of a module's graph are noted.

    Args:
        gm: the module.
        passname: the name of the pass.
        subsystem, log_url: accepted; they change nothing.

    Attributes:
        created_nodes, erased_nodes: the names of nodes that were made and erased.
        replaced: (old, new, user) for each value that a node got in the place of another.
    """

    _count = 0

    def __init__(
        self, gm: GraphModule, passname: str, subsystem: str | None = None, log_url: str | None = None
    ) -> None:
        GraphTransformObserver._count += 1
        self.gm = gm
        self.passname = passname
        self.subsystem = subsystem
        self.created_nodes: set[str] = set()
        self.erased_nodes: set[str] = set()
        self.replaced: list[tuple[str, str, str]] = []

    @classmethod
    def get_current_pass_count(cls) -> int:
        """How many observers there have been."""
        return cls._count

    def apply_gm_pass(self, pass_fn: Callable[[GraphModule], Any]) -> Any:
        """Run a pass over the module inside of this context."""
        with self:
            return pass_fn(self.gm)

    def apply_graph_pass(self, pass_fn: Callable[..., Any]) -> Any:
        """Run a pass over the graph inside of this context."""
        with self:
            return pass_fn(self.gm.graph)

    def _created(self, node: Node) -> None:
        self.created_nodes.add(node.name)

    def _erased(self, node: Node) -> None:
        self.erased_nodes.add(node.name)

    def _replaced(self, old: Node, new: str, user: Node) -> None:
        self.replaced.append((old.name, new, user.name))

    def __enter__(self) -> GraphTransformObserver:
        self.gm._register_create_node_hook(self._created)
        self.gm._register_erase_node_hook(self._erased)
        self.gm._register_replace_node_hook(self._replaced)
        return self

    def __exit__(self, *exception: object) -> None:
        self.gm._unregister_create_node_hook(self._created)
        self.gm._unregister_erase_node_hook(self._erased)
        self.gm._unregister_replace_node_hook(self._replaced)
