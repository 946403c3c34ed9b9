"""What the tracer puts in the place of functions while it runs, and takes out again.

Functions marked with `wrap` are replaced where the program looks them up: in the globals of its modules.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, NamedTuple

from flambeau import _C, nn

from ._compatibility import stable
from .node import map_aggregate
from .proxy import Proxy

HAS_VARSTUFF = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_MISSING = object()

# Globals of a module and the name of a function in them, for each use of `wrap`.
_wrapped_fns_to_patch: dict[tuple[int, str], dict[str, Any]] = {}
_wrapped_methods_to_patch: list[tuple[type, str]] = []


def _find_proxy(*objects_to_search: Any) -> Proxy | None:
    """The first Proxy in these arguments, at any depth of tuples, lists, dicts and slices."""
    found: list[Proxy] = []

    def note(value: Any) -> Any:
        if isinstance(value, Proxy):
            found.append(value)
        return value

    map_aggregate(objects_to_search, note)
    return found[0] if found else None


def _create_wrapped_func(orig_fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function that records a call if an argument is traced, and otherwise makes it."""

    @functools.wraps(orig_fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return orig_fn(*args, **kwargs)
        recorded = proxy.tracer.create_proxy("call_function", orig_fn, args, kwargs)
        recorded.node.meta["is_wrapped"] = True
        return recorded

    wrapped._records = orig_fn  # type: ignore[attr-defined]
    return wrapped


def _create_wrapped_method(cls: type, name: str) -> Callable[..., Any]:
    """The same for a method."""
    orig_fn = getattr(cls, name)

    @functools.wraps(orig_fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs)
        if proxy is None:
            return orig_fn(*args, **kwargs)
        return proxy.tracer.create_proxy("call_method", name, args, kwargs)

    return wrapped


class _Patch(NamedTuple):
    undo: Callable[[], None]
    redo: Callable[[], None]


class _Patcher:
    """Replacements that are taken back in reverse order."""

    def __init__(self) -> None:
        self.patches: list[_Patch] = []
        self.visited: set[int] = set()

    def patch(self, frame_dict: dict[str, Any], name: str, new_fn: Any, deduplicate: bool = True) -> None:
        """Replace a global; where there is none of that name, a builtin is meant."""
        before = frame_dict.get(name, _MISSING)
        if deduplicate and hasattr(before, "_records"):
            return

        def redo() -> None:
            frame_dict[name] = new_fn

        def undo() -> None:
            if before is _MISSING:
                del frame_dict[name]
            else:
                frame_dict[name] = before

        redo()
        self.patches.append(_Patch(undo, redo))

    def patch_method(self, cls: type, name: str, new_fn: Any, deduplicate: bool = True) -> None:
        """Replace a method of a class, or one that it inherits."""
        before = cls.__dict__.get(name, _MISSING)

        def redo() -> None:
            setattr(cls, name, new_fn)

        def undo() -> None:
            if before is _MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, before)

        redo()
        self.patches.append(_Patch(undo, redo))

    def visit_once(self, thing: Any) -> bool:
        """Whether this is the first time for this object."""
        new = id(thing) not in self.visited
        self.visited.add(id(thing))
        return new

    def revert_all_patches(self) -> None:
        """Take the replacements back; `reapply_all_patches` makes them again."""
        for patch in reversed(self.patches):
            patch.undo()
        restore_module_slots()

    def reapply_all_patches(self) -> None:
        """Make the replacements again that `revert_all_patches` took back."""
        for patch in self.patches:
            patch.redo()

    def __enter__(self) -> _Patcher:
        return self

    def __exit__(self, *exception: object) -> None:
        self.revert_all_patches()
        self.patches.clear()
        self.visited.clear()


def restore_module_slots() -> None:
    """Replacing `Module.__call__` made Python put its own slots into all classes of modules; C's come back here."""
    seen: set[type] = set()
    waiting: list[type] = [nn.Module]
    while waiting:
        cls = waiting.pop()
        for sub in cls.__subclasses__():
            if sub not in seen:
                seen.add(sub)
                waiting.append(sub)
                _C._install_module_slots(sub)


_current: list[_Patcher] = []


@contextlib.contextmanager
def _new_patcher() -> Iterator[_Patcher]:
    """A patcher for one trace."""
    with _Patcher() as patcher:
        _current.append(patcher)
        try:
            yield patcher
        finally:
            _current.pop()


@contextlib.contextmanager
def _maybe_revert_all_patches() -> Iterator[None]:
    """Inside, the replacements of the trace that is under way are not there."""
    patcher = _current[-1] if _current else None
    if patcher is not None:
        patcher.revert_all_patches()
    try:
        yield
    finally:
        if patcher is not None:
            patcher.reapply_all_patches()


def _patch_wrapped_functions(patcher: _Patcher) -> None:
    """Replace everything that `wrap` marked."""
    for (_, name), frame_dict in list(_wrapped_fns_to_patch.items()):
        original = frame_dict.get(name, getattr(builtins, name, None))
        if original is not None:
            patcher.patch(frame_dict, name, _create_wrapped_func(original))
    for cls, name in _wrapped_methods_to_patch:
        patcher.patch_method(cls, name, _create_wrapped_method(cls, name))


def _autowrap_check(patcher: _Patcher, frame_dict: dict[str, Any], function_ids: set[int]) -> None:
    """Replace the functions of these ids in a module's globals."""
    if not patcher.visit_once(frame_dict):
        return
    for name, value in list(frame_dict.items()):
        if not name.startswith("_") and callable(value) and id(value) in function_ids:
            patcher.patch(frame_dict, name, _create_wrapped_func(value))


def _patch_function(fn: FunctionType, nargs: int) -> FunctionType:
    """A function whose ``*args`` and ``**kwargs`` are parameters like all others, so that each can be one Proxy."""
    code = fn.__code__.replace(
        co_argcount=nargs, co_posonlyargcount=0, co_kwonlyargcount=0, co_flags=fn.__code__.co_flags & ~HAS_VARSTUFF
    )
    return FunctionType(code, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)


@stable
def wrap(fn_or_name: str | Callable[..., Any]) -> Any:
    """Mark a function as one whose calls are recorded rather than looked into.

    Used at module scope, as a decorator or with the name of a function that the module sees (a builtin, too)::

        @flambeau.fx.wrap
        def my_function(x, y): ...

        flambeau.fx.wrap("len")

    Returns:
        What it was given.

    Raises:
        RuntimeError: neither a function nor a name.
        NotImplementedError: not at module scope.
    """
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError(f"fx.wrap: {fn_or_name!r} is neither a function nor the name of one")
    name = fn_or_name if isinstance(fn_or_name, str) else fn_or_name.__name__
    frame: Any = sys._getframe(1)
    if frame.f_code.co_name != "<module>":
        raise NotImplementedError(
            f"fx.wrap: {name!r} is marked inside of {frame.f_code.co_name!r}; only functions at module scope can be"
        )
    _wrapped_fns_to_patch[(id(frame.f_globals), name)] = frame.f_globals
    return fn_or_name
