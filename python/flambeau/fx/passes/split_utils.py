"""split_by_tags: a graph module as several, by the `tag` of its nodes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flambeau import nn

from .._compatibility import unstable
from ..graph import Graph
from ..graph_module import GraphModule
from ..node import Node, map_arg
from .tools_common import CALLABLE_NODE_OPS, NodeList, is_node_output_tensor

if TYPE_CHECKING:
    from .splitter_base import Subgraph

__all__ = ["Component", "getattr_recursive", "move_non_tensor_nodes_on_boundary", "setattr_recursive", "split_by_tags"]


@unstable
def getattr_recursive(obj: Any, name: str) -> Any:
    """An attribute by its path; None where a module on the way lacks it."""
    for layer in name.split("."):
        if isinstance(obj, (nn.ModuleList, nn.Sequential)) and layer.isdigit():
            obj = obj[int(layer)]
        elif hasattr(obj, layer):
            obj = getattr(obj, layer)
        else:
            return None
    return obj


@unstable
def setattr_recursive(obj: Any, attr: str, value: Any) -> None:
    """Set an attribute by its path."""
    *parents, last = attr.split(".")
    for part in parents:
        obj = getattr(obj, part)
    setattr(obj, last, value)


@unstable
@dataclass
class Component:
    """A part of a graph that becomes a module.

    Attributes:
        graph: its graph.
        order: its place among the parts.
        name: the tag.
        input_placeholders: its inputs; orig_inputs: what they are in the whole graph.
        orig_outputs: the whole graph's nodes that it gives.
        getattr_maps: from reads of attributes in the whole graph to its own.
        constructor_args: the paths of the attributes that it takes along.
        gm: the module that it became.
    """

    graph: Graph
    order: int
    name: str
    input_placeholders: list[Node] = field(default_factory=list)
    orig_inputs: list[Node] = field(default_factory=list)
    orig_outputs: list[Node] = field(default_factory=list)
    getattr_maps: dict[Node, Node] = field(default_factory=dict)
    constructor_args: list[str] = field(default_factory=list)
    gm: GraphModule | None = None


@unstable
def split_by_tags(
    gm: GraphModule,
    tags: list[str],
    return_fqn_mapping: bool = False,
    return_tuple: bool = False,
    GraphModuleCls: type[GraphModule] = GraphModule,
) -> Any:
    """Split a graph module into one for each tag, called in the order of the tags.

    Args:
        gm: the module; each node but inputs, reads of attributes and output has a `tag`.
        tags: the tags, in order; they are the names of the parts.
        return_fqn_mapping: also give a dict from the paths of attributes to those in the parts.
        return_tuple: let parts with one result give a tuple, too.
        GraphModuleCls: the class of the parts and the whole.

    Raises:
        ValueError: a node without a tag, or of a tag that is not in the list, or that needs a later part.
    """
    components = [Component(Graph(), order, tag) for order, tag in enumerate(tags)]
    by_tag = {component.name: component for component in components}
    home: dict[Node, Component] = {}
    local: dict[Node, Node] = {}
    whole = Graph()
    outside: dict[Node, Node] = {}
    output_node: Node | None = None
    fqns: dict[str, str] = {}
    used_in_main: dict[Node, None] = {}

    def local_input(component: Component, used: Node) -> Node:
        if used.op == "get_attr":
            if used not in component.getattr_maps:
                component.getattr_maps[used] = component.graph.get_attr(str(used.target), used.type)
                component.constructor_args.append(str(used.target))
                fqns[str(used.target)] = f"{component.name}.{used.target}"
            return component.getattr_maps[used]
        giving = home.get(used)
        if giving is component:
            return local[used]
        if giving is not None and giving.order > component.order:
            raise ValueError(f"fx.split_by_tags: {used} of {giving.name!r} is needed by the earlier {component.name!r}")
        if used not in component.orig_inputs:
            component.orig_inputs.append(used)
            made = component.graph.placeholder(used.name, type_expr=used.type)
            made.meta = copy.copy(used.meta)
            component.input_placeholders.append(made)
            used_in_main.setdefault(used)
        return component.input_placeholders[component.orig_inputs.index(used)]

    for node in gm.graph.nodes:
        if node.op == "output":
            output_node = node
            map_arg(node.args[0], lambda n: used_in_main.setdefault(n))
        elif node.op == "placeholder":
            outside[node] = whole.placeholder(str(node.target), node.type, *node.args[:1])
            outside[node].meta = copy.copy(node.meta)
        elif node.op != "get_attr":
            tag = getattr(node, "tag", None)
            if tag not in by_tag:
                raise ValueError(f"fx.split_by_tags: the node {node} has the tag {tag!r}, which is none of {tags}")
            component = home[node] = by_tag[tag]
            if node.op == "call_module":
                component.constructor_args.append(str(node.target))
                fqns[str(node.target)] = f"{component.name}.{node.target}"
            local[node] = component.graph.node_copy(node, lambda used, c=component: local_input(c, used))  # type: ignore[misc]
    if output_node is None:
        raise ValueError("fx.split_by_tags: the graph has no output")
    for node in used_in_main:
        if node in home:
            home[node].orig_outputs.append(node)

    attributes: dict[str, Any] = {}
    for component in components:
        if not component.graph.nodes:
            continue
        order = {node: at for at, node in enumerate(gm.graph.nodes)}
        component.orig_outputs.sort(key=order.__getitem__)
        given = tuple(local[node] for node in component.orig_outputs)
        single = len(given) == 1 and not return_tuple
        component.graph.output(given[0] if single else given)
        held = {path: getattr_recursive(gm, path) for path in component.constructor_args}
        component.gm = GraphModuleCls(held, component.graph)
        attributes[component.name] = component.gm
        called = whole.call_module(component.name, tuple(outside[node] for node in component.orig_inputs))
        if single:
            outside[component.orig_outputs[0]] = called
            continue
        import operator

        for at, node in enumerate(component.orig_outputs):
            outside[node] = whole.call_function(operator.getitem, (called, at))

    def in_main(node: Node) -> Node:
        if node not in outside:  # an attribute that is returned
            attributes[str(node.target)] = getattr_recursive(gm, str(node.target))
            outside[node] = whole.get_attr(str(node.target), node.type)
        return outside[node]

    whole.output(map_arg(output_node.args[0], in_main), output_node.type)
    made = GraphModuleCls(attributes, whole)
    return (made, fqns) if return_fqn_mapping else made


@unstable
def move_non_tensor_nodes_on_boundary(subgraphs: list[Subgraph]) -> None:
    """Move nodes that give no tensor, but are used in another part, into the part that uses them."""
    home = {node: part for part in subgraphs for node in part.nodes}

    def needs(node: Node, part: Subgraph, chain: NodeList) -> bool:
        """Collects what has to move with a node; False if a value used here, too, is among it."""
        if any(home.get(user) is part and user not in chain for user in node.users):
            return False
        chain.append(node)
        return all(
            home.get(used) is not part or is_node_output_tensor(used) or used.op not in CALLABLE_NODE_OPS
            or needs(used, part, chain)
            for used in node.all_input_nodes
        )  # fmt: skip

    for part in subgraphs:
        for node in reversed(list(part.nodes)):
            if node.op not in CALLABLE_NODE_OPS or is_node_output_tensor(node) or home[node] is not part:
                continue
            takers = {id(home[user]): home[user] for user in node.users if user in home and home[user] is not part}
            chain: NodeList = []
            if len(takers) != 1 or not needs(node, part, chain):
                continue
            (taker,) = takers.values()
            for moved in chain:
                part.nodes.remove(moved)
                taker.nodes.insert(0, moved)
                home[moved] = taker
