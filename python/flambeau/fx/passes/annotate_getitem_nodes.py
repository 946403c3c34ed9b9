"""Types of what is taken out of tuples and lists, from their types."""

from __future__ import annotations

import operator
from typing import get_args, get_origin

from ..graph import Graph

__all__ = ["annotate_getitem_nodes"]


def annotate_getitem_nodes(graph: Graph) -> None:
    """Set the type of each ``x[0]`` where that of `x` says it: an item of a tuple or list, or a field."""
    for node in graph.find_nodes(op="call_function", target=operator.getitem):
        container, index = node.args
        kind = getattr(container, "type", None)
        if node.type is not None or kind is None:
            continue
        arguments = get_args(kind)
        if get_origin(kind) is tuple and isinstance(index, int):
            if len(arguments) == 2 and arguments[1] is ...:
                node.type = arguments[0]
            elif -len(arguments) <= index < len(arguments):
                node.type = arguments[index]
        elif get_origin(kind) is list and isinstance(index, int) and len(arguments) == 1:
            node.type = arguments[0]
        elif hasattr(kind, "_fields") and isinstance(index, int):
            node.type = kind.__annotations__.get(kind._fields[index])
