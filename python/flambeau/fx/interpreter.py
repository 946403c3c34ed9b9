"""Interpreter: running a graph node by node. Transformer: making a graph out of another one in the same way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from flambeau import nn

from . import traceback as fx_traceback
from ._compatibility import stable
from ._symbolic_trace import Tracer
from .graph import Graph
from .graph_module import GraphModule
from .node import Argument, Node, Target, map_aggregate, map_arg
from .proxy import Proxy

__all__ = ["Interpreter", "Transformer"]


@stable
class Interpreter:
    """Runs a graph node by node. Subclasses override what happens at each: `run_node`, `call_function` and so on.

    Args:
        module: the graph module, or a module beside whose attributes `graph` runs.
        garbage_collect_values: forget values after their last use.
        graph: another graph than the module's own.
    """

    @stable
    def __init__(self, module: nn.Module, garbage_collect_values: bool = True, graph: Graph | None = None) -> None:
        self.module = module
        self.submodules = dict(module.named_modules())
        own: Any = module.graph if graph is None else graph
        self.graph: Graph = own
        self.env: dict[Node, Any] = {}
        self.name = "Interpreter"
        self.garbage_collect_values = garbage_collect_values
        self.extra_traceback = True
        if garbage_collect_values:
            self.user_to_last_uses: dict[Node, list[Node]] = {}
            ends: set[Node] = set()
            for user in reversed(self.graph.nodes):
                for value in user.all_input_nodes:
                    if value not in ends:
                        ends.add(value)
                        self.user_to_last_uses.setdefault(user, []).append(value)

    @stable
    def run(self, *args: Any, initial_env: dict[Node, Any] | None = None, enable_io_processing: bool = True) -> Any:
        """Run the graph.

        Args:
            args: the arguments, in the order of the inputs.
            initial_env: values of nodes that need not be computed.
            enable_io_processing: take structures apart and put them together as the graph's code does.

        Returns:
            What the graph returns.
        """
        self.env = {} if initial_env is None else initial_env
        if enable_io_processing:
            args = self.graph.process_inputs(*args)
        self.args_iter: Iterator[Any] = iter(args)
        for node in self.graph.nodes:
            if node in self.env:
                continue
            try:
                self.env[node] = self.run_node(node)
            except Exception as error:
                if self.extra_traceback:
                    _note_node(error, node)
                raise
            if self.garbage_collect_values:
                for value in self.user_to_last_uses.get(node, ()):
                    self.env.pop(value, None)
            if node.op == "output":
                result = self.env[node]
                return self.graph.process_outputs(result) if enable_io_processing else result
        return None

    @stable
    def boxed_run(self, args_list: list[Any]) -> Any:
        """Run the graph with arguments from a list, which is emptied so that they can be let go early."""
        inputs = [node for node in self.graph.nodes if node.op == "placeholder"]
        if len(args_list) != len(inputs):
            raise AssertionError(f"fx.Interpreter.boxed_run: {len(args_list)} arguments for {len(inputs)} inputs")
        env = dict(zip(inputs, args_list, strict=True))
        args_list.clear()
        return self.run(initial_env=env)

    @contextlib.contextmanager
    def _set_current_node(self, node: Node) -> Iterator[None]:
        with fx_traceback.set_current_meta(node):
            yield

    @stable
    def run_node(self, n: Node) -> Any:
        """The value of a node: the method named like its operation is called with target and arguments."""
        with self._set_current_node(n):
            args, kwargs = self.fetch_args_kwargs_from_env(n)
            return getattr(self, n.op)(n.target, args, kwargs)

    @stable
    def placeholder(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The next argument, or the default; for ``*args`` what remains.

        Raises:
            RuntimeError: there is neither.
        """
        if str(target).startswith("*"):
            return list(self.args_iter)
        try:
            return next(self.args_iter)
        except StopIteration:
            if args:
                return args[0]
            raise RuntimeError(f"fx.Interpreter: no positional argument was given for the input {target!r}") from None

    @stable
    def get_attr(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An attribute of the module."""
        return self.fetch_attr(str(target))

    @stable
    def call_function(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a function."""
        if isinstance(target, str):
            raise AssertionError(f"fx.Interpreter.call_function: the target {target!r} is a name")
        return target(*args, **kwargs)

    @stable
    def call_method(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a method of the first argument."""
        receiver, *rest = args
        return getattr(receiver, str(target))(*rest, **kwargs)

    @stable
    def call_module(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a submodule."""
        return self.fetch_attr(str(target))(*args, **kwargs)

    @stable
    def output(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the graph returns."""
        return args[0]

    @stable
    def fetch_attr(self, target: str) -> Any:
        """An attribute of the module by its path.

        Raises:
            RuntimeError: there is none.
        """
        found: Any = self.module
        parts = target.split(".")
        for at, part in enumerate(parts):
            if not hasattr(found, part):
                raise RuntimeError(
                    f"fx.Interpreter: the module has no {'.'.join(parts[: at + 1])!r}, part of the target {target!r}"
                )
            found = getattr(found, part)
        return found

    @stable
    def fetch_args_kwargs_from_env(self, n: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A node's arguments with values in the place of nodes."""
        args, kwargs = self.map_nodes_to_values(n.args, n), self.map_nodes_to_values(n.kwargs, n)
        return args, kwargs

    @stable
    def map_nodes_to_values(self, args: Argument, n: Node) -> Any:
        """An argument of node `n` with values in the place of nodes.

        Raises:
            RuntimeError: a value has not been computed.
        """

        def value_of(node: Node) -> Any:
            if node not in self.env:
                raise RuntimeError(
                    f"fx.Interpreter: node {n} uses {node}, which has no value (yet); graph.lint() finds why"
                )
            return self.env[node]

        return _plain(map_arg(args, value_of))


def _plain(args: Any) -> Any:
    """Arguments in lists and dicts of Python, which what is called may change."""
    if type(args) is tuple:
        return tuple(map(_plain, args))
    if isinstance(args, list):
        return list(map(_plain, args)) if type(args).__module__ == _IMMUTABLE else args
    if isinstance(args, dict):
        return {key: _plain(value) for key, value in args.items()} if type(args).__module__ == _IMMUTABLE else args
    return args


_IMMUTABLE = "flambeau.fx.immutable_collections"


def _note_node(error: BaseException, node: Node) -> None:
    text = f"in graph node {node.format_node()}"
    if node.stack_trace:
        text += f"\nrecorded at:\n{node.stack_trace}"
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


class _TransformerTracer(Tracer):
    """Records in a new graph. All modules are leaves; attributes are as they are."""

    def __init__(self, root: nn.Module) -> None:
        super().__init__()
        self.root = root
        self.graph = Graph()
        self.tensor_attrs = {}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True


@stable
class Transformer(Interpreter):
    """An Interpreter over Proxies: it makes a new graph. Subclasses override what becomes of each node.

    ``Transformer(module).transform()`` gives the new graph module.
    """

    @stable
    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.tracer = _TransformerTracer(module)
        self.new_graph = self.tracer.graph
        self.new_graph.set_codegen(module.graph._codegen)

    @stable
    def placeholder(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A Proxy for the input."""
        return Proxy(self.new_graph.create_node("placeholder", target, args[:1]), self.tracer)

    @stable
    def get_attr(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A Proxy for the attribute."""
        return self.tracer.proxy(self.new_graph.get_attr(str(target)))

    @stable
    def call_module(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call."""
        if not isinstance(target, str):
            raise AssertionError(f"fx.Transformer.call_module: the target {target!r} is no name")
        return self.tracer.call_module(self.module.get_submodule(target), self.submodules[target], args, kwargs)

    @stable
    def call_function(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call."""
        return self.tracer.create_proxy("call_function", target, args, kwargs)

    @stable
    def transform(self) -> GraphModule:
        """Run over the graph with Proxies, and give a module with the graph that this makes."""
        with fx_traceback.preserve_node_meta():
            result = super().run(enable_io_processing=False)
        if result is not None:

            def node_of(value: Any) -> Any:
                return value.node if isinstance(value, Proxy) else value

            old_output = self.graph.output_node()
            new_output = self.new_graph.output(map_aggregate(result, node_of), old_output.type)
            new_output.meta.update({k: v for k, v in old_output.meta.items() if k not in new_output.meta})
        return GraphModule(self.module, self.new_graph, type(self.module).__name__)
