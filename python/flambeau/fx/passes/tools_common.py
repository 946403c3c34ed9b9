"""What several passes share: kinds of nodes, names of what they call, orders."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import flambeau
from flambeau import nn

from .. import _naming
from .._compatibility import unstable
from ..graph import Graph
from ..graph_module import GraphModule
from ..node import Node

__all__ = ["FxNetAccFusionsFinder", "get_acc_ops_name", "get_node_target", "is_node_output_tensor", "legalize_graph"]

CALLABLE_NODE_OPS = {"call_method", "call_module", "call_function"}
Tensors = Union[tuple[flambeau.Tensor], list[flambeau.Tensor]]  # noqa: UP007
TensorOrTensors = Union[flambeau.Tensor, Tensors]  # noqa: UP007
NodeList = list[Node]
NodeSet = set[Node]
Names = list[str]


@unstable
def get_acc_ops_name(k: Any) -> str:
    """A name for what a node calls: text as it is, a function with its module."""
    if isinstance(k, str):
        return k
    module = k.__module__ or ""
    if "acc_ops" in module:
        return f"acc_ops.{k.__name__}"
    return _naming.type_repr(k) if isinstance(k, type) else _naming.qualified_name(k)


@unstable
def get_node_target(submodules: Mapping[str, nn.Module], node: Node) -> str:
    """What a node calls, as text: the class of a module, the name of a function, the name of a method."""
    if node.op not in CALLABLE_NODE_OPS:
        raise AssertionError(f"fx.get_node_target: {node} is a {node.op}; one of {sorted(CALLABLE_NODE_OPS)} is wanted")
    if node.op == "call_module":
        submodule = submodules[str(node.target)]
        kind: Any = getattr(submodule, "_base_class_origin", type(submodule))
        return get_acc_ops_name(kind)
    if node.op == "call_function":
        return get_acc_ops_name(node.target)
    return str(node.target)


@unstable
def is_node_output_tensor(node: Node) -> bool:
    """Whether `meta` says that a node's value is a tensor."""
    kind = node.meta.get("type")
    return kind is not None and issubclass(kind, flambeau.Tensor)


@unstable
class FxNetAccFusionsFinder:
    """Groups of nodes between which something other than a tensor is passed, so that they have to stay together."""

    def __init__(self, module: GraphModule, acc_nodes: NodeSet) -> None:
        self.module = module
        self.nodes = list(module.graph.nodes)
        self.acc_nodes = acc_nodes

    @dataclass
    class FusionGroup:
        """A group that grows.

        Attributes:
            top_node_idx: the place of its first node.
            nodes: its nodes.
            inputs: what they use from outside.
            nodes_need_process: those not looked at yet.
        """

        top_node_idx: int
        nodes: NodeSet
        inputs: NodeSet
        nodes_need_process: NodeSet

        def add_node(self, node: Node) -> None:
            """Take in a node."""
            if node not in self.nodes:
                for group in (self.nodes, self.nodes_need_process):
                    group.add(node)
                called = {used for used in node.all_input_nodes if used.op in CALLABLE_NODE_OPS}
                self.inputs = (self.inputs | called) - self.nodes

    def recursive_add_node(self, fusion_group: FusionGroup, inputs: Any, visited: NodeSet | None = None) -> bool:
        """Take in what lies on the ways from the group to these inputs; answers whether there is such a way."""
        reached = False
        for node in inputs:
            if visited is not None:
                if node in visited:
                    continue
                visited.add(node)
            if node in fusion_group.nodes:
                reached = True
                continue
            if self.nodes.index(node) < fusion_group.top_node_idx:
                continue
            if self.recursive_add_node(fusion_group, node.all_input_nodes, visited):
                fusion_group.add_node(node)
                reached = True
        return reached

    def __call__(self) -> dict[Node, NodeSet]:
        result: dict[Node, NodeSet] = {}
        for node in list(self.acc_nodes):
            if node in result or node.op not in CALLABLE_NODE_OPS or "tensor_meta" in node.meta:
                continue
            group = self.FusionGroup(self.nodes.index(node), {node}, set(node.all_input_nodes), {node})
            while group.nodes_need_process:
                current = group.nodes_need_process.pop()
                self.recursive_add_node(group, group.inputs, visited=set())
                if "tensor_meta" not in current.meta:
                    for user in current.users:
                        if user.op in CALLABLE_NODE_OPS and user not in group.nodes:
                            group.add_node(user)
                            self.recursive_add_node(group, group.inputs, visited=set())
                for source in current.all_input_nodes:
                    if source.op not in CALLABLE_NODE_OPS or "tensor_meta" in source.meta or source in group.nodes:
                        continue
                    group.add_node(source)
                    group.top_node_idx = min(group.top_node_idx, self.nodes.index(source))
                    self.recursive_add_node(group, group.inputs, visited=set())
            if not group.nodes <= self.acc_nodes:
                self.acc_nodes -= group.nodes
            else:
                for member in group.nodes:
                    result[member] = group.nodes
        return result


def _sorted_by_use(gm: GraphModule) -> list[Node]:
    """The nodes, each after what it uses; in the given order where that leaves a choice."""
    order = {node: at for at, node in enumerate(gm.graph.nodes)}
    missing = {node: len(node.all_input_nodes) for node in order}
    ready = [order[node] for node, count in missing.items() if count == 0]
    heapq.heapify(ready)
    nodes = list(order)
    found: list[Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        found.append(node)
        for user in node.users:
            missing[user] -= 1
            if missing[user] == 0:
                heapq.heappush(ready, order[user])
    if len(found) < len(nodes):
        left = [node.name for node in nodes if missing[node] > 0]
        raise RuntimeError(f"fx.legalize_graph: the nodes {left} use one another in a circle")
    return found


@unstable
def stable_topological_sort(gm: GraphModule) -> GraphModule:
    """Move the nodes of a module's graph so that each comes after what it uses, and no more than that needs."""
    for node in _sorted_by_use(gm):
        gm.graph._root.prepend(node)
    return gm


@unstable
def legalize_graph(gm: GraphModule) -> GraphModule:
    """Give a module's graph an order in which each node comes after what it uses.

    Raises:
        RuntimeError: nodes use one another in a circle.
    """
    made = Graph()
    made._codegen = gm.graph._codegen
    copies: dict[Node, Node] = {}
    ordered = _sorted_by_use(gm)
    front = [node for node in ordered if node.op == "placeholder"]
    back = [node for node in ordered if node.op == "output"]
    for node in (*front, *(n for n in ordered if n.op not in ("placeholder", "output")), *back):
        copies[node] = made.node_copy(node, copies.__getitem__)
    gm.graph = made
    return gm
