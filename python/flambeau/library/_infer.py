"""A schema from a function's annotations."""

from __future__ import annotations

import inspect
import math
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import flambeau

_NUMBER = frozenset({int, float, bool})
_PLAIN: dict[Any, str] = {
    flambeau.Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool", str: "str",
    flambeau.dtype: "ScalarType", flambeau.device: "Device",
}  # fmt: skip
_IN_LISTS = ("Tensor", "SymInt", "float", "bool", "Scalar")
_OF_RESULTS = ("Tensor", "SymInt", "float", "bool", "Scalar", "Tensor[]")


def _type_text(kind: Any) -> str | None:
    """ "SymInt[]?" of `list[int] | None`; None for what schemas don't know."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        rest = tuple(part for part in parts if part is not type(None))
        if frozenset(rest) == _NUMBER:
            inner: str | None = "Scalar"
        else:
            inner = _type_text(rest[0]) if len(rest) == 1 else None
        if inner is None or len(rest) == len(parts):
            return inner
        return None if inner in ("Tensor[]", "Tensor?[]") else inner + "?"
    if origin in (list, Sequence) and len(parts) == 1:
        inner = _type_text(parts[0])
        return inner + "[]" if inner in _IN_LISTS or inner == "Tensor?" else None
    return None


def _default_text(value: Any, refuse: Callable[[str], NoReturn], name: str) -> str:
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return "nan" if isinstance(value, float) and math.isnan(value) else str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, flambeau.device):
        return f'"{value}"'
    if isinstance(value, flambeau.dtype):
        return str(value).removeprefix("torch.")
    refuse(f"Parameter {name} has an unsupported default value type {type(value)}; None stands for others")


def infer_schema(
    prototype_function: Callable[..., Any], /, *, mutates_args: Any, op_name: str | None = None, tags: Any = ()
) -> str:
    """The schema of a function, from its annotations: ``"(Tensor x, SymInt n=1) -> Tensor"``.

    Args:
        mutates_args: the names of the arguments that it writes, or ``"unknown"``: every tensor may be written.
        op_name: goes before the arguments.

    Raises:
        ValueError: an argument or the result has no annotation, or one that schemas don't know.

    >>> def f(x: flambeau.Tensor, n: int = 1) -> flambeau.Tensor: ...
    >>> flambeau.library.infer_schema(f, mutates_args=())
    '(Tensor x, SymInt n=1) -> Tensor'
    """
    signature = inspect.signature(prototype_function)

    def refuse(reason: str) -> NoReturn:
        raise ValueError(f"infer_schema(func): {reason} Got func with signature {signature})")

    hints = _annotations(prototype_function)
    if isinstance(mutates_args, str) and mutates_args != "unknown":
        raise ValueError(
            "infer_schema: mutates_args must either be a sequence of the names of the arguments that are mutated or "
            f"the string 'unknown', not {mutates_args!r}"
        )
    written = set() if mutates_args == "unknown" else set(mutates_args)
    arguments, keyword_only = [], False
    for i, (name, parameter) in enumerate(signature.parameters.items()):
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            refuse("We do not support positional-only args, varargs, or varkwargs.")
        if parameter.kind == parameter.KEYWORD_ONLY and not keyword_only:
            arguments.append("*")
            keyword_only = True
        if parameter.annotation is parameter.empty:
            refuse(f"Parameter {name} must have a type annotation.")
        text = _type_text(hints.get(name, parameter.annotation))
        if text is None:
            kind = hints.get(name, parameter.annotation)
            tuples = " Tuples are no inputs of a schema: a list is." if typing.get_origin(kind) is tuple else ""
            refuse(f"Parameter {name} has unsupported type {kind}.{tuples}")
        if name in written and not text.startswith("Tensor"):
            refuse(f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated")
        if text.startswith("Tensor") and (name in written or mutates_args == "unknown"):
            text = f"Tensor(a{i}!){text.removeprefix('Tensor')}"
        arguments.append(f"{text} {name}")
        if parameter.default is not parameter.empty:
            arguments[-1] += "=" + _default_text(parameter.default, refuse, name)
    unknown = written - set(signature.parameters)
    if unknown:
        refuse(f"{unknown} in mutates_args were not found in the custom op's signature.")
    if signature.return_annotation is signature.empty:
        refuse("No return type annotation was provided. Please add one.")
    result = _result_text(hints.get("return", signature.return_annotation), refuse)
    return f"{op_name or ''}({', '.join(arguments)}) -> {result}"


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _result_text(kind: Any, refuse: Callable[[str], NoReturn]) -> str:
    if kind is None or kind is type(None):
        return "()"
    parts = typing.get_args(kind) if typing.get_origin(kind) is tuple else None
    texts = [_type_text(part) for part in ((kind,) if parts is None else parts)]
    if any(text not in _OF_RESULTS for text in texts):
        refuse(f"Return has unsupported type {kind}.")
    return str(texts[0]) if parts is None else f"({', '.join(map(str, texts))})"
