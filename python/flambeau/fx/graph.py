"""Graph: nodes in order, ways to add, move and remove them, checks, and printing.

Turning a graph into Python source is in _codegen.py; a graph with the module it belongs to is a GraphModule.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from ._codegen import (
    CodeGen,
    PythonCode,
    TransformCodeFunc,
    _custom_builtins,
    _CustomBuiltin,
    _PyTreeCodeGen,
    _PyTreeInfo,
    _register_custom_builtin,
    inplace_methods,
    magic_methods,
    reflectable_magic_methods,
)
from ._compatibility import stable, unstable
from ._naming import Namespace as _Namespace
from ._naming import is_library_object as _is_from_torch
from ._naming import snake_case as _snake_case
from ._tensor_text import dtype_abbrs
from .node import Argument, Node, Target, _get_qualified_name, _legal_ops, _type_repr, map_arg

if TYPE_CHECKING:
    from .graph_module import GraphModule

__all__ = [
    "CodeGen",
    "Graph",
    "PythonCode",
    "_CustomBuiltin",
    "_Namespace",
    "_PyTreeCodeGen",
    "_PyTreeInfo",
    "_custom_builtins",
    "_get_qualified_name",
    "_is_from_torch",
    "_legal_ops",
    "_register_custom_builtin",
    "_snake_case",
    "_type_repr",
    "dtype_abbrs",
    "inplace_methods",
    "magic_methods",
    "reflectable_magic_methods",
]


class _node_list:
    """The nodes of a graph as a sequence to iterate over; nodes may be erased and inserted meanwhile."""

    def __init__(self, graph: Graph, direction: Literal["_prev", "_next"] = "_next") -> None:
        if direction not in ("_prev", "_next"):
            raise AssertionError(f"fx: the direction {direction!r} is neither '_prev' nor '_next'")
        self.graph = graph
        self.direction = direction

    def __len__(self) -> int:
        return self.graph._len

    def __iter__(self) -> Iterator[Node]:
        root, direction = self.graph._root, self.direction
        at = getattr(root, direction)
        while at is not root:
            if not at._erased:
                yield at
            at = getattr(at, direction)

    def __reversed__(self) -> Iterator[Node]:
        return iter(_node_list(self.graph, "_next" if self.direction == "_prev" else "_prev"))


def _root_of(graph: Graph) -> Node:
    """What stands before the first node and after the last: a node that is none."""
    root = Node(graph, "", "output", "", (), {})
    root.op = "root"
    return root


class _InsertPoint:
    """Where new nodes go, until the `with` block ends."""

    def __init__(self, graph: Graph, new_insert: Callable[[Node], None]) -> None:
        self.graph = graph
        self.orig_insert, graph._insert = graph._insert, new_insert

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self.graph._insert = self.orig_insert


class _Index:
    """The nodes by operation, and calls of functions by function too."""

    def __init__(self) -> None:
        self.table: dict[Any, dict[Node, None]] = {}

    @staticmethod
    def key(node: Node) -> Any:
        if node.op != "call_function":
            return (node.op, None)
        try:
            hash(node.target)
        except TypeError:
            return (node.op, id(node.target))
        return (node.op, node.target)

    def insert(self, node: Node) -> None:
        self.table.setdefault(self.key(node), {})[node] = None

    def remove(self, node: Node) -> None:
        self.table.get(self.key(node), {}).pop(node, None)

    def find(self, op: str, target: Any) -> list[Node]:
        if op == "call_function":
            if target is None:
                return [node for (kind, _), nodes in self.table.items() if kind == op for node in nodes]
            return list(self.table.get((op, target), ()))
        nodes = self.table.get((op, None), ())
        return [node for node in nodes if target is None or node.target == target]


class Graph:
    """The calls of a function or module in the order in which they run.

    ``graph.call_function(torch.relu, (x,))`` and the like append a node; `inserting_before` and `inserting_after`
    choose another place. A graph runs as part of a :class:`GraphModule`, or in an :class:`Interpreter`.
    """

    @stable
    def __init__(
        self,
        owning_module: GraphModule | None = None,
        tracer_cls: type[Any] | None = None,
        tracer_extras: dict[str, Any] | None = None,
    ) -> None:
        self._len = 0
        self._graph_namespace = _Namespace()
        self._owning_module = owning_module
        self._owners = 0
        self._tracer_cls = tracer_cls
        self._tracer_extras = tracer_extras
        self._codegen = CodeGen()
        self._co_fields: dict[str, Any] = {}
        self._index = _Index()
        self._order_is_stale = False
        self._root = _root_of(self)
        self._insert: Callable[[Node], None] = self._root.prepend

    @property
    def owning_module(self) -> Any:
        """The module whose attributes the graph's targets are; None while it belongs to none, or to several."""
        return self._owning_module

    @owning_module.setter
    def owning_module(self, mod: GraphModule | None) -> None:
        self._owning_module = mod

    @property
    def nodes(self) -> _node_list:
        """The nodes, in order. Iterating is safe while nodes are erased or inserted."""
        return _node_list(self)

    @unstable
    def output_node(self) -> Node:
        """The output, which is the last node."""
        last = self._root._prev
        if last.op != "output" or last is self._root:
            raise AssertionError("fx.Graph.output_node: the last node is no output")
        return last

    @unstable
    def find_nodes(self, *, op: str, target: Target | None = None, sort: bool = True) -> list[Node]:
        """The nodes of an operation and, if given, a target; found by an index, not by looking at all nodes.

        Args:
            op: the operation.
            target: the function, or the name of the method, module, attribute or input.
            sort: in the order of the graph.
        """
        found = self._index.find(op, target)
        return sorted(found) if sort else found

    def _number_nodes(self) -> None:
        for position, node in enumerate(self.nodes):
            node._position = position
        self._root._position = self._len
        self._order_is_stale = False

    # Adding. ---------------------------------------------------------------------------------------------------

    @stable
    def create_node(
        self,
        op: str,
        target: Target,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        name: str | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Add a node at the insert point.

        Args:
            op: what it does; see :class:`Node`.
            target: the function or name.
            args, kwargs: the arguments.
            name: the name wished for; by default one made from the target. A number is added if it is taken.
            type_expr: the type annotation of the value.
        """
        args = () if args is None else args
        kwargs = {} if kwargs is None else kwargs
        wish = self._target_to_str(target) if name is None else name
        node = Node(self, self._graph_namespace.create_name(wish, None), op, target, args, kwargs, type_expr)
        self._graph_namespace.associate_name_with_obj(node.name, node)
        self._insert(node)
        self._index.insert(node)
        self._len += 1
        self._order_is_stale = True
        for hook in getattr(self._owning_module, "_create_node_hooks", ()):
            hook(node)
        return node

    @staticmethod
    def _target_to_str(target: Any) -> str:
        if callable(target):
            text = str(getattr(target, "__name__", type(target).__name__))
        else:
            text = str(target)
        if text.startswith("__") and text.endswith("__") and len(text) > 4:
            text = text[2:-2]
        return _snake_case(text)

    @stable
    def placeholder(self, name: str, type_expr: Any = None, default_value: Any = ...) -> Node:
        """Add an input. Inputs come before everything else, in the order of the parameters."""
        given = () if default_value is ... else (default_value,)
        return self.create_node("placeholder", name, given, type_expr=type_expr)

    def _warn_if_absent(self, what: str, qualified_name: str) -> None:
        if self._owning_module is not None and not _has_attribute(self._owning_module, qualified_name):
            warnings.warn(
                f"fx.Graph.{what}: the module that owns the graph has no {qualified_name!r} yet; "
                "add it before the graph is run (GraphModule.add_submodule adds modules)",
                stacklevel=3,
            )

    @stable
    def get_attr(self, qualified_name: str, type_expr: Any = None) -> Node:
        """Add a node that reads a parameter, buffer or other attribute of the module: "layer.weight"."""
        self._warn_if_absent("get_attr", qualified_name)
        return self.create_node("get_attr", qualified_name, type_expr=type_expr)

    @stable
    def call_module(
        self,
        module_name: str,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Add a call of a submodule: "layers.0"."""
        self._warn_if_absent("call_module", module_name)
        return self.create_node("call_module", module_name, args, kwargs, type_expr=type_expr)

    @stable
    def call_method(
        self,
        method_name: str,
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Add a call of a method of the first argument."""
        return self.create_node("call_method", method_name, args, kwargs, type_expr=type_expr)

    @stable
    def call_function(
        self,
        the_function: Callable[..., Any],
        args: tuple[Argument, ...] | None = None,
        kwargs: dict[str, Argument] | None = None,
        type_expr: Any = None,
        name: str | None = None,
    ) -> Node:
        """Add a call of a function."""
        return self.create_node("call_function", the_function, args, kwargs, name=name, type_expr=type_expr)

    @stable
    def output(self, result: Argument, type_expr: Any = None) -> Node:
        """Add the output: a node, or a structure of tuples, lists and dicts with nodes in it."""
        return self.create_node("output", "output", (result,), type_expr=type_expr)

    @stable
    def node_copy(self, node: Node, arg_transform: Callable[[Node], Argument] = lambda x: x) -> Node:
        """Add a copy of another graph's node. `arg_transform` gives this graph's node for each of its inputs."""
        args, kwargs = map_arg(node.args, arg_transform), map_arg(node.kwargs, arg_transform)
        made = self.create_node(node.op, node.target, args, kwargs, node.name, node.type)
        made.meta = copy.copy(node.meta)
        return made

    @stable
    def graph_copy(self, g: Graph, val_map: dict[Node, Node], return_output_node: bool = False) -> Any:
        """Add copies of another graph's nodes, without its output.

        Args:
            g: the other graph.
            val_map: from its nodes to this graph's. Nodes that are there already are not copied; copies are added.
            return_output_node: give the other graph's output node, too.

        Returns:
            What the output returns, in terms of this graph; None if the other graph has no output.
        """
        for node in g.nodes:
            if node in val_map:
                continue
            if node.op == "output":
                result = map_arg(node.args[0], val_map.__getitem__)
                return (result, node) if return_output_node else result
            val_map[node] = self.node_copy(node, val_map.__getitem__)
        return None

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Graph:
        made = Graph(tracer_cls=self._tracer_cls, tracer_extras=self._tracer_extras)
        val_map: dict[Node, Node] = {}
        found = made.graph_copy(self, val_map, return_output_node=True)
        made._codegen = copy.deepcopy(self._codegen)
        made._co_fields = dict(self._co_fields)
        if memo is not None:
            memo.update({id(old): new for old, new in val_map.items()})
        if found is not None:
            result, old_output = found
            new_output = made.output(result, type_expr=old_output.type)
            new_output.meta = copy.copy(old_output.meta)
            new_output._rename(old_output.name)
        return made

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for dropped in ("_insert", "_owning_module", "_root", "_index"):
            del state[dropped]
        state["_nodes"] = list(self.nodes)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        nodes = state.pop("_nodes")
        self.__dict__.update(state)
        self._owning_module = None
        self._index = _Index()
        self._root = _root_of(self)
        self._insert = self._root.prepend
        for node in nodes:
            self._root.prepend(node)
            self._index.insert(node)
        self._order_is_stale = True

    # Moving and removing. --------------------------------------------------------------------------------------

    @stable
    def inserting_before(self, n: Node | None = None) -> _InsertPoint:
        """New nodes go before this one, in order; before all of them without an argument. Use it in `with`."""
        if n is None:
            return self.inserting_after(self._root)
        if n.graph is not self:
            raise AssertionError(f"fx.Graph.inserting_before: {n} is a node of another graph")
        return _InsertPoint(self, n.prepend)

    @stable
    def inserting_after(self, n: Node | None = None) -> _InsertPoint:
        """New nodes go after this one, in order; after all of them without an argument. Use it in `with`."""
        if n is None:
            return self.inserting_before(self._root)
        if n.graph is not self:
            raise AssertionError(f"fx.Graph.inserting_after: {n} is a node of another graph")
        return _InsertPoint(self, n._next.prepend)

    @stable
    def erase_node(self, to_erase: Node) -> None:
        """Take a node out of the graph.

        Raises:
            RuntimeError: other nodes use it, or it belongs to another graph.
        """
        if to_erase.users:
            raise RuntimeError(
                f"fx.Graph.erase_node: {to_erase} still has {len(to_erase.users)} users in the graph: "
                f"{list(to_erase.users)}"
            )
        if to_erase.graph is not self:
            raise RuntimeError(f"fx.Graph.erase_node: {to_erase} is a node of another graph")
        if to_erase._erased:
            warnings.warn(f"fx.Graph.erase_node: {to_erase} has been erased already", stacklevel=2)
            return
        for hook in getattr(self._owning_module, "_erase_node_hooks", ()):
            hook(to_erase)
        self._index.remove(to_erase)
        to_erase._remove_from_list()
        to_erase._erased = True  # iterators that stand on it go on from its neighbours
        self._len -= 1
        self._order_is_stale = True
        to_erase._set_arguments(map_arg(to_erase.args, lambda n: None), map_arg(to_erase.kwargs, lambda n: None))

    @stable
    def eliminate_dead_code(self, is_impure_node: Callable[[Node], bool] | None = None) -> bool:
        """Erase what nobody uses and has no effect of its own.

        Args:
            is_impure_node: answers whether a node has to stay; :meth:`Node.is_impure` by default.

        Returns:
            Whether anything was erased.
        """
        self.lint()
        impure = Node.is_impure if is_impure_node is None else is_impure_node
        before = self._len
        for node in reversed(self.nodes):
            if not node.users and node.op not in ("placeholder", "output") and not impure(node):
                self.erase_node(node)
        return self._len < before

    def _clear_nodes(self) -> None:
        for node in reversed(self.nodes):
            node.users = {}
            self.erase_node(node)

    # Looking. --------------------------------------------------------------------------------------------------

    @stable
    def lint(self) -> None:
        """Check the graph.

        Raises:
            RuntimeError: a value is used before it is there, two nodes have one name, the output is not last, a node
                belongs elsewhere, or the module has no such attribute.
        """
        self._check_order()
        owner = self._owning_module
        if owner is None:
            return
        for node in self.nodes:
            if node.op in ("get_attr", "call_module") and not _has_attribute(owner, str(node.target)):
                raise RuntimeError(
                    f"fx.Graph.lint: node {node} wants {node.target!r}, which {type(owner).__name__} lacks"
                )
            if node.op == "call_module" and not callable(_get_attribute(owner, str(node.target))):
                raise RuntimeError(f"fx.Graph.lint: node {node} calls {node.target!r}, which is no module")

    def _check_order(self) -> None:
        names: set[str] = set()
        there: set[Node] = set()
        output: Node | None = None
        for node in self.nodes:
            if node.graph is not self:
                raise RuntimeError(f"fx.Graph.lint: node {node} belongs to another graph")
            if output is not None:
                raise RuntimeError(f"fx.Graph.lint: node {node} comes after the output {output}")
            if node.op == "output":
                output = node
            for used in node.all_input_nodes:
                if used.graph is not self:
                    raise RuntimeError(f"fx.Graph.lint: {used}, which {node} uses, is a node of another graph")
                if used not in there:
                    state = "was erased" if used._erased else "comes later"
                    raise RuntimeError(
                        f"fx.Graph.lint: {used}, which {node} uses, {state}; nodes have to be inserted in order\n{self}"
                    )
            if node.name in names:
                raise RuntimeError(f"fx.Graph.lint: two nodes are named {node.name!r}")
            names.add(node.name)
            there.add(node)

    def __str__(self) -> str:
        return "".join(["graph():", *(f"\n    {node.format_node()}" for node in self.nodes)])

    @stable
    def print_tabular(self) -> None:
        """Print the nodes as a table: operation, name, target, arguments."""
        head = ["opcode", "name", "target", "args", "kwargs"]
        rows = [[n.op, n.name, str(n.target), str(n.args), str(n.kwargs)] for n in self.nodes]
        widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
        for row in [head, ["-" * width for width in widths], *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    # Code. -----------------------------------------------------------------------------------------------------

    @unstable
    def process_inputs(self, *args: Any) -> Any:
        """The arguments of a call as the values of the placeholders."""
        return self._codegen.process_inputs(*args)

    @unstable
    def process_outputs(self, out: Any) -> Any:
        """What the output node returns as the result of a call."""
        return self._codegen.process_outputs(out)

    @stable
    def python_code(
        self,
        root_module: str,
        *,
        verbose: bool = False,
        include_stride: bool = False,
        include_device: bool = False,
        colored: bool = False,
        expanded_def: bool = False,
        record_func: bool = False,
        additional_meta: list[str] | None = None,
    ) -> PythonCode:
        """The graph as the source of a function.

        Args:
            root_module: what the module is called in it, usually "self".
            verbose: with comments that say where nodes come from, and types.
            include_stride, include_device: in those types.
            colored, expanded_def, record_func, additional_meta: one input a line (`expanded_def`); the others are
                accepted and change nothing.

        Returns:
            The source, with the globals that it needs.
        """
        namespace = _Namespace()

        def name_of(node: Node) -> str:
            return namespace.create_name(node.name, node)

        saved = {node: node._repr_fn for node in self.nodes}
        try:
            for node in saved:
                node._repr_fn = name_of
            return self._codegen._gen_python_code(
                self.nodes,
                root_module,
                namespace,
                verbose=verbose,
                include_stride=include_stride,
                include_device=include_device,
                expanded_def=expanded_def,
            )
        finally:
            for node, function in saved.items():
                node._repr_fn = function

    @unstable
    def set_codegen(self, codegen: CodeGen) -> None:
        """Let another object turn the graph into source."""
        self._codegen = codegen

    @unstable
    def on_generate_code(
        self, make_transformer: Callable[[TransformCodeFunc | None], TransformCodeFunc | None]
    ) -> contextlib.AbstractContextManager[None]:
        """Let a function change the lines of the source before they are compiled.

        Args:
            make_transformer: gets the function that is set, or None, and gives the one to set.

        Returns:
            A context that puts the former function back at its end; without `with`, the new one stays.
        """
        before = self._codegen._body_transformer
        self._codegen._body_transformer = make_transformer(before)

        @contextlib.contextmanager
        def restoring() -> Iterator[None]:
            try:
                yield
            finally:
                self._codegen._body_transformer = before

        return restoring()


def _get_attribute(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part)
    return module


def _has_attribute(module: Any, path: str) -> bool:
    try:
        _get_attribute(module, path)
    except AttributeError:
        return False
    return True
