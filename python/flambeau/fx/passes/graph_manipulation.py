"""Sizes of nodes in bytes, and replacing what nodes call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import flambeau

from .._compatibility import unstable
from ..graph import Graph
from ..graph_module import GraphModule
from ..node import Node, map_arg
from .shape_prop import ShapeProp, TensorMetadata

__all__ = ["get_size_of_all_nodes", "get_size_of_node", "get_tensor_meta", "replace_target_nodes_with", "size_bytes"]


@unstable
def replace_target_nodes_with(
    fx_module: GraphModule,
    old_op: str,
    old_target: Callable[..., Any] | str,
    new_op: str,
    new_target: Callable[..., Any] | str,
) -> None:
    """Let the nodes that have one operation and target have others, with the same arguments."""
    made = Graph()
    copies: dict[Node, Node] = {}
    for node in fx_module.graph.nodes:
        if node.op == old_op and node.target == old_target:
            args, kwargs = map_arg(node.args, copies.__getitem__), map_arg(node.kwargs, copies.__getitem__)
            if not isinstance(args, tuple) or not isinstance(kwargs, dict):
                raise AssertionError(f"fx.replace_target_nodes_with: arguments of {node}: {args!r}, {kwargs!r}")
            copies[node] = made.create_node(new_op, new_target, args, kwargs, node.name)
        else:
            copies[node] = made.node_copy(node, copies.__getitem__)
    fx_module.graph = made


@unstable
class size_bytes(NamedTuple):
    """Sizes of a node.

    Attributes:
        output_size: bytes of its result.
        total_size: those, and the parameters and buffers of the module it calls.
    """

    output_size: int
    total_size: int


@unstable
def get_size_of_all_nodes(fx_module: GraphModule, args: list[flambeau.Tensor] | None = None) -> None:
    """Set `size_bytes` of each node.

    Args:
        fx_module: the module.
        args: arguments to find shapes with; None if the nodes have them already.
    """
    if args is not None:
        ShapeProp(fx_module).propagate(*args)
    computed = (node for node in fx_module.graph.nodes if node.op != "output")
    for one in computed:
        setattr(one, "size_bytes", get_size_of_node(fx_module, one))  # noqa: B010


@unstable
def get_tensor_meta(node: Node) -> Any:
    """What ShapeProp noted. Raises RuntimeError if it was not run."""
    found = node.meta.get("tensor_meta")
    if not found:
        raise RuntimeError(f"fx.get_tensor_meta: the node {node} has no tensor_meta; run ShapeProp first")
    return found


@unstable
def get_size_of_node(fx_module: GraphModule, node: Node) -> size_bytes:
    """The sizes of a node, from what ShapeProp noted."""
    total = 0
    if node.op == "call_module":
        module = dict(fx_module.named_modules())[str(node.target)]
        total += sum(t.nbytes for t in (*module.parameters(), *module.buffers()))

    def bytes_of(meta: Any) -> int:
        if isinstance(meta, TensorMetadata):
            return meta.shape.numel() * flambeau.empty((), dtype=meta.dtype).element_size()
        return sum(bytes_of(part) for part in meta) if isinstance(meta, (list, tuple)) else 0

    output = bytes_of(get_tensor_meta(node))
    return size_bytes(output, total + output)
