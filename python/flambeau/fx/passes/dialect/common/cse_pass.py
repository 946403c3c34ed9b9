"""CSEPass: of calls that compute the same, one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau.utils import _pytree as pytree

from ....graph_module import GraphModule
from ....node import Node, _random_operators
from ....operator_schemas import get_signature_for_torch_op
from ...infra.pass_base import PassBase, PassResult

__all__ = ["CSEPass", "get_CSE_banned_ops"]


class _Banned:
    """The operators whose calls are never merged: those that draw random numbers or change their arguments."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(_random_operators()))

    def __contains__(self, target: Any) -> bool:
        name = _operator_name(target)
        return name in _random_operators() or (name.endswith("_") and not name.endswith("__"))


def _operator_name(target: Any) -> str:
    """add for torch.add, Tensor.add, ops.aten.add and ops.aten.add.Tensor."""
    if isinstance(target, str):  # a method
        return target
    packet = getattr(target, "overloadpacket", target)
    return getattr(packet, "__name__", None) or str(packet).rpartition(".")[2]


def _normal_arguments(node: Node) -> tuple[Any, dict[str, Any]]:
    """Arguments with defaults filled in, so that sum(x, 1) and sum(x, dim=1, keepdim=False) are the same."""
    target = getattr(flambeau.Tensor, str(node.target), None) if node.op == "call_method" else node.target
    signatures = get_signature_for_torch_op(target) if callable(target) else None
    kwargs = dict(node.kwargs)
    for signature in signatures or ():
        try:
            bound = signature.bind(*node.args, **kwargs)
        except TypeError:
            continue
        bound.apply_defaults()
        return (str(signature),), dict(bound.arguments)
    return node.args, kwargs


def get_CSE_banned_ops() -> Any:
    """What is never merged, to be asked with `in`: operators that draw random numbers or change their arguments."""
    return _Banned()


class CSEPass(PassBase):
    """Common subexpression elimination: a call with the same target and arguments as an earlier one is taken for it.

    Args:
        banned_ops: targets that are never merged, beside random and in-place ones.
    """

    def __init__(self, banned_ops: Any = None) -> None:
        self.banned_ops = () if banned_ops is None else banned_ops

    def call(self, graph_module: GraphModule) -> PassResult:
        """Merge the calls of a module's graph into a copy of it."""
        modified = False
        source = graph_module.graph
        made = type(source)()
        made._codegen = source._codegen
        copies: dict[Node, Node] = {}
        known: dict[Any, Node] = {}
        for node in source.nodes:
            if not self._may_merge(node):
                copies[node] = made.node_copy(node, copies.__getitem__)
                continue
            args, kwargs = _normal_arguments(node)
            leaves, spec = pytree.tree_flatten((list(args), kwargs))
            key = (
                node.target,
                tuple((copies[leaf],) if isinstance(leaf, Node) else (type(leaf), repr(leaf)) for leaf in leaves),
                repr(spec),
            )
            if key in known:
                modified = True
                copies[node] = known[key]
            else:
                known[key] = copies[node] = made.node_copy(node, copies.__getitem__)
        return PassResult(GraphModule(graph_module, made), modified)

    def _may_merge(self, node: Node) -> bool:
        if node.op not in ("call_function", "call_method") or node.is_impure():
            return False
        banned = {_operator_name(target) for target in self.banned_ops}
        return node.target not in get_CSE_banned_ops() and _operator_name(node.target) not in banned
