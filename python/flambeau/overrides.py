"""`__torch_function__`: asking arguments whether they take over a call, and what can be taken over.

The core does the same for its own operators; the functions here serve those written in Python.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

import flambeau
from flambeau import _C

__all__ = [
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]

_disabled: Any = getattr(_C, "_disabled_torch_function_impl", None)


def _overrides(value: Any) -> bool:
    """Whether this argument's class has a `__torch_function__` of its own."""
    cls = type(value)
    if cls is flambeau.Tensor:
        return False
    method = getattr(cls, "__torch_function__", None)
    return method is not None and method is not _disabled


def _subclasses_enabled() -> bool:
    enabled = getattr(_C, "_is_torch_function_enabled", None)
    return True if enabled is None else bool(enabled())


def _has_torch_function(relevant_args: Iterable[Any]) -> bool:
    return _mode_active() or (_subclasses_enabled() and any(_overrides(value) for value in relevant_args))


def _mode_active() -> bool:
    return _C._function_mode_count() > 0


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether any of the arguments takes over the call. Subclasses of Tensor do unless they opt out."""
    return _has_torch_function(relevant_args)


def has_torch_function_unary(argument: Any) -> bool:
    """`has_torch_function` for one argument."""
    return _has_torch_function((argument,))


def has_torch_function_variadic(*arguments: Any) -> bool:
    """`has_torch_function` with the arguments one by one."""
    return _has_torch_function(arguments)


def _get_overloaded_args(relevant_args: Iterable[Any], get_type_fn: Callable[[Any], type] | None = None) -> list[Any]:
    """The arguments that take over, subclasses before their bases, otherwise in order; one of each class."""
    kind_of = type if get_type_fn is None else get_type_fn
    found: list[Any] = []
    if not _subclasses_enabled():
        return found
    for value in relevant_args:
        kind = kind_of(value)
        method = getattr(kind, "__torch_function__", None)
        if method is None or method is _disabled or any(kind is kind_of(other) for other in found):
            continue
        place = next((at for at, other in enumerate(found) if issubclass(kind, kind_of(other))), len(found))
        found.insert(place, value)
    return found


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Offer a call to the arguments that take over, in order of precedence.

    Raises:
        TypeError: all of them answered NotImplemented.
    """
    overloaded = _get_overloaded_args(relevant_args)
    kinds = tuple(type(value) for value in overloaded)
    if _mode_active():
        mode = _C._pop_function_mode()
        try:
            result = mode.__torch_function__(public_api, kinds, args, kwargs)
        finally:
            _C._push_function_mode(mode)
        if result is not NotImplemented:
            return result
    for value in overloaded:
        method = value.__torch_function__
        owner = getattr(method, "__self__", None)
        if owner is value and not isinstance(value, type):
            warnings.warn(
                f"{type(value).__name__}.__torch_function__ should be a classmethod", DeprecationWarning, stacklevel=2
            )
        result = method(public_api, kinds, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{getattr(public_api, '__module__', '')}.{getattr(public_api, '__name__', public_api)}"
    raise TypeError(f"{name}: no class among {[kind.__name__ for kind in kinds]} implements it in __torch_function__")


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that lets arguments take over a Python function; `dispatcher` picks those to ask."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate


def is_tensor_like(inp: Any) -> bool:
    """Whether a value is a tensor or behaves as one through `__torch_function__`."""
    return type(inp) is flambeau.Tensor or hasattr(inp, "__torch_function__")


_NAMESPACES = (
    "flambeau",
    "flambeau.functional",
    "flambeau.nn.functional",
    "flambeau.nn.init",
    "flambeau.linalg",
    "flambeau.fft",
    "flambeau.special",
)
_FUNCTION_KINDS = (FunctionType, BuiltinFunctionType)


def _namespaces() -> list[ModuleType]:
    import importlib

    found = []
    for name in _NAMESPACES:
        try:
            found.append(importlib.import_module(name))
        except ImportError:
            continue
    return found


@functools.cache
def _catalogue() -> tuple[dict[Any, list[Callable[..., Any]]], dict[Any, str]]:
    table: dict[Any, list[Callable[..., Any]]] = {}
    names: dict[Any, str] = {}
    ignored = get_ignored_functions()
    operator_kind = type(getattr(flambeau, "add", len))
    for module in _namespaces():
        shown = module.__name__.replace("flambeau", "torch", 1)
        for name in dir(module):  # not vars(): the package gives many of its names on demand
            if name.startswith("_"):
                continue
            try:
                value = getattr(module, name)
            except (AttributeError, ImportError):  # a submodule that needs something absent
                continue
            is_function = isinstance(value, _FUNCTION_KINDS) or type(value) is operator_kind
            if not is_function or value in ignored or value in names:
                continue
            owner = getattr(value, "__module__", "") or ""
            if isinstance(value, FunctionType) and not owner.startswith(("flambeau", "torch")):
                continue
            table.setdefault(module, []).append(value)
            names[value] = f"{shown}.{name}"
    for name in sorted(set(dir(flambeau.Tensor)) - set(dir(object))):
        value = inspect.getattr_static(flambeau.Tensor, name)
        if isinstance(value, property) or type(value).__name__ == "getset_descriptor":
            value = value.__get__
        known = value.__hash__ is not None and value in names
        if callable(value) and not isinstance(value, type) and not known:
            table.setdefault(flambeau.Tensor, []).append(value)
            names[value] = f"torch.Tensor.{name}"
    return table, names


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """Everything that `__torch_function__` sees, by the module or class where it stands."""
    return _catalogue()[0]


def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., Any]]:
    """For each overridable function a stand-in that takes any arguments and answers -1."""

    def stand_in(*args: Any, **kwargs: Any) -> int:
        return -1

    return {function: stand_in for functions in get_overridable_functions().values() for function in functions}


_NOT_OVERRIDABLE = (
    "typename",
    "is_tensor",
    "is_storage",
    "set_default_tensor_type",
    "set_default_device",
    "get_default_device",
    "set_rng_state",
    "get_rng_state",
    "manual_seed",
    "initial_seed",
    "seed",
    "save",
    "load",
    "set_printoptions",
    "fork",
    "get_default_dtype",
    "set_default_dtype",
    "get_num_interop_threads",
    "get_num_threads",
    "init_num_threads",
    "set_num_interop_threads",
    "set_num_threads",
    "is_grad_enabled",
    "set_grad_enabled",
    "is_inference_mode_enabled",
    "arange",
    "as_tensor",
    "bartlett_window",
    "blackman_window",
    "can_cast",
    "compile",
    "empty",
    "empty_permuted",
    "empty_strided",
    "eye",
    "from_file",
    "from_numpy",
    "frombuffer",
    "full",
    "hamming_window",
    "hann_window",
    "kaiser_window",
    "linspace",
    "logspace",
    "ones",
    "promote_types",
    "rand",
    "randint",
    "randn",
    "randperm",
    "range",
    "result_type",
    "scalar_tensor",
    "sparse_coo_tensor",
    "sparse_compressed_tensor",
    "sparse_csr_tensor",
    "tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "vmap",
    "use_deterministic_algorithms",
    "get_device_module",
    "are_deterministic_algorithms_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "finfo",
    "iinfo",
    "asarray",
    "set_float32_matmul_precision",
    "get_float32_matmul_precision",
    "set_warn_always",
    "install_as_torch",
)


@functools.cache
def get_ignored_functions() -> set[Callable[..., Any]]:
    """Public functions that `__torch_function__` never sees: they take no tensors or make new ones."""
    return {getattr(flambeau, name) for name in _NOT_OVERRIDABLE if hasattr(flambeau, name)}


def resolve_name(f: Callable[..., Any]) -> str | None:
    """The public name of an overridable function: "torch.add", "torch.Tensor.add"."""
    if isinstance(f, str):
        return f
    return _catalogue()[1].get(f)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function that reached `__torch_function__` is a method or property of Tensor."""
    name = getattr(func, "__name__", "")
    if name == "__get__" or isinstance(func, MethodDescriptorType):
        return True
    return any(func is value for value in get_overridable_functions().get(flambeau.Tensor, ()))


class TorchFunctionMode:
    """A context in which every call of an operator or Tensor method goes to ``__torch_function__`` first.

    The mode is set aside while its method runs, so calls made there go to the mode below, or are executed.
    """

    inner: TorchFunctionMode

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Called instead of the operator; ``func(*args, **kwargs)`` runs it."""
        raise NotImplementedError(f"{type(self).__name__}.__torch_function__: a mode has to define it")

    def __enter__(self) -> Any:
        _C._push_function_mode(self)
        _modes.stack.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _modes.stack.pop()
        _C._pop_function_mode()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """A new mode, to be entered."""
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that only calls on."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


class _Modes(threading.local):
    def __init__(self) -> None:
        self.stack: list[TorchFunctionMode] = []


_modes = _Modes()


def _get_current_function_mode() -> TorchFunctionMode | None:
    return _modes.stack[-1] if _modes.stack else None


def _get_current_function_mode_stack() -> list[TorchFunctionMode]:
    return list(_modes.stack)
