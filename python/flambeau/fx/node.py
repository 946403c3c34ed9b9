"""Node: one value of a graph: an input, a call, an attribute of the module, or the output.

`map_arg` and `map_aggregate` walk through arguments. Graph, which keeps the nodes in order, is in graph.py.
"""

from __future__ import annotations

import functools
import operator
import types
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

import flambeau

from . import _naming
from ._compatibility import stable, unstable
from ._naming import qualified_name as _get_qualified_name
from ._naming import type_repr as _type_repr
from .immutable_collections import immutable_dict, immutable_list

if TYPE_CHECKING:
    from .graph import Graph
    from .operator_schemas import ArgsKwargsPair

__all__ = ["Argument", "Node", "Target", "has_side_effect", "map_aggregate", "map_arg"]

BaseArgumentTypes = Union[  # noqa: UP007
    str,
    int,
    float,
    bool,
    complex,
    flambeau.dtype,
    flambeau.Tensor,
    flambeau.device,
    flambeau.memory_format,
    flambeau.layout,
]
base_types = BaseArgumentTypes.__args__  # type: ignore[attr-defined]
Target = Union[Callable[..., Any], str]  # noqa: UP007
Argument = Optional[  # noqa: UP045
    Union[
        "Node", BaseArgumentTypes, range, slice, Mapping[str, "Argument"], Sequence["Argument"], tuple["Argument", ...]
    ]
]

_legal_ops = dict.fromkeys(("call_function", "call_method", "get_attr", "call_module", "placeholder", "output"))
# Functions that are called for what they do, whoever uses their result.
_side_effectful_functions: set[Callable[..., Any]] = {operator.setitem}


@functools.cache
def _random_operators() -> frozenset[str]:
    """The operators that draw random numbers, with their in-place forms."""
    names = {entry["base"] for entry in flambeau._C.list_operators() if entry["random"]}
    return frozenset([*names, *(name + "_" for name in names)])


@unstable
def has_side_effect(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a function has effects beside its result, so that its calls are never taken for dead code."""
    _side_effectful_functions.add(fn)
    return fn


def _has_effect(target: Any) -> bool:
    try:
        if target in _side_effectful_functions:
            return True
    except TypeError:
        return False
    name = getattr(target, "__name__", "")
    if name in ("_assert", "_assert_async", "_assert_scalar"):
        return _naming.is_library_name(getattr(target, "__module__", "") or "")
    schema = getattr(target, "_schema", None)
    return bool(getattr(schema, "is_mutable", False))


def _find_module_of_method(orig_method: Callable[..., Any]) -> str:
    path = _naming.library_path(orig_method)
    return f"{_naming.library()}.{path}".rpartition(".")[0] if path else getattr(orig_method, "__module__", "") or ""


def _format_arg(arg: Any, max_list_len: float = float("inf")) -> str:
    """An argument as graphs print it: nodes as %name, strings without quotes, long lists shortened."""
    format_custom = getattr(arg, "_custom_fx_repr_fn", None)
    if format_custom is not None and not isinstance(arg, type):
        return str(format_custom())
    if isinstance(arg, (list, tuple)) and type(arg).__repr__ in (list.__repr__, tuple.__repr__):
        shown = [_format_arg(item) for item in arg[: int(min(max_list_len, len(arg)))]]
        if len(shown) < len(arg):
            shown.append(f"...[total_len={len(arg)}]")
        if isinstance(arg, list):
            return "[" + ", ".join(shown) + "]"
        return "(" + ", ".join(shown) + (",)" if len(arg) == 1 else ")")
    if isinstance(arg, dict):
        return "{" + ", ".join(f"{key}: {_format_arg(value)}" for key, value in arg.items()) + "}"
    return f"%{arg}" if isinstance(arg, Node) else str(arg)


class Node:
    """One value of a graph.

    Attributes:
        op: "call_module", "call_method", "call_function", "get_attr", "placeholder" or "output".
        target: what is called or read: a function; the name of a method, module, attribute or argument.
        name: the variable that holds the value in generated code; each name is there once in a graph.
        args, kwargs: the arguments; nodes among them, at any depth, are inputs. Assign to change them.
        users: the nodes that have this one among their arguments, as the keys of a dict.
        type: what the annotation says, or None.
        meta: whatever passes want to remember.
    """

    graph: Graph
    name: str
    op: str
    target: Target
    type: Any
    meta: dict[str, Any]
    users: dict[Node, None]

    @stable
    def __init__(
        self,
        graph: Graph,
        name: str,
        op: str,
        target: Target,
        args: tuple[Argument, ...],
        kwargs: dict[str, Argument],
        return_type: Any = None,
    ) -> None:
        if op not in _legal_ops:
            raise AssertionError(f"fx.Node: op {op!r} is none of {', '.join(_legal_ops)}")
        if op == "call_function":
            if not callable(target):
                raise ValueError(
                    f"fx.Node: a call_function node named {name!r} wants a callable as its target, "
                    f"but got {target!r} of type {type(target).__name__}"
                )
        elif not isinstance(target, str):
            raise ValueError(
                f"fx.Node: a {op} node named {name!r} wants a str as its target, "
                f"but got {target!r} of type {type(target).__name__}"
            )
        self.graph = graph
        self.name = name
        self.op = op
        self.target = target
        self.type = return_type
        self.meta = {}
        self.users = {}
        self._input_nodes: dict[Node, None] = {}
        self._prev = self._next = self
        self._erased = False
        self._position = 0
        self._repr_fn: Callable[[Node], str] | None = None
        self._args: tuple[Argument, ...] = ()
        self._kwargs: dict[str, Argument] = {}
        self._set_arguments(args, kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("name", "target", "op") and name in self.__dict__ and not self._erased:
            graph = self.graph
            if name == "name":
                for hook in getattr(graph.owning_module, "_replace_hooks", ()):
                    for user in self.users:
                        hook(old=self, new=value, user=user)
            elif self._next is not self:
                graph._index.remove(self)
                object.__setattr__(self, name, value)
                graph._index.insert(self)
                return
        object.__setattr__(self, name, value)

    # Place in the list. ----------------------------------------------------------------------------------------

    @property
    def next(self) -> Node:
        """The node after this one in the graph's order; the graph's root after the last."""
        return self._next

    @property
    def prev(self) -> Node:
        """The node before this one in the graph's order; the graph's root before the first."""
        return self._prev

    @stable
    def prepend(self, x: Node) -> None:
        """Move a node of the same graph to just before this one."""
        if self.graph is not x.graph:
            raise AssertionError(f"fx.Node.prepend: {x} is a node of another graph than {self}")
        if x is self:
            warnings.warn(f"fx.Node.prepend: {x} stays where it is: it cannot come before itself", stacklevel=2)
            return
        x._remove_from_list()
        before = self._prev
        before._next, x._prev = x, before
        x._next, self._prev = self, x
        self.graph._order_is_stale = True

    @stable
    def append(self, x: Node) -> None:
        """Move a node of the same graph to just after this one."""
        if x is self:
            warnings.warn(f"fx.Node.append: {x} stays where it is: it cannot come after itself", stacklevel=2)
            return
        self._next.prepend(x)

    def _remove_from_list(self) -> None:
        before, after = self._prev, self._next
        before._next, after._prev = after, before

    @property
    def _sort_key(self) -> int:
        if self.graph._order_is_stale:
            self.graph._number_nodes()
        return self._position

    def __lt__(self, other: Node) -> bool:
        return self._sort_key < other._sort_key

    def __gt__(self, other: Node) -> bool:
        return self._sort_key > other._sort_key

    def __le__(self, other: Node) -> bool:
        return self is other or self < other

    def __ge__(self, other: Node) -> bool:
        return self is other or self > other

    # Arguments. ------------------------------------------------------------------------------------------------

    @property
    def args(self) -> tuple[Argument, ...]:
        """The positional arguments. Assigning a tuple updates the `users` of the nodes that leave and enter."""
        return self._args

    @args.setter
    def args(self, a: tuple[Argument, ...]) -> None:
        self._set_arguments(a, self._kwargs)

    @property
    def kwargs(self) -> dict[str, Argument]:
        """The keyword arguments. Assigning a dict updates the `users` of the nodes that leave and enter."""
        return self._kwargs

    @kwargs.setter
    def kwargs(self, k: dict[str, Argument]) -> None:
        self._set_arguments(self._args, k)

    def _set_arguments(self, args: Any, kwargs: Any) -> None:
        if not isinstance(args, tuple):
            if not isinstance(args, list):
                raise AssertionError(f"fx.Node.args: a tuple is wanted, but got {args!r} of type {type(args).__name__}")
            args = tuple(args)
        if not isinstance(kwargs, dict):
            raise AssertionError(
                f"fx.Node.kwargs: a dict is wanted, but got {kwargs!r} of type {type(kwargs).__name__}"
            )
        inputs: dict[Node, None] = {}

        def note(node: Node) -> Node:
            inputs[node] = None
            return node

        new_args, new_kwargs = map_arg(args, note), map_arg(kwargs, note)
        for old in self._input_nodes:
            old.users.pop(self, None)
        self._args, self._kwargs, self._input_nodes = new_args, new_kwargs, inputs
        for new in inputs:
            new.users.setdefault(self)

    _update_args_kwargs = _set_arguments

    @property
    def all_input_nodes(self) -> list[Node]:
        """The nodes among the arguments, each once, in the order in which they appear."""
        return list(self._input_nodes)

    @stable
    def update_arg(self, idx: int, arg: Argument) -> None:
        """Replace the positional argument of this index."""
        args = list(self.args)
        args[idx] = arg
        self.args = tuple(args)

    @stable
    def insert_arg(self, idx: int, arg: Argument) -> None:
        """Insert a positional argument before this index."""
        if not 0 <= idx <= len(self.args):
            raise AssertionError(f"fx.Node.insert_arg: index {idx} for {len(self.args)} arguments")
        self.args = (*self.args[:idx], arg, *self.args[idx:])

    @stable
    def update_kwarg(self, key: str, arg: Argument) -> None:
        """Replace or add the keyword argument of this name."""
        self.kwargs = {**self.kwargs, key: arg}

    @stable
    def replace_all_uses_with(
        self,
        replace_with: Node,
        delete_user_cb: Callable[[Node], bool] | None = None,
        *,
        propagate_meta: bool = False,
    ) -> list[Node]:
        """Let the users of this node use another one instead.

        Args:
            replace_with: the node to use.
            delete_user_cb: called with each user; where it answers False the user is left as it is.
            propagate_meta: copy this node's `meta` to the other, whose own has to be empty.

        Returns:
            The users that were changed.
        """
        if propagate_meta:
            if replace_with.meta:
                raise AssertionError(
                    f"fx.Node.replace_all_uses_with: propagate_meta, but {replace_with} has meta already: "
                    f"{list(replace_with.meta)}"
                )
            replace_with.meta.update(self.meta)
        chosen = [user for user in self.users if delete_user_cb is None or delete_user_cb(user)]
        for user in chosen:
            user._replace_input(self, replace_with)
        return chosen

    @unstable
    def replace_input_with(self, old_input: Node, new_input: Node) -> None:
        """Put one node in the place of another among this node's arguments."""
        self._replace_input(old_input, new_input)

    def _replace_input(self, old: Node, new: Node) -> None:
        for hook in getattr(self.graph.owning_module, "_replace_hooks", ()):
            hook(old=old, new=new.name, user=self)

        def swap(node: Node) -> Node:
            return new if node is old else node

        self._set_arguments(map_arg(self.args, swap), map_arg(self.kwargs, swap))

    @unstable
    def normalized_arguments(
        self,
        root: flambeau.nn.Module,
        arg_types: tuple[Any] | None = None,
        kwarg_types: dict[str, Any] | None = None,
        normalize_to_only_use_kwargs: bool = False,
    ) -> ArgsKwargsPair | None:
        """The arguments with defaults filled in and put in the order of the signature; None where that is unknown."""
        from .operator_schemas import normalize_function, normalize_module

        if self.op == "call_function" and callable(self.target):
            return normalize_function(
                self.target, self.args, self.kwargs, arg_types, kwarg_types, normalize_to_only_use_kwargs
            )
        if self.op == "call_module" and isinstance(self.target, str):
            return normalize_module(root, self.target, self.args, self.kwargs, normalize_to_only_use_kwargs)
        return None

    # What it is. -----------------------------------------------------------------------------------------------

    @property
    def stack_trace(self) -> str | None:
        """Where in the program the node was recorded, if the tracer noted it."""
        return self.meta.get("stack_trace")

    @stack_trace.setter
    def stack_trace(self, trace: str | None) -> None:
        self.meta["stack_trace"] = trace

    @unstable
    def is_impure(self, impure_random: bool = True) -> bool:
        """Whether the node matters although nobody uses it: inputs, outputs, calls with effects.

        Args:
            impure_random: whether drawing random numbers, which moves the generator on, is such an effect.
        """
        if self.op in ("placeholder", "output"):
            return True
        if self.op == "call_function":
            if _has_effect(self.target):
                return True
            name = getattr(self.target, "__name__", "")
            return impure_random and name in _random_operators() and _naming.is_library_object(self.target)
        if self.op == "call_method":
            name = str(self.target)
            return name.endswith("_") and not name.endswith("__")
        if self.op == "call_module":
            owner = self.graph.owning_module
            if owner is None:
                raise AssertionError("fx.Node.is_impure: the graph of a call_module node has to belong to a module")
            return getattr(owner.get_submodule(str(self.target)), "_is_impure", False)
        return False

    def __repr__(self) -> str:
        return self._repr_fn(self) if self._repr_fn is not None else self.name

    @staticmethod
    def _pretty_print_target(target: Any) -> str:
        if isinstance(target, str):
            return target
        module = getattr(target, "__module__", None)
        if not hasattr(target, "__name__"):
            return str(target)
        if module == "builtins":
            return f"builtins.{target.__name__}"
        if module == "_operator":
            return f"operator.{target.__name__}"
        try:
            return _get_qualified_name(target)
        except RuntimeError:
            return str(target)

    @stable
    def format_node(
        self,
        placeholder_names: list[str] | None = None,
        maybe_return_typename: list[str] | None = None,
        *,
        include_tensor_metadata: bool = False,
    ) -> str | None:
        """The node as a line of text, as `print(graph)` shows it.

        Args:
            placeholder_names: where the names of inputs are collected; their lines are None then.
            maybe_return_typename: a list of one string that gets the type of the output.
            include_tensor_metadata: show type and shape where `meta` has them.
        """
        typename = f"{_type_repr(self.type)} " if self.type else ""
        users = f"[num_users={len(self.users)}]"
        if self.op == "placeholder":
            argument = str(self.target) + (f": {_type_repr(self.type)}" if self.type else "")
            if placeholder_names is not None:
                placeholder_names.append(argument)
                return None
            default = f"(default={self.args[0]})" if self.args else ""
            return f"%{self.name} : {typename}{users} = {self.op}[target={self.target}]{default}"
        if self.op == "output":
            return self._format_output(maybe_return_typename)
        head = f"%{self.name} : {typename}"
        if include_tensor_metadata and (described := self._describe_tensor()):
            head += described + " "
        head += f"{users} = {self.op}[target={self._pretty_print_target(self.target)}]"
        if self.op == "get_attr":
            return head
        return f"{head}(args = {_format_arg(self.args)}, kwargs = {_format_arg(self.kwargs)})"

    def _format_output(self, returned: list[str] | None) -> str:
        if returned and self.type:
            returned[0] = " -> " + _type_repr(self.type)
        return "return " + str(self.args[0])

    def _describe_tensor(self) -> str:
        from ._tensor_text import describe

        value = self.meta.get("val", self.meta.get("tensor_meta"))
        return "" if value is None else describe(value)

    def _rename(self, candidate: str) -> None:
        """Take another name, or one like it if that is taken."""
        if candidate == self.name:
            return
        self.name = self.graph._graph_namespace.create_name(candidate, None)
        self.graph._graph_namespace._rename_object(self, self.name)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state["_prev"] = state["_next"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prev = self._next = self


@stable
def map_arg(a: Any, fn: Callable[[Node], Any]) -> Any:
    """Apply `fn` to each node in an argument; containers keep their shape and become immutable ones."""
    if not callable(fn):
        raise AssertionError(f"fx.map_arg: {fn!r} is not callable")
    return map_aggregate(a, lambda item: fn(item) if isinstance(item, Node) else item)


_LEAVES = frozenset((str, int, float, bool, complex, types.NoneType, Node))


@stable
def map_aggregate(a: Any, fn: Callable[[Any], Any]) -> Any:
    """Apply `fn` to everything in an argument that is no tuple, list, dict or slice.

    Tuples stay of their class; lists and dicts become `immutable_list` and `immutable_dict`.
    """
    if type(a) in _LEAVES:
        return fn(a)
    if isinstance(a, tuple):
        items = [map_aggregate(item, fn) for item in a]
        if type(a) is tuple:
            return tuple(items)
        return type(a)(*items) if hasattr(a, "_fields") else _tuple_like(a, items)
    if isinstance(a, list):
        return immutable_list([map_aggregate(item, fn) for item in a])
    if isinstance(a, dict):
        return immutable_dict([(key, map_aggregate(item, fn)) for key, item in a.items()])
    if isinstance(a, slice):
        return slice(map_aggregate(a.start, fn), map_aggregate(a.stop, fn), map_aggregate(a.step, fn))
    return fn(a)


def _tuple_like(original: tuple[Any, ...], items: Iterable[Any]) -> Any:
    """A tuple of the original's class; a plain one if that takes other items than these (a Size of nodes)."""
    try:
        return type(original)(items)
    except TypeError:
        return tuple(items)
