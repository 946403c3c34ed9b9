"""Computing what depends on no input once, when the module is first called."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import nn

from .._compatibility import unstable
from .._symbolic_trace import symbolic_trace
from ..graph import Graph
from ..graph_module import GraphModule, _copy_attr
from ..node import Node

__all__ = ["FoldedGraphModule", "get_unique_attr_name_in_module", "split_const_subgraphs"]


@unstable
class FoldedGraphModule(GraphModule):
    """A graph module whose constant part is computed when it is first called, and kept in an attribute.

    Attributes:
        const_subgraph_module: computes the constant part; None if there is none.
        has_folding_been_run: whether it has.
        fx_const_folded_attrs_name: the attribute with its results.
    """

    def __init__(
        self,
        root: nn.Module,
        graph: Graph,
        const_subgraph: Graph | None = None,
        fx_const_folded_attrs_name: str | None = None,
        device_for_folded_attrs: str = "cuda",
    ) -> None:
        super().__init__(root, graph)
        self.const_subgraph_module = None if const_subgraph is None else GraphModule(root, const_subgraph)
        self.has_folding_been_run = False
        self.fx_const_folded_attrs_name = fx_const_folded_attrs_name
        self.device_for_folded_attrs = device_for_folded_attrs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.has_folding_been_run:
            self.run_folding()
        return super().__call__(*args, **kwargs)

    def run_folding(self) -> None:
        """Compute the constant part."""
        if self.const_subgraph_module is None or self.fx_const_folded_attrs_name is None:
            return
        if self.has_folding_been_run:
            raise AssertionError("fx.FoldedGraphModule: the constant part has been computed already")
        self.has_folding_been_run = True
        result = self.const_subgraph_module()

        def parameter(value: Any) -> nn.Parameter:
            tensor = value if isinstance(value, flambeau.Tensor) else flambeau.tensor(value)
            differentiable = tensor.requires_grad and tensor.is_floating_point()
            return nn.Parameter(tensor.detach() if tensor.grad_fn is not None else tensor, requires_grad=differentiable)

        folded: Any
        if isinstance(result, tuple):
            folded = nn.ParameterList([parameter(value) for value in result])
        else:
            folded = parameter(result)
        setattr(self, self.fx_const_folded_attrs_name, folded)


def get_unique_attr_name_in_module(mod_traced: GraphModule, name: str) -> str:
    """A name like this one that the module has no attribute of."""
    from .._naming import Namespace

    taken = Namespace()
    for present in dir(mod_traced):
        taken.create_name(present, None)
    return name if not hasattr(mod_traced, name) else taken.create_name(name, None)


def _constant_nodes(module: GraphModule, skip: Callable[[Node], bool] | None) -> tuple[dict[Node, None], bool]:
    """The nodes that depend on no input; and whether there are calls among them."""
    found: dict[Node, None] = {}
    calls = False
    for node in module.graph.nodes:
        if node.op in ("placeholder", "output"):
            continue
        if node.op != "get_attr" and not all(used in found for used in node.all_input_nodes):
            continue
        if node.op != "get_attr" and not node.all_input_nodes and node.op != "call_function":
            continue
        if (skip is not None and skip(node)) or node.is_impure():
            continue
        found[node] = None
        calls = calls or node.op != "get_attr"
    return found, calls


@unstable
def split_const_subgraphs(
    module: nn.Module | GraphModule,
    skip_folding_node_fn: Callable[[Node], bool] | None = None,
    device_for_folded_attrs: str = "cpu",
) -> FoldedGraphModule:
    """Split a module into what depends on no input and the rest.

    Args:
        module: the module; it is traced if it is no graph module. It is not changed.
        skip_folding_node_fn: answers True for nodes that stay in the rest.
        device_for_folded_attrs: where the results of the constant part are kept; "cpu" is all there is.
    """
    traced = module if isinstance(module, GraphModule) else symbolic_trace(module)
    constant, calls = _constant_nodes(traced, skip_folding_node_fn)
    if not calls:
        return FoldedGraphModule(traced, copy.deepcopy(traced.graph), device_for_folded_attrs=device_for_folded_attrs)
    name = get_unique_attr_name_in_module(traced, "_FX_CONST_FOLDED_ATTRS")
    const_graph, rest = Graph(), Graph()
    rest._codegen = copy.deepcopy(traced.graph._codegen)
    const_copies: dict[Node, Node] = {}
    for node in constant:
        if node.op != "get_attr" or any(user in constant for user in node.users):
            const_copies[node] = const_graph.node_copy(node, const_copies.__getitem__)
    given = [n for n in constant if n.op != "get_attr" and any(user not in constant for user in n.users)]
    results = tuple(const_copies[node] for node in given)
    const_graph.output(results if len(results) != 1 else results[0])

    copies: dict[Node, Node] = {}
    placeholders = [node for node in traced.graph.nodes if node.op == "placeholder"]
    for node in placeholders:
        copies[node] = rest.node_copy(node)
    root = nn.Module()
    for node in traced.graph.nodes:
        if node.op in ("get_attr", "call_module"):
            _copy_attr(traced, root, str(node.target))
    root.training = traced.training
    empty: Any = nn.ParameterList() if len(given) > 1 else nn.Parameter(flambeau.empty(1), requires_grad=False)
    setattr(root, name, empty)
    if given:
        folded = rest.get_attr(name)
        folded.meta.update(given[0].meta if len(given) == 1 else {})
        if len(given) == 1:
            copies[given[0]] = folded
        else:
            import operator

            for at, node in enumerate(given):
                copies[node] = rest.call_function(operator.getitem, (folded, at))
                copies[node].meta = copy.copy(node.meta)
    for node in traced.graph.nodes:
        unused = node in constant and (node.op != "get_attr" or all(user in constant for user in node.users))
        if node in copies or unused:
            continue
        copies[node] = rest.node_copy(node, copies.__getitem__)
    return FoldedGraphModule(root, rest, const_graph, name, device_for_folded_attrs)
