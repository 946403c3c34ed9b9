"""Putting nodes of a graph into a module that the graph calls in their place."""

from __future__ import annotations

import copy
import operator
from typing import Any

from ..._compatibility import unstable
from ...graph import Graph
from ...graph_module import GraphModule
from ...node import Node
from ..tools_common import legalize_graph
from .common import lift_subgraph_as_module

__all__ = [
    "erase_nodes",
    "fuse_as_graphmodule",
    "fuse_by_partitions",
    "insert_subgm",
    "topo_sort",
    "validate_partition",
]


@unstable
def topo_sort(nodes: list[Node]) -> list[Node]:
    """The nodes, each after those of them that it uses.

    Raises:
        AssertionError: they use one another in a circle.
    """
    among = dict.fromkeys(nodes)
    missing = {node: sum(used in among for used in node.all_input_nodes) for node in nodes}
    ready = [node for node, count in missing.items() if count == 0]
    found: list[Node] = []
    while ready:
        node = ready.pop(0)
        found.append(node)
        for user in node.users:
            if user in missing:
                missing[user] -= 1
                if missing[user] == 0:
                    ready.append(user)
    if len(found) != len(nodes):
        raise AssertionError(
            f"fx.topo_sort: {len(nodes) - len(found)} of the nodes {nodes} use one another in a circle"
        )
    return found


@unstable
def validate_partition(partition: list[Node]) -> bool:
    """Whether nodes can be put into one module: no way from them leads out and back in."""
    inside = set(partition)
    waiting = [user for node in partition for user in node.users if user not in inside]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in inside:
            return False
        if node not in seen:
            seen.add(node)
            waiting.extend(node.users)
    return True


@unstable
def fuse_as_graphmodule(
    gm: GraphModule,
    nodes: list[Node],
    module_name: str,
    partition_lookup_table: dict[Node, int | None] | None = None,
    *,
    always_return_tuple: bool = False,
) -> tuple[GraphModule, tuple[Node, ...], tuple[Node, ...]]:
    """A module that does what some nodes of a graph do; the graph is left as it is.

    Returns:
        The module, the nodes that it takes, and those that it gives.

    Raises:
        AssertionError: a node of another module, or nodes that cannot be put together.
    """
    for node in nodes:
        if node.graph.owning_module is not gm:
            raise AssertionError(f"fx.fuse_as_graphmodule: {node} is not of the module's graph")
        if node._erased:
            raise AssertionError(f"fx.fuse_as_graphmodule: {node} has been erased")
    if not validate_partition(nodes):
        raise AssertionError(f"fx.fuse_as_graphmodule: a way leads out of {nodes} and back: they cannot be one module")
    inside = set(nodes)
    made = Graph()
    copies: dict[Node, Node] = {}
    inputs: dict[Node, Node] = {}

    def local(used: Node) -> Node:
        if used in copies:
            return copies[used]
        if used not in inputs:
            if used.op == "get_attr":
                inputs[used] = made.get_attr(str(used.target))
            else:
                inputs[used] = made.placeholder(used.name, type_expr=used.type)
            inputs[used].meta = copy.copy(used.meta)
        return inputs[used]

    for node in nodes:
        copies[node] = made.node_copy(node, local)
    # Inputs were added where they were first used; they come first.
    for placeholder in reversed(made.find_nodes(op="placeholder")):
        if made._root.next is not placeholder:
            made._root.append(placeholder)
    given = [node for node in nodes if any(user not in inside for user in node.users)]
    results = tuple(copies[node] for node in given)
    made.output(results if len(results) != 1 or always_return_tuple else results[0])
    made.lint()
    module, _ = lift_subgraph_as_module(gm, made, comp_name="", class_name=module_name)
    return module, tuple(node for node in inputs if node.op != "get_attr"), tuple(given)


@unstable
def insert_subgm(
    gm: GraphModule,
    sub_gm: GraphModule,
    orig_inputs: tuple[Node, ...],
    orig_outputs: tuple[Node, ...],
    insertion_point: Node | None = None,
) -> GraphModule:
    """Let a graph call a module in the place of nodes, which stay but are not used by others any more.

    Args:
        gm: the module with the graph.
        sub_gm: the module to call; its class's name becomes its attribute's.
        orig_inputs, orig_outputs: the nodes that it takes, and those whose place it takes.
        insertion_point: the node after which the call goes; by default after the last that it takes or replaces.
    """
    name = type(sub_gm).__name__
    gm.add_submodule(name, sub_gm)
    after = insertion_point
    if after is None:
        after = max(orig_outputs) if orig_outputs else max(orig_inputs)
    with gm.graph.inserting_after(after):
        called = gm.graph.call_module(name, orig_inputs)
    output: Any = sub_gm.graph.output_node().args[0]
    if len(orig_outputs) == 1 and not isinstance(output, tuple):
        orig_outputs[0].replace_all_uses_with(called, propagate_meta=not called.meta)
        return gm
    at_node = called
    for at, node in enumerate(orig_outputs):
        with gm.graph.inserting_after(at_node):
            item = gm.graph.call_function(operator.getitem, (called, at))
        node.replace_all_uses_with(item, propagate_meta=not item.meta)
        at_node = item
    return gm


@unstable
def erase_nodes(gm: GraphModule, nodes: list[Node]) -> None:
    """Erase nodes of a graph, the last first."""
    for node in reversed(nodes):
        gm.graph.erase_node(node)


@unstable
def fuse_by_partitions(
    gm: GraphModule,
    partitions: list[dict[Node, int | None]],
    prefix: str = "fused_",
    always_return_tuple: bool = False,
) -> GraphModule:
    """Put each of several sets of nodes into a module that the graph calls: "fused_0" and on."""
    for at, partition in enumerate(partitions):
        nodes = topo_sort(list(partition))
        made, inputs, outputs = fuse_as_graphmodule(gm, nodes, f"{prefix}{at}", always_return_tuple=always_return_tuple)
        insert_subgm(gm, made, inputs, outputs)
        erase_nodes(gm, nodes)
    return legalize_graph(gm)
