"""Types of values from the signatures of what gives them."""

from __future__ import annotations

import inspect
from typing import Any

import flambeau
from flambeau import nn

from ..graph_module import GraphModule
from ..interpreter import Transformer
from ..node import Argument, Target
from ..operator_schemas import get_signature_for_torch_op

__all__ = ["AnnotateTypesWithSchema"]


class AnnotateTypesWithSchema(Transformer):
    """Sets the type of nodes that call functions or modules of the library, or read attributes.

    Args:
        module: the module.
        annotate_functionals, annotate_modules, annotate_get_attrs: which of them.
    """

    def __init__(
        self,
        module: nn.Module,
        annotate_functionals: bool = True,
        annotate_modules: bool = True,
        annotate_get_attrs: bool = True,
    ) -> None:
        assert isinstance(module, GraphModule)
        super().__init__(module)
        self.annotate_functionals = annotate_functionals
        self.annotate_modules = annotate_modules
        self.annotate_get_attrs = annotate_get_attrs

    def call_function(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call with the type that all its overloads have in common."""
        kind = None
        if self.annotate_functionals and callable(target):
            signatures = get_signature_for_torch_op(target)
            if signatures is not None:
                kinds = [signature.return_annotation for signature in signatures]
                if all(other == kinds[0] for other in kinds):
                    kind = kinds[0]
            elif getattr(nn.functional, getattr(target, "__name__", ""), None) is target:
                kind = _returned(target)
        result = super().call_function(target, args, kwargs)
        result.node.type = result.node.type or kind
        return result

    def call_module(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """Record the call with the type that a module of the library says its forward gives."""
        kind = None
        called = self.fetch_attr(str(target))
        if self.annotate_modules and getattr(nn, type(called).__name__, None) is type(called):
            kind = _returned(called.forward)
        result = super().call_module(target, args, kwargs)
        result.node.type = result.node.type or kind
        return result

    def get_attr(self, target: Target, args: tuple[Argument, ...], kwargs: dict[str, Any]) -> Any:
        """Record the read with the type of the attribute."""
        result = super().get_attr(target, args, kwargs)
        if self.annotate_get_attrs:
            value = self.fetch_attr(str(target))
            kind = flambeau.Tensor if isinstance(value, nn.Parameter) else type(value)
            result.node.type = result.node.type or kind
        return result


def _returned(function: Any) -> Any:
    try:
        kind = inspect.signature(function, eval_str=True).return_annotation
    except (ValueError, TypeError, NameError):
        return None
    return None if kind in (inspect.Signature.empty, Any) else kind
