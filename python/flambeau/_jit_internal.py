"""Marks and questions of TorchScript that libraries import; nothing is scripted, so functions stay what they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Dict, Final, List, Optional, Tuple, Union  # noqa: UP035

from flambeau.jit import _overload, _overload_method, export, ignore, is_scripting, unused
from flambeau.jit.annotations import (
    BroadcastingList1,
    BroadcastingList2,
    BroadcastingList3,
    BroadcastingListCls,
)

__all__ = [
    "Any", "BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "BroadcastingListCls", "Dict", "Final",
    "FunctionModifiers", "List", "Optional", "Tuple", "Union", "_copy_to_script_wrapper",
    "_overload", "_overload_method", "boolean_dispatch",
    "can_compile_class", "export", "get_callable_argument_names", "get_torchscript_modifier", "ignore", "is_ignored_fn",
    "is_scripting", "unused", "weak_module", "weak_script_method",
]  # fmt: skip


class FunctionModifiers:
    """The marks that functions of TorchScript may have."""


for _mark in ("UNUSED", "IGNORE", "EXPORT", "DEFAULT", "COPY_TO_SCRIPT_WRAPPER", "_DROP"):
    setattr(FunctionModifiers, _mark, _mark.lower())


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    module_name: str,
    func_name: str,
) -> Callable[..., Any]:
    """A function that calls one of two, by an argument that is True or False."""

    @functools.wraps(if_false)
    def function(*args: Any, **kwargs: Any) -> Any:
        chosen = kwargs.get(arg_name, args[arg_index] if arg_index < len(args) else default)
        return (if_true if chosen else if_false)(*args, **kwargs)

    function.__module__, function.__name__ = module_name, func_name
    return function


def get_callable_argument_names(fn: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments by position or keyword; none where they can't be known."""
    import inspect

    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return []
    if any(p.kind != p.POSITIONAL_OR_KEYWORD for p in parameters):
        return []
    return [parameter.name for parameter in parameters]


def get_torchscript_modifier(fn: Any) -> str:
    """The mark of a function: none has one."""
    return "default"


def is_ignored_fn(fn: Any) -> bool:
    """False: no function is marked."""
    return False


def _copy_to_script_wrapper(fn: Any) -> Any:
    """Answer the function itself."""
    return fn


def can_compile_class(cls: type) -> bool:
    """False: nothing is compiled."""
    return False


def weak_module(cls: Any) -> Any:
    """Answer the class itself."""
    return cls


weak_script_method = weak_module
