"""Products with one and the same right matrix as one product."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import flambeau
from flambeau import nn

from .._symbolic_trace import symbolic_trace
from ..graph_module import GraphModule
from ..node import Node
from ..passes.tools_common import legalize_graph

__all__ = ["are_nodes_independent", "may_depend_on", "merge_matmul", "split_result_tensors"]


def split_result_tensors(result: flambeau.Tensor, inputs: list[flambeau.Tensor]) -> tuple[flambeau.Tensor, ...]:
    """The rows of a product of stacked matrices, by matrix."""
    return flambeau.split(result, [x.shape[0] for x in inputs])


def may_depend_on(a: Node, b: Node, search_depth: int = 6) -> bool:
    """Whether a node may use another's value, directly or not; True if that takes more steps to find out."""
    if a is b:
        return True
    if not a.all_input_nodes:
        return False
    if search_depth == 0:
        return True
    return any(may_depend_on(used, b, search_depth - 1) for used in a.all_input_nodes)


def are_nodes_independent(nodes: list[Node]) -> bool:
    """Whether no node may use another's value."""
    return not any(may_depend_on(a, b) or may_depend_on(b, a) for a, b in itertools.combinations(nodes, 2))


def merge_matmul(in_mod: nn.Module) -> GraphModule:
    """A module that does several ``matmul(x, w)`` with the same `w` as one product of the stacked matrices."""
    gm = symbolic_trace(in_mod)
    by_right: dict[Any, list[Node]] = {}
    for node in gm.graph.find_nodes(op="call_function", target=flambeau.matmul):
        right: Any = node.args[1]
        key = right.target if isinstance(right, Node) and right.op == "get_attr" else right
        by_right.setdefault(key, []).append(node)
    for nodes in by_right.values():
        if len(nodes) < 2 or not are_nodes_independent(nodes):
            continue
        lefts: list[Any] = [node.args[0] for node in nodes]
        with gm.graph.inserting_before(nodes[0]):
            stacked = gm.graph.call_function(flambeau.cat, (lefts,))
            product = gm.graph.call_function(flambeau.matmul, (stacked, nodes[0].args[1]))
            parts = gm.graph.call_function(split_result_tensors, (product, lefts))
            items = [gm.graph.call_function(operator.getitem, (parts, at)) for at in range(len(nodes))]
        for node, item in zip(nodes, items, strict=True):
            node.replace_all_uses_with(item)
            gm.graph.erase_node(node)
        legalize_graph(gm)
    gm.recompile()
    gm.graph.lint()
    return gm
