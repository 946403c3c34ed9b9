"""A breakpoint in generated code."""

from __future__ import annotations

from ..graph_module import GraphModule

__all__ = ["set_trace"]


def set_trace(gm: GraphModule) -> GraphModule:
    """Let a module's generated code stop in the debugger when it is called; the module is changed and given back."""

    def with_breakpoint(lines: list[str]) -> list[str]:
        return ["import pdb; pdb.set_trace()\n", *lines]

    gm.graph.on_generate_code(
        lambda before: lambda lines: with_breakpoint(before(lines) if before is not None else lines)
    )
    gm.recompile()
    return gm
