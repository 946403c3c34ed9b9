"""Splitting a graph into what a backend supports and what it does not, in as few parts as the order allows.

`_SplitterBase` is made to be derived from: a backend says what it supports, and compiles the parts named
`_run_on_acc_…`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import flambeau
from flambeau import nn

from .._compatibility import unstable
from ..graph_module import GraphModule
from ..node import Node, map_arg
from .operator_support import OperatorSupportBase
from .shape_prop import ShapeProp, TensorMetadata
from .split_utils import move_non_tensor_nodes_on_boundary, split_by_tags
from .tools_common import CALLABLE_NODE_OPS, FxNetAccFusionsFinder, get_node_target, is_node_output_tensor

__all__ = [
    "FxNetAccNodesFinder",
    "FxNetSplitterInternalError",
    "SplitResult",
    "Subgraph",
    "generate_inputs_for_submodules",
]

DEFAULT_MIN_ACC_MODULE_SIZE = 1
DEFAULT_SKIP_FUSION = False
DEFAULT_ALLOW_NON_TENSOR = False


class FxNetSplitterInternalError(Exception):
    """The splitter came into a state that cannot be."""


class _SplitterSettingBase:
    """Settings of a splitter.

    Args:
        min_acc_module_size: supported parts with fewer nodes are not worth one and are run like the rest.
        skip_fusion: do not keep together nodes between which something other than a tensor is passed.
        allow_non_tensor: supported parts may take and give something other than tensors.
        max_acc_splits: the most supported parts; negative: any number.
        move_non_tensor_nodes_on_boundary: move nodes that give no tensor to the part that uses them.
    """

    def __init__(
        self,
        min_acc_module_size: int = DEFAULT_MIN_ACC_MODULE_SIZE,
        skip_fusion: bool = DEFAULT_SKIP_FUSION,
        allow_non_tensor: bool = DEFAULT_ALLOW_NON_TENSOR,
        max_acc_splits: int = -1,
        move_non_tensor_nodes_on_boundary: bool = False,
    ) -> None:
        self.min_acc_module_size = min_acc_module_size
        self.skip_fusion = skip_fusion
        self.allow_non_tensor = allow_non_tensor
        self.max_acc_splits = max_acc_splits
        self.move_non_tensor_nodes_on_boundary = move_non_tensor_nodes_on_boundary


@unstable
class FxNetAccNodesFinder:
    """Finds the nodes that a backend can take.

    Unless `allow_non_tensor`, a node that takes something other than a tensor from an unsupported node, or gives
    something other to one, is left out, too.
    """

    def __init__(self, module: GraphModule, operator_support: OperatorSupportBase, allow_non_tensor: bool) -> None:
        self.module = module
        self.operator_support = operator_support
        self.allow_non_tensor = allow_non_tensor

    def __call__(self) -> set[Node]:
        submodules = dict(self.module.named_modules())
        found = {
            node
            for node in self.module.graph.nodes
            if node.op in CALLABLE_NODE_OPS and self.operator_support.is_node_supported(submodules, node)
        }
        if not self.allow_non_tensor:
            while dropped := {node for node in found if self._passes_other_than_tensors(node, found)}:
                found -= dropped
        return found

    @staticmethod
    def _passes_other_than_tensors(node: Node, found: set[Node]) -> bool:
        for used in node.all_input_nodes:
            if used.op in CALLABLE_NODE_OPS and used not in found and not is_node_output_tensor(used):
                return True
        return not is_node_output_tensor(node) and any(user not in found for user in node.users)


@unstable
@dataclass
class Subgraph:
    """Nodes that become one module.

    Attributes:
        is_acc: whether the backend takes it.
        nodes: its nodes, in order.
        device_ordinal: where it is to run; nothing here uses it.
    """

    is_acc: bool
    nodes: list[Node]
    device_ordinal: int | None = None


@unstable
class SplitResult(NamedTuple):
    """What `generate_split_results` gives.

    Attributes:
        split_module: the module that calls the parts.
        submodule_inputs: for each part, the arguments it gets with the sample input.
        non_acc_submodule_prefix: how the names of unsupported parts begin.
    """

    split_module: GraphModule
    submodule_inputs: dict[str, Any]
    non_acc_submodule_prefix: str


@unstable
def generate_inputs_for_submodules(
    model: nn.Module, inputs: Sequence[Any], target_submodules: Iterable[str], deepcopy: bool = False
) -> dict[str, Any]:
    """The positional arguments that submodules get when a model is called.

    Args:
        model: the model.
        inputs: its arguments.
        target_submodules: the paths of the submodules.
        deepcopy: copy the arguments, lest the call changes them.
    """
    seen: dict[str, Any] = {}
    handles = []
    wanted = set(target_submodules)
    for name, module in model.named_modules():
        if name in wanted:

            def note(module: nn.Module, args: Any, name: str = name) -> None:
                seen[name] = copy.deepcopy(args) if deepcopy else args

            handles.append(module.register_forward_pre_hook(note))
    try:
        with flambeau.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return seen


class _SplitterBase:
    """Splits a module into parts that run on a backend and parts that do not.

    Calling it gives the module whose graph calls the parts in turn: `_run_on_acc_0`, `_run_on_cpu_1`, ….

    Args:
        module: the module; it is not changed.
        sample_input: arguments, to find shapes and types with.
        operator_support: which nodes the backend takes.
        settings: see `_SplitterSettingBase`.
        non_acc_submodule_name: how the names of the other parts begin.
        return_tuple: let parts with one result give a tuple, too.
    """

    def __init__(
        self,
        module: GraphModule,
        sample_input: Sequence[Any],
        operator_support: OperatorSupportBase,
        settings: _SplitterSettingBase,
        non_acc_submodule_name: str = "_run_on_cpu_",
        return_tuple: bool = False,
        nodes_finder: FxNetAccNodesFinder | None = None,
    ) -> None:
        if not isinstance(module, GraphModule):
            raise AssertionError(f"fx splitter: a GraphModule is wanted, but got {type(module).__name__}")
        self.module = copy.deepcopy(module)
        ShapeProp(self.module).propagate(*sample_input)
        self.settings = settings
        self.operator_support = operator_support
        self.sample_input = sample_input
        finder = nodes_finder or FxNetAccNodesFinder(self.module, operator_support, settings.allow_non_tensor)
        self.acc_nodes = finder()
        self.fusions: dict[Node, set[Node]] = {}
        if not settings.skip_fusion:
            self.fusions = FxNetAccFusionsFinder(self.module, self.acc_nodes)()
        self.non_acc_submodule_name = non_acc_submodule_name
        self._return_tuple = return_tuple
        self.tags: list[str] = []

    def put_nodes_into_subgraphs(self) -> list[Subgraph]:
        """Parts in turn, each as large as what its nodes need allows."""
        waiting = [node for node in self.module.graph.nodes if node.op in CALLABLE_NODE_OPS]
        done: set[Node] = set()
        parts: list[Subgraph] = []
        idle = 0
        on_acc = not any(
            node not in self.acc_nodes and not any(u.op in CALLABLE_NODE_OPS for u in node.all_input_nodes)
            for node in waiting
        )
        while waiting:
            part = Subgraph(is_acc=on_acc, nodes=[])
            progress = True
            while progress:
                progress = False
                for node in list(waiting):
                    if (node in self.acc_nodes) is not on_acc:
                        continue
                    group = self.fusions.get(node, {node})
                    outside = {u for member in group for u in member.all_input_nodes if u.op in CALLABLE_NODE_OPS}
                    if outside - group <= done:
                        members = [member for member in waiting if member in group]
                        part.nodes.extend(members)
                        done.update(members)
                        waiting = [member for member in waiting if member not in group]
                        progress = True
            if part.nodes:
                order = {node: at for at, node in enumerate(self.module.graph.nodes)}
                part.nodes.sort(key=order.__getitem__)
                parts.append(part)
                idle = 0
            else:
                idle += 1
                if idle == 2:
                    raise FxNetSplitterInternalError(f"fx splitter: no order for the nodes {waiting}")
            on_acc = not on_acc
        return parts

    def remove_small_acc_subgraphs(self, subgraphs: list[Subgraph]) -> list[Subgraph]:
        """Take supported parts that are too small for unsupported ones, and join those that are neighbours."""
        result: list[Subgraph] = []
        for part in subgraphs:
            is_acc = part.is_acc and len(part.nodes) >= self.settings.min_acc_module_size
            if result and not result[-1].is_acc and not is_acc:
                result[-1].nodes.extend(part.nodes)
            else:
                result.append(Subgraph(is_acc, part.nodes, part.device_ordinal))
        return result

    def tag(self, subgraphs: list[Subgraph]) -> None:
        """Give the nodes of each part its name as `tag`."""
        self.tags = []
        for at, part in enumerate(subgraphs):
            name = f"_run_on_acc_{at}" if part.is_acc else f"{self.non_acc_submodule_name}{at}"
            self.tags.append(name)
            for node in part.nodes:
                if hasattr(node, "tag"):
                    raise FxNetSplitterInternalError(f"fx splitter: {node} is in {node.tag} already")
                node.tag = name

    def split(self, remove_tag: bool = False) -> GraphModule:
        """The module that calls the parts, by the tags."""
        made: Any = split_by_tags(self.module, self.tags, return_tuple=self._return_tuple)
        if remove_tag:
            for node in self.module.graph.nodes:
                node.__dict__.pop("tag", None)
        return made

    def _parts(self) -> list[Subgraph]:
        parts = self.remove_small_acc_subgraphs(self.put_nodes_into_subgraphs())
        if self.settings.move_non_tensor_nodes_on_boundary:
            move_non_tensor_nodes_on_boundary(parts)
        supported = sum(part.is_acc for part in parts)
        if 0 <= self.settings.max_acc_splits < supported:
            raise ValueError(
                f"fx splitter: {supported} supported parts, but max_acc_splits is {self.settings.max_acc_splits}"
            )
        return parts

    def __call__(self) -> GraphModule:
        self.tag(self._parts())
        return self.split()

    def generate_split_results(self) -> SplitResult:
        """The module that calls the parts, and the arguments that each gets with the sample input."""
        made = self()
        names = [name for name, _ in made.named_children()]
        inputs = generate_inputs_for_submodules(made, self.sample_input, names)
        return SplitResult(made, inputs, self.non_acc_submodule_name)

    def node_support_preview(self, dump_graph: bool = False) -> str:
        """What the backend takes and what it does not, as text; printed, too."""
        submodules = dict(self.module.named_modules())
        kinds: dict[bool, dict[str, None]] = {True: {}, False: {}}

        def kind(arg: Node) -> Any:
            meta = arg.meta.get("tensor_meta")
            return meta.dtype if isinstance(meta, TensorMetadata) else None

        for node in self.module.graph.nodes:
            if node.op not in CALLABLE_NODE_OPS:
                continue
            positional = tuple(kind(arg) for arg in node.args if isinstance(arg, Node))
            named: Any = map_arg(dict(node.kwargs), kind)
            shown = {name: value for name, value in named.items() if value is not None}
            supported = self.operator_support.is_node_supported(submodules, node)
            kinds[supported][f"{get_node_target(submodules, node)}: ({positional}, {shown})"] = None
        text = "\n".join(
            line
            for supported, title in ((True, "Supported by the backend:"), (False, "Not supported:"))
            for line in (title, *(kinds[supported] or ["(nothing)"]), "")
        )
        print(text)
        return text
