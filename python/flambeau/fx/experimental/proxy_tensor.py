"""make_fx: tracing a function by running it on tensors and recording the calls that reach `__torch_function__`.

The calls are those that the program makes (torch.nn.functional.gelu, Tensor.add), not the operators under them: what
composite functions do inside is not taken apart, and there are no decompositions.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import nn
from flambeau.overrides import TorchFunctionMode
from flambeau.utils import _pytree as pytree

from .. import _naming
from .._codegen import _PyTreeCodeGen, _PyTreeInfo
from .._compatibility import unstable
from ..graph import Graph
from ..graph_module import GraphModule
from ..proxy import Proxy, TracerBase

__all__ = ["make_fx"]


class _RecordingTracer(TracerBase):
    """Makes nodes of calls on tensors that it knows; other tensors become attributes of the root."""

    def __init__(self, root: nn.Module) -> None:
        super().__init__()
        self.root = root
        self.graph = Graph()
        self.known: dict[int, tuple[Any, Proxy]] = {}
        self.constants = 0

    def note(self, tensor: flambeau.Tensor, proxy: Proxy) -> None:
        """Remember which value of the graph a tensor is."""
        key = id(tensor)
        self.known[key] = (weakref.ref(tensor, lambda _: self.known.pop(key, None)), proxy)

    def create_arg(self, a: Any) -> Any:
        if not isinstance(a, flambeau.Tensor):
            return super().create_arg(a)
        entry = self.known.get(id(a))
        if entry is not None and entry[0]() is a:
            return entry[1].node
        name = self._attribute(a)
        proxy = self.create_proxy("get_attr", name, (), {})
        self.note(a, proxy)
        return proxy.node

    def _attribute(self, a: flambeau.Tensor) -> str:
        for name, value in (*self.root.named_parameters(), *self.root.named_buffers()):
            if value is a:
                return name
        name = (
            f"_tensor_constant{self.constants}"
            if not isinstance(a, nn.Parameter)
            else f"_param_constant{self.constants}"
        )
        self.constants += 1
        setattr(self.root, name, a)
        return name


_active: list[Any] = []


class _Recorder(TorchFunctionMode):
    """Runs calls and records those that give tensors or change them."""

    def __init__(self, tracer: _RecordingTracer) -> None:
        self.tracer = tracer

    def __enter__(self) -> Any:
        entered = super().__enter__()
        _active.append(self)
        return entered

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)
        _active.pop()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        tensors = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, flambeau.Tensor)]
        name = getattr(func, "__name__", "")
        changes = name.endswith("_") and not name.endswith("__")
        if not tensors and not changes and name not in ("__setitem__", "backward"):
            return result
        self._record(func, name, args, kwargs, result)
        return result

    def _record(self, func: Any, name: str, args: Any, kwargs: Any, result: Any) -> None:
        tracer = self.tracer
        if name == "__get__":  # a property: x.T
            owner = getattr(func, "__self__", None)
            proxy = tracer.create_proxy("call_function", getattr, (args[0], owner.__name__), {})  # type: ignore[union-attr]
        elif _naming.is_tensor_method(func):
            proxy = tracer.create_proxy("call_method", name, args, kwargs)
        else:
            proxy = tracer.create_proxy("call_function", func, args, kwargs)
        self._note_results(result, proxy)

    def _note_results(self, result: Any, proxy: Any) -> None:
        if isinstance(result, flambeau.Tensor):
            self.tracer.note(result, proxy)
            proxy.node.meta["val"] = _shape_only(result)
        elif isinstance(result, (tuple, list)):
            for at, item in enumerate(result):
                if pytree.tree_any(lambda leaf: isinstance(leaf, flambeau.Tensor), item):
                    self._note_results(item, proxy[at])


def _shape_only(tensor: flambeau.Tensor) -> Any:
    return flambeau.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


@unstable
def make_fx(
    f: Callable[..., Any],
    decomposition_table: dict[Any, Callable[..., Any]] | None = None,
    tracing_mode: str = "real",
    _allow_non_fake_inputs: bool = False,
    *,
    pre_dispatch: bool = False,
    record_module_stack: bool = False,
    _allow_fake_constant: bool = False,
    _error_on_data_dependent_ops: bool = True,
    record_stack_traces: bool = False,
    **options: Any,
) -> Callable[..., GraphModule]:
    """A function that runs `f` on given arguments and gives a graph of what it did with the tensors among them.

    Control flow and numbers are what they were in that run. The calls recorded are those of the program
    (`flambeau.nn.functional.gelu`), not the operators below them.

    Args:
        f: the function, or a module.
        decomposition_table: not supported.
        tracing_mode: "real", or "fake" to run on shapes alone (device "meta"); "symbolic" is not supported.
        record_stack_traces: note where each call was made.

    Raises:
        NotImplementedError: a decomposition table, or symbolic sizes.
    """
    if decomposition_table:
        raise NotImplementedError(
            "fx.make_fx: decomposition_table; calls are recorded as the program makes them, not taken apart"
        )
    if tracing_mode not in ("real", "fake", "symbolic"):
        raise AssertionError(f"fx.make_fx: tracing_mode {tracing_mode!r}; 'real' and 'fake' are known")
    if tracing_mode == "symbolic":
        raise NotImplementedError("fx.make_fx: tracing_mode 'symbolic'; sizes are numbers here: 'real' or 'fake'")

    def traced(*args: Any) -> GraphModule:
        root = nn.Module()
        tracer = _RecordingTracer(f if isinstance(f, nn.Module) else root)
        tracer.record_stack_traces = record_stack_traces
        if isinstance(f, nn.Module):
            tracer.root = root
            for name, value in (*f.named_parameters(), *f.named_buffers()):
                _place(root, name, value)
        leaves, spec = pytree.tree_flatten(args)
        if tracing_mode == "fake":
            leaves = [leaf.to("meta") if isinstance(leaf, flambeau.Tensor) else leaf for leaf in leaves]
        for at, leaf in enumerate(leaves):
            proxy = tracer.create_proxy(
                "placeholder", f"arg{at}_1" if not _named(f, args) else _named(f, args)[at], (), {}
            )
            if isinstance(leaf, flambeau.Tensor):
                tracer.note(leaf, proxy)
                proxy.node.meta["val"] = _shape_only(leaf)
        with _Recorder(tracer):
            result = f(*pytree.tree_unflatten(leaves, spec))
        tracer.create_node("output", "output", (tracer.create_arg(result),), {})
        if not all(child.is_leaf() for child in spec.children_specs):
            names = [f"arg{at}" for at in range(len(args))]
            tracer.graph._codegen = _PyTreeCodeGen(_PyTreeInfo(names, spec, None))
        return GraphModule(root, tracer.graph, getattr(f, "__name__", type(f).__name__).strip("<>"))

    return traced


def _named(f: Any, args: tuple[Any, ...]) -> list[str]:
    """The names of a function's parameters with "_1", if each takes one value; otherwise nothing."""
    code = getattr(f, "__code__", None)
    if code is None or code.co_argcount < len(args) or any(isinstance(a, (list, tuple, dict)) for a in args):
        return []
    return [f"{name}_1" for name in code.co_varnames[: len(args)]]


def _place(root: nn.Module, path: str, value: Any) -> None:
    from ..graph_module import _assign_attr

    _assign_attr(value, root, path)


def get_proxy_mode() -> Any:
    """The recorder of the `make_fx` that is under way, or None."""
    return _active[-1] if _active else None


def maybe_disable_fake_tensor_mode() -> Any:
    """A context that does nothing: there is no mode of fake tensors."""
    import contextlib

    return contextlib.nullcontext()
