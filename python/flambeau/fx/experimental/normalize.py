"""Graphs in a normal form: arguments by name with defaults filled in; calls of functions for operators of Python."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import flambeau

from ..graph_module import GraphModule
from ..interpreter import Transformer
from ..node import Argument, Node, Target, map_aggregate, map_arg
from ..operator_schemas import create_type_hint, normalize_function, normalize_module
from ..proxy import Proxy
from .schema_type_annotation import AnnotateTypesWithSchema

__all__ = ["NormalizeArgs", "NormalizeOperators"]


class NormalizeArgs(Transformer):
    """Gives the arguments of functions and modules of the library their names, with defaults filled in.

    Args:
        module: the module.
        normalize_to_only_use_kwargs: name all arguments, rather than those that were named or left out.
    """

    def __init__(self, module: GraphModule, normalize_to_only_use_kwargs: bool = True) -> None:
        self.normalize_to_only_use_kwargs = normalize_to_only_use_kwargs
        self.node_map = dict[Proxy, Node]()
        super().__init__(module)

    def run_node(self, n: Node) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(n)

        def kind_of(arg: Any) -> Any:
            if isinstance(arg, Node):
                return arg.meta.get("type")
            return type(arg)

        if n.op == "call_function":
            result = self.call_function(
                n.target,
                args,
                kwargs,
                map_aggregate(map_arg(n.args, kind_of), create_type_hint),
                {name: kind_of(value) for name, value in n.kwargs.items()},
            )
        else:
            result = super().run_node(n)
        if n.op != "output" and isinstance(result, Proxy):
            self.node_map[result] = n
            result.node.meta = n.meta
            result.node.type = n.type
        return result

    def call_function(
        self,
        target: Target,
        args: tuple[Argument, ...],
        kwargs: dict[str, Any],
        arg_types: tuple[Any, ...] | None = None,
        kwarg_types: dict[str, Any] | None = None,
    ) -> Any:
        """Record the call with normal arguments."""
        assert callable(target)
        known = arg_types if arg_types is not None and None not in arg_types else None
        pair = normalize_function(target, args, kwargs, known, kwarg_types, self.normalize_to_only_use_kwargs)
        if pair is None:
            return super().call_function(target, args, kwargs)
        return self.tracer.create_proxy("call_function", target, tuple(pair.args), dict(pair.kwargs))

    def call_module(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call with normal arguments."""
        pair = normalize_module(self.module, str(target), args, kwargs, self.normalize_to_only_use_kwargs)
        if pair is None:
            return super().call_module(target, args, kwargs)
        return super().call_module(target, tuple(pair.args), dict(pair.kwargs))


class NormalizeOperators(AnnotateTypesWithSchema):
    """Takes calls such as ``torch.add(x, y)``, which Python has an operator for, as that operator's."""

    binary_magic_method_remap: dict[Callable[..., Any], Callable[..., Any]] = {
        getattr(flambeau, name): getattr(operator, python)
        for name, python in [
            ("add", "add"),
            ("mul", "mul"),
            ("sub", "sub"),
            ("div", "truediv"),
            ("floor_divide", "floordiv"),
            ("remainder", "mod"),
            ("eq", "eq"),
            ("ne", "ne"),
            ("lt", "lt"),
            ("le", "le"),
            ("gt", "gt"),
            ("ge", "ge"),
        ]
    }

    def call_function(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call of the operator where there is one."""
        assert callable(target)
        if target in self.binary_magic_method_remap and len(args) == 2 and not kwargs:
            return super().call_function(self.binary_magic_method_remap[target], args, {})
        return super().call_function(target, args, kwargs)
