"""Calls below autograd, as Python sees them: `TorchDispatchMode`, and what classes with `__torch_dispatch__` are
written with.

Such a class or mode is given every operator that reaches the backend: composites have been taken apart, gradients
recorded. ``func`` is an overload of `flambeau.ops`; arguments that have their default's value are left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

from flambeau import _C
from flambeau.utils import _pytree as pytree

__all__ = [
    "BaseTorchDispatchMode",
    "TensorWithFlatten",
    "TorchDispatchMode",
    "is_traceable_wrapper_subclass",
    "return_and_correct_aliasing",
    "transform_subclass",
]

Tensor = _C.Tensor


def _place_of(mode: Any) -> int | None:
    """The place of a mode of the library itself, outside of those of programs; None for the others."""
    key = getattr(mode, "_mode_key", None)
    return None if key is None else int(getattr(key, "value", key))


class TorchDispatchMode:
    """A context in which ``__torch_dispatch__`` is given every operator of the thread, below autograd.

    While it runs, the calls it makes go to the modes outside of it, so that ``func(*args, **kwargs)`` is what happens
    without the mode. Modes nest; one may be entered again and again.

    >>> class Names(TorchDispatchMode):
    ...     def __torch_dispatch__(self, func, types, args=(), kwargs=None):
    ...         print(func)
    ...         return func(*args, **(kwargs or {}))
    >>> with Names():
    ...     y = flambeau.ones(2) + 1
    aten.ones.default
    aten.add.Tensor
    """

    supports_higher_order_operators = False

    def __init__(self, _dispatch_key: Any = None) -> None:
        if _dispatch_key is not None:
            self._dispatch_key = _dispatch_key

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator; every mode defines it.

        Raises:
            NotImplementedError: the class does not define it.
        """
        raise NotImplementedError(f"{type(self).__name__}.__torch_dispatch__: not defined")

    def __enter__(self) -> Any:
        _push_mode(self)
        return self

    def __exit__(self, *exception: object) -> None:
        place = _place_of(self)
        innermost = _C._dispatch_mode_of_place(place) if place is not None else _innermost_free()
        if innermost is not self:
            raise RuntimeError(
                f"{type(self).__name__}: left while {type(innermost).__name__} is the innermost mode; modes are left "
                "in the opposite order of entering"
            )
        _pop_mode(place)

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a mode; an old name of calling the class."""
        import warnings

        warnings.warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2)
        return cls(*args, **kwargs)

    @classmethod
    def is_infra_mode(cls) -> bool:
        """Whether it is one of the library's own, which stand outside of the others."""
        return False


class LibraryMode(TorchDispatchMode):
    """A mode of the library itself: each kind, by its ``_mode_key``, has one place, whose former holder comes back."""

    _mode_key: Any

    def __init__(self) -> None:
        super().__init__()
        self._outside: list[Any] = []

    @classmethod
    def is_infra_mode(cls) -> bool:
        return True

    def __enter__(self) -> Any:
        self._outside.append(_C._set_dispatch_mode_of_place(self._mode_key.value, self))
        return self

    def __exit__(self, *exception: object) -> None:
        _C._set_dispatch_mode_of_place(self._mode_key.value, self._outside.pop())


class BaseTorchDispatchMode(TorchDispatchMode):
    """A mode that runs every operator as it is."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


# --- the stack --------------------------------------------------------------------------------------------------------
def _get_current_dispatch_mode_stack() -> list[Any]:
    """The modes of the thread, the innermost last."""
    return [_C._get_dispatch_stack_at(at) for at in range(_C._len_torch_dispatch_stack())]


def _get_current_dispatch_mode() -> Any:
    """The innermost mode, or None."""
    count = _C._len_torch_dispatch_stack()
    return _C._get_dispatch_stack_at(count - 1) if count else None


def _innermost_free() -> Any:
    free = [mode for mode in _get_current_dispatch_mode_stack() if _place_of(mode) is None]
    return free[-1] if free else None


def _push_mode(mode: Any) -> None:
    place = _place_of(mode)
    if place is None:
        _C._push_on_torch_dispatch_stack(mode)
    elif _C._dispatch_mode_of_place(place) is not None:
        raise AssertionError(f"{type(mode).__name__}: a mode of its kind is active already")
    else:
        _C._set_dispatch_mode_of_place(place, mode)


def _pop_mode(k: Any = None) -> Any:
    """Take out the innermost mode of programs, else that of the library; with `k`, the library's of a kind."""
    if k is not None:
        return _C._pop_torch_dispatch_stack(int(getattr(k, "value", k)))
    if _innermost_free() is not None:
        return _C._pop_torch_dispatch_stack()
    innermost = _get_current_dispatch_mode()
    return (
        _C._pop_torch_dispatch_stack(_place_of(innermost)) if innermost is not None else _C._pop_torch_dispatch_stack()
    )


@contextlib.contextmanager
def _pop_mode_temporarily(k: Any = None) -> Iterator[Any]:
    """A context without the innermost mode; gives the mode."""
    mode = _pop_mode(k)
    try:
        yield mode
    finally:
        _push_mode(mode)


@contextlib.contextmanager
def _disable_current_modes() -> Iterator[list[Any]]:
    """A context without modes; gives them."""
    modes = _get_current_dispatch_mode_stack()
    for _ in modes:
        _pop_mode()
    try:
        yield modes
    finally:
        for mode in modes:
            _push_mode(mode)


def _detect_infra_mode(key: Any) -> Any:
    """The library's mode of a kind, or None."""
    return _C._dispatch_mode_of_place(int(key.value))


def _unset_infra_mode(key: Any) -> Any:
    """Take out the library's mode of a kind, if there is one."""
    return _C._set_dispatch_mode_of_place(int(key.value), None)


@contextlib.contextmanager
def _disable_infra_mode(key: Any) -> Iterator[Any]:
    """A context without the library's mode of a kind."""
    mode = _unset_infra_mode(key)
    try:
        yield mode
    finally:
        if mode is not None:
            _push_mode(mode)


def is_in_torch_dispatch_mode(include_infra_modes: bool = True) -> bool:
    """Whether a mode is active."""
    return any(include_infra_modes or _place_of(mode) is None for mode in _get_current_dispatch_mode_stack())


def is_in_any_mode_without_ignore_compile_internals() -> bool:
    """Whether a mode is active."""
    return is_in_torch_dispatch_mode()


# --- subclasses that hold others --------------------------------------------------------------------------------------
@runtime_checkable
class TensorWithFlatten(Protocol):
    """A tensor that says how it is made of others."""

    def __tensor_flatten__(self) -> tuple[list[str], object]:
        """The attributes that are tensors, and what else it takes to make one again."""

    @staticmethod
    def __tensor_unflatten__(
        inner_tensors: dict[str, Any], flatten_spec: Any, outer_size: Any, outer_stride: Any
    ) -> Any:
        """A tensor from the attributes that are tensors and the rest."""


def is_traceable_wrapper_subclass(t: Any) -> bool:
    """Whether a tensor is of a subclass that says how it is made of others (``__tensor_flatten__``)."""
    return isinstance(t, Tensor) and is_traceable_wrapper_subclass_type(type(t))


def is_traceable_wrapper_subclass_type(t: Any) -> bool:
    """The same of a class."""
    return (
        issubclass(t, Tensor)
        and t is not Tensor
        and hasattr(t, "__tensor_flatten__")
        and hasattr(t, "__tensor_unflatten__")
    )


def transform_subclass(
    t: Any, callback: Callable[[str, Any], Any], outer_size: Any = None, outer_stride: Any = None
) -> Any:
    """A tensor of such a subclass whose inner tensors went through a function of their name and themselves."""
    names, context = t.__tensor_flatten__()
    inner = {name: callback(name, getattr(t, name)) for name in names}
    size = t.size() if outer_size is None else outer_size
    stride = t.stride() if outer_stride is None else outer_stride
    made = type(t).__tensor_unflatten__(inner, context, size, stride)
    if tuple(made.shape) != tuple(size) or tuple(made.stride()) != tuple(stride):
        raise AssertionError(
            f"{type(t).__name__}.__tensor_unflatten__: the outer size and stride asked for are {tuple(size)} and "
            f"{tuple(stride)}, those of the result {tuple(made.shape)} and {tuple(made.stride())}"
        )
    return made


def return_and_correct_aliasing(func: Any, args: Any, kwargs: Any, out: Any) -> Any:
    """What ``__torch_dispatch__`` of a wrapper gives back, so that results share with arguments what the schema says.

    An argument that the operator writes to is itself the result; a view shares its storage with the argument that it
    shows; where the operator changes an argument's sizes, the wrapper takes them on.
    """
    schema = func._schema
    given = _by_argument(schema, args, kwargs)
    written = [
        value
        for argument, value in zip(schema.arguments, given, strict=True)
        if argument.alias_info is not None and argument.alias_info.is_write
    ]
    if written and func.tags and _changes_sizes(func):
        guard = _C._DisableTorchDispatch()
        try:
            func(*args, **(kwargs or {}))
        finally:
            del guard
    if not written:
        shown = [
            value
            for argument, value in zip(schema.arguments, given, strict=True)
            if argument.alias_info is not None and isinstance(value, Tensor)
        ]
        if shown:
            for result in pytree.tree_leaves(out):
                if isinstance(result, Tensor) and result is not shown[0]:
                    _C._share_storage(result, shown[0])
        return out
    results = [result.alias_info is not None and result.alias_info.is_write for result in schema.returns]
    if len(results) == 1:
        return written[0] if results[0] else out
    if isinstance(out, (tuple, list)):
        rest = iter(written)
        return type(out)(next(rest) if is_written else o for is_written, o in zip(results, out, strict=True))
    return out


def _changes_sizes(func: Any) -> bool:
    from flambeau._dispatch_keys import Tag

    return Tag.inplace_view in func.tags


def _by_argument(schema: Any, args: Any, kwargs: Any) -> list[Any]:
    kwargs = kwargs or {}
    return [args[at] if at < len(args) else kwargs.get(argument.name) for at, argument in enumerate(schema.arguments)]


def get_alias_info(func: Any) -> Any:
    """The schema, whose arguments and results have ``alias_info``."""
    return func._schema


def autograd_would_have_decomposed(func: Any, flat_args: Any) -> bool:
    """Whether an operator is a composite, which is taken apart where a gradient is recorded."""
    return func._can_decompose() and any(isinstance(a, Tensor) and a.requires_grad for a in flat_args)
