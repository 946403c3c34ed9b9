"""Signatures of operators, and arguments put in their order with defaults filled in.

Signatures come from the operator table, or from Python for functions written in it.
"""

from __future__ import annotations

import functools
import inspect
import numbers
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flambeau
from flambeau import _C

from . import _naming
from ._compatibility import unstable

__all__ = [
    "ArgsKwargsPair",
    "check_for_mutable_operation",
    "create_type_hint",
    "get_signature_for_torch_op",
    "normalize_function",
    "normalize_module",
    "type_matches",
]


@unstable
class ArgsKwargsPair(NamedTuple):
    """Arguments of a call.

    Attributes:
        args: the positional ones.
        kwargs: those with names.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


# From the notation of the operator table to types of Python.
_TYPES: dict[str, Any] = {
    "Tensor": flambeau.Tensor,
    "Scalar": numbers.Number,
    "number": numbers.Number,
    "int": int,
    "SymInt": int,
    "float": float,
    "bool": bool,
    "str": str,
    "complex": complex,
    "ScalarType": flambeau.dtype,
    "Layout": flambeau.layout,
    "Device": flambeau.device,
    "MemoryFormat": flambeau.memory_format,
    "Dimname": str,
    "Generator": flambeau.Generator,
    "Storage": flambeau.UntypedStorage,
    "Any": Any,
}


def _type_of(text: str) -> Any:
    """The type of Python for one in a signature: "int[2]?" is an optional list of integers."""
    if text.endswith("?"):
        return typing.Optional[_type_of(text[:-1])]  # noqa: UP045
    if text.endswith("]"):
        return typing.List[_type_of(text[: text.rindex("[")])]  # type: ignore[misc] # noqa: UP006
    text = text.partition("(")[0].split("|")[0]
    return _TYPES.get(text, Any)


def _default_of(text: str) -> Any:
    if text in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[text]
    if text[:1] in "'\"":
        return text[1:-1]
    if text.startswith("["):
        return [_default_of(item.strip()) for item in text[1:-1].split(",") if item.strip()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    constants = {"Mean": 1, "Sum": 2, "contiguous_format": flambeau.contiguous_format, "long": flambeau.int64}
    return constants.get(text, text)


def _split(text: str) -> list[str]:
    """Parts between commas that stand in no brackets or quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    if text[start:].strip():
        parts.append(text[start:].strip())
    return parts


@functools.lru_cache(maxsize=2048)
def _signature_of_text(text: str) -> inspect.Signature:
    """The signature of Python for "name(Tensor self, *, Scalar alpha=1) -> Tensor"."""
    inside = text[text.index("(") + 1 : text.rindex(") ->")]
    returned = text[text.rindex(") ->") + 4 :].strip()
    parameters = []
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    for part in _split(inside):
        if part == "*":
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        shown, _, default = part.partition("=")
        type_text, _, name = shown.strip().rpartition(" ")
        type_text = type_text.strip()
        parameters.append(
            inspect.Parameter(
                "input" if name == "self" else "from_" if name == "from" else name,
                kind,
                default=_default_of(default.strip()) if default else inspect.Parameter.empty,
                annotation=_type_of(type_text),
            )
        )
    return inspect.Signature(parameters, return_annotation=_returned_type(returned))


def _returned_type(text: str) -> Any:
    if not text.startswith("("):
        return _type_of(text.split(" ")[0])
    kinds = tuple(_type_of(part.split(" ")[0]) for part in _split(text[1:-1]))
    return typing.Tuple[kinds] if kinds else None  # noqa: UP006


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in _C.list_operators():
        found.setdefault(entry["base"], []).append(entry)
    return found


def _entries(op: Any) -> list[dict[str, Any]]:
    """The lines of the operator table behind a function."""
    return _table().get(op.operator, []) if isinstance(op, _naming.Operator) else []


@unstable
def get_signature_for_torch_op(op: Callable[..., Any], return_schemas: bool = False) -> Any:
    """The signatures of an operator's overloads.

    Args:
        op: a function of the library.
        return_schemas: give the lines of the operator table, too.

    Returns:
        A list of `inspect.Signature`, or None if the function is none of the operator table's.
    """
    overload = getattr(op, "_schema", None)
    if overload is not None:
        texts = [str(overload).partition("::")[2] or str(overload)]
        schemas: list[Any] = [overload]
    else:
        entries = _entries(op)
        texts = [entry["signature"] for entry in entries]
        schemas = texts
    if not texts:
        return (None, None) if return_schemas else None
    signatures = [_signature_of_text(text) for text in texts]
    return (signatures, schemas) if return_schemas else signatures


@unstable
def check_for_mutable_operation(target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a call that changes one of its arguments.

    Raises:
        RuntimeError: it does.
    """
    name = getattr(target, "__name__", "")
    changed = isinstance(target, _naming.Operator) and name.endswith("_") and not name.endswith("__")
    if changed or (kwargs.get("out") is not None and isinstance(target, _naming.Operator)):
        raise RuntimeError(
            f"fx: the call of {name!r} changes its arguments, which this tracer (check_mutable_operations) refuses; "
            "use the form that gives a new tensor"
        )


@unstable
def create_type_hint(x: Any) -> Any:
    """For a list or tuple of types, the type of a list or tuple of them; anything else as it is."""
    if not isinstance(x, (list, tuple)):
        return x
    if isinstance(x, list):

        def made(kind: Any) -> Any:
            return typing.List[kind]  # noqa: UP006
    else:

        def made(kind: Any) -> Any:
            return typing.Tuple[kind, ...]  # noqa: UP006

    if not x:
        return made(Any)
    first = x[0]
    if all(isinstance(kind, type) and issubclass(kind, first) for kind in x):
        return made(first)
    if all(isinstance(kind, type) and issubclass(first, kind) for kind in x):
        return made(x[-1])
    return made(Any)


@unstable
def type_matches(signature_type: Any, argument_type: Any) -> bool:
    """Whether an argument of one type may stand where a signature wants another."""
    if signature_type is argument_type or signature_type is Any:
        return True
    origin = typing.get_origin(signature_type)
    if origin in (typing.Union, types.UnionType):
        return any(type_matches(kind, argument_type) for kind in typing.get_args(signature_type))
    if origin is list and signature_type is not argument_type:
        (inside,) = typing.get_args(signature_type)
        if inside is int and argument_type is int:  # an integer for a list of them
            return True
        if typing.get_origin(argument_type) in (list, tuple):
            kinds = [kind for kind in typing.get_args(argument_type) if kind is not ...]
            return all(type_matches(inside, kind) for kind in kinds)
        return False
    if signature_type is int and argument_type is flambeau.dtype:
        return True
    if signature_type is numbers.Number and argument_type in (int, float, bool, complex):
        return True
    if signature_type is float and argument_type is int:
        return True
    return (
        isinstance(argument_type, type)
        and isinstance(signature_type, type)
        and issubclass(argument_type, signature_type)
    )


@unstable
def normalize_function(
    target: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    arg_types: tuple[Any, ...] | None = None,
    kwarg_types: dict[str, Any] | None = None,
    normalize_to_only_use_kwargs: bool = False,
) -> ArgsKwargsPair | None:
    """Arguments of a function in the order of its signature, with defaults filled in.

    Args:
        target: the function.
        args, kwargs: the arguments.
        arg_types, kwarg_types: their types, which choose between overloads that the arguments all fit.
        normalize_to_only_use_kwargs: give all of them names.

    Returns:
        The arguments; None if the signature is not known or several overloads fit.
    """
    kwargs = {} if kwargs is None else kwargs
    if isinstance(target, types.FunctionType):
        return _normalize_python(target, args, kwargs, normalize_to_only_use_kwargs)
    signatures = get_signature_for_torch_op(target)
    if not signatures:
        return None
    fitting = []
    for signature in signatures:
        try:
            bound = signature.bind(*args, **_renamed(signature, kwargs))
        except TypeError:
            continue
        fitting.append((signature, bound))
    if len(fitting) > 1:
        fitting = _choose(fitting, args, kwargs, arg_types, kwarg_types)
    if len(fitting) != 1:
        return None
    return _bound(fitting[0][0], args, _renamed(fitting[0][0], kwargs), normalize_to_only_use_kwargs)


def _renamed(signature: inspect.Signature, kwargs: dict[str, Any]) -> dict[str, Any]:
    """`self` of the table is `input` in Python."""
    if "self" in kwargs and "input" in signature.parameters:
        return {("input" if name == "self" else name): value for name, value in kwargs.items()}
    return kwargs


def _choose(fitting: Any, args: Any, kwargs: Any, arg_types: Any, kwarg_types: Any) -> Any:
    """Of several overloads, the first whose types fit those given (or those of the values)."""
    given = tuple(map(_kind_of, args)) if arg_types is None else arg_types
    named = {name: _kind_of(value) for name, value in kwargs.items()} if kwarg_types is None else kwarg_types
    if any(kind is None for kind in [*given, *named.values()]):
        return []  # nodes without types: any of them may be meant
    for signature, _ in fitting:
        try:
            kinds = signature.bind(*given, **_renamed(signature, named)).arguments
        except TypeError:
            continue
        if all(type_matches(signature.parameters[name].annotation, kind) for name, kind in kinds.items()):
            return [(signature, None)]
    return []


def _kind_of(value: Any) -> Any:
    from .node import Node
    from .proxy import Proxy

    if isinstance(value, (Node, Proxy)):
        return None
    if isinstance(value, (list, tuple)) and not isinstance(value, flambeau.Size):
        kinds = [_kind_of(item) for item in value]
        return None if None in kinds else create_type_hint(type(value)(kinds))
    if isinstance(value, flambeau.Size):
        return typing.List[int]  # noqa: UP006
    return type(value)


def _normalize_python(
    target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], only_kwargs: bool
) -> ArgsKwargsPair | None:
    """Functions written in Python, by their own signature."""
    signature = inspect.signature(inspect.unwrap(target))
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in signature.parameters.values()):
        return None
    return _bound(signature, args, kwargs, only_kwargs)


@unstable
def normalize_module(
    root: flambeau.nn.Module,
    target: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    normalize_to_only_use_kwargs: bool = False,
) -> ArgsKwargsPair | None:
    """Arguments of a submodule of the library in the order of its forward's signature, with defaults filled in.

    Args:
        root: the module.
        target: the path of the submodule.
        args, kwargs: the arguments.
        normalize_to_only_use_kwargs: give all of them names.

    Returns:
        The arguments; None for modules that are not the library's.

    Raises:
        RuntimeError: there is no such submodule.
    """
    try:
        submodule = root.get_submodule(target)
    except AttributeError:
        raise RuntimeError(f"fx.normalize_module: {type(root).__name__} has no submodule {target!r}") from None
    if getattr(flambeau.nn, type(submodule).__name__, None) is not type(submodule):
        return None
    signature = inspect.signature(submodule.forward)
    return _bound(signature, args, {} if kwargs is None else kwargs, normalize_to_only_use_kwargs)


def _bound(
    signature: inspect.Signature, args: Sequence[Any], kwargs: dict[str, Any], only_kwargs: bool
) -> ArgsKwargsPair | None:
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    positional, named = [], {}
    for at, (name, parameter) in enumerate(signature.parameters.items()):
        value = bound.arguments[name]
        if parameter.kind is parameter.KEYWORD_ONLY or only_kwargs or at >= len(args):
            named[name] = value
        else:
            positional.append(value)
    return ArgsKwargsPair(tuple(positional), named)
