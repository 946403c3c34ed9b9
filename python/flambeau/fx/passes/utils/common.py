"""A part of a graph as a module, and comparing graphs."""

from __future__ import annotations

from flambeau import nn

from ..._compatibility import unstable
from ...graph import Graph
from ...graph_module import GraphModule
from .matcher_utils import SubgraphMatcher

__all__ = ["HolderModule", "compare_graphs", "lift_subgraph_as_module"]


@unstable
class HolderModule(nn.Module):
    """A module that holds others by name."""

    def __init__(self, d: dict[str, nn.Module | None]) -> None:
        super().__init__()
        for name, module in d.items():
            self.add_module(name, module)


@unstable
def lift_subgraph_as_module(
    gm: GraphModule, subgraph: Graph, comp_name: str = "", class_name: str = "GraphModule"
) -> tuple[GraphModule, dict[str, str]]:
    """A module of a part of a graph, with the attributes that the part mentions.

    Args:
        gm: the module that has the attributes.
        subgraph: the part.
        comp_name: a name that is put before the paths in the answer.
        class_name: the name of the class.

    Returns:
        The module, and a dict from the paths in it to those in `gm`.
    """
    holder = HolderModule({})
    originals: dict[str, str] = {}
    for node in subgraph.nodes:
        if node.op not in ("call_module", "get_attr"):
            continue
        path = str(node.target)
        *parents, last = path.split(".")
        source, at = gm, holder
        for part in parents:
            source = getattr(source, part)
            if not hasattr(at, part):
                at.add_module(part, HolderModule({}))
            at = getattr(at, part)
        originals[f"{comp_name}.{path}" if comp_name else path] = path
        if not hasattr(at, last):
            setattr(at, last, getattr(source, last))
    return GraphModule(holder, subgraph, class_name), originals


@unstable
def compare_graphs(left: Graph, right: Graph) -> bool:
    """Whether two graphs do the same calls in the same way, from inputs to output."""
    return len(SubgraphMatcher(left, match_output=True, match_placeholder=True).match(right)) > 0
