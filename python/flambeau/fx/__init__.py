"""Symbolic tracing of Python code. Not there yet: classes for isinstance, and functions that say so.

`wrap` marks functions that a tracer must not look into; without a tracer that is nothing, so it works.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["Graph", "GraphModule", "Interpreter", "Node", "Proxy", "Tracer", "Transformer", "symbolic_trace", "wrap"]


def _refusal(name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"fx.{name}: tracing is not implemented; forward hooks see what modules compute")

    return refused


def _absent(name: str) -> type:
    return type(name, (), {"__init__": _refusal(name), "__module__": __name__, "__doc__": "Not available: no tracing."})


Graph, GraphModule, Interpreter, Node = map(_absent, ("Graph", "GraphModule", "Interpreter", "Node"))
Proxy, Tracer, Transformer = map(_absent, ("Proxy", "Tracer", "Transformer"))
symbolic_trace = _refusal("symbolic_trace")


def wrap(fn_or_name: Any) -> Any:
    """Mark a function as one that is called, not traced; gives it back."""
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError(f"fx.wrap: {fn_or_name!r} is neither a function nor the name of one")
    return fn_or_name
