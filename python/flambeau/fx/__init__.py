"""Symbolic tracing: a program's calls as a graph that other programs change, run, and turn into Python again.

`symbolic_trace(module)` runs a module with Proxies and gives a `GraphModule`: a Module whose forward is readable code
generated from its `graph`. `Interpreter` runs a graph node by node, `Transformer` makes a new graph in the same way,
`replace_pattern` rewrites parts of one.
"""

from __future__ import annotations

from . import config, immutable_collections, node, proxy
from ._symbolic_trace import PH, ProxyableClassMeta, Tracer, symbolic_trace, wrap
from .graph import CodeGen, Graph
from .graph_module import GraphModule
from .interpreter import Interpreter, Transformer
from .node import Node, has_side_effect, map_arg
from .proxy import Proxy
from .subgraph_rewriter import replace_pattern

__all__ = [
    "PH",
    "CodeGen",
    "Graph",
    "GraphModule",
    "Interpreter",
    "Node",
    "Proxy",
    "ProxyableClassMeta",
    "Tracer",
    "Transformer",
    "config",
    "has_side_effect",
    "immutable_collections",
    "map_arg",
    "node",
    "proxy",
    "replace_pattern",
    "symbolic_trace",
    "wrap",
]
