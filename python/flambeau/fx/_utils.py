"""Graphs in messages."""

from __future__ import annotations

from typing import Any

from ._compatibility import unstable
from .graph import Graph
from .graph_module import GraphModule

__all__ = ["first_call_function_nn_module_stack", "get_node_context", "lazy_format_graph_code"]


@unstable
def lazy_format_graph_code(name: str, gm: GraphModule, maybe_id: int | None = None, **kwargs: Any) -> Any:
    """The readable code of a module under a heading, made when it is printed."""

    class Lazy:
        def __str__(self) -> str:
            number = "" if maybe_id is None else f" {maybe_id}"
            return f"===== {name}{number} =====\n{gm.print_readable(print_output=False, **kwargs)}"

    return Lazy()


@unstable
def first_call_function_nn_module_stack(graph: Graph) -> dict[str, Any] | None:
    """The modules that the first call of a function stands in, if they were noted."""
    for node in graph.nodes:
        if node.op == "call_function" and "nn_module_stack" in node.meta:
            return node.meta["nn_module_stack"]
    return None


@unstable
def get_node_context(node: Any, num_nodes: int = 2) -> str:
    """A node and those before it, a line each."""
    found = [node]
    while len(found) <= num_nodes and found[-1].prev is not node.graph._root:
        found.append(found[-1].prev)
    return "\n".join(str(one.format_node()) for one in reversed(found))
