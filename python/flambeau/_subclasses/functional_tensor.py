"""Functionalization: running a program with in-place operators by the ones that give new tensors.

A functional tensor holds the value that it has at the moment, and shares a memory with its views: the value of what
they all show, and how each is seen in it. A change in place computes the changed value, puts it into what is shown by
the inverse of each view on the way, and the others see it the next time they are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C
from flambeau._dispatch_keys import Tag, _TorchDispatchModeKey
from flambeau.utils import _pytree as pytree
from flambeau.utils._python_dispatch import LibraryMode

__all__ = ["FunctionalTensor", "FunctionalTensorMode", "functionalize"]

Tensor = _C.Tensor


class _Memory:
    """What a tensor and all its views show."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.version = 0


class _View:
    """One step from a tensor to a view of it."""

    def __init__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], at: int | None) -> None:
        self.func, self.args, self.kwargs, self.at = func, args, kwargs, at

    def show(self, value: Any) -> Any:
        """The view of a value."""
        result = self.func(value, *self.args, **self.kwargs)
        return result if self.at is None else result[self.at]

    def put(self, whole: Any, part: Any) -> Any:
        """A value whose view is `part`, and which is `whole` elsewhere."""
        inverse = _INVERSES.get(self.func._opname.removesuffix("_").removesuffix("_copy"))
        if inverse is None:
            raise NotImplementedError(
                f"functionalize: a change in place of a view by {self.func} has no form without it; the nearest "
                "alternative is to clone() the view first"
            )
        return inverse(self, whole, part)

    def argument(self, name: str, at: int, default: Any = None) -> Any:
        """An argument of the operator; `at` is its place behind the tensor."""
        return self.args[at] if at < len(self.args) else self.kwargs.get(name, default)


def _aten(name: str) -> Any:
    return getattr(flambeau.ops.aten, name)


def _as_before(view: _View, whole: Any, part: Any) -> Any:
    return _aten("view")(part, list(whole.shape))


def _permuted_back(view: _View, whole: Any, part: Any) -> Any:
    dims = [d % whole.dim() for d in view.argument("dims", 0)]
    return _aten("permute")(part, [dims.index(d) for d in range(len(dims))])


def _split_back(view: _View, whole: Any, part: Any) -> Any:
    sizes, dim = view.argument("split_size", 0), view.argument("dim", 1, 0)
    start = sizes * view.at if isinstance(sizes, int) else sum(sizes[: view.at])  # type: ignore[operator]
    return _aten("slice_scatter")(whole, part, dim, start, start + part.shape[dim])


def _real_back(view: _View, whole: Any, part: Any) -> Any:
    return flambeau.complex(part, flambeau.imag(whole)) if whole.is_complex() else part


def _imag_back(view: _View, whole: Any, part: Any) -> Any:
    return flambeau.complex(flambeau.real(whole), part)


# By the operator's name: a value from what it was and the changed view.
_INVERSES: dict[str, Callable[[_View, Any, Any], Any]] = {
    "view": lambda v, whole, part: (
        _aten("view").dtype(part, whole.dtype) if part.dtype != whole.dtype else _as_before(v, whole, part)
    ),
    "_unsafe_view": _as_before,
    "squeeze": _as_before,
    "unsqueeze": _as_before,
    "alias": lambda v, whole, part: part,
    "detach": lambda v, whole, part: part,
    "lift_fresh": lambda v, whole, part: part,
    "t": lambda v, whole, part: _aten("t")(part),
    "transpose": lambda v, whole, part: _aten("transpose").int(part, *v.args, **v.kwargs),
    "permute": _permuted_back,
    "select": lambda v, whole, part: _aten("select_scatter")(whole, part, *v.args, **v.kwargs),
    "slice": lambda v, whole, part: _aten("slice_scatter")(whole, part, *v.args, **v.kwargs),
    "diagonal": lambda v, whole, part: _aten("diagonal_scatter")(whole, part, *v.args, **v.kwargs),
    "as_strided": lambda v, whole, part: _aten("as_strided_scatter")(whole, part, *v.args, **v.kwargs),
    "split": _split_back,
    "split_with_sizes": _split_back,
    "unbind": lambda v, whole, part: _aten("select_scatter")(whole, part, v.argument("dim", 0, 0), v.at),
    "view_as_real": lambda v, whole, part: _aten("view_as_complex")(part),
    "view_as_complex": lambda v, whole, part: _aten("view_as_real")(part),
    "conj": lambda v, whole, part: flambeau.conj(part),
    "_conj": lambda v, whole, part: flambeau.conj(part),
    "_neg_view": lambda v, whole, part: flambeau.neg(part),
    "real": _real_back,
    "imag": _imag_back,
}  # fmt: skip


class FunctionalTensor(Tensor):
    """A tensor that is never changed: operators that would are run as those that give new values."""

    _memory: _Memory
    _views: tuple[_View, ...]
    _value: Any
    _seen: int

    @staticmethod
    def __new__(cls: Any, value: Any, memory: _Memory | None = None, views: tuple[_View, ...] = ()) -> Any:
        self = _C._make_wrapper(
            cls,
            tuple(value.shape),
            tuple(value.stride()),
            value.storage_offset(),
            value.dtype,
            value.device,
            False,
            None,
        )
        self._memory = _Memory(value) if memory is None else memory
        self._views, self._value, self._seen = views, value, self._memory.version
        return self

    __torch_function__ = _C._disabled_torch_function_impl

    @property
    def elem(self) -> Any:
        """The value at the moment."""
        return self.current()

    def current(self) -> Any:
        """The value at the moment, seen anew where the memory was changed."""
        if self._seen != self._memory.version:
            value = self._memory.value
            for view in self._views:
                value = view.show(value)
            self._value, self._seen = value, self._memory.version
        return self._value

    def replace(self, value: Any) -> None:
        """Take on a value, and let the memory and all other views of it know."""
        steps = [self._memory.value]
        for view in self._views[:-1]:
            steps.append(view.show(steps[-1]))
        own = value
        for view, whole in zip(reversed(self._views), reversed(steps), strict=True) if self._views else ():
            value = view.put(whole, value)
        self._memory.value = value
        self._memory.version += 1
        if not self._views:
            self._value, self._seen = own, self._memory.version

    @classmethod
    def to_functional(cls, x: Any) -> Any:
        """A functional tensor of a value."""
        return x if isinstance(x, FunctionalTensor) else FunctionalTensor(x)

    def from_functional(self) -> Any:
        """The value."""
        return self.current()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {}, False)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"FunctionalTensor({self.current()!r})"


def _value_of(leaf: Any) -> Any:
    return leaf.current() if isinstance(leaf, FunctionalTensor) else leaf


def _wrapped(leaf: Any) -> Any:
    return FunctionalTensor(leaf) if isinstance(leaf, Tensor) and not isinstance(leaf, FunctionalTensor) else leaf


def _run(func: Any, args: Any, kwargs: Any, copies: bool) -> Any:
    written = [a for a in func._schema.arguments if a.is_write]
    if written:
        return _run_writing(func, args, kwargs, written)
    if "view" in func._traits and args and isinstance(args[0], FunctionalTensor):
        return _run_view(func, args, kwargs, copies)
    values, named = pytree.tree_map(_value_of, (tuple(args), dict(kwargs)))
    return pytree.tree_map(_wrapped, func(*values, **named))


def _run_view(func: Any, args: Any, kwargs: Any, copies: bool) -> Any:
    base = args[0]
    used = _copy_of(func) if copies else func
    result = used(base.current(), *args[1:], **kwargs)

    def view(value: Any, at: int | None) -> Any:
        return FunctionalTensor(value, base._memory, (*base._views, _View(used, tuple(args[1:]), kwargs, at)))

    if isinstance(result, Tensor):
        return view(result, None)
    return [view(value, at) for at, value in enumerate(result)]


def _copy_of(func: Any) -> Any:
    packet = getattr(flambeau.ops.aten, func._opname + "_copy", None)
    return func if packet is None else getattr(packet, func._overloadname, func)


def _run_writing(func: Any, args: Any, kwargs: Any, written: list[Any]) -> Any:
    names = [a.name for a in func._schema.arguments]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    targets = [given[a.name] for a in written]
    flat_targets = [t for target in targets for t in (target if isinstance(target, (list, tuple)) else [target])]
    if Tag.inplace_view in func.tags:
        return _run_view_in_place(func, args, kwargs)
    if not all(isinstance(t, FunctionalTensor) for t in flat_targets):
        if any(isinstance(leaf, FunctionalTensor) for leaf in pytree.tree_leaves((args, kwargs))):
            raise RuntimeError(
                f"functionalize: {func} would change a tensor from outside by one from inside of the function; pass it "
                "as an argument"
            )
        return func(*args, **kwargs)
    functional = _functional_form(func, written)
    by_keyword = all(a.kwarg_only for a in written)
    rest = {k: v for k, v in kwargs.items() if not (by_keyword and k in {a.name for a in written})}
    values, named = pytree.tree_map(_value_of, (tuple(args), rest))
    results = functional(*values, **named)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    for target, value in zip(flat_targets, results, strict=False):
        target.replace(_fitted(func, target, value))
        _C._take_layout(target, target.current())
    if not func._schema.returns:
        return None
    return targets[0] if len(func._schema.returns) == 1 else tuple(targets)


def _fitted(func: Any, target: Any, value: Any) -> Any:
    if value.dtype != target.dtype:
        value = _aten("_to_copy")(value, dtype=target.dtype)
    return value


def _run_view_in_place(func: Any, args: Any, kwargs: Any) -> Any:
    target = args[0]
    step = _View(getattr(getattr(flambeau.ops.aten, func._opname.removesuffix("_")), func._overloadname),
                 tuple(args[1:]), kwargs, None)  # fmt: skip
    value = step.show(target.current())
    target._views, target._value = (*target._views, step), value
    _C._take_layout(target, value)
    return target


def _functional_form(func: Any, written: list[Any]) -> Any:
    """The overload that computes what this one writes."""
    name = func._opname
    if name == "copy_":
        return lambda self, src, non_blocking=False: _copied(self, src)
    if name == "zero_":
        return lambda self: _aten("zeros_like")(self)
    if name == "set_" or name.startswith("resize"):
        raise NotImplementedError(f"functionalize: {func} gives a tensor other memory, which has no form without it")
    by_keyword = all(a.kwarg_only for a in written)
    base = name if by_keyword else name[:-1] if name.endswith("_") and not name.endswith("__") else name
    rest = [(a.name, str(a.type)) for a in func._schema.arguments if not (by_keyword and a.is_write)]
    packet = getattr(flambeau.ops.aten, base, None)
    for overload in packet.op_overloads if packet is not None else ():
        arguments = overload._schema.arguments
        if not overload._schema.is_mutable and [(a.name, str(a.type)) for a in arguments] == rest:
            return overload
    raise NotImplementedError(
        f"functionalize: {func} has no form that gives a new tensor; the nearest alternative is to call it outside"
    )


def _copied(self: Any, src: Any) -> Any:
    if src.dtype != self.dtype or src.device != self.device:
        src = _aten("_to_copy")(src, dtype=self.dtype, device=self.device)
    return src if src.shape == self.shape else _aten("expand")(src, list(self.shape))


class FunctionalTensorMode(LibraryMode):
    """A context in which operators make and take functional tensors."""

    def __init__(self, *, copies: bool = False) -> None:
        super().__init__()
        self._mode_key = _TorchDispatchModeKey.FUNCTIONAL
        self.copies = copies

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if any(
            _C._runs_own_calls(t) and not issubclass(t, FunctionalTensor) and not hasattr(t, "fake_device")
            for t in types
        ):
            return NotImplemented
        return _run(func, args, kwargs or {}, self.copies)


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """A function that gives what `func` gives, and runs no operator that changes a tensor.

    Tensors that `func` changes among its arguments are changed at the end, by one copy each.

    Args:
        func: takes tensors and structures of them.
        remove: "mutations", or "mutations_and_views" for copies in the place of views, too.

    Raises:
        RuntimeError: another value of `remove`.
        NotImplementedError: a change that has no form without it, or a call inside of `grad`, `jvp` or `vmap` (the
            other way round works: ``functionalize(grad(f))``).
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove={remove!r}): 'mutations' and 'mutations_and_views' are what can be removed"
        )

    def functionalized(*args: Any, **kwargs: Any) -> Any:
        if _C._current_level() is not None:
            raise NotImplementedError(
                "functionalize: inside of grad, jvp or vmap; the nearest alternative is functionalize around them"
            )
        leaves, spec = pytree.tree_flatten((args, kwargs))
        wrapped: dict[int, Any] = {}
        given = []
        for leaf in leaves:
            if isinstance(leaf, Tensor) and id(leaf) not in wrapped:
                wrapped[id(leaf)] = FunctionalTensor(leaf)
            given.append(wrapped[id(leaf)] if isinstance(leaf, Tensor) else leaf)
        own_args, own_kwargs = pytree.tree_unflatten(given, spec)
        with FunctionalTensorMode(copies=remove == "mutations_and_views"):
            result = func(*own_args, **own_kwargs)
        result = pytree.tree_map(_value_of, result)
        for leaf, inside in zip(leaves, given, strict=True):
            if isinstance(leaf, Tensor) and inside._memory.version:
                leaf.copy_(inside.current())
                inside._memory.version = 0
        return result

    functionalized.__name__ = getattr(func, "__name__", "functionalized")
    functionalized.__wrapped__ = func  # type: ignore[attr-defined]
    return functionalized
