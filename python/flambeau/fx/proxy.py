"""Proxy: the value that a program computes with while it is traced, and the tracer's base, which records what happens.

The tracer that walks through modules is in _symbolic_trace.py.
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import dis
import operator
import os
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import flambeau
from flambeau.functional.assertions import _assert

from . import _naming
from . import traceback as fx_traceback
from ._codegen import magic_methods, reflectable_magic_methods
from ._compatibility import stable, unstable
from .graph import Graph
from .immutable_collections import immutable_dict, immutable_list
from .node import Node, Target, base_types, map_aggregate
from .operator_schemas import check_for_mutable_operation

__all__ = [
    "Attribute",
    "GraphAppendingTracer",
    "ParameterProxy",
    "Proxy",
    "Scope",
    "ScopeContextManager",
    "TraceError",
    "TracerBase",
    "assert_fn",
]


class TraceError(ValueError):
    """The program did something with a traced value that needs its actual value."""


@unstable
class Scope:
    """Where in the module hierarchy the tracer is: a module's path and class."""

    def __init__(self, module_path: str, module_type: Any) -> None:
        self.module_path = module_path
        self.module_type = module_type


@unstable
class ScopeContextManager:
    """Inside, the tracer's scope is another one."""

    def __init__(self, scope: Scope, current_scope: Scope) -> None:
        self._before = copy.copy(scope)
        scope.module_path, scope.module_type = current_scope.module_path, current_scope.module_type
        self._scope = scope

    def __enter__(self) -> Scope:
        return self._scope

    def __exit__(self, *exception: object) -> None:
        self._scope.module_path, self._scope.module_type = self._before.module_path, self._before.module_type


_HERE = os.path.dirname(os.path.abspath(__file__))
assert_fn = _assert  # the function that a traced `assert` becomes


@stable
class TracerBase:
    """Records nodes in a graph. Subclasses decide what becomes a node and what Proxies answer.

    Attributes:
        record_stack_traces: note in each node where in the program it was recorded.
        check_mutable_operations: refuse operators that change their arguments.
        trace_asserts: record ``assert`` of a traced value.
        proxy_buffer_attributes: record reads of buffers.
        traced_func_name: the method that is traced.
    """

    traced_func_name: str = "forward"
    proxy_buffer_attributes = trace_asserts = check_mutable_operations = False
    record_stack_traces = _record_forward_stack_traces_only = False
    node_name_to_scope: dict[str, tuple[str, type]]
    module_stack: OrderedDict[str, tuple[str, Any]]
    scope: Scope
    graph: Graph

    @stable
    def create_node(
        self,
        kind: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any = None,
    ) -> Node:
        """Add a node to the graph. Arguments are nodes and constants already."""
        if kind == "call_function" and self.check_mutable_operations:
            check_for_mutable_operation(target, args, kwargs)  # type: ignore[arg-type]
        node = self.graph.create_node(kind, target, args, kwargs, name, type_expr)
        if (scope := getattr(self, "scope", None)) is not None and hasattr(self, "node_name_to_scope"):
            self.node_name_to_scope[node.name] = (scope.module_path, scope.module_type)
        if fx_traceback.has_preserved_node_meta():
            node.meta.update(copy.copy(fx_traceback.get_current_meta()))
        if self.record_stack_traces and not node.stack_trace:
            summary = self._filter_traceback_frames(traceback.extract_stack())
            node.stack_trace = "".join(summary.format()).strip()
        if stack := getattr(self, "module_stack", None):
            node.meta["nn_module_stack"] = copy.copy(stack)
        return node

    def _filter_traceback_frames(self, user_stack_summary: traceback.StackSummary) -> traceback.StackSummary:
        """The frames of the program, without those of the library."""
        own = os.path.dirname(_HERE)
        kept = [frame for frame in user_stack_summary if not os.path.abspath(frame.filename).startswith(own + os.sep)]
        return traceback.StackSummary.from_list(kept or list(user_stack_summary))

    @stable
    def proxy(self, node: Node) -> Proxy:
        """The Proxy for a node."""
        return Proxy(node, self)

    @stable
    def create_proxy(
        self,
        kind: str,
        target: Target,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any = None,
        proxy_factory_fn: Callable[[Node], Proxy] | None = None,
    ) -> Any:
        """Record a call whose arguments may hold Proxies, and give a Proxy for its result."""
        args_ = self.create_arg(args)
        kwargs_ = self.create_arg(kwargs)
        if not isinstance(args_, tuple) or not isinstance(kwargs_, dict):
            raise AssertionError(
                f"fx: create_arg made {type(args_).__name__} of a tuple or {type(kwargs_).__name__} of a dict"
            )
        node = self.create_node(kind, target, args_, kwargs_, name, type_expr)
        return proxy_factory_fn(node) if proxy_factory_fn is not None else self.proxy(node)

    def _find_user_frame(self) -> FrameType | None:
        """The innermost frame that is not of the tracer."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_HERE + os.sep):
            frame = frame.f_back
        return frame

    @stable
    def create_arg(self, a: Any) -> Any:
        """A value as an argument of a node: Proxies become their nodes, in containers too.

        Raises:
            NotImplementedError: a value that cannot stand in a graph.
        """
        kind = type(a)
        if kind in _CONSTANT_TYPES:
            return a
        if isinstance(a, Proxy):
            return a.node
        if hasattr(kind, "__fx_create_arg__"):
            return a.__fx_create_arg__(self)
        if isinstance(a, (tuple, list)):
            return self._create_sequence(a)
        if isinstance(a, dict):
            return self._create_dict(a)
        if isinstance(a, slice):
            return slice(self.create_arg(a.start), self.create_arg(a.stop), self.create_arg(a.step))
        if isinstance(a, range):
            return range(self.create_arg(a.start), self.create_arg(a.stop), self.create_arg(a.step))
        if dataclasses.is_dataclass(a) and not isinstance(a, type):
            fields = {
                field.name: self.create_arg(getattr(a, field.name)) for field in dataclasses.fields(a) if field.init
            }
            return self.create_node("call_function", kind, (), fields)
        if isinstance(a, base_types) or a is None or a is ... or _naming.operator_path(a) is not None:
            return a
        raise NotImplementedError(
            f"fx: a value of type {kind.__qualname__} cannot be an argument in a graph: {_shorten(a)}"
        )

    def _create_sequence(self, a: Any) -> Any:
        items = [self.create_arg(item) for item in a]
        if isinstance(a, list):
            return immutable_list(items) if type(a) is immutable_list else items
        if hasattr(a, "_fields"):
            return type(a)(*items)
        if type(a) is tuple:
            return tuple(items)
        try:
            return type(a)(items)
        except TypeError:  # a Size of nodes
            return tuple(items)

    def _create_dict(self, a: dict[Any, Any]) -> dict[Any, Any]:
        made = {}
        for key, value in a.items():
            key = self.create_arg(key)
            map_aggregate(key, _refuse_node_in_key)
            made[key] = self.create_arg(value)
        return immutable_dict(made) if type(a) is immutable_dict else made

    @stable
    def to_bool(self, obj: Proxy) -> bool:
        """What `bool` of a Proxy, as in `if`, gives. Raises TraceError unless overridden."""
        raise TraceError(
            f"fx: the truth of the traced value {obj.node.name!r} is not known while tracing (if, while, and, or, not, "
            "assert ask for it); give what decides it in concrete_args, move the branch into a function marked with "
            "fx.wrap or a leaf module, or use torch.where; symbolically traced variables cannot decide control flow"
        )

    @stable
    def iter(self, obj: Proxy) -> Iterator[Any]:
        """What iterating over a Proxy gives. Raises TraceError unless overridden."""
        raise TraceError(
            f"fx: the traced value {obj.node.name!r} cannot be iterated over: how many items it has is not known while "
            "tracing (loops, *args and **kwargs ask for it); index it, or unpack it into a given number of names"
        )

    @stable
    def keys(self, obj: Proxy) -> Any:
        """What the `keys` of a Proxy gives, as for **obj: by default the recorded call of `keys`."""
        return Attribute(obj, "keys")()


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _refuse_node_in_key(part: Any) -> Any:
    if isinstance(part, Node):
        raise RuntimeError(f"fx: keys of dicts in a graph have to be constants, but {part!r} is a traced value")
    return part


_CONSTANT_TYPES = frozenset([*base_types, type(None), type(...)])


@unstable
class GraphAppendingTracer(TracerBase):
    """A tracer that appends to a given graph, for Proxies made by hand."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.scope = Scope("", None)
        self.module_stack = collections.OrderedDict()
        self.node_name_to_scope = {}


@stable
class Proxy:
    """Stands for a value while a program is traced: what is done with it becomes nodes of the graph.

    ``Proxy(node)`` lets one extend a graph by writing expressions.
    """

    node: Node
    tracer: TracerBase

    @stable
    def __init__(self, node: Node, tracer: TracerBase | None = None) -> None:
        self.tracer = GraphAppendingTracer(node.graph) if tracer is None else tracer
        self.node = node

    def __repr__(self) -> str:
        return f"Proxy({self.node.name})"

    def __getattr__(self, k: str) -> Attribute:
        if k in ("node", "tracer", "_read"):  # not set yet: copying, unpickling
            raise AttributeError(k)
        return Attribute(self, k)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Proxy:
        made = object.__new__(type(self))
        memo[id(self)] = made
        for name, value in self.__dict__.items():
            made.__dict__[name] = copy.deepcopy(value, memo)
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.tracer.create_proxy("call_method", "__call__", (self, *args), kwargs)

    def __iter__(self) -> Iterator[Any]:
        frame = self.tracer._find_user_frame()
        if frame is not None and (count := _unpacked_into(frame)) is not None:
            return iter([operator.getitem(self, at) for at in range(count)])
        return self.tracer.iter(self)

    def __bool__(self) -> bool:
        if self.tracer.trace_asserts:
            at = self.tracer._find_user_frame()
            if at is not None and _is_asserted(at):
                recorded = self.tracer.create_proxy("call_function", assert_fn, (self,), {})
                return recorded is not None
        return self.tracer.to_bool(self)

    @stable
    def keys(self) -> Any:
        """Asked for by ``**proxy``; see `TracerBase.keys`."""
        return self.tracer.keys(self)

    def __abs__(self) -> Any:
        return self.tracer.create_proxy("call_function", operator.abs, (self,), {})

    def __len__(self) -> NoReturn:
        raise RuntimeError(
            f"fx: 'len' of the traced value {self.node.name!r} has to be a number now; to record the call, say "
            "torch.fx.wrap('len') at module scope"
        )

    @classmethod
    def __torch_function__(cls, orig_method: Any, types: Any, args: Any = None, kwargs: Any = None) -> Any:
        args = args or ()
        kwargs = kwargs or {}
        tracers: dict[TracerBase, None] = {}

        def note(value: Any) -> Any:
            if isinstance(value, Proxy):
                tracers[value.tracer] = None
            return value

        map_aggregate(args, note)
        map_aggregate(kwargs, note)
        if len(tracers) != 1:
            raise RuntimeError(
                f"fx: {getattr(orig_method, '__name__', orig_method)} got values of {len(tracers)} tracers; "
                "all of them have to come from one"
            )
        tracer = next(iter(tracers))
        if _naming.is_tensor_method(orig_method):
            return tracer.create_proxy("call_method", orig_method.__name__, args, kwargs)
        name = tracer.graph._target_to_str(_shown_name(orig_method))
        return tracer.create_proxy("call_function", orig_method, args, kwargs, name=name)


def _shown_name(function: Any) -> str:
    """linalg.norm is the operator linalg_norm; its values are named norm."""
    path = _naming.library_path(function)
    if path is not None and not path.startswith("ops."):
        return path.rpartition(".")[2]
    return getattr(function, "__name__", type(function).__name__)


def _instructions_from(frame: FrameType) -> list[dis.Instruction]:
    """The instruction that the frame is at, and those after it."""
    return [found for found in dis.get_instructions(frame.f_code) if found.offset >= frame.f_lasti]


def _unpacked_into(frame: FrameType) -> int | None:
    """The number of names that ``a, b = value`` has on its left, if that is what the frame is doing."""
    here = _instructions_from(frame)
    return here[0].argval if here and here[0].opname == "UNPACK_SEQUENCE" else None


def _is_asserted(frame: FrameType) -> bool:
    """Whether the frame is at an ``assert`` of the value whose truth it asks for."""
    words = [found.opname for found in _instructions_from(frame)[:6]]
    for at, word in enumerate(words[:3]):
        if "JUMP" in word and word.endswith("TRUE"):
            return any(later in ("LOAD_ASSERTION_ERROR", "LOAD_COMMON_CONSTANT") for later in words[at + 1 : at + 3])
    return False


@stable
class Attribute(Proxy):
    """An attribute of a traced value. Calling it records a method call; otherwise it is read with `getattr`."""

    @stable
    def __init__(self, root: Proxy, attr: str) -> None:
        self.tracer, self.root, self.attr = root.tracer, root, attr
        self._read: Node | None = None  # recorded when it is first asked for: calls of methods never do

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        receiver = (self.root, *args)
        return self.tracer.create_proxy("call_method", self.attr, receiver, kwargs)

    @property
    def node(self) -> Node:  # type: ignore[override]
        """The node that reads the attribute."""
        if self._read is None:
            self._read = self.tracer.create_proxy("call_function", getattr, (self.root, self.attr), {}).node
        return self._read


@unstable
class ParameterProxy(Proxy):
    """A traced parameter whose sizes are known: `shape`, `size`, `dim` and the like give numbers."""

    def __init__(self, tracer: TracerBase, node: Node, name: str, param: Any) -> None:
        super().__init__(node, tracer)
        if not isinstance(param, flambeau.nn.Parameter):
            raise AssertionError(f"fx.ParameterProxy: {name!r} is {type(param).__name__}, not a Parameter")
        self.param = param
        self.name = name

    def __repr__(self) -> str:
        return f"ParameterProxy({self.name})"

    @property
    def shape(self) -> Any:
        """The parameter's sizes."""
        return self.param.shape

    def size(self, *dim: Any) -> Any:
        """The parameter's sizes, or one of them."""
        return self.param.size(*dim)

    def dim(self) -> int:
        """The number of the parameter's dimensions."""
        return self.param.dim()

    @property
    def ndim(self) -> int:
        """The number of the parameter's dimensions."""
        return self.param.ndim

    def numel(self) -> int:
        """The number of the parameter's elements."""
        return self.param.numel()

    def nelement(self) -> int:
        """The number of the parameter's elements."""
        return self.param.nelement()


@unstable
class MetaProxy(Proxy):
    """A traced value that carries a tensor without data; `fx.experimental.meta_tracer` has the one that is used."""

    def __init__(self, node: Node, tracer: TracerBase | None = None, fake_mode: Any = None) -> None:
        super().__init__(node, tracer)
        self.fake_mode = fake_mode


def _recorded(target: Callable[..., Any]) -> Any:
    def method(*args: Any, **kwargs: Any) -> Any:
        return args[0].tracer.create_proxy("call_function", target, args, kwargs)

    return method


def _recorded_reflected(target: Callable[..., Any]) -> Any:
    def method(self: Proxy, other: Any) -> Any:
        return self.tracer.create_proxy("call_function", target, (other, self), {})

    return method


def _define_operators() -> None:
    """The operators of Python on Proxies, from the tables of how they are written."""
    for name in magic_methods:
        target = getattr(operator, name, None)
        if target is None:  # div, of Python 2
            continue
        plain = name.strip("_")
        for shown, make in ((f"__{plain}__", _recorded), (f"__r{plain}__", _recorded_reflected)):
            if make is _recorded_reflected and name not in reflectable_magic_methods:
                continue
            method = make(target)
            method.__name__ = method.__qualname__ = shown
            setattr(Proxy, shown, method)
    Proxy.__hash__ = object.__hash__  # type: ignore[method-assign]


_define_operators()
