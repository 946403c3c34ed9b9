"""Tracing with tensors without data behind the Proxies, so that shapes and types are known and decide control flow."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import nn

from .._symbolic_trace import Tracer
from ..graph import Graph
from ..graph_module import GraphModule
from ..node import Node, map_aggregate
from ..proxy import Attribute, Proxy, TracerBase

__all__ = ["MetaAttribute", "MetaDeviceAttribute", "MetaProxy", "MetaTracer", "proxys_to_metas", "symbolic_trace"]

# What tensors on "meta" do not do by themselves; a function or module class, and what is called in its place.
manual_meta_overrides: dict[Any, Callable[..., Any]] = {}


class MetaProxy(Proxy):
    """A Proxy that may carry a tensor of the "meta" device: `size`, `shape`, `dim` and `dtype` answer from it."""

    def __init__(self, node: Node, tracer: TracerBase | None = None) -> None:
        super().__init__(node, tracer)
        self.__dict__["_tensor_meta"] = None

    def install_tensor_meta(self, tensor_meta: Any) -> None:
        """Set the tensor."""
        self.__dict__["_tensor_meta"] = tensor_meta

    def _known(self) -> Any:
        found = self.__dict__.get("_tensor_meta")
        return found if isinstance(found, flambeau.Tensor) else None

    def size(self, dim: int | None = None) -> Any:
        """The sizes, or one of them."""
        if (known := self._known()) is not None:
            return known.size(*[] if dim is None else [dim])
        return self.tracer.create_proxy("call_method", "size", (self, dim) if dim is not None else (self,), {})

    def dim(self) -> Any:
        """The number of dimensions."""
        if (known := self._known()) is not None:
            return known.dim()
        return self.tracer.create_proxy("call_method", "dim", (self,), {})

    @property
    def shape(self) -> Any:
        """The sizes."""
        if (known := self._known()) is not None:
            return known.size()
        return self.tracer.create_proxy("call_function", getattr, (self, "shape"), {})

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        if (known := self._known()) is not None:
            return known.dtype
        return self.tracer.create_proxy("call_function", getattr, (self, "dtype"), {})

    @property
    def device(self) -> Any:
        """A value of the graph: the device is that of the call, not "meta"."""
        return MetaDeviceAttribute(self, "device")

    def __getattr__(self, k: str) -> Any:
        if k in ("node", "tracer", "_tensor_meta"):
            raise AttributeError(k)
        return MetaAttribute(self, k)


class MetaAttribute(Attribute, MetaProxy):
    """An attribute of such a Proxy."""

    def __init__(self, root: MetaProxy, attr: str) -> None:
        Attribute.__init__(self, root, attr)
        self.__dict__["_tensor_meta"] = None


class MetaDeviceAttribute(MetaAttribute):
    """The attribute `device`: it stands for "meta" where calls are made on tensors of that device."""


def proxys_to_metas(v: Any) -> Any:
    """What stands behind a Proxy; anything else as it is.

    Raises:
        LookupError: a Proxy without.
    """
    if isinstance(v, MetaDeviceAttribute):
        return flambeau.device("meta")
    if isinstance(v, Proxy):
        found = v.__dict__.get("_tensor_meta")
        if found is None:
            raise LookupError(f"nothing is known of {v!r}")
        return found
    if isinstance(v, flambeau.Tensor) and v.device.type != "meta":
        return v.to("meta")
    return flambeau.device("meta") if isinstance(v, flambeau.device) else v


class MetaTracer(Tracer):
    """A Tracer that makes each call on tensors of the "meta" device, too, where it knows those of its arguments."""

    meta_args: dict[str, Any]

    def create_proxy(
        self,
        kind: str,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any = None,
        proxy_factory_fn: Any = None,
    ) -> Any:
        made = super().create_proxy(kind, target, args, kwargs, name, type_expr, proxy_factory_fn)
        if not isinstance(made, MetaProxy):
            return made
        if kind == "placeholder":
            if str(target) in self.meta_args:
                made.install_tensor_meta(self.meta_args[str(target)])
            return made
        if target is getattr and args[1] == "device":
            return made
        try:
            made.install_tensor_meta(self._on_meta(kind, target, args, kwargs))
        except LookupError:
            pass
        except Exception as error:
            warnings.warn(f"fx.MetaTracer: the shape of {made!r} ({kind} of {target}) was not found: {error}")
        return made

    def _on_meta(self, kind: str, target: Any, args: Any, kwargs: Any) -> Any:
        if kind == "get_attr":
            found: Any = self.root
            for part in str(target).split("."):
                found = getattr(found, part)
            return proxys_to_metas(found)
        positional: Any = map_aggregate(args, proxys_to_metas)
        named: Any = map_aggregate(kwargs, proxys_to_metas)
        if kind == "call_function":
            return manual_meta_overrides.get(target, target)(*positional, **named)
        if kind == "call_method":
            return getattr(positional[0], str(target))(*positional[1:], **named)
        if kind == "call_module":
            called = self.root.get_submodule(str(target))
            override = manual_meta_overrides.get(type(called))
            if override is not None:
                return override(called, *positional, **named)
            held = {n: t.to("meta") for n, t in (*called.named_parameters(), *called.named_buffers())}
            self._within = True
            try:
                return flambeau.func.functional_call(called, held, positional, named)
            finally:
                self._within = False
        raise LookupError(kind)

    _within = False

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The call of a module; those that a leaf makes on tensors of "meta" are just made."""
        return forward(*args, **kwargs) if self._within else super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """What reading an attribute of a module gives."""
        return attr_val if self._within else super().getattr(attr, attr_val, parameter_proxy_cache)

    def proxy(self, node: Node) -> MetaProxy:
        return MetaProxy(node, self)

    def trace(  # type: ignore[override]
        self,
        root: nn.Module | Callable[..., Any],
        meta_args: dict[str, Any] | None = None,
        concrete_args: dict[str, Any] | None = None,
    ) -> Graph:
        """Trace with these tensors, by the names of the parameters."""
        self.meta_args = {name: proxys_to_metas(value) for name, value in (meta_args or {}).items()}
        graph = super().trace(root, concrete_args)
        graph._tracer_cls = Tracer
        return graph


def symbolic_trace(
    root: nn.Module | Callable[..., Any],
    meta_args: dict[str, Any] | None = None,
    concrete_args: dict[str, Any] | None = None,
) -> GraphModule:
    """Trace a module or function with known shapes.

    Args:
        root: the module or function.
        meta_args: tensors, by the names of the parameters; their shapes and types count.
        concrete_args: as `flambeau.fx.symbolic_trace` has it.
    """
    tracer = MetaTracer()
    graph = tracer.trace(root, meta_args or {}, concrete_args)
    name = root._get_name() if isinstance(root, nn.Module) else getattr(root, "__name__", type(root).__name__)
    return GraphModule(tracer.root, graph, name)
