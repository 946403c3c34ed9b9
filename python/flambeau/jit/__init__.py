"""`flambeau.jit`: TorchScript is not here yet. Marks on functions pass through, asking is answered, making a graph is
refused in words."""

from __future__ import annotations

import contextlib
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import flambeau
from flambeau._absent import absent_class

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
    "script": "call the function or module itself; flambeau.compile leaves it as it is, too",
    "trace": "call the function or module itself; flambeau.compile leaves it as it is, too",
    "trace_module": "call the module's methods themselves",
    "load": "build the model from its class and load its state_dict with flambeau.load",
    "save": "save the module's state_dict with flambeau.save",
    "freeze": "module.eval() under flambeau.inference_mode()",
    "optimize_for_inference": "module.eval() under flambeau.inference_mode()",
}


class Error(RuntimeError):
    """An error in a TorchScript program."""


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(f"jit.{name}: Flambeau has no TorchScript yet; {_INSTEAD[name]}")


def script(obj: Any, optimize: None = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> Any:
    """Not available: TorchScript from source."""
    _refuse("script")


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Not available: TorchScript from a traced call."""
    _refuse("trace")


def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """Not available: TorchScript from traced calls."""
    _refuse("trace_module")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> Any:
    """Not available: TorchScript archives."""
    _refuse("load")


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Not available: TorchScript archives."""
    _refuse("save")


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """Not available: TorchScript modules."""
    _refuse("freeze")


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """Not available: TorchScript modules."""
    _refuse("optimize_for_inference")


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


def annotate(the_type: Any, the_value: Any) -> Any:
    """Answer the value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type; parametrized containers are looked into."""
    import builtins
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


class Future:
    """A value that is there already: `fork` calls the function at once."""

    def __init__(self, value: Any = None) -> None:
        self._value = value

    def wait(self) -> Any:
        """The value."""
        return self._value

    def value(self) -> Any:
        """The value."""
        return self._value

    def done(self) -> bool:
        """True."""
        return True


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future:
    """Call the function now; its result is in the future that is answered."""
    return Future(func(*args, **kwargs))


def wait(future: Any) -> Any:
    """The result of `fork`."""
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
ScriptModule: Any
RecursiveScriptModule: Any


def _module_class(name: str) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"jit.{name}: Flambeau has no TorchScript yet; derive from nn.Module")

    return type(
        name,
        (flambeau.nn.Module,),
        {"__init__": refuse, "__module__": __name__, "__doc__": "A module of TorchScript; none can be made."},
    )


def __getattr__(name: str) -> Any:
    if name in ("ScriptModule", "RecursiveScriptModule"):  # made on demand: nn need not be loaded for the rest
        made = globals()[name] = _module_class(name)
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
