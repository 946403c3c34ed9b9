"""FxGraphDrawer: a graph as a drawing for Graphviz, through the package pydot."""

from __future__ import annotations

import hashlib
from typing import Any

import flambeau

from .._compatibility import unstable
from ..graph_module import GraphModule
from ..node import Node, _format_arg
from .shape_prop import TensorMetadata

try:
    import pydot

    HAS_PYDOT = True
except ModuleNotFoundError:
    HAS_PYDOT = False

__all__ = ["FxGraphDrawer"]

_COLOR_MAP = {
    "placeholder": "AliceBlue",
    "call_module": "LemonChiffon1",
    "get_param": "Yellow2",
    "get_attr": "LightGrey",
    "output": "PowderBlue",
}
_COLORS_OF_CALLS = [
    "LightBlue1", "LightPink1", "PaleGreen1", "Plum1", "Gold1", "SkyBlue2", "SeaGreen1", "Orange1", "Orchid1",
    "SpringGreen2", "Tan1", "Turquoise1",
]  # fmt: skip
_STYLE = {"fillcolor": "Yellow", "style": '"filled,rounded"', "fontcolor": "#000000"}


@unstable
class FxGraphDrawer:
    """Drawings of a graph module and the graph modules in it.

    ``FxGraphDrawer(module, "name").get_dot_graph().write_svg("a.svg")``

    Args:
        graph_module: the module.
        name: the name of the drawing.
        ignore_getattr: leave out reads of attributes.
        ignore_parameters_and_buffers: do not list parameters and buffers of modules that are called.
        skip_node_names_in_args: show only constants among arguments.
        parse_stack_trace: show where nodes come from.
        dot_graph_shape: the shape of nodes; "record" by default.
        normalize_args: show arguments by name with their defaults.

    Raises:
        RuntimeError: pydot is not installed.
    """

    def __init__(
        self,
        graph_module: GraphModule,
        name: str,
        ignore_getattr: bool = False,
        ignore_parameters_and_buffers: bool = False,
        skip_node_names_in_args: bool = True,
        parse_stack_trace: bool = False,
        dot_graph_shape: str | None = None,
        normalize_args: bool = False,
    ) -> None:
        if not HAS_PYDOT:
            raise RuntimeError("fx.FxGraphDrawer: drawing needs the package pydot, which is not installed")
        self._name = name
        self.dot_graph_shape = dot_graph_shape or "record"
        self.normalize_args = normalize_args
        self._ignore_getattr = ignore_getattr
        self._ignore_parameters = ignore_parameters_and_buffers
        self._skip_names = skip_node_names_in_args
        self._parse_stack_trace = parse_stack_trace
        self._dot_graphs = {name: self._drawing(graph_module, name)}
        for child_name, child in graph_module.named_modules():
            if isinstance(child, GraphModule) and child_name:
                full = f"{name}_{child_name}"
                self._dot_graphs[full] = self._drawing(child, full)

    def get_dot_graph(self, submod_name: str | None = None) -> Any:
        """The drawing of the module, as a `pydot.Dot`; or of the graph module in it with this path."""
        return self._dot_graphs[self._name if submod_name is None else f"{self._name}_{submod_name}"]

    def get_main_dot_graph(self) -> Any:
        """The drawing of the module."""
        return self._dot_graphs[self._name]

    def get_submod_dot_graph(self, submod_name: str) -> Any:
        """The drawing of the graph module in it with this path."""
        return self._dot_graphs[f"{self._name}_{submod_name}"]

    def get_all_dot_graphs(self) -> dict[str, Any]:
        """All drawings by name."""
        return self._dot_graphs

    def _drawing(self, module: GraphModule, name: str) -> Any:
        dot = pydot.Dot(name, rankdir="TB")
        for node in module.graph.nodes:
            if self._ignore_getattr and node.op == "get_attr":
                continue
            style = {**_STYLE, "shape": self.dot_graph_shape, "fillcolor": self._color(node)}
            dot.add_node(pydot.Node(node.name, label=self._label(module, node), **style))
            for used in node.all_input_nodes:
                if not (self._ignore_getattr and used.op == "get_attr"):
                    dot.add_edge(pydot.Edge(used.name, node.name))
        return dot

    def _color(self, node: Node) -> str:
        if node.op in _COLOR_MAP:
            return _COLOR_MAP[node.op]
        text = node._pretty_print_target(node.target)
        number = int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:4], "big")
        return _COLORS_OF_CALLS[number % len(_COLORS_OF_CALLS)]

    def _label(self, module: GraphModule, node: Node) -> str:
        lines = [f"name=%{node.name}", f"op_code={node.op}"]
        if node.op == "call_module":
            called = module.get_submodule(str(node.target))
            lines[1] += f"\\n{type(called).__name__}"
            lines += [f"{name}={getattr(called, name)}" for name in getattr(called, "__constants__", ())]
            if not self._ignore_parameters:
                for name, tensor in (*called.named_parameters(), *called.named_buffers()):
                    lines.append(f"{name}: {self._tensor(tensor)}")
        else:
            lines.append(f"target={node._pretty_print_target(node.target)}")
            lines += self._arguments(module, node)
        lines.append(f"num_users={len(node.users)}")
        meta = node.meta.get("tensor_meta")
        if isinstance(meta, TensorMetadata):
            lines.append(f"dtype={meta.dtype}, shape={tuple(meta.shape)}")
        if self._parse_stack_trace and node.stack_trace:
            lines.append(node.stack_trace.strip().splitlines()[-1].strip())
        return "{" + "|".join(map(_escape, lines)) + "}"

    def _arguments(self, module: GraphModule, node: Node) -> list[str]:
        args, kwargs = node.args, dict(node.kwargs)
        if self.normalize_args and (pair := node.normalized_arguments(module, normalize_to_only_use_kwargs=True)):
            args, kwargs = pair.args, pair.kwargs

        def shown(values: Any) -> list[Any]:
            return [value for value in values if not (self._skip_names and isinstance(value, Node))]

        lines = []
        if positional := shown(args):
            lines.append(f"args={_format_arg(tuple(positional), 10)}")
        named = {name: value for name, value in kwargs.items() if shown([value])}
        if named:
            lines.append(f"kwargs={_format_arg(named, 10)}")
        return lines

    @staticmethod
    def _tensor(tensor: flambeau.Tensor) -> str:
        return f"{tensor.dtype}{list(tensor.shape)}"


def _escape(text: str) -> str:
    """Characters that mean something in labels of records."""
    for sign in "{}<>|":
        text = text.replace(sign, "\\" + sign)
    return text
