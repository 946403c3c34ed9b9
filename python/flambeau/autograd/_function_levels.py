"""Custom functions inside of transforms and with tangents.

At a level of gradients or tangents the function is called again outside of the level, on the values, and its context is
on the level's tape: at each level the program's backward or jvp is what differentiates. At a level of batches it is the
function's own rule, or the function's three parts run over the entries of the batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import flambeau
from flambeau import _C
from flambeau.autograd.function import Function, FunctionCtx
from flambeau.utils import _pytree as pytree

Tensor = _C.Tensor


class VmapInfo(NamedTuple):
    """What `Function.vmap` is told of the batch."""

    batch_size: int
    randomness: str


@contextlib.contextmanager
def outside() -> Iterator[None]:
    """The thread as it is outside of its innermost level."""
    place = _C._step_outside()
    try:
        yield
    finally:
        _C._step_back(place)


@contextlib.contextmanager
def without_tangents() -> Iterator[None]:
    """No level of tangents is open."""
    before = _C._suspend_tangents()
    try:
        yield
    finally:
        _C._close_dual_level(before)


def apply(cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any], state: int) -> Any:
    """A call while transforms are at work or a level of tangents is open."""
    recording = bool(state & 1)
    tangents = [_C._tangent_of(a) if isinstance(a, Tensor) else None for a in args] if state & 4 else []
    pushes = any(t is not None for t in tangents)
    level = _C._innermost_level()
    if level is None or getattr(cls, "_at_this_level", False):
        return _apply_here(cls, args, kwargs, recording, tangents if pushes else None)
    if cls.setup_context is Function.setup_context:
        raise RuntimeError(
            f"{cls.__name__}: inside of vmap, grad, jvp and the like a custom Function has to have the setup_context "
            "static method, with a forward that does not take ctx"
        )
    handle, kind, size, randomness = level
    if kind == "batch" and not pushes:
        return _over_batch(cls, args, handle, size, randomness)
    recording = recording and kind != "batch"
    if kind == "batch":
        with without_tangents():
            result = _over_batch(cls, args, handle, size, randomness)
    else:
        args = tuple(
            _C._wrap_at(handle, a, False) if isinstance(a, Tensor) and not _C._is_at(handle, a) else a for a in args
        )
        result = _on_values(cls, args, handle)
    ctx = cls._backward_cls()
    ctx.needs_input_grad = tuple(recording and isinstance(a, Tensor) and a.requires_grad for a in args)
    with flambeau.no_grad(), without_tangents():
        cls.setup_context(ctx, args, result)
    push = _pusher(cls, args, tangents) if pushes else None
    return cls._recorded(ctx, args, result, recording, push)


def _apply_here(
    cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any], recording: bool, tangents: list[Any] | None
) -> Any:
    ctx = cls._backward_cls()
    ctx.needs_input_grad = tuple(recording and isinstance(a, Tensor) and a.requires_grad for a in args)
    with flambeau.no_grad(), without_tangents():
        if cls.setup_context is not Function.setup_context:
            result = cls.forward(*args, **kwargs)
            cls.setup_context(ctx, args, result)
        else:
            result = cls.forward(ctx, *args, **kwargs)
    return cls._recorded(ctx, args, result, recording, None if tangents is None else _pusher(cls, args, tangents))


def _on_values(cls: Any, args: tuple[Any, ...], handle: Any) -> Any:
    """The call outside of a level of gradients or tangents; what came in as an argument goes out as that argument."""
    values = pytree.tree_map(lambda a: _C._unwrap_at(handle, a) if isinstance(a, Tensor) else a, args)
    known = {id(v): a for v, a in _pairs(values, args)}
    memory = {id(v if v._base is None else v._base): a for v, a in _pairs(values, args)}
    with outside():
        result = cls.apply(*values)

    def wrap(t: Any) -> Any:
        if id(t) in known:
            return known[id(t)]
        out = _C._wrap_at(handle, t, False)
        shown = memory.get(id(t._base)) if t._is_view() else None
        return out if shown is None else _C._view_of(out, shown)

    return pytree.tree_map(lambda t: wrap(t) if isinstance(t, Tensor) else t, result)


def _pairs(values: Any, args: Any) -> list[tuple[Any, Any]]:
    flat = zip(pytree.tree_leaves(values), pytree.tree_leaves(args), strict=True)
    return [(v, a) for v, a in flat if isinstance(v, Tensor)]


# --- tangents ---------------------------------------------------------------------------------------------------------
def _pusher(cls: Any, args: tuple[Any, ...], tangents: list[Any]) -> Callable[..., Any]:
    """What gives the outputs of a call their tangents, by the function's jvp."""

    def push(ctx: Any, outputs: tuple[Any, ...], dirty: tuple[Any, ...], frozen: tuple[Any, ...]) -> tuple[Any, ...]:
        name = cls.__name__
        frozen_ids, dirty_ids = {id(t) for t in frozen}, {id(t) for t in dirty}
        inputs = {id(a): k for k, a in enumerate(args) if isinstance(a, Tensor)}
        with without_tangents():
            given = [
                flambeau.zeros_like(a) if t is None and isinstance(a, Tensor) and ctx._materialize else t
                for a, t in zip(args, tangents, strict=True)
            ]
            versions = [None if t is None else t._version for t in given]
            ctx._shown_to_jvp = ctx._saved_for_forward
            try:
                found = cls.jvp(ctx, *given)
            finally:
                ctx._shown_to_jvp, ctx._saved_for_forward = None, ()
            found = found if isinstance(found, tuple) else (found,)
            if len(found) != len(outputs):
                raise RuntimeError(f"{name}: jvp returned {len(found)} tangents, forward {len(outputs)} outputs")
            outputs = tuple(
                o.view_as(o) if id(o) in inputs and id(o) not in dirty_ids | frozen_ids else o for o in outputs
            )
        for k, (o, t) in enumerate(zip(outputs, found, strict=True)):
            if not isinstance(o, Tensor) or id(o) in frozen_ids or t is None:
                continue
            if not isinstance(t, Tensor):
                raise RuntimeError(f"{name}: jvp has to return tensors or None, output {k} is a {type(t).__name__}")
            if t.shape != o.shape:
                raise RuntimeError(
                    f"{name}: jvp gave output {k} a tangent of shape {tuple(t.shape)}, the output has {tuple(o.shape)}"
                )
            if id(o) in dirty_ids and id(o) in inputs:
                at = inputs[id(o)]
                if t is not given[at] or t._version == versions[at]:
                    raise RuntimeError(
                        f"{name}: an inplace custom Function is not modifying the forward mode gradients inplace: "
                        f"forward changes argument {at}, so jvp has to change its tangent and return it"
                    )
            elif o._is_view() and any(o._base is a or o._base is a._base for a in args if isinstance(a, Tensor)):
                address: Any = lambda tensor: tensor.untyped_storage()._cdata  # noqa: E731
                if address(t) not in {address(g) for g in given if g is not None}:
                    raise RuntimeError(
                        f"{name}: output {k} is a view of an input, so jvp has to return a view of the input's tangent"
                    )
            _C._set_tangent(o, t)
        return outputs

    return push


# --- batches ----------------------------------------------------------------------------------------------------------
def _over_batch(cls: Any, args: tuple[Any, ...], handle: Any, size: int, randomness: str) -> Any:
    flat, form = pytree.tree_flatten(args)
    dims = [0 if isinstance(t, Tensor) and _C._is_at(handle, t) else None for t in flat]
    values = [_C._unwrap_at(handle, t) if d == 0 else t for t, d in zip(flat, dims, strict=True)]
    rule = cls.vmap is not Function.vmap
    if cls.generate_vmap_rule and rule:
        raise RuntimeError(
            f"{cls.__name__}: has both generate_vmap_rule=True and a vmap static method; take one of the two away"
        )
    if not cls.generate_vmap_rule and not rule and any(d == 0 for d in dims):
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and implement "
            "the vmap staticmethod or set generate_vmap_rule=True."
        )
    with outside():
        if all(d is None for d in dims):
            return cls.apply(*pytree.tree_unflatten(values, form))
        if not rule:
            call = _Entries(cls, form, dims, size, randomness)
            leaves = _generated(cls).apply(call, *values)
            out_dims: Any = call.out_dims
        else:
            info = VmapInfo(size, randomness)
            given = cls.vmap(info, pytree.tree_unflatten(dims, form), *pytree.tree_unflatten(values, form))
            result, out_dims = _pair(cls, given)
            leaves, out_form = pytree.tree_flatten(result)
            out_dims = pytree._broadcast_to_and_flatten(out_dims, out_form, lambda d: d is None)
            if out_dims is None:
                raise RuntimeError(
                    f"{cls.__name__}: the out_dims that vmap returned, {given[1]}, don't fit its output's structure"
                )
    known = {id(v): t for v, t, d in zip(values, flat, dims, strict=True) if d == 0}

    def shown(leaf: Any, dim: Any) -> Any:
        if not isinstance(leaf, Tensor) or dim is None:
            return leaf
        return known[id(leaf)] if id(leaf) in known and dim == 0 else _C._batch_at(handle, leaf, dim % leaf.dim())

    return pytree.tree_unflatten(
        [shown(leaf, d) for leaf, d in zip(leaves, out_dims, strict=True)], out_form if rule else call.out_form
    )


def _pair(cls: Any, given: Any) -> tuple[Any, Any]:
    got = f"{len(given)} values" if isinstance(given, tuple) else f"a {type(given).__name__}"
    if not isinstance(given, tuple) or len(given) != 2:
        raise RuntimeError(
            f"{cls.__name__}: Expected the vmap staticmethod to have two returns, an output and out_dims in its "
            f"structure, got {got}"
        )
    return given


class _Held(NamedTuple):
    """A batch among the attributes of a context, between levels."""

    whole: Any


class _EntryCtx(FunctionCtx):
    """The context as the function's own parts see it: of one entry."""

    _entries: Any = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, as entries of the level."""
        return tuple(self._entries)


class _Entries:
    """One call of a function over the entries of a batch: where the batch stands in arguments and results."""

    def __init__(self, cls: Any, form: Any, dims: list[int | None], size: int, randomness: str) -> None:
        self.cls, self.form, self.in_dims = cls, form, dims
        self.size, self.randomness = size, randomness
        self.out_dims: list[int | None] = []
        self.out_form: Any = None

    def level(self) -> Any:
        from flambeau.func._levels import Level

        return Level("batch", self.size, self.randomness)

    def arguments(self, leaves: list[Any]) -> Any:
        return pytree.tree_unflatten(leaves, self.form)


def _enter(level: Any, leaves: Any, dims: Any) -> list[Any]:
    """Entries of the level, of wholes with the batch in front."""
    return [
        _C._batch_at(level.handle, t, 0) if isinstance(t, Tensor) and d is not None else t
        for t, d in zip(leaves, dims, strict=True)
    ]


def _leave(level: Any, entries: Any) -> tuple[list[Any], list[int | None]]:
    """Wholes, and where the batch stands in them."""
    dims = [0 if isinstance(t, Tensor) and level.holds(t) else None for t in entries]
    return [t if d is None else _C._unwrap_at(level.handle, t) for t, d in zip(entries, dims, strict=True)], dims


def _mapped_parts(cls: Any) -> dict[str, Any]:
    def forward(call: _Entries, *leaves: Any) -> Any:
        with call.level() as level:
            entries = _enter(level, leaves, call.in_dims)
            flat, call.out_form = pytree.tree_flatten(cls.forward(*call.arguments(entries)))
            whole, call.out_dims = _leave(level, flat)
        known = {id(e): t for e, t in zip(entries, leaves, strict=True) if isinstance(t, Tensor)}
        return tuple(known.get(id(e), t) for e, t in zip(flat, whole, strict=True))

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        call, leaves = inputs[0], inputs[1:]
        inner = _EntryCtx()
        with call.level() as level:
            entries, results = _enter(level, leaves, call.in_dims), _enter(level, output, call.out_dims)
            known = {
                id(e): t for e, t in zip((*entries, *results), (*leaves, *output), strict=True) if isinstance(t, Tensor)
            }
            inner.needs_input_grad = ctx.needs_input_grad[1:]
            cls.setup_context(inner, call.arguments(entries), pytree.tree_unflatten(results, call.out_form))
            notes = inner.__dict__
            kept: dict[str, list[int | None]] = {}
            for name, keep in (("_to_save", ctx.save_for_backward), ("_saved_for_forward", ctx.save_for_forward)):
                given = notes.pop(name, ())
                whole, kept[name] = _leave(level, given)
                keep(*(known.get(id(e), t) for e, t in zip(given, whole, strict=True)))
            ctx.mark_dirty(*(known.get(id(t), t) for t in notes.pop("_dirty", ())))
            ctx.mark_non_differentiable(*(known.get(id(t), t) for t in notes.pop("_frozen", ())))
            ctx.set_materialize_grads(notes.pop("_materialize", True))
            for name in notes:
                notes[name] = pytree.tree_map(
                    lambda t: _Held(_C._unwrap_at(level.handle, t)) if isinstance(t, Tensor) and level.holds(t) else t,
                    notes[name],
                )
        ctx._inner, ctx._kept, ctx._call = inner, kept, call

    def opened(ctx: Any, level: Any, saved: str) -> _EntryCtx:
        """The inner context at a level: what it holds are entries again."""
        inner = _EntryCtx()
        inner._entries = _enter(level, ctx.saved_tensors, ctx._kept[saved])
        for name, value in ctx._inner.__dict__.items():
            inner.__dict__[name] = pytree.tree_map(
                lambda t: _C._batch_at(level.handle, t.whole, 0) if isinstance(t, _Held) else t,
                value,
                is_leaf=lambda t: isinstance(t, _Held),
            )
        inner.needs_input_grad = ctx.needs_input_grad[1:]
        return inner

    def backward(ctx: Any, *grads: Any) -> Any:
        call = ctx._call
        arguments = call.arguments(list(range(len(call.in_dims))))
        sizes = ctx._sizes
        with call.level() as level:
            inner = opened(ctx, level, "_to_save")
            found = cls._pullback()(inner, *_enter(level, grads, call.out_dims))
            found = found if isinstance(found, tuple) else (found,)
            whole, dims = _leave(level, found)
        if len(whole) != len(arguments):
            return tuple(whole)  # as many as are wrong: the tape says so
        out = [None] * len(call.in_dims)
        for at, g, d in zip(arguments, whole, dims, strict=True):
            if not isinstance(at, int) or g is None:
                continue
            shared = call.in_dims[at] is None
            if d is None and not shared:
                g = g.expand(call.size, *g.shape)
            elif d == 0 and shared:
                g = g.sum(0)
            out[at] = g.sum_to_size(sizes[at]) if sizes[at] is not None and g.shape != sizes[at] else g
        return (None, *out)

    def with_sizes(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        ctx._sizes = [t.shape if isinstance(t, Tensor) else None for t in inputs[1:]]
        setup_context(ctx, inputs, output)

    def jvp(ctx: Any, *tangents: Any) -> Any:
        call = ctx._call
        with call.level() as level:
            inner = opened(ctx, level, "_saved_for_forward")
            found = cls.jvp(inner, *call.arguments(_enter(level, tangents[1:], call.in_dims)))
            whole, dims = _leave(level, found if isinstance(found, tuple) else (found,))
        out = []
        for t, d, wanted in zip(whole, dims, call.out_dims, strict=True):
            if d == 0 and wanted is None:
                raise RuntimeError(
                    f"{cls.__name__}: jvp gave a batch of tangents for an output that is the same for all entries"
                )
            out.append(t.expand(call.size, *t.shape) if t is not None and d is None and wanted == 0 else t)
        return tuple(out)

    return {"forward": forward, "setup_context": with_sizes, "backward": backward, "jvp": jvp}


def _generated(cls: Any) -> Any:
    """The function over batches, itself a custom function outside of the level."""
    made = cls.__dict__.get("_over_entries")
    if made is None:
        parts: dict[str, Any] = {name: staticmethod(part) for name, part in _mapped_parts(cls).items()}
        made = type(f"Vmapped{cls.__name__}", (Function,), {**parts, "generate_vmap_rule": True})
        cls._over_entries = made
    return made
