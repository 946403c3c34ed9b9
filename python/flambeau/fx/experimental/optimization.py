"""Making a module quicker for inference: convolutions with their normalizations in them, no dropout."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from flambeau import nn
from flambeau.nn.utils.fusion import fuse_conv_bn_eval

from .._symbolic_trace import Tracer, symbolic_trace
from ..graph import Graph
from ..graph_module import GraphModule
from ..interpreter import Transformer
from ..node import Argument, Node, Target

__all__ = [
    "extract_subgraph",
    "fuse",
    "matches_module_pattern",
    "optimize_for_inference",
    "remove_dropout",
    "replace_node_module",
]


def _parent_name(target: str) -> tuple[str, str]:
    """The path of the module that holds a module, and the name there."""
    parent, _, name = target.rpartition(".")
    return parent, name


def matches_module_pattern(pattern: Iterable[type], node: Node, modules: dict[str, Any]) -> bool:
    """Whether a node and its first argument call modules of these classes: the argument's first."""
    if not node.args:
        return False
    for kind, current in zip(pattern, (node.args[0], node), strict=False):
        if not isinstance(current, Node) or current.op != "call_module":
            return False
        if type(modules.get(str(current.target))) is not kind:
            return False
    return True


def replace_node_module(node: Node, modules: dict[str, Any], new_module: nn.Module) -> None:
    """Put another module where the one is that a node calls."""
    parent, name = _parent_name(str(node.target))
    modules[str(node.target)] = new_module
    setattr(modules[parent], name, new_module)


def fuse(model: nn.Module, inplace: bool = False, no_trace: bool = False) -> nn.Module:
    """Fold batch normalizations into the convolutions before them, for inference.

    Args:
        model: the module, in evaluation mode.
        inplace: change it, rather than a copy.
        no_trace: it is a graph module already.

    Returns:
        The module, traced.
    """
    patterns = [(nn.Conv1d, nn.BatchNorm1d), (nn.Conv2d, nn.BatchNorm2d), (nn.Conv3d, nn.BatchNorm3d)]
    if not inplace:
        model = copy.deepcopy(model)
    traced: Any = model if no_trace and isinstance(model, GraphModule) else symbolic_trace(model)
    modules = dict(traced.named_modules())
    graph = traced.graph
    for pattern in patterns:
        for node in graph.nodes:
            if not matches_module_pattern(pattern, node, modules):
                continue
            before = node.args[0]
            if len(before.users) > 1:  # something else uses what the convolution gives
                continue
            normalization = modules[node.target]
            if not normalization.track_running_stats:
                continue
            fused = fuse_conv_bn_eval(modules[before.target], normalization)
            replace_node_module(before, modules, fused)
            node.replace_all_uses_with(before)
            graph.erase_node(node)
    return GraphModule(traced, graph, type(traced).__name__)


def remove_dropout(model: nn.Module) -> nn.Module:
    """A copy of a module without its dropout layers."""

    class DropoutRemover(Transformer):
        """Gives what dropout gets."""

        def call_module(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
            if isinstance(self.submodules[str(target)], nn.Dropout):
                return args[0]
            return super().call_module(target, args, kwargs)

    return DropoutRemover(symbolic_trace(model)).transform()


def extract_subgraph(orig_module: nn.Module, nodes: list[Node], inputs: list[Node], outputs: list[Node]) -> GraphModule:
    """A module of some nodes of a graph, with given inputs and results."""
    made = Graph()
    env: dict[Node, Node] = {}
    for node in inputs:
        env[node] = made.placeholder(node.name)
    for node in nodes:
        env[node] = made.node_copy(node, env.__getitem__)
    made.output([env[node] for node in outputs])
    made.lint()
    return GraphModule(orig_module, made)


def optimize_for_inference(
    model: nn.Module, pass_config: dict[str, Any] | None = None, tracer: type[Tracer] = Tracer
) -> nn.Module:
    """A copy of a module for inference: normalizations folded into convolutions, no dropout.

    Args:
        model: the module, in evaluation mode.
        pass_config: which of "conv_bn_fuse" and "remove_dropout" to leave out (False). Layouts for a library of
            kernels ("mkldnn_layout_optimize") are no concern here: the operators choose them.
        tracer: the class of the tracer.
    """
    chosen = {"conv_bn_fuse": True, "remove_dropout": True, "mkldnn_layout_optimize": False, **(pass_config or {})}
    if chosen["conv_bn_fuse"]:
        model = fuse(model)
    if chosen["remove_dropout"]:
        model = remove_dropout(model)
    made = tracer()
    return GraphModule(copy.deepcopy(model), made.trace(model))
