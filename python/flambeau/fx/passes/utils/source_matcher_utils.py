"""Parts of a graph that come from one module or function of the program, by what tracers noted in `meta`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..._compatibility import unstable
from ...graph import Graph
from ...node import Node

__all__ = ["SourcePartition", "check_subgraphs_connected", "get_source_partitions"]

_list: Any = partial(field, default_factory=list)


@unstable
@dataclass
class SourcePartition:
    """The nodes that come from one call.

    Attributes:
        nodes: the nodes.
        source: the class of module, or the function.
        input_nodes, output_nodes: what they use from outside, and those of them that are used outside.
        params: the parameters and buffers that they read.
    """

    nodes: list[Node]
    source: Any
    input_nodes: list[Node] = _list()  # noqa: RUF009
    output_nodes: list[Node] = _list()  # noqa: RUF009
    params: list[Node] = _list()  # noqa: RUF009


def _source_of(node: Node) -> tuple[Any, Any] | None:
    """A key of the call that a node comes from, and its class or function."""
    stack = node.meta.get("source_fn_stack")
    if stack:
        return stack[-1]
    modules = node.meta.get("nn_module_stack")
    if modules:
        key = next(reversed(modules))
        return key, modules[key][1]
    return (node.name, node.target) if node.op == "call_function" else None


@unstable
def get_source_partitions(
    graph: Graph, wanted_sources: list[Any], filter_fn: Callable[[Node], bool] | None = None
) -> dict[Any, list[SourcePartition]]:
    """For each of these classes of modules and functions, the parts of a graph that come from them.

    Args:
        graph: the graph.
        wanted_sources: the classes and functions.
        filter_fn: keeps a part only if it answers True for all its nodes.
    """
    groups: dict[tuple[Any, Any], list[Node]] = {}
    for node in graph.nodes:
        found = _source_of(node)
        if found is not None and found[1] in wanted_sources:
            groups.setdefault((found[1], found[0]), []).append(node)
    result: dict[Any, list[SourcePartition]] = {}
    for (source, _), nodes in groups.items():
        part = _partition(nodes, source)
        if filter_fn is None or all(map(filter_fn, nodes)):
            result.setdefault(source, []).append(part)
    return result


def _partition(nodes: list[Node], source: Any) -> SourcePartition:
    inside = set(nodes)
    inputs = dict.fromkeys(n for node in nodes for n in node.all_input_nodes if n not in inside and n.op != "get_attr")
    outputs = [node for node in nodes if any(user not in inside for user in node.users)]
    params = dict.fromkeys(n for node in nodes for n in [node, *node.all_input_nodes] if n.op == "get_attr")
    return SourcePartition(nodes, source, list(inputs), outputs, list(params))


@unstable
def check_subgraphs_connected(subgraph1: SourcePartition, subgraph2: SourcePartition) -> bool:
    """Whether the second part uses a value of the first."""
    return any(used in subgraph1.nodes for node in subgraph2.nodes for used in node.all_input_nodes)
