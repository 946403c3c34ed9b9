"""Tracer and symbolic_trace: running a module or function with Proxies and recording what it does.

What is replaced meanwhile is in _patching.py.
"""

from __future__ import annotations

import collections
import copy
import functools
import inspect
import math
import warnings
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import flambeau
from flambeau import _C, nn
from flambeau.functional.assertions import _assert
from flambeau.utils import _pytree as pytree

from ._codegen import _PyTreeCodeGen, _PyTreeInfo
from ._compatibility import stable, unstable
from ._patching import (
    HAS_VARSTUFF,
    _autowrap_check,
    _create_wrapped_func,
    _create_wrapped_method,
    _find_proxy,
    _maybe_revert_all_patches,
    _new_patcher,
    _patch_function,
    _patch_wrapped_functions,
    _Patcher,
    _wrapped_fns_to_patch,
    _wrapped_methods_to_patch,
    wrap,
)
from .graph import Graph
from .graph_module import GraphModule
from .node import base_types
from .proxy import ParameterProxy, Scope, ScopeContextManager, TracerBase

__all__ = [
    "HAS_VARSTUFF",
    "PH",
    "PHBase",
    "PHWithMeta",
    "ProxyableClassMeta",
    "ScriptObject",
    "Tracer",
    "_Patcher",
    "_autowrap_check",
    "_create_wrapped_func",
    "_create_wrapped_method",
    "_find_proxy",
    "_maybe_revert_all_patches",
    "_new_patcher",
    "_orig_module_call",
    "_orig_module_getattr",
    "_patch_function",
    "_patch_wrapped_functions",
    "_wrapped_fns_to_patch",
    "_wrapped_methods_to_patch",
    "is_fx_symbolic_tracing",
    "is_fx_tracing",
    "symbolic_trace",
    "wrap",
]

# Tracers of other packages build on these.
_orig_module_call: Any = nn.Module.__call__
_orig_module_getattr: Any = nn.Module.__getattr__
ScriptObject: Any = getattr(_C, "ScriptObject")  # noqa: B009  (a name that the core gives on demand)

_proxyable_classes: dict[type, None] = {}
_traces_under_way = 0


def is_fx_tracing() -> bool:
    """Whether a symbolic trace is under way."""
    return _traces_under_way > 0


is_fx_symbolic_tracing = is_fx_tracing


@stable
class ProxyableClassMeta(type):
    """Metaclass of classes whose constructor is recorded, rather than called, where an argument is traced."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        _proxyable_classes.setdefault(cls)
        super().__init__(name, bases, attrs)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if is_fx_tracing() and (proxy := _find_proxy(args, kwargs)) is not None:
            return proxy.tracer.create_proxy("call_function", cls, args, kwargs)
        return super().__call__(*args, **kwargs)


@unstable
class PHBase:
    """Stands for an argument that remains one, where `concrete_args` gives others a value."""

    def __repr__(self) -> str:
        return "PH"


PH = PHBase()


@unstable
class PHWithMeta(PHBase):
    """A `PH` whose attributes the placeholder's node gets."""

    def __init__(self, ph_key: str | None = None) -> None:
        self.ph_key = ph_key


def _assert_is_none(value: Any, msg: str) -> None:
    if value is not None:
        raise AssertionError(msg)


def _transfer_attrs(fr: Any, to: Any) -> None:
    for name in dir(fr):
        value = getattr(fr, name)
        if not callable(value) and not name.startswith("__") and not hasattr(to, name):
            setattr(to, name, value)


def _undecorated(fn: Callable[..., Any]) -> Any:
    return inspect.unwrap(fn)


def _annotation(fn: Callable[..., Any], name: str) -> Any:
    """What a parameter (or "return") is annotated with. One that is text, and names what is not there, is left out."""
    found = getattr(fn, "__annotations__", {}).get(name)
    if not isinstance(found, str):
        return found
    try:
        found = eval(found, getattr(fn, "__globals__", {}))
    except Exception:  # names for type checkers only
        return None
    return None if found is Any else found


@stable
class Tracer(TracerBase):
    """Traces modules and functions. Subclasses say which modules are leaves and what Proxies do.

    Args:
        autowrap_modules: modules of Python whose functions are recorded when an argument is traced.
        autowrap_functions: functions that are, wherever the program's modules mention them.
        param_shapes_constant: let sizes of parameters be numbers instead of traced values.
    """

    @stable
    def __init__(
        self,
        autowrap_modules: tuple[ModuleType, ...] = (math,),
        autowrap_functions: tuple[Callable[..., Any], ...] = (),
        param_shapes_constant: bool = False,
    ) -> None:
        super().__init__()
        self._autowrap_function_ids = {
            id(value)
            for module in autowrap_modules
            for name, value in module.__dict__.items()
            if not name.startswith("_") and callable(value)
        }
        self._autowrap_function_ids.update(id(function) for function in autowrap_functions)
        self._autowrap_search: list[ModuleType] = list(autowrap_modules)
        self.param_shapes_constant = param_shapes_constant
        self.submodule_paths: dict[nn.Module, str] | None = None
        self.root_module_name = ""
        self.scope = Scope("", None)
        self.module_stack = collections.OrderedDict()
        self.num_calls: dict[str, int] = {}
        self.node_name_to_scope = {}
        self._qualname_counter: dict[str, int] = collections.defaultdict(int)

    @unstable
    def get_fresh_qualname(self, prefix: str) -> str:
        """A name that no attribute of the root has: the prefix with a number."""
        while True:
            name = f"{prefix}{self._qualname_counter[prefix]}"
            self._qualname_counter[prefix] += 1
            if not hasattr(self.root, name):
                return name

    # Values as arguments. --------------------------------------------------------------------------------------

    @stable
    def create_arg(self, a: Any) -> Any:
        """A value as an argument of a node.

        Parameters, buffers and other tensors become reads of attributes of the root; a tensor that is none gets to be
        one, named `_tensor_constant0` and on.

        Raises:
            NameError: a parameter or module that the root does not hold.
            NotImplementedError: a value that cannot stand in a graph.
        """
        if isinstance(a, flambeau.Tensor):
            return self._create_tensor(a)
        if isinstance(a, nn.Module):
            return self._create_module(a)
        if type(a) in _proxyable_classes:
            return self._create_object(a)
        return super().create_arg(a)

    def _create_tensor(self, a: flambeau.Tensor) -> Any:
        if isinstance(a, nn.Parameter):
            for name, parameter in self.root.named_parameters():
                if a is parameter:
                    return self.create_node("get_attr", name, (), {})
            raise NameError(
                f"fx: a parameter of shape {tuple(a.shape)} is used that {type(self.root).__name__} does not hold"
            )
        for name, buffer in self.root.named_buffers():
            if a is buffer:
                return self.create_node("get_attr", name, (), {})
        path = self.tensor_attrs.get(a)
        if path is None:
            path = self.get_fresh_qualname("_tensor_constant")
            self.tensor_attrs[a] = path
            setattr(self.root, path, a)
        return self.create_node("get_attr", path, (), {})

    def _create_module(self, a: nn.Module) -> Any:
        for name, module in self.root.named_modules():
            if a is module:
                return self.create_node("get_attr", name, (), {})
        return super().create_arg(a)

    def _create_object(self, a: Any) -> Any:
        path = self.get_fresh_qualname(f"_{type(a).__name__}_constant_")
        setattr(self.root, path, a)
        return self.create_node("get_attr", path, (), {})

    # Modules. --------------------------------------------------------------------------------------------------

    @stable
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether calls of a module are recorded as such, rather than looked into.

        By default: those of the library, but for Sequential.
        """
        home = m.__module__
        of_library = home.startswith(("flambeau.nn", "torch.nn", "flambeau.ao.nn", "torch.ao.nn"))
        return of_library and not isinstance(m, nn.Sequential)

    @stable
    def path_of_module(self, mod: nn.Module) -> str:
        """The path of a module below the root: "layers.0".

        Raises:
            NameError: the root does not hold it.
        """
        if self.submodule_paths is not None:
            path = self.submodule_paths.get(mod)
            if path is not None:
                return path
        else:
            for name, module in self.root.named_modules():
                if module is mod:
                    return name
        raise NameError(
            f"fx: a module of class {type(mod).__name__} is called that {type(self.root).__name__} does not hold as a "
            "submodule; assign it as an attribute"
        )

    @stable
    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What a call of a module does: record it if it is a leaf, otherwise make it.

        Args:
            m: the module.
            forward: makes the call.
            args, kwargs: its arguments.
        """
        path = self.path_of_module(m)
        with ScopeContextManager(self.scope, Scope(path, type(m))) as scope:
            calls = self.num_calls.get(path, 0)
            self.num_calls[path] = calls + 1
            key = f"{scope.module_path}@{calls}" if calls else scope.module_path
            self.module_stack[key] = (scope.module_path, scope.module_type)
            try:
                if self.is_leaf_module(m, path):
                    return self.create_proxy("call_module", path, args, kwargs)
                return forward(*args, **kwargs)
            finally:
                self.module_stack.popitem(last=True)

    @unstable
    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """What reading an attribute of a module gives: a Proxy for parameters (and buffers, if asked for)."""

        def recorded(pairs: Any, make: Callable[[str], Callable[[Any], Any] | None]) -> Any:
            for name, value in pairs:
                if attr_val is value:
                    if name not in parameter_proxy_cache:
                        # Overridden methods may not know the last parameter.
                        factory = make(name)
                        options: dict[str, Any] = {} if factory is None else {"proxy_factory_fn": factory}
                        parameter_proxy_cache[name] = self.create_proxy("get_attr", name, (), {}, **options)
                    return parameter_proxy_cache[name]
            return None

        if isinstance(attr_val, nn.Parameter):

            def with_shape(name: str) -> Callable[[Any], Any] | None:
                if not self.param_shapes_constant:
                    return None
                return lambda node: ParameterProxy(self, node, name, attr_val)

            found = recorded(self.root.named_parameters(), with_shape)
            if found is not None:
                return found
        elif self.proxy_buffer_attributes and isinstance(attr_val, flambeau.Tensor):
            found = recorded(self.root.named_buffers(), lambda name: None)
            if found is not None:
                return found
        return attr_val

    # Tracing. --------------------------------------------------------------------------------------------------

    @unstable
    def create_args_for_root(
        self,
        root_fn: Callable[..., Any],
        is_module: bool,
        concrete_args: dict[str, Any] | tuple[Any, ...] | None = None,
    ) -> tuple[Any, list[Any]]:
        """Placeholders for the parameters of a function.

        Args:
            root_fn: the function.
            is_module: whether its first parameter is the root module.
            concrete_args: values for parameters, by name or in order; `PH` in them stays open.

        Returns:
            The function to call, which takes leaves if `concrete_args` has structures; and its arguments.
        """
        analysed = _undecorated(root_fn)
        code = analysed.__code__
        names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        signature = inspect.signature(analysed)
        args: list[Any] = []
        if is_module:
            if not names:
                raise RuntimeError(f"fx: {analysed.__qualname__} has no parameter for the module itself")
            names.pop(0)
            args.append(self.root)
        if isinstance(concrete_args, tuple):
            if len(names) != len(concrete_args):
                raise RuntimeError(
                    f"fx: concrete_args has {len(concrete_args)} values for the {len(names)} parameters {names}"
                )
            concrete_args = dict(zip(names, concrete_args, strict=True))
        args += [self._proxy_placeholder(name, concrete_args, signature, analysed) for name in names]
        if code.co_kwonlyargcount > 0 or code.co_flags & HAS_VARSTUFF:
            extra = list(code.co_varnames[len(names) + bool(is_module) :])
            if code.co_flags & inspect.CO_VARARGS:
                args.append(self.create_proxy("placeholder", "*" + extra.pop(0), (), {}))
            if code.co_flags & inspect.CO_VARKEYWORDS:
                args.append(self.create_proxy("placeholder", "**" + extra.pop(0), (), {}))
            root_fn = _patch_function(analysed, len(args))
        return self._flatten_arguments(
            root_fn, is_module, args, ["self", *names] if is_module else names, concrete_args
        )

    def _flatten_arguments(
        self, root_fn: Callable[..., Any], is_module: bool, args: list[Any], names: list[str], concrete_args: Any
    ) -> tuple[Any, list[Any]]:
        if concrete_args is None:
            return root_fn, args
        flat_args, in_spec = pytree.tree_flatten(tuple(args))
        if all(child.is_leaf() for child in in_spec.children_specs):
            return root_fn, args
        passed = tuple(args[1:]) if is_module else tuple(args)
        own_spec = pytree.tree_structure(passed)
        shown = names[1:] if is_module else names
        self.graph._codegen = _PyTreeCodeGen(_PyTreeInfo(shown[: len(passed)], own_spec, None))

        def on_leaves(*leaves):  # annotations would be those of the graph
            result = root_fn(*pytree.tree_unflatten(list(leaves), in_spec))
            out_args, out_spec = pytree.tree_flatten(result)
            codegen = self.graph._codegen
            if not isinstance(codegen, _PyTreeCodeGen):
                raise AssertionError(
                    f"fx: the code generator was replaced by {type(codegen).__name__} during the trace"
                )
            codegen.pytree_info = codegen.pytree_info._replace(out_spec=out_spec)
            return out_args

        return on_leaves, flat_args

    def _proxy_placeholder(
        self, name: str, concrete_args: dict[str, Any] | None, sig: inspect.Signature, fn_for_analysis: Any
    ) -> Any:
        if concrete_args is not None and name in concrete_args:
            return self._placeholders_within(name, concrete_args[name], sig)
        parameter = sig.parameters.get(name)
        default = () if parameter is None or parameter.default is inspect.Parameter.empty else (parameter.default,)
        return self.create_proxy("placeholder", name, default, {}, type_expr=_annotation(fn_for_analysis, name))

    def _placeholders_within(self, name: str, value: Any, sig: inspect.Signature) -> Any:
        """The value of `concrete_args` for a parameter: a placeholder for each leaf, checked to be what was given."""
        count = 0
        default = sig.parameters[name].default
        defaults = () if default is inspect.Parameter.empty or isinstance(default, (list, dict, tuple)) else (default,)

        def leaf(x: Any) -> Any:
            nonlocal count
            count += 1
            proxy = self.create_proxy("placeholder", f"{name}_{count}", defaults, {})
            if isinstance(x, PHBase):
                if type(x) is not PHBase:
                    _transfer_attrs(fr=x, to=proxy.node)
                return proxy
            message = f"fx: argument {name} has been specialized to the value {x!r}, but got another one"
            if isinstance(x, base_types) and not isinstance(x, flambeau.Tensor):
                self.create_proxy("call_function", _assert, (proxy == x, message), {})
            elif x is None:
                self.create_proxy("call_function", _assert_is_none, (proxy, message), {})
            else:
                warnings.warn(
                    f"fx: argument {name} is specialized to {x!r}; whether calls pass that value is not checked",
                    stacklevel=6,
                )
            return x

        return pytree.tree_map(leaf, value)

    @stable
    def trace(self, root: nn.Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> Graph:
        """Run a module or function with Proxies and give the graph of what it did.

        Args:
            root: the module or function.
            concrete_args: values for some parameters, so that control flow may depend on them. Structures with `PH` in
                them make the graph take structures.
        """
        global _traces_under_way
        _traces_under_way += 1
        try:
            return self._trace(root, concrete_args)
        finally:
            _traces_under_way -= 1
            self.submodule_paths = None

    def _trace(self, root: nn.Module | Callable[..., Any], concrete_args: Any) -> Graph:
        fn: Any
        if isinstance(root, nn.Module):
            self.root: nn.Module = root
            kind = type(root)
            if not hasattr(kind, self.traced_func_name):
                raise AssertionError(f"fx.Tracer: {kind.__name__} has no method {self.traced_func_name!r} to trace")
            fn = getattr(kind, self.traced_func_name)
            self.root_module_name = root._get_name()
            self.submodule_paths = {module: name for name, module in root.named_modules()}
        else:
            self.root = nn.Module()
            fn = root
        self.graph = Graph(tracer_cls=getattr(self, "__class__", None))
        if hasattr(fn, "__code__"):
            self.graph._co_fields = {
                "co_name": fn.__code__.co_name,
                "co_filename": fn.__code__.co_filename,
                "co_firstlineno": fn.__code__.co_firstlineno,
            }
        self.tensor_attrs: dict[Any, str] = {}
        _collect_tensors(self.root, [], self.tensor_attrs)
        if not isinstance(fn, FunctionType):
            raise AssertionError(f"fx.Tracer: {fn!r} of type {type(fn).__name__} is no function of Python")
        fn_globals = fn.__globals__
        fn, args = self.create_args_for_root(fn, isinstance(root, nn.Module), concrete_args)
        with _new_patcher() as patcher:
            self._install(patcher, fn_globals)
            result = self.create_arg(fn(*args))
            returned = _annotation(_undecorated(fn), "return")
            self.create_node("output", "output", (result,), {}, type_expr=returned)
        return self.graph

    def _install(self, patcher: _Patcher, fn_globals: dict[str, Any]) -> None:
        """Replace attribute access and call of modules, and the functions that are to be recorded."""
        parameter_proxies: dict[str, Any] = {}
        original_call: Any = nn.Module.__call__
        original_getattr: Any = nn.Module.__getattr__

        @functools.wraps(original_getattr)
        def module_getattr(mod: nn.Module, attr: str) -> Any:
            return self.getattr(attr, original_getattr(mod, attr), parameter_proxies)

        @functools.wraps(original_call)
        def module_call(mod: nn.Module, *args: Any, **kwargs: Any) -> Any:
            def forward(*args: Any, **kwargs: Any) -> Any:
                return original_call(mod, *args, **kwargs)

            _autowrap_check(
                patcher, getattr(getattr(mod, "forward", mod), "__globals__", {}), self._autowrap_function_ids
            )
            return self.call_module(mod, forward, args, kwargs)

        patcher.patch_method(nn.Module, "__getattr__", module_getattr)
        patcher.patch_method(nn.Module, "__call__", module_call)
        _patch_wrapped_functions(patcher)
        _autowrap_check(patcher, fn_globals, self._autowrap_function_ids)
        for module in self._autowrap_search:
            _autowrap_check(patcher, module.__dict__, self._autowrap_function_ids)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tracer:
        made = object.__new__(type(self))
        memo[id(self)] = made
        for name, value in self.__dict__.items():
            # Python's modules and the traced module itself are not copied.
            shared = name in ("_autowrap_search", "root")
            made.__dict__[name] = value if shared else copy.deepcopy(value, memo)
        return made


def _collect_tensors(module: nn.Module, prefix: list[str], found: dict[Any, str]) -> None:
    """The tensors that are plain attributes of a module or of those below it."""
    for name, value in module.__dict__.items():
        if isinstance(value, flambeau.Tensor):
            found[value] = ".".join([*prefix, name])
    for name, child in module.named_children():
        _collect_tensors(child, [*prefix, name], found)


@stable
def symbolic_trace(root: nn.Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None) -> GraphModule:
    """Trace a module or function into a :class:`GraphModule` that does the same.

    The program runs once with Proxies in the place of its inputs. What it does with them is recorded; what it does
    without them, loops and conditions included, is done once and for all.

    Args:
        root: the module or function.
        concrete_args: values for some of the parameters, so that control flow may depend on them;
            `flambeau.fx.PH` inside of structures marks what stays an input.

    Raises:
        TraceError: control flow depends on a traced value.
    """
    tracer = Tracer()
    graph = tracer.trace(root, concrete_args)
    name = root._get_name() if isinstance(root, nn.Module) else getattr(root, "__name__", type(root).__name__)
    return GraphModule(tracer.root, graph, name)
