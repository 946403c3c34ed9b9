"""Names of PyTorch's graph capture that programs ask for: there is none here, functions run as they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flambeau.compiler import allow_in_graph, assume_constant_result, disable, is_compiling, reset

from .eval_frame import OptimizedModule

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "graph_break",
    "is_compiling",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
]
config = SimpleNamespace(
    cache_size_limit=8,
    recompile_limit=8,
    suppress_errors=False,
    optimize_ddp=False,
    capture_scalar_outputs=False,
    verbose=False,
    allow_unspec_int_on_nn_module=False,
    compiled_autograd=False,
)


def optimize(*args: Any, **kwargs: Any) -> Any:
    """A decorator that answers the function itself."""
    return lambda function: function


def graph_break(msg: str = "") -> None:
    """There is no graph to break."""


def mark_dynamic(tensor: Any, index: Any, **kwargs: Any) -> None:
    """Sizes are never compiled in."""


maybe_mark_dynamic = mark_static = mark_dynamic


def mark_static_address(tensor: Any, guard: bool = True) -> None:
    """Addresses are never compiled in."""
