"""Names of PyTorch's graph capture that programs ask for: there is none here, functions run as they are."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, NoReturn

from flambeau.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    reset,
    set_stance,
)

from .eval_frame import OptimizedModule

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "disallow_in_graph",
    "dont_skip_tracing",
    "error_on_graph_break",
    "explain",
    "export",
    "forbid_in_graph",
    "graph_break",
    "is_compiling",
    "list_backends",
    "lookup_backend",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "nonstrict_trace",
    "optimize",
    "optimize_assert",
    "patch_dynamo_config",
    "register_backend",
    "reset",
    "reset_code_caches",
    "run",
    "set_stance",
    "skip_frame",
    "substitute_in_graph",
]
_ROOMS = ("_trace_wrapped_higher_order_op", "config", "eval_frame", "exc", "external_utils", "utils")
config: Any


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def optimize(*args: Any, **kwargs: Any) -> Any:
    """A decorator that answers the function itself."""
    return lambda function: function


optimize_assert = optimize


def run(fn: Any = None) -> Any:
    """Answer the function itself."""
    return (lambda function: function) if fn is None else fn


disallow_in_graph = forbid_in_graph = nonstrict_trace = dont_skip_tracing = run


def substitute_in_graph(original_fn: Any, **kwargs: Any) -> Any:
    """A decorator that answers the substitute itself; the original is what is called."""
    return lambda function: function


def error_on_graph_break(error_on_graph_break: bool) -> Any:
    """A context and decorator: there are no graphs to break."""
    return _Nothing()


class _Nothing(contextlib.ContextDecorator):
    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def patch_dynamo_config(arg1: Any = None, arg2: Any = None, **kwargs: Any) -> Any:
    """Change settings for the length of a ``with`` block."""
    return importlib.import_module(f"{__name__}.config").patch(arg1, arg2, **kwargs)


def graph_break(msg: str = "") -> None:
    """There is no graph to break."""


def skip_frame(msg: str = "") -> None:
    """There is no graph to leave."""


def reset_code_caches() -> None:
    """Nothing is cached."""


def mark_dynamic(t: Any, index: Any, **kwargs: Any) -> None:
    """Sizes are never compiled in."""


maybe_mark_dynamic = mark_dynamic


def mark_static(t: Any, index: Any = None) -> None:
    """Sizes are never compiled in."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Addresses are never compiled in."""


def register_backend(compiler_fn: Any = None, name: str | None = None, tags: Any = ()) -> Any:
    """Keep a compiling backend, which is never called; usable as a decorator."""
    return (lambda function: function) if compiler_fn is None else compiler_fn


def lookup_backend(compiler_fn: Any) -> Any:
    """A backend that is given as a function; no other is there."""
    if callable(compiler_fn):
        return compiler_fn
    raise NotImplementedError(f"_dynamo.lookup_backend: there is no backend {compiler_fn!r}; functions run as they are")


def explain(f: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: graph capture."""
    raise NotImplementedError("_dynamo.explain: there is no graph capture here; fx.symbolic_trace makes graphs")


def export(f: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: graph capture."""
    raise NotImplementedError("_dynamo.export: there is no graph capture here; fx.symbolic_trace makes graphs")
