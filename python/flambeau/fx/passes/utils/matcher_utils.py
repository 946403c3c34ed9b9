"""SubgraphMatcher: where in a graph another one, the pattern, appears.

The search starts at the pattern's results and goes to its inputs, which match anything.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import flambeau
from flambeau.utils import _pytree as pytree

from ..._compatibility import unstable
from ...graph import Graph
from ...node import Node

__all__ = ["InternalMatch", "SubgraphMatcher"]

_list: Any = partial(field, default_factory=list)
_map: Any = partial(field, default_factory=dict)


@unstable
@dataclass
class InternalMatch:
    """One place where the pattern appears.

    Attributes:
        anchors: the pattern's nodes from which the search started.
        nodes_map: from nodes of the pattern to nodes (or, for inputs, constants) of the graph.
        placeholder_nodes: what the pattern's inputs are in the graph.
        returning_nodes: what the pattern returns, in the graph.
        name_node_map: from the names that the pattern gives to nodes of the graph.
    """

    anchors: list[Node]
    nodes_map: dict[Node, Node] = _map()  # noqa: RUF009
    placeholder_nodes: list[Node] = _list()  # noqa: RUF009
    returning_nodes: list[Node] = _list()  # noqa: RUF009
    name_node_map: dict[str, Node] = _map()  # noqa: RUF009

    def __copy__(self) -> InternalMatch:
        return InternalMatch(
            self.anchors, self.nodes_map.copy(), self.placeholder_nodes.copy(), self.returning_nodes.copy()
        )


@unstable
class SubgraphMatcher:
    """Finds a pattern in graphs.

    Args:
        pattern: the graph to look for.
        match_output: its output has to be the graph's output.
        match_placeholder: its inputs have to be inputs of the graph.
        remove_overlapping_matches: of matches that share nodes keep the first found.
        ignore_literals: constants among the arguments need not be equal.

    Raises:
        RuntimeError: the pattern has no nodes, or some that nobody uses.
    """

    def __init__(
        self,
        pattern: Graph,
        match_output: bool = False,
        match_placeholder: bool = False,
        remove_overlapping_matches: bool = True,
        ignore_literals: bool = False,
    ) -> None:
        self.ignore_literals = ignore_literals
        self.remove_overlapping_matches = remove_overlapping_matches
        self.match_placeholder, self.match_output = match_placeholder, match_output
        self.pattern = pattern
        if len(pattern.nodes) == 0:
            raise ValueError("fx.SubgraphMatcher: the pattern is empty")
        for node in pattern.nodes:
            if node.op not in ("output", "placeholder") and not node.users:
                raise AssertionError(f"fx.SubgraphMatcher: nobody uses the pattern's node {node}; drop dead code first")
        output = pattern.output_node()
        self.pattern_placeholder_nodes = [node for node in pattern.nodes if node.op == "placeholder"]
        self.pattern_returning_nodes: list[Node] = output.all_input_nodes
        self.pattern_anchors: list[Node] = (
            [output] if match_output else [node for node in output.all_input_nodes if len(node.users) == 1]
        )

    def match(self, graph: Graph) -> list[InternalMatch]:
        """All places where the pattern appears, those that come late in the graph first."""
        candidates = [
            (anchor, [node for node in graph.nodes if self._nodes_are_equal(anchor, node)])
            for anchor in self.pattern_anchors
        ]
        found: list[InternalMatch] = []
        start = InternalMatch(anchors=self.pattern_anchors)
        for match in self._combinations(candidates, 0, start):
            if self._is_contained(match.nodes_map):
                match.placeholder_nodes = [match.nodes_map[node] for node in self.pattern_placeholder_nodes]
                match.returning_nodes = [match.nodes_map[node] for node in self.pattern_returning_nodes]
                found.append(match)
        return self._without_overlaps(found) if self.remove_overlapping_matches else found

    def _combinations(
        self, candidates: list[tuple[Node, list[Node]]], at: int, match: InternalMatch
    ) -> Iterator[InternalMatch]:
        """Matches of all anchors from number `at` on, each on top of those before."""
        if at == len(candidates):
            yield match
            return
        anchor, nodes = candidates[at]
        for node in nodes:
            attempt = copy.copy(match)
            if self._match_nodes(anchor, node, attempt):
                yield from self._combinations(candidates, at + 1, attempt)

    def _nodes_are_equal(self, pattern_node: Node, node: Node) -> bool:
        if not self.match_placeholder and pattern_node.op == "placeholder":
            return True
        if pattern_node.op != node.op:
            return False
        if pattern_node.op in ("placeholder", "output"):
            return True
        if pattern_node.op == "get_attr":
            return self._match_attributes(pattern_node, node)
        return pattern_node.target == node.target

    def _match_attributes(self, pattern_node: Node, node: Node) -> bool:
        wanted = _attribute(pattern_node)
        there = _attribute(node)
        if type(wanted) is not type(there):
            return False
        if isinstance(wanted, flambeau.Tensor):
            return True
        return bool(wanted is there or wanted == there) if not isinstance(wanted, flambeau.nn.Module) else True

    def _match_nodes(self, pattern_node: Node, node: Any, match: InternalMatch) -> bool:
        if pattern_node in match.nodes_map:
            return match.nodes_map[pattern_node] is node
        if any(node is taken for taken in match.nodes_map.values()):
            return False
        if not self._nodes_are_equal(pattern_node, node):
            return False
        saved = copy.copy(match)
        match.nodes_map[pattern_node] = node
        if pattern_node.op == "placeholder" or self._match_arguments(pattern_node, node, match):
            return True
        match.nodes_map = saved.nodes_map
        return False

    def _match_arguments(self, pattern_node: Node, node: Node, match: InternalMatch) -> bool:
        pattern_args, pattern_kwargs = pattern_node.args, dict(pattern_node.kwargs)
        args, kwargs = node.args, dict(node.kwargs)
        if len(pattern_args) != len(args) or set(pattern_kwargs) != set(kwargs):
            # One may be passed by name where the other is not: compare them by the signature.
            pair, other = _by_signature(pattern_node), _by_signature(node)
            if pair is None or other is None:
                return False
            pattern_args, pattern_kwargs, args, kwargs = (), pair, (), other
            if set(pattern_kwargs) != set(kwargs):
                return False
        pattern_leaves, pattern_spec = pytree.tree_flatten((list(pattern_args), pattern_kwargs))
        ordered = {name: kwargs[name] for name in pattern_kwargs}
        leaves, spec = _flatten_like((list(args), ordered), pattern_spec)
        if leaves is None or pattern_spec != spec:
            return False
        return all(self._match_leaf(wanted, there, match) for wanted, there in zip(pattern_leaves, leaves, strict=True))

    def _match_leaf(self, wanted: Any, there: Any, match: InternalMatch) -> bool:
        if isinstance(wanted, Node):
            if isinstance(there, Node):
                return self._match_nodes(wanted, there, match)
            if wanted.op != "placeholder" or self.match_placeholder:
                return False
            if wanted in match.nodes_map:
                return bool(match.nodes_map[wanted] == there)
            match.nodes_map[wanted] = there
            return True
        if isinstance(there, Node):
            return False
        return self.ignore_literals or bool(wanted == there)

    def _is_contained(self, nodes_map: dict[Node, Node]) -> bool:
        """Whether nothing outside uses what is inside, but for what the pattern returns."""
        inside = {id(node) for pattern_node, node in nodes_map.items() if pattern_node.op != "placeholder"}
        returned = set(self.pattern_returning_nodes)
        for pattern_node, node in nodes_map.items():
            if pattern_node.op in ("placeholder", "output") or pattern_node in returned:
                continue
            if any(id(user) not in inside for user in node.users):
                return False
        return True

    def _without_overlaps(self, matches: list[InternalMatch]) -> list[InternalMatch]:
        kept: list[InternalMatch] = []
        taken: set[int] = set()
        for match in matches:
            own = {
                id(node)
                for pattern_node, node in match.nodes_map.items()
                if pattern_node.op not in ("placeholder", "output") and isinstance(node, Node)
            }
            if not own & taken:
                taken |= own
                kept.append(match)
        return kept


def _attribute(node: Node) -> Any:
    found = node.graph.owning_module
    for part in str(node.target).split("."):
        found = getattr(found, part, None)
    return found


def _by_signature(node: Node) -> dict[str, Any] | None:
    owner = node.graph.owning_module
    if node.op == "call_function" or (node.op == "call_module" and owner is not None):
        pair = node.normalized_arguments(owner, normalize_to_only_use_kwargs=True)
    else:
        return None
    return None if pair is None else dict(pair.kwargs)


def _flatten_like(tree: Any, spec: pytree.TreeSpec) -> tuple[list[Any] | None, Any]:
    """The leaves of a tree, lists and tuples taken for one another where the structure asks for it."""

    def shape(value: Any, wanted: pytree.TreeSpec) -> Any:
        if wanted.is_leaf():
            return value
        if isinstance(value, (list, tuple)) and wanted.type is not None and issubclass(wanted.type, (list, tuple)):
            if len(value) != wanted.num_children:
                raise LookupError
            items = [shape(item, child) for item, child in zip(value, wanted.children_specs, strict=True)]
            return pytree.tree_unflatten(items, _one_level(wanted))
        if isinstance(value, dict) and wanted.type is not None and issubclass(wanted.type, dict):
            if set(value) != set(wanted.context):
                raise LookupError
            items = [shape(value[key], child) for key, child in zip(wanted.context, wanted.children_specs, strict=True)]
            return pytree.tree_unflatten(items, _one_level(wanted))
        return value

    try:
        leaves, found = pytree.tree_flatten(shape(tree, spec))
    except LookupError:
        return None, None
    return leaves, found


def _one_level(spec: pytree.TreeSpec) -> pytree.TreeSpec:
    return pytree.TreeSpec(spec.type, spec.context, [pytree.treespec_leaf()] * spec.num_children)
