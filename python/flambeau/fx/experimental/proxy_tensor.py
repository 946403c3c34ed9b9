"""make_fx: tracing a function by running it and recording the operators that reach the backend.

The calls recorded are overloads of `flambeau.ops`: composites have been taken apart, backward passes have become the
calls they make, and levels of `func` are gone.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import flambeau
from flambeau import _C, nn
from flambeau._dispatch_keys import Tag, _TorchDispatchModeKey
from flambeau.utils import _pytree as pytree
from flambeau.utils._python_dispatch import LibraryMode, _disable_infra_mode

from .._codegen import _PyTreeCodeGen, _PyTreeInfo
from .._compatibility import unstable
from ..graph import Graph
from ..graph_module import GraphModule
from ..passes.shape_prop import _extract_tensor_metadata
from ..proxy import Proxy, TracerBase

__all__ = [
    "ProxyTorchDispatchMode",
    "PythonKeyTracer",
    "decompose",
    "disable_proxy_modes_tracing",
    "get_innermost_proxy_mode",
    "get_isolated_graphmodule",
    "get_proxy_mode",
    "make_fx",
    "maybe_disable_fake_tensor_mode",
]

Tensor = _C.Tensor
CURRENT_DECOMPOSITION_TABLE: dict[Any, Callable[..., Any]] = {}


@contextlib.contextmanager
def decompose(decomposition_table: dict[Any, Callable[..., Any]] | None) -> Iterator[dict[Any, Callable[..., Any]]]:
    """A context in which `make_fx` takes operators apart by a table from overloads to functions."""
    global CURRENT_DECOMPOSITION_TABLE
    before, CURRENT_DECOMPOSITION_TABLE = CURRENT_DECOMPOSITION_TABLE, decomposition_table or {}
    try:
        yield CURRENT_DECOMPOSITION_TABLE
    finally:
        CURRENT_DECOMPOSITION_TABLE = before


class PythonKeyTracer(TracerBase):
    """Makes nodes of operators on tensors that it knows; other tensors become attributes of the root."""

    def __init__(self, root: Any = None) -> None:
        super().__init__()
        self.root = nn.Module() if root is None else root
        self.graph = Graph(tracer_cls=type(self))
        self._known: dict[int, tuple[Any, Any]] = {}
        self._attributes: dict[int, tuple[Any, str]] = {}
        self._from: Any = None  # a module whose parameters keep their names

    def track(self, tensor: Any, proxy: Any) -> None:
        """Remember which value of the graph a tensor is."""
        key = id(tensor)
        self._known[key] = (weakref.ref(tensor, lambda _: self._known.pop(key, None)), proxy)

    def proxy_of(self, tensor: Any) -> Any:
        """The value of the graph that a tensor is, or None."""
        entry = self._known.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None

    def create_arg(self, a: Any) -> Any:
        if isinstance(a, Tensor):
            proxy = self.proxy_of(a)
            return (self._attribute(a) if proxy is None else proxy).node
        return super().create_arg(a)

    def _attribute(self, a: Any) -> Any:
        entry = self._attributes.get(id(a))
        if entry is None:
            kind = "_param_constant" if isinstance(a, nn.Parameter) else "_tensor_constant"
            name = f"{kind}{sum(n.startswith(kind) for _, n in self._attributes.values())}"
            while hasattr(self.root, name):
                name = kind + str(int(name.removeprefix(kind)) + 1)
            setattr(self.root, name, a)
            entry = self._attributes[id(a)] = (a, name)
        proxy = self.create_proxy("get_attr", entry[1], (), {})
        _note_value(proxy.node, a)
        return proxy


def _note_value(node: Any, value: Any) -> None:
    def described(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        guard = _C._DisableTorchDispatch()
        try:
            if hasattr(leaf, "fake_mode"):
                return leaf
            return flambeau.empty_strided(leaf.shape, leaf.stride(), dtype=leaf.dtype, device="meta")
        finally:
            del guard

    node.meta["val"] = pytree.tree_map(described, value)
    if isinstance(value, Tensor):
        node.meta["tensor_meta"] = _extract_tensor_metadata(value)


def track_tensor_tree(result: Any, proxy: Any, *, constant: Any = None, tracer: Any) -> Any:
    """Remember the value of a node for each tensor of a result, items of lists included."""
    if isinstance(result, Tensor):
        tracer.track(result, proxy)
        _note_value(proxy.node, result)
    elif isinstance(result, (tuple, list)):
        proxy.node.meta["val"] = type(result)(range(0)) if not result else None
        values: list[Any] = []
        for at, item in enumerate(result):
            if item is None:
                values.append(None)
                continue
            track_tensor_tree(item, proxy[at], tracer=tracer)
            values.append(item)
        _note_value(proxy.node, list(values) if isinstance(result, list) else tuple(values))
    elif isinstance(result, dict):
        for name, item in result.items():
            track_tensor_tree(item, proxy[name], tracer=tracer)
    return result


class ProxyTorchDispatchMode(LibraryMode):
    """Runs operators and records them in a tracer's graph.

    Raises:
        RuntimeError: a number was asked for that depends on a traced tensor's elements.
    """

    def __init__(self, tracer: Any, tracing_mode: str = "real", pre_dispatch: bool = False, **_: Any) -> None:
        super().__init__()
        self.tracer = tracer
        self.tracing_mode = tracing_mode
        self._mode_key = _TorchDispatchModeKey.PROXY
        self.enable_tracing = True
        self.decomposition_table: dict[Any, Callable[..., Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if any(_C._runs_own_calls(t) and not hasattr(t, "fake_device") for t in types):
            return NotImplemented  # a class that holds others takes itself apart first
        if not self.enable_tracing:
            return func(*args, **kwargs)
        table = self.decomposition_table or CURRENT_DECOMPOSITION_TABLE
        if func in table:
            with self:
                result = table[func](*args, **kwargs)
            if result is not NotImplemented:
                return result
        if func._can_decompose():
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        return self._record(func, args, kwargs)

    def _record(self, func: Any, args: Any, kwargs: Any) -> Any:
        tracer = self.tracer
        tensors = [leaf for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        traced = any(tracer.proxy_of(t) is not None for t in tensors)
        if Tag.data_dependent_output in func.tags:
            if traced and not all(getattr(t, "constant", None) is not None for t in tensors):
                raise RuntimeError(
                    f"It appears that you're trying to get value out of a tracing tensor with {func} - erroring out! "
                    "The number depends on the elements, and would be fixed in the graph; torch.where instead of a "
                    "condition, or the value as an argument, keeps it out"
                )
            return func(*args, **kwargs)
        target = func
        if func.name() == "aten::lift_fresh":  # the graph copies its constant each time
            target = flambeau.ops.aten.lift_fresh_copy.default
        name = tracer.graph._target_to_str(target.overloadpacket.__name__)
        proxy = tracer.create_proxy("call_function", target, tuple(args), kwargs, name=name)
        result = func(*args, **kwargs)
        return track_tensor_tree(result, proxy, tracer=tracer)


# --- make_fx ----------------------------------------------------------------------------------------------------------
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
    """A function that runs `f` on given arguments and gives a graph of the operators that did it.

    Control flow and numbers are what they were in that run. Tensors that are not arguments become attributes of the
    graph's module.

    Args:
        f: the function, or a module.
        decomposition_table: from overloads of operators to functions that are traced in their place.
        tracing_mode: "real", or "fake" to run on shapes alone; "symbolic" is not supported.
        record_stack_traces: note where each call was made.

    Raises:
        NotImplementedError: symbolic sizes, or calls above autograd (`pre_dispatch`).

    >>> print(make_fx(lambda x: x.sin() + 1)(flambeau.ones(2)).code.strip())
    def forward(self, x_1):
        sin = flambeau.ops.aten.sin.default(x_1);  x_1 = None
        add = flambeau.ops.aten.add.Tensor(sin, 1);  sin = None
        return add
    """
    if tracing_mode not in ("real", "fake", "symbolic"):
        raise AssertionError(f"fx.make_fx: tracing_mode {tracing_mode!r}; 'real' and 'fake' are known")
    if tracing_mode == "symbolic":
        raise NotImplementedError("fx.make_fx: tracing_mode 'symbolic'; sizes are numbers here: 'real' or 'fake'")
    if pre_dispatch:
        raise NotImplementedError("fx.make_fx: pre_dispatch; calls are recorded below autograd")

    @functools.wraps(f if not isinstance(f, nn.Module) else f.forward)
    def traced(*args: Any) -> GraphModule:
        from flambeau._subclasses.fake_tensor import FakeTensorMode, maybe_get_fake_mode

        leaves, spec = pytree.tree_flatten(args)
        fake_mode: Any = contextlib.nullcontext()
        if tracing_mode == "fake":
            modes = [m for leaf in leaves if (m := maybe_get_fake_mode(leaf)) is not None]
            fake_mode = modes[0] if modes else FakeTensorMode(allow_non_fake_inputs=True)
            leaves = [fake_mode.from_tensor(leaf) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        tracer = PythonKeyTracer()
        tracer.record_stack_traces = record_stack_traces
        mode = ProxyTorchDispatchMode(tracer, tracing_mode)
        mode.decomposition_table = dict(decomposition_table or {})
        names = _placeholder_names(f, args, spec, len(leaves))
        for name, leaf in zip(names, leaves, strict=True):
            proxy = tracer.create_proxy("placeholder", name, (), {})
            if isinstance(leaf, Tensor):
                tracer.track(leaf, proxy)
                _note_value(proxy.node, leaf)
        # Code that runs in Python anyway leaves nothing in the graph: calls of `f` are seen below it.
        with fake_mode, mode:
            result = f(*pytree.tree_unflatten(leaves, spec))
        flat, out_spec = pytree.tree_flatten(result)
        flat_structure = out_spec.is_leaf() or (
            isinstance(result, (tuple, list)) and all(child.is_leaf() for child in out_spec.children_specs)
        )
        nested = not all(child.is_leaf() for child in spec.children_specs)
        value = flat if nested and not flat_structure else flat if nested else result
        with _disable_infra_mode(_TorchDispatchModeKey.PROXY):
            tracer.create_node("output", "output", (tracer.create_arg(value),), {})
        if nested:
            given = _parameter_names(f, args)
            tracer.graph._codegen = _PyTreeCodeGen(_PyTreeInfo(given, spec, out_spec))
        return GraphModule(tracer.root, tracer.graph, getattr(f, "__name__", type(f).__name__).strip("<>"))

    return traced


def _parameter_names(f: Any, args: tuple[Any, ...]) -> list[str]:
    """The names under which a function takes these arguments."""
    if isinstance(f, nn.Module):
        return [f"arg{at}" for at in range(len(args))]
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in plain]
    return names[: len(args)] if len(names) >= len(args) else [f"arg{at}" for at in range(len(args))]


def _placeholder_names(f: Any, args: tuple[Any, ...], spec: Any, count: int) -> list[str]:
    names = _parameter_names(f, args)
    return [
        f"{name}_{at + 1}"
        for name, child in zip(names, spec.children_specs, strict=True)
        for at in range(child.num_leaves)
    ][:count]


def get_proxy_mode() -> Any:
    """The recorder of the `make_fx` that is under way, or None."""
    return _C._dispatch_mode_of_place(_TorchDispatchModeKey.PROXY.value)


get_innermost_proxy_mode = get_proxy_mode


@contextlib.contextmanager
def disable_proxy_modes_tracing(enable_current: bool = False) -> Iterator[Any]:
    """A context in which nothing is recorded; gives the recorder."""
    with _disable_infra_mode(_TorchDispatchModeKey.PROXY) as mode:
        yield mode


disable_autocast_cache = contextlib.nullcontext


def maybe_disable_fake_tensor_mode() -> Any:
    """A context without the mode of fake tensors."""
    from flambeau._subclasses.fake_tensor import unset_fake_temporarily

    return unset_fake_temporarily()


def get_isolated_graphmodule(func: Any, args: Any, kwargs: Any, tracing_mode: str = "real") -> GraphModule:
    """The graph of a function alone, whatever is being traced around it."""
    leaves, spec = pytree.tree_flatten((args, kwargs))

    def flat(*given: Any) -> Any:
        own_args, own_kwargs = pytree.tree_unflatten(list(given), spec)
        return func(*own_args, **own_kwargs)

    with disable_proxy_modes_tracing():
        made: GraphModule = make_fx(flat, tracing_mode=tracing_mode)(*leaves)
    return made


def is_proxy(value: Any) -> bool:
    """Whether a value stands for one of a graph."""
    return isinstance(value, Proxy)
