"""`flambeau.jit`: TorchScript is not here yet. `script` and `trace` answer the function or module itself, marked;
saving what they gave, and TorchScript's files, are refused in words.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import flambeau
from flambeau._absent import absent_class
from flambeau.futures import Future

__all__ = [
    "Attribute",
    "Error",
    "Final",
    "Future",
    "RecursiveScriptModule",
    "ScriptFunction",
    "ScriptModule",
    "annotate",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "optimize_for_inference",
    "optimized_execution",
    "save",
    "script",
    "script_if_tracing",
    "set_fusion_strategy",
    "trace",
    "trace_module",
    "unused",
    "wait",
]
Attribute = namedtuple("Attribute", ["value", "type"])
_INSTEAD = {
    "load": "build the model from its class and load its state_dict with flambeau.load",
    "save": "save the module's state_dict with flambeau.save",
}
_ROOMS = ("_recursive", "_script", "_state", "_trace", "annotations", "frontend")
del annotations  # the name of the future statement; here it is a submodule


class Error(RuntimeError):
    """An error in a TorchScript program."""


class TracerWarning(Warning):
    """What a trace would not see; nothing is traced, so nothing warns."""

    @staticmethod
    def ignore_lib_warnings() -> None:
        """Silence those that the library's own code causes; there are none."""


class ScriptWarning(Warning):
    """What TorchScript would not do; nothing is scripted, so nothing warns."""


class TracingCheckError(Exception):
    """A trace that gave other results; nothing is traced, so nothing raises it."""


def _refuse(name: str, *args: Any, **kwargs: Any) -> NoReturn:
    raise NotImplementedError(f"jit.{name}: Flambeau has no TorchScript yet; {_INSTEAD[name]}")


def _marked(obj: Any, how: str) -> Any:
    """The function or module itself, with a mark and a `save` that is refused."""
    if builtins.isinstance(obj, type) or not callable(obj):
        return obj
    with contextlib.suppress(AttributeError, TypeError):  # what takes no attributes goes unmarked
        own = vars(obj)
        if "save" not in own and not hasattr(type(obj), "save"):
            object.__setattr__(obj, "save", functools.partial(_refuse, "save"))
        object.__setattr__(obj, "_jit_mark", how)
    return obj


def script(obj: Any, optimize: None = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> Any:
    """Answer the function, module or class itself: it runs as it is, and has no ``save``."""
    return _marked(obj, "script")


def script_method(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the method itself."""
    return fn


def trace(
    func: Any = None,
    example_inputs: Any = None,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Any = None,
    _store_inputs: bool = True,
) -> Any:
    """Answer the function or module itself, after one call with the example inputs.

    Other branches than those of the example are taken where the data says so, which a trace would not do.
    """
    if example_inputs is None and example_kwarg_inputs is None:
        raise RuntimeError("trace: example_kwarg_inputs should be a dict, or example_inputs given")
    args = () if example_inputs is None else example_inputs
    args = args if builtins.isinstance(args, (tuple, list)) else (args,)
    with flambeau.no_grad():
        func(*args, **(example_kwarg_inputs or {}))
    return _marked(func, "trace")


def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """Answer the module itself. `inputs` has example inputs by the name of the method."""
    if not builtins.isinstance(inputs, dict):
        raise AttributeError(f"trace_module: inputs are a {type(inputs).__name__}, a dict by method is wanted")
    for name in inputs:
        getattr(mod, name)
    return _marked(mod, "trace")


def _get_trace_graph(f: Any, args: Any = (), kwargs: Any = None, *rest: Any, **options: Any) -> NoReturn:
    """Not available: graphs of TorchScript."""
    raise NotImplementedError("jit._get_trace_graph: Flambeau has no TorchScript yet; fx.symbolic_trace makes graphs")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> Any:
    """Not available: TorchScript archives."""
    _refuse("load")


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Not available: TorchScript archives."""
    _refuse("save")


def freeze(
    mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True, preserve_parameters: bool = False
) -> Any:
    """Answer the module itself."""
    return _in_evaluation("freeze", mod)


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """Answer the module itself, which is in evaluation mode."""
    return _in_evaluation("optimize_for_inference", mod)


def run_frozen_optimizations(mod: Any, *args: Any, **kwargs: Any) -> None:
    """There is no graph to optimize."""


def _in_evaluation(name: str, mod: Any) -> Any:
    if not builtins.isinstance(mod, flambeau.nn.Module):
        raise RuntimeError(f"{name}: a {type(mod).__name__}, a module is wanted")
    if mod.training:
        raise RuntimeError(f"{name}: the module is in training mode; call module.eval() first")
    return mod


def enable_onednn_fusion(enabled: bool) -> None:
    """There is no fuser."""


def onednn_fusion_enabled() -> bool:
    """False."""
    return False


@contextlib.contextmanager
def fuser(name: str) -> Iterator[None]:
    """There is no fuser."""
    yield


def _unwrap_optional(x: Any) -> Any:
    """The value, which is not None. AssertionError where it is."""
    assert x is not None, "Unwrapping null optional"
    return x


class strict_fusion(contextlib.ContextDecorator):
    """There is no fuser."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def is_scripting() -> bool:
    """False: no function runs as TorchScript."""
    return False


def is_tracing() -> bool:
    """False: no call is traced."""
    return False


def export(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the function itself."""
    return fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the function itself."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Answer the function itself, with or without arguments to the decorator."""
    return drop if callable(drop) else lambda fn: fn


def interface(obj: Any) -> Any:
    """Answer the class itself."""
    return obj


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the function itself: nothing is ever traced."""
    return fn


def _overload(func: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the function itself."""
    return func


def _overload_method(func: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the function itself."""
    return func


def _script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


_drop = unused


def annotate(the_type: Any, the_value: Any) -> Any:
    """Answer the value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type; parametrized containers are looked into."""
    import typing

    targets = target_type if builtins.isinstance(target_type, tuple) else (target_type,)
    for target in targets:
        origin: Any = typing.get_origin(target)
        arguments = typing.get_args(target)
        if origin is None:
            matches = builtins.isinstance(obj, target)
        elif origin is typing.Union:
            matches = any(isinstance(obj, part) for part in arguments)
        elif not builtins.isinstance(obj, origin):
            matches = False
        elif origin is dict:
            matches = all(
                isinstance(key, arguments[0]) and isinstance(value, arguments[1]) for key, value in obj.items()
            )
        elif origin is tuple:
            matches = len(obj) == len(arguments) and all(map(isinstance, obj, arguments))
        else:
            matches = all(isinstance(value, arguments[0]) for value in obj)
        if matches:
            return True
    return False


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
    """Call the function now; its result is in the future that is answered."""
    future: Future[Any] = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Future[Any]) -> Any:
    """The value of a future, such as `fork` answers; waits for it."""
    if future is None:
        raise RuntimeError("wait: Future can't be None")
    if not isinstance(future, Future):
        raise TypeError(f"wait: expected a future, got {type(future)}")
    return future.wait()


def set_fusion_strategy(strategy: Any) -> Any:
    """There is no fuser."""
    return strategy


@contextlib.contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """There is no graph to optimize."""
    yield


ScriptFunction = absent_class("jit", "ScriptFunction", "TorchScript", NotImplementedError)
CompilationUnit = absent_class("jit", "CompilationUnit", "TorchScript", NotImplementedError)
RecursiveScriptClass = absent_class("jit", "RecursiveScriptClass", "TorchScript", NotImplementedError)
_MODULES = ("ONNXTracedModule", "RecursiveScriptModule", "ScriptModule", "TopLevelTracedModule", "TracedModule")


def _module_class(name: str) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"jit.{name}: Flambeau has no TorchScript yet; derive from nn.Module")

    base = flambeau.nn.Module if name == "ScriptModule" else __getattr__("ScriptModule")
    return type(
        name,
        (base,),
        {"__init__": refuse, "__module__": __name__, "__doc__": "A module of TorchScript; none can be made."},
    )


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # made on demand: nn need not be loaded for the rest
        if name not in globals():
            globals()[name] = _module_class(name)
        return globals()[name]
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
