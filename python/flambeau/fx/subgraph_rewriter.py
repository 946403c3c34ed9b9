"""replace_pattern: rewriting every place in a graph where a pattern appears."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from flambeau import nn

from ._compatibility import stable, unstable
from ._symbolic_trace import symbolic_trace
from .graph import Graph
from .graph_module import GraphModule, _assign_attr, _get_attr, _has_attr
from .node import Node

if TYPE_CHECKING:
    from .passes.utils.matcher_utils import InternalMatch

__all__ = ["Match", "ReplacedPatterns", "replace_pattern", "replace_pattern_with_filters"]

_Pattern = Union[Callable[..., Any], Graph, GraphModule]  # noqa: UP007
_Filter = Callable[["InternalMatch", Graph, Graph], bool]


@stable
class Match(NamedTuple):
    """A place where the pattern was found: a node of the pattern, and the graph's node for each of the pattern's."""

    anchor: Node
    nodes_map: dict[Node, Node]


@unstable
@dataclass
class ReplacedPatterns:
    """A `Match`, with the nodes that were put in its place."""

    anchor: Node
    nodes_map: dict[Node, Node]
    replacements: list[Node]


@stable
def replace_pattern(
    gm: GraphModule, pattern: Callable[..., Any] | GraphModule, replacement: Callable[..., Any] | GraphModule
) -> list[Match]:
    """Replace every place in a module's graph that does what `pattern` does by what `replacement` does.

    Both are functions (or modules) with the same number of parameters and results; they are traced. The pattern's
    parameters match any value. A value inside of a match that something outside uses keeps it from being replaced.

    Args:
        gm: the module, which is changed.
        pattern: what to look for.
        replacement: what to put there.

    Returns:
        The matches, in terms of the graph as it was.
    """
    return [Match(found.anchor, found.nodes_map) for found in _replace_pattern(gm, pattern, replacement)]


@unstable
def replace_pattern_with_filters(
    gm: GraphModule,
    pattern: _Pattern,
    replacement: _Pattern | None = None,
    match_filters: list[_Filter] | None = None,
    ignore_literals: bool = False,
    replacement_callback: Callable[[InternalMatch, Graph, Graph], Graph] | None = None,
    node_name_match: str = "",
) -> list[ReplacedPatterns]:
    """`replace_pattern` with conditions.

    Args:
        gm, pattern, replacement: as there; graphs will do, too.
        match_filters: functions of a match, the graph and the pattern's graph; all have to answer True.
        ignore_literals: constants among the pattern's arguments match any constant.
        replacement_callback: makes the replacement for each match, in place of `replacement`.
        node_name_match: not supported.

    Returns:
        The matches with the nodes that took their place.
    """
    if node_name_match:
        raise NotImplementedError("fx.replace_pattern_with_filters: node_name_match; filter matches by name instead")
    return _replace_pattern(gm, pattern, replacement, match_filters, ignore_literals, replacement_callback)


def _graph_of(pattern: _Pattern) -> Graph:
    if isinstance(pattern, GraphModule):
        return pattern.graph
    return pattern if isinstance(pattern, Graph) else symbolic_trace(pattern).graph


def _replace_pattern(
    gm: GraphModule,
    pattern: _Pattern,
    replacement: _Pattern | None = None,
    match_filters: list[_Filter] | None = None,
    ignore_literals: bool = False,
    replacement_callback: Callable[[InternalMatch, Graph, Graph], Graph] | None = None,
) -> list[ReplacedPatterns]:
    from .passes.utils.matcher_utils import SubgraphMatcher

    graph, pattern_graph = gm.graph, _graph_of(pattern)
    matcher = SubgraphMatcher(pattern_graph, ignore_literals=ignore_literals)
    matches = [
        match
        for match in matcher.match(graph)
        if all(accepts(match, graph, pattern_graph) for accepts in match_filters or ())
    ]
    if replacement_callback is None and replacement is None:
        raise AssertionError("fx.replace_pattern: neither a replacement nor a replacement_callback is given")
    fixed = None if replacement is None else _graph_of(replacement)
    replaced: list[ReplacedPatterns] = []
    # A node may be input of one match and result of another, which was replaced before.
    moved: dict[Node, Node] = {}
    for match in matches:
        replacing = replacement_callback(match, graph, pattern_graph) if replacement_callback is not None else fixed
        assert replacing is not None
        replaced.append(_replace_one(graph, match, replacing, moved))
    gm.recompile()
    if isinstance(replacement, nn.Module):
        _replace_attributes(gm, replacement)
    return replaced


def _replace_one(graph: Graph, match: InternalMatch, replacement: Graph, moved: dict[Node, Node]) -> ReplacedPatterns:
    inputs = [node for node in replacement.nodes if node.op == "placeholder"]
    if len(inputs) != len(match.placeholder_nodes):
        raise AssertionError(
            f"fx.replace_pattern: the pattern has {len(match.placeholder_nodes)} inputs, the replacement {len(inputs)}"
        )
    val_map: dict[Node, Any] = {}
    for wanted, there in zip(inputs, match.placeholder_nodes, strict=True):
        while isinstance(there, Node) and there in moved:
            there = moved[there]
        val_map[wanted] = there
    inside = {node for wanted, node in match.nodes_map.items() if wanted.op not in ("placeholder", "output")}
    before = _place(graph, match, inside, [node for node in val_map.values() if isinstance(node, Node)])
    known = set(val_map)
    with graph.inserting_before(before):
        result = graph.graph_copy(replacement, val_map)
    results = [node for node in (result if isinstance(result, (tuple, list)) else [result]) if isinstance(node, Node)]
    if isinstance(result, dict):
        results = [node for node in result.values() if isinstance(node, Node)]
    if len(results) != len(match.returning_nodes):
        raise AssertionError(
            f"fx.replace_pattern: the pattern returns {len(match.returning_nodes)} values, "
            f"the replacement {len(results)}"
        )
    for old, new in zip(match.returning_nodes, results, strict=True):
        old.replace_all_uses_with(new, delete_user_cb=lambda user: user not in inside)
        moved[old] = new
    for node in sorted(inside, reverse=True):
        if not node.users:
            graph.erase_node(node)
    made = [node for wanted, node in val_map.items() if wanted not in known]
    return ReplacedPatterns(match.anchors[0], match.nodes_map, made)


def _place(graph: Graph, match: InternalMatch, inside: set[Node], inputs: list[Node]) -> Node:
    """Where the replacement goes: before the first user of a result, behind all inputs."""
    users = [user for node in match.returning_nodes for user in node.users if user not in inside]
    first = min(users) if users else max(inside).next
    if inputs and (last := max(inputs)) >= first:
        return last.next
    return first


def _replace_attributes(gm: GraphModule, replacement: nn.Module) -> None:
    """Take over from the replacement what the graph mentions and the module lacks; drop what it no longer mentions."""
    gm.delete_all_unused_submodules()
    if isinstance(replacement, GraphModule):
        replacement.graph.lint()
    for node in gm.graph.nodes:
        if node.op not in ("call_module", "get_attr"):
            continue
        target = str(node.target)
        if _has_attr(gm, target):
            continue
        if not _has_attr(replacement, target):
            raise RuntimeError(
                f"fx.replace_pattern: the graph wants {target!r}, which neither the module nor the replacement has"
            )
        _assign_attr(copy.deepcopy(_get_attr(replacement, target)), gm, target)
    gm.graph.lint()
