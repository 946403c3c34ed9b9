"""Where PyTorch keeps `trace`."""

from flambeau.jit import (
    TopLevelTracedModule,
    TracedModule,
    TracerWarning,
    TracingCheckError,
    _get_trace_graph,
    is_tracing,
    trace,
    trace_module,
)

__all__ = [
    "TopLevelTracedModule",
    "TracedModule",
    "TracerWarning",
    "TracingCheckError",
    "_get_trace_graph",
    "is_tracing",
    "trace",
    "trace_module",
]
