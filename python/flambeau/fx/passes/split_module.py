"""split_module: a graph module as several, which a new one calls in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import nn

from .._compatibility import stable
from ..graph import Graph
from ..graph_module import GraphModule, _get_attr
from ..node import Node, map_arg

__all__ = ["Partition", "split_module"]


@stable
class Partition:
    """A part of a graph that becomes a module.

    Attributes:
        name: what the callback said, as text.
        submod_name: the attribute that holds the module.
        node_names: the nodes.
        inputs, outputs: the values that go in and out, by name, in order.
        dependencies, dependents: the parts that it needs, and that need it.
        graph: the part's graph.
        environment: from nodes of the whole graph to this one's.
        targets: the modules that it calls, by their names in it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.graph = Graph()
        self.targets = dict[str, Any]()
        self.environment = dict[Node, Node]()
        self.node_names = list[str]()
        self.dependents, self.dependencies = dict[str, None](), dict[str, None]()
        self.outputs, self.inputs = dict[str, None](), dict[str, None]()
        self.submod_name = f"submod_{name}"

    def __repr__(self) -> str:
        return (
            f"name: {self.name},\n nodes: {self.node_names},\n inputs: {list(self.inputs)},\n outputs: "
            f"{list(self.outputs)},\n partitions depended on: {list(self.dependencies)},\n dependents: "
            f"{list(self.dependents)}"
        )


_OUTSIDE = ("placeholder", "get_attr", "output")  # nodes that stay in the module that calls the parts


class _Split:
    """One run of split_module."""

    def __init__(self, m: GraphModule, callback: Callable[[Node], Any], affix: str | None) -> None:
        self.module = m
        self.nodes = {node.name: node for node in m.graph.nodes}
        self.partitions: dict[str, Partition] = {}
        self.of: dict[Node, Partition] = {}
        for node in m.graph.nodes:
            if node.op in _OUTSIDE:
                continue
            name = str(callback(node))
            if name not in self.partitions:
                part = self.partitions[name] = Partition(name)
                if affix is not None:
                    part.submod_name = f"submod_{affix}_{name}"
            self.of[node] = self.partitions[name]
            self.of[node].node_names.append(node.name)
        for node in m.graph.nodes:
            for used in node.all_input_nodes:
                self._connect(used, node)

    def _connect(self, used: Node, user: Node) -> None:
        giving, taking = self.of.get(used), self.of.get(user)
        if giving is taking:
            return
        if giving is not None and (taking is not None or user.op == "output"):
            giving.outputs.setdefault(used.name)
        if taking is not None:
            taking.inputs.setdefault(used.name)
        if giving is not None and taking is not None:
            giving.dependents.setdefault(taking.name)
            taking.dependencies.setdefault(giving.name)

    def order(self, keep_original_order: bool) -> list[Partition]:
        """The parts, each after those it depends on."""
        if keep_original_order:
            found = list(self.partitions.values())
            done: set[str] = set()
            for part in found:
                late = [name for name in part.dependencies if name not in done]
                if late:
                    return self.order(False)
                done.add(part.name)
            return found
        missing = {name: len(part.dependencies) for name, part in self.partitions.items()}
        ready = [name for name, count in missing.items() if count == 0]
        found = []
        while ready:
            part = self.partitions[ready.pop(0)]
            found.append(part)
            for dependent in part.dependents:
                missing[dependent] -= 1
                if missing[dependent] == 0:
                    ready.append(dependent)
        if len(found) < len(self.partitions):
            left = [name for name, count in missing.items() if count > 0]
            raise RuntimeError(f"fx.split_module: a cycle: the parts {left} need one another's results")
        return found

    def build_part(self, part: Partition, keep_node_name: bool, keep_input_name: bool, as_tuple: bool) -> Any:
        """Copy a part's nodes into its graph, and add its output."""
        for name in part.inputs:
            shown = name if keep_input_name else f"arg_{len(part.environment)}"
            original = self.nodes[name]
            made = part.graph.placeholder(shown, type_expr=original.type)
            made.meta = original.meta.copy()
            part.environment[original] = made
        for name in part.node_names:
            node = self.nodes[name]
            target: Any = node.target
            if node.op == "call_module":
                called = _get_attr(self.module, str(target))
                target = str(target).replace(".", "_")
                part.targets[target] = called
            args: Any = map_arg(node.args, part.environment.__getitem__)
            kwargs: Any = map_arg(node.kwargs, part.environment.__getitem__)
            made = part.graph.create_node(
                node.op, target, args, kwargs, type_expr=node.type, name=node.name if keep_node_name else None
            )
            made.meta = node.meta.copy()
            part.environment[node] = made
        given = tuple(part.environment[self.nodes[name]] for name in part.outputs)
        part.graph.output(given if len(given) != 1 or as_tuple else given[0])

    def build_whole(
        self, ordered: list[Partition], root: nn.Module, qualnames: dict[str, str] | None, as_tuple: bool
    ) -> GraphModule:
        """The graph that calls the parts."""
        base = Graph()
        env: dict[Node, Any] = {}
        attributes: dict[str, Any] = {}
        for node in self.module.graph.nodes:
            if node.op == "placeholder":
                env[node] = base.placeholder(str(node.target), node.type, *node.args[:1])
            elif node.op == "get_attr":
                attributes[str(node.target)] = _get_attr(self.module, str(node.target))
                env[node] = base.get_attr(str(node.target), node.type)
            else:
                continue
            env[node].meta = node.meta.copy()
        for part in ordered:
            attributes[part.submod_name] = GraphModule(part.targets, part.graph)
            if qualnames is not None:
                for node in (self.nodes[name] for name in part.node_names):
                    if node.op == "call_module":
                        short = str(node.target).replace(".", "_")
                        qualnames[f"{part.submod_name}.{short}"] = str(node.target)
            result = base.call_module(part.submod_name, tuple(env[self.nodes[name]] for name in part.inputs))
            if len(part.outputs) == 1 and not as_tuple:
                env[self.nodes[next(iter(part.outputs))]] = result
                continue
            from ..proxy import Proxy

            values = Proxy(result)
            for at, name in enumerate(part.outputs):
                env[self.nodes[name]] = values[at].node  # type: ignore[index]
        for node in self.module.graph.nodes:
            if node.op == "output":
                made = base.output(map_arg(node.args[0], env.__getitem__), node.type)
                made.meta = node.meta.copy()
        return GraphModule(attributes, base)


@stable
def split_module(
    m: GraphModule,
    root_m: nn.Module,
    split_callback: Callable[[Node], int],
    qualname_map: dict[str, str] | None = None,
    keep_original_order: bool | None = False,
    keep_original_node_name: bool | None = False,
    keep_original_input_name: bool = True,
    *,
    partition_affix: str | None = None,
    tuple_return: bool = False,
) -> GraphModule:
    """Split a graph module into parts, and give a module that calls them in turn.

    Args:
        m: the module.
        root_m: the module that it was traced from; not needed, its attributes are those of `m`.
        split_callback: from a node to the part that it belongs to.
        qualname_map: gets, for each module in a part ("submod_0.linear"), its path in `m`.
        keep_original_order: order the parts as they appear rather than by what they depend on.
        keep_original_node_name: let nodes keep their names.
        keep_original_input_name: let inputs have the names of the values.
        partition_affix: put into the names of the parts: "submod_AFFIX_0".
        tuple_return: let parts with one result give a tuple, too.

    Raises:
        RuntimeError: parts need one another's results.
    """
    split = _Split(m, split_callback, partition_affix)
    ordered = split.order(bool(keep_original_order))
    for part in ordered:
        split.build_part(part, bool(keep_original_node_name), keep_original_input_name, tuple_return)
    return split.build_whole(ordered, root_m, qualname_map, tuple_return)
