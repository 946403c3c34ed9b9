"""`__torch_function__`: what can be taken over by modes and arguments, under which name, and how functions of a program
join in.

The asking itself is src/python/overrides.cpp's.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import keyword
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from types import GetSetDescriptorType
from typing import Any, Self

import flambeau
from flambeau import _C, _tensor

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "enable_reentrant_dispatch",
    "get_default_nowrap_functions",
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


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether a mode or any of the arguments takes over the call. Subclasses of Tensor do unless they opt out."""
    return _C._has_torch_function(tuple(relevant_args))


has_torch_function_unary = _C._has_torch_function_unary
has_torch_function_variadic = _C._has_torch_function_variadic
overridable = _C.overridable


def _get_overloaded_args(relevant_args: Iterable[Any], get_type_fn: Callable[[Any], type] | None = None) -> list[Any]:
    """The arguments that take over, subclasses before their bases, otherwise in order; one of each class."""
    if get_type_fn is None:
        return _C._that_take_over(tuple(relevant_args))
    found: list[Any] = []
    if not _C._is_torch_function_enabled():
        return found
    for value in relevant_args:
        kind = get_type_fn(value)
        method = getattr(kind, "__torch_function__", None)
        opted_out = method is None or method is _C._disabled_torch_function_impl
        if opted_out or kind is flambeau.Tensor or any(kind is get_type_fn(other) for other in found):
            continue
        place = next((at for at, other in enumerate(found) if issubclass(kind, get_type_fn(other))), len(found))
        found.insert(place, value)
    return found


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Offer a call to the active mode and to the arguments that take over, in order of precedence.

    Raises:
        TypeError: all of them answered NotImplemented.
    """
    return _C._offer_torch_function(public_api, tuple(relevant_args), args, kwargs)


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


# Where functions are looked for; one that stands in several places goes by the last.
# Methods of Tensor that Python or the library itself calls, not programs; some are seen as what they call.
_NEVER_SEEN = frozenset(
    ("__class__", "__dict__", "__dir__", "__doc__", "__hash__", "__init__", "__iter__", "__module__", "__new__",
     "__torch_function__", "__weakref__", "_make_subclass",
     "_make_wrapper_subclass", "as_subclass")
)  # fmt: skip
_NAMESPACES = (
    "flambeau",
    "flambeau.functional",
    "flambeau.nn.functional",
    "flambeau.nn.init",
    "flambeau.linalg",
    "flambeau.fft",
    "flambeau.special",
)


def _public(module: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(module):  # not vars(): the package gives many of its names on demand
        if name.startswith("_"):
            continue
        try:
            yield name, getattr(module, name)
        except (AttributeError, ImportError, NotImplementedError):  # a submodule that needs something absent
            continue


@functools.cache
def _catalogue() -> tuple[dict[Any, list[Callable[..., Any]]], dict[Any, str]]:
    names: dict[Any, str] = {}
    place: dict[Any, Any] = {}
    ignored = get_ignored_functions()
    for path in _NAMESPACES:
        module = importlib.import_module(path)
        shown = path.replace("flambeau", "torch", 1)
        allowed = getattr(module, "__all__", None) if path == "flambeau.functional" else None
        for name, value in _public(module):
            if allowed is not None and name not in allowed:
                continue
            if type(value) is _C.Operator or _C._is_overridable(value) or value in ignored:
                names[value], place[value] = f"{shown}.{name}", module
    tensor: Any = flambeau.Tensor
    for name in dir(tensor):
        value = inspect.getattr_static(tensor, name)
        if value is inspect.getattr_static(object, name, None) or name in _NEVER_SEEN:
            continue
        if isinstance(value, GetSetDescriptorType):
            accessors = [value.__get__, value.__set__, value.__delete__]
            for accessor in accessors:
                names[accessor] = f"torch.Tensor.{name}.{accessor.__name__}"
            place[accessors[0]] = value
        elif callable(value) and not isinstance(value, type):
            names[value], place[value] = f"torch.Tensor.{name}", tensor
    table: dict[Any, list[Callable[..., Any]]] = {}
    for value, owner in place.items():
        if value not in ignored:
            table.setdefault(owner, []).append(value)
    return table, names


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """Everything that `__torch_function__` sees, by the module, class or attribute where it stands."""
    return _catalogue()[0]


@functools.cache
def _schemas() -> dict[str, str]:
    """The first overload of each operator."""
    return {op["base"]: op["signature"] for op in reversed(_C.list_operators())}


def _signature(function: Any) -> inspect.Signature:
    """The arguments of an overridable function; of an operator those of its first overload."""
    Parameter = inspect.Parameter
    if type(function) is _C.Operator:
        kind: Any = Parameter.POSITIONAL_OR_KEYWORD
        parameters = []
        for text in re.split(
            r", (?=[A-Za-z*])", _schemas()[function.operator].partition("(")[2].rpartition(") -> ")[0]
        ):
            if text == "*":
                kind = Parameter.KEYWORD_ONLY
            elif text:
                declared, _, default = text.partition("=")
                name = declared.rpartition(" ")[2]
                shown = "input" if name == "self" and not function.is_method else name
                shown += "_" if keyword.iskeyword(shown) else ""  # `from` of random_
                value = Parameter.empty if not default else None
                parameters.append(Parameter(shown, kind, default=value))
        return inspect.Signature(parameters)
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        parameters = [Parameter("self", Parameter.POSITIONAL_ONLY)]
        if not _C._takes_no_arguments(function):
            parameters.append(Parameter("args", Parameter.VAR_POSITIONAL))
        return inspect.Signature(parameters)


@functools.cache
def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., Any]]:
    """For each overridable function a stand-in with its arguments that answers -1."""

    def stand_in(function: Any) -> Callable[..., Any]:
        def answer(*args: Any, **kwargs: Any) -> int:
            return -1

        answer.__signature__ = _signature(function)  # type: ignore[attr-defined]
        return answer

    return {
        function: stand_in(function) for functions in get_overridable_functions().values() for function in functions
    }


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


def _shown_name(f: Any) -> str:
    """A name for messages, of any function."""
    return resolve_name(f) or f"{getattr(f, '__module__', '')}.{getattr(f, '__qualname__', f)}"


@functools.cache
def _of_tensor() -> set[Any]:
    return {f for f, name in _catalogue()[1].items() if name.startswith("torch.Tensor.")}


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function that reached `__torch_function__` is a method or property of Tensor."""
    return getattr(func, "__name__", "") in ("__get__", "__set__", "__delete__") or func in _of_tensor()


def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """Attributes that hold another tensor: the default `__torch_function__` gives it as it is."""
    return set(_tensor.keep_their_class())


class TorchFunctionMode:
    """A context in which every call of an operator or Tensor method goes to ``__torch_function__`` first.

    The mode is set aside while its method runs, so calls made there go to the mode below, or are executed.
    """

    inner: TorchFunctionMode

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Called instead of the operator; ``func(*args, **kwargs)`` runs it."""
        raise NotImplementedError(f"{type(self).__name__}.__torch_function__: a mode has to define it")

    def __enter__(self) -> Self:
        _push_mode(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _pop_mode()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """A new mode, to be entered."""
        warnings.warn(f"{cls.__name__}.push() is no longer needed: use `with {cls.__name__}():`", stacklevel=2)
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that only calls on."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


_push_mode = _push_on_torch_function_stack = _C._push_on_torch_function_stack
_pop_mode = _pop_torch_function_stack = _C._pop_torch_function_stack
_len_torch_function_stack = _C._len_torch_function_stack
_get_function_stack_at = _C._get_function_stack_at
_is_torch_function_mode_enabled = _C._is_torch_function_mode_enabled


def _get_current_function_mode() -> Any:
    count = _len_torch_function_stack()
    return _get_function_stack_at(count - 1) if count else None


def _get_current_function_mode_stack() -> list[Any]:
    return [_get_function_stack_at(i) for i in range(_len_torch_function_stack())]


@contextlib.contextmanager
def _pop_mode_temporarily() -> Iterator[Any]:
    """The innermost mode, set aside for as long as the context lasts."""
    mode = _pop_mode()
    try:
        yield mode
    finally:
        _push_mode(mode)


@contextlib.contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """Inside of ``__torch_dispatch__``: calls go through autograd again, as where the call came in."""
    guard = _C._RestorePythonTLSSnapshot()
    try:
        yield
    finally:
        del guard
