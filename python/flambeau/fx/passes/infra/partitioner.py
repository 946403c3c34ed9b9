"""CapabilityBasedPartitioner: the largest sets of supported nodes that can each become one module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...graph_module import GraphModule
from ...node import Node, _get_qualified_name
from ..operator_support import OperatorSupportBase
from ..utils.fuser_utils import fuse_by_partitions

__all__ = ["CapabilityBasedPartitioner", "Partition"]


class Partition:
    """A set of nodes that is to become a module, with a number."""

    def __init__(
        self, id: int | None = None, nodes: Iterable[Node] | None = None, node_orders: Iterable[int] | None = None
    ) -> None:
        self.id = id
        self.nodes: dict[Node, int | None] = {}
        orders: Iterable[int | None] = node_orders if node_orders is not None else iter(lambda: None, 0)
        for node, order in zip(nodes or (), orders):  # noqa: B905  (without orders there is no end of None)
            self.nodes[node] = order

    def __repr__(self) -> str:
        return str(self.nodes)

    def add_node(self, node: Node, node_order: int | None = None) -> None:
        """Add a node."""
        self.nodes[node] = node_order

    def remove_node(self, node: Node) -> None:
        """Remove a node."""
        del self.nodes[node]

    def size(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)


class CapabilityBasedPartitioner:
    """Groups nodes that a backend supports.

    Args:
        graph_module: the module.
        operator_support: says which nodes are supported.
        allows_single_node_partition: keep groups of one node.
        non_compute_ops: names of functions of which alone no group is made.
        allowed_single_node_partition_ops: names of functions that may be alone in a group all the same.
        skip_horizontal_fusion: do not put nodes together that do not use one another's values.
    """

    def __init__(
        self,
        graph_module: GraphModule,
        operator_support: OperatorSupportBase,
        allows_single_node_partition: bool = False,
        non_compute_ops: Sequence[str] | None = None,
        allowed_single_node_partition_ops: Sequence[str] | None = None,
        skip_horizontal_fusion: bool = False,
    ) -> None:
        self.graph_module = graph_module
        self.operator_support = operator_support
        self.allows_single_node_partition = allows_single_node_partition
        self.non_compute_ops = non_compute_ops or []
        self.allowed_single_node_partition_ops = allowed_single_node_partition_ops or []
        self.skip_horizontal_fusion = skip_horizontal_fusion

    def _is_node_supported(self, node: Node) -> bool:
        return self.operator_support.is_node_supported(dict(self.graph_module.named_modules()), node)

    def propose_partitions(self) -> list[Partition]:
        """The groups."""
        nodes = list(self.graph_module.graph.nodes)
        order = {node: at for at, node in enumerate(nodes)}
        after = _nodes_after(nodes)
        groups: list[list[Node]] = []
        home: dict[Node, list[Node]] = {}
        for node in reversed(nodes):
            if node.op in ("placeholder", "output", "get_attr") or not self._is_node_supported(node):
                continue
            own = [node]
            groups.append(own)
            home[node] = own
            neighbours = [home[user] for user in node.users if user in home]
            others = [] if self.skip_horizontal_fusion else groups[:-1]
            for group in [*neighbours, *others]:
                if group is not own and group in groups and self._may_join(own, group, after):
                    group_nodes = list(group)
                    groups.remove(group)
                    own.extend(group_nodes)
                    for member in group_nodes:
                        home[member] = own
        found = [Partition(at, sorted(group), [order[n] for n in sorted(group)]) for at, group in enumerate(groups)]
        return [partition for partition in found if self._worth_it(partition)]

    @staticmethod
    def _may_join(first: list[Node], second: list[Node], after: dict[Node, set[Node]]) -> bool:
        """Whether no way from the two together leads out and back in."""
        inside = {*first, *second}
        outside_users = {user for node in inside for user in node.users if user not in inside}
        return not any(inside & after[user] for user in outside_users)

    def _worth_it(self, partition: Partition) -> bool:
        names = [
            _get_qualified_name(n.target) for n in partition.nodes if n.op == "call_function" and callable(n.target)
        ]
        computing = [name for name in names if name not in self.non_compute_ops]
        others = partition.size() - len(names)
        if not self.allows_single_node_partition and len(computing) + others <= 1:
            return any(name in self.allowed_single_node_partition_ops for name in computing)
        return len(computing) + others > 0

    def fuse_partitions(self, partitions: list[Partition], prefix: str = "fused_") -> GraphModule:
        """Put each group into a module that the graph calls."""
        return fuse_by_partitions(self.graph_module, [partition.nodes for partition in partitions], prefix)

    def remove_bookend_non_compute_ops(self, partitions: list[Partition]) -> None:
        """Take functions of `non_compute_ops` out of groups where nothing before, or nothing after, them computes."""

        def idle(node: Node) -> bool:
            return node.op == "call_function" and callable(node.target) and (
                _get_qualified_name(node.target) in self.non_compute_ops
            )  # fmt: skip

        for partition in partitions:
            inside = set(partition.nodes)
            removed: set[Node] = set()
            for ordered, near in ((sorted(inside), "all_input_nodes"), (sorted(inside, reverse=True), "users")):
                for node in ordered:
                    if idle(node) and all(other not in inside or other in removed for other in getattr(node, near)):
                        removed.add(node)
            for node in removed:
                partition.remove_node(node)

    def partition_and_fuse(self, prefix: str = "fused_") -> GraphModule:
        """Find groups and put each into a module that the graph calls."""
        return self.fuse_partitions(self.propose_partitions(), prefix)


def _nodes_after(nodes: list[Node]) -> dict[Node, set[Node]]:
    """For each node itself and all that use its value, directly or not."""
    found: dict[Node, set[Node]] = {}
    for node in reversed(nodes):
        found[node] = {node}.union(*(found[user] for user in node.users if user in found))
    return found
