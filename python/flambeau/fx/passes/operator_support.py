"""Which nodes a backend supports: objects that answer, and ways to put them together."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flambeau
from flambeau import nn

from .._compatibility import unstable
from ..node import Node
from .shape_prop import TensorMetadata
from .tools_common import CALLABLE_NODE_OPS, get_node_target

__all__ = ["OpSupports", "OperatorSupport", "OperatorSupportBase", "any_chain", "chain", "create_op_support"]

TargetTypeName = str
SupportedArgumentDTypes = tuple[Sequence[Sequence[flambeau.dtype]], dict[str, Sequence[flambeau.dtype]]] | None
SupportDict = Mapping[TargetTypeName, SupportedArgumentDTypes]
IsNodeSupported = Callable[[Mapping[str, nn.Module], Node], bool]


@unstable
class OperatorSupportBase(abc.ABC):
    """Says whether a node is supported."""

    @abc.abstractmethod
    def is_node_supported(self, submodules: Mapping[str, nn.Module], node: Node) -> bool:
        """Whether a node is supported, given the modules that it may call by path."""


@unstable
class OperatorSupport(OperatorSupportBase):
    """Support by a table: from what a node calls, as text, to the types of its arguments (None: any).

    The types are a sequence for the positional arguments, each a sequence of types, and a dict for those with names.
    """

    def __init__(self, support_dict: SupportDict | None = None) -> None:
        self._support_dict: SupportDict = {} if support_dict is None else support_dict

    def is_node_supported(self, submodules: Mapping[str, nn.Module], node: Node) -> bool:
        called = get_node_target(submodules, node) if node.op in CALLABLE_NODE_OPS else None
        if called is None:
            return True
        if called not in self._support_dict:
            return False
        kinds = self._support_dict[called]
        if kinds is None:
            return True
        positional, named = kinds
        for at, allowed in enumerate(positional):
            if len(node.args) <= at:
                break
            arg = node.args[at]
            if isinstance(arg, Node) and _get_arg_dtype(arg) not in allowed:
                return False
        for name, allowed in named.items():
            arg = node.kwargs.get(name)
            if isinstance(arg, Node) and _get_arg_dtype(arg) not in allowed:
                return False
        return True


class _Function(OperatorSupportBase):
    def __init__(self, function: IsNodeSupported) -> None:
        self.function = function

    def is_node_supported(self, submodules: Mapping[str, nn.Module], node: Node) -> bool:
        return self.function(submodules, node)


@unstable
def create_op_support(is_node_supported: IsNodeSupported) -> OperatorSupportBase:
    """Support as a function says."""
    return _Function(is_node_supported)


@unstable
def chain(*op_support: OperatorSupportBase) -> OperatorSupportBase:
    """Supported where all of these say so."""
    return _Function(lambda submodules, node: all(one.is_node_supported(submodules, node) for one in op_support))


@unstable
def any_chain(*op_support: OperatorSupportBase) -> OperatorSupportBase:
    """Supported where any of these says so."""
    return _Function(lambda submodules, node: any(one.is_node_supported(submodules, node) for one in op_support))


@unstable
class OpSupports:
    """Rules to put together with `chain`."""

    @classmethod
    def decline_if_input_dtype(cls, dtype: flambeau.dtype) -> OperatorSupportBase:
        """Not supported where an input has this type."""

        def allows(submodules: Mapping[str, nn.Module], node: Node) -> bool:
            return all(_get_arg_dtype(arg) != dtype for arg in node.all_input_nodes if "tensor_meta" in arg.meta)

        return create_op_support(allows)

    @classmethod
    def decline_if_node_in_names(cls, disallow_set: set[str]) -> OperatorSupportBase:
        """Not supported where the node has one of these names."""
        return create_op_support(lambda submodules, node: node.name not in disallow_set)


def _get_arg_dtype(arg: Node) -> Any:
    meta = arg.meta.get("tensor_meta")
    if meta is None:
        raise RuntimeError(f"fx: the type of {arg} is not known; run ShapeProp first")
    if isinstance(meta, TensorMetadata):
        return meta.dtype
    if isinstance(meta, (list, tuple)) and meta and isinstance(meta[0], TensorMetadata):
        return meta[0].dtype
    return getattr(meta, "dtype", None)
