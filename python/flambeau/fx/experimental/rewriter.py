"""RewritingTracer: tracing a program in which ``assert`` and annotated assignments were made into calls."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from flambeau import nn

from .._compatibility import unstable
from .._symbolic_trace import Tracer
from ..graph import Graph

__all__ = ["AST_Rewriter", "RewritingTracer"]


@unstable
class AST_Rewriter(ast.NodeTransformer):
    """Rewrites the source of a function.

    ``assert test, message`` becomes a call of ``torch._assert``, and ``x: T = value`` one of `fx.annotate.annotate`, so
    that a tracer sees them.
    """

    def rewrite(self, fn: FunctionType) -> FunctionType:
        """The function made of the rewritten source, with the same globals and closure."""
        source = textwrap.dedent("".join(inspect.getsourcelines(fn)[0]))
        tree = self.visit(ast.parse(source))
        definition = tree.body[0]
        if not isinstance(definition, ast.FunctionDef):
            raise AssertionError(f"fx: the source of {fn.__qualname__} is no def statement")
        definition.decorator_list = []
        # Inside of a function that has the free variables, the compiler makes a closure of them.
        free = fn.__code__.co_freevars
        if free:
            outer = ast.parse(f"def _outer({', '.join(free)}):\n    pass").body[0]
            assert isinstance(outer, ast.FunctionDef)
            outer.body = [definition]
            tree.body = [outer]
        code = compile(ast.fix_missing_locations(tree), fn.__code__.co_filename, "exec", dont_inherit=True)
        made = FunctionType(
            _code_named(code, fn.__name__), fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__
        )
        made.__kwdefaults__ = fn.__kwdefaults__
        made.__annotations__ = fn.__annotations__
        functools.update_wrapper(made, fn, updated=())
        del made.__dict__["__wrapped__"]
        return made

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """An assert as a call."""
        message = node.msg if node.msg is not None else ast.Constant("")
        call = ast.Call(_imported("flambeau.functional.assertions", "_assert"), [node.test, message], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """An annotated assignment as a plain one of a call's result."""
        if node.value is None:
            return node
        call = ast.Call(_imported("flambeau.fx.annotate", "annotate"), [node.value, node.annotation], [])
        return ast.copy_location(ast.Assign([node.target], call), node)


def _imported(module: str, name: str) -> ast.expr:
    """An expression for a function of a module, which needs no name in the program's globals."""
    return ast.parse(f"__import__({module!r}, fromlist=[{name!r}]).{name}", mode="eval").body


def _code_named(code: CodeType, name: str) -> CodeType:
    """The code object of a function of this name among the constants of another, at any depth."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                return constant
            if constant.co_name == "_outer":
                return _code_named(constant, name)
    raise AssertionError(f"fx: no function {name!r} came out of its source")


@unstable
class RewritingTracer(Tracer):
    """A Tracer that rewrites the forward of the module, and of those in it that are no leaves, before tracing."""

    def trace(self, root: nn.Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> Graph:
        """Trace what was rewritten; the module itself stays as it is."""
        return super().trace(_rewrite(root), concrete_args)


def _rewrite(fn: nn.Module | Callable[..., Any]) -> Any:
    if isinstance(fn, nn.Module):
        return _rewrite_module(fn)
    return AST_Rewriter().rewrite(fn) if isinstance(fn, FunctionType) else fn


def _rewrite_module(module: nn.Module) -> nn.Module:
    made = copy.copy(module)
    made.__dict__ = dict(module.__dict__)
    made.__dict__["_modules"] = {
        name: child if child is None or _of_library(child) else _rewrite_module(child)
        for name, child in module._modules.items()
    }
    kind = type(module)
    forward = kind.forward
    if not _of_library(module) and isinstance(forward, FunctionType) and not hasattr(module, "_graph"):
        own = type(kind.__name__, (kind,), {"__module__": kind.__module__, "__qualname__": kind.__qualname__})
        own.forward = AST_Rewriter().rewrite(forward)  # type: ignore[attr-defined]
        made.__class__ = own
    return made


def _of_library(module: nn.Module) -> bool:
    return type(module).__module__.startswith("flambeau.nn")
