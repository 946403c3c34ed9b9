"""Trading time for memory: intermediate values are computed again in the backward pass instead of being kept."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import flambeau
from flambeau import _C
from flambeau.utils._selective_checkpoint import (
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]

_early_stop: bool | None = None
_debug: bool | None = None


class CheckpointError(RuntimeError):
    """The second computation saved other tensors than the first."""


class _Enough(Exception):
    """Ends a second computation when all that is needed has been saved."""


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Context that says, over each call's own wish, whether second computations end as soon as they may."""
    global _early_stop
    before, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = before


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Context that says, over each call's own wish, whether mismatches are told in full."""
    global _debug
    before, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = before


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing: for the first and for the second computation."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs cut off from their history; those that require a gradient still do."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"detach_variable: {type(inputs).__name__} given, a tuple is wanted")
    result = []
    for value in inputs:
        if isinstance(value, flambeau.Tensor):
            cut = value.detach()
            cut.requires_grad = value.requires_grad
            value = cut
        result.append(value)
    return tuple(result)


def check_backward_validity(inputs: Any) -> None:
    """Warn if no input requires a gradient, for then a re-entrant checkpoint gives none to anything inside."""
    tensors = [value for value in inputs if isinstance(value, flambeau.Tensor)]
    if not any(tensor.requires_grad for tensor in tensors):
        warnings.warn(
            "checkpoint: no input requires a gradient, so parameters inside get none; use_reentrant=False gives it",
            stacklevel=3,
        )


class DefaultDeviceType:
    """The kind of device whose random state is kept where no tensor says one."""

    _default_device_type = "cpu"

    @staticmethod
    def set_device_type(device: str = "cpu") -> None:
        """Say which kind it is."""
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type() -> str:
        """The kind of device."""
        return DefaultDeviceType._default_device_type


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The devices of the tensors among the arguments, apart from the CPU, and the states of their random numbers.

    There are no such devices yet, so both lists are empty; the CPU's state is `flambeau.get_rng_state`.
    """
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Set again what :func:`get_device_states` gave."""
    if len(devices) or len(states):
        raise RuntimeError(f"set_device_states: {len(devices)} devices given, there is only the CPU here")


class _Surroundings:
    """Random state and autocast at the first computation, to be set again for the second."""

    def __init__(self, keep_random: bool) -> None:
        self.random = flambeau.get_rng_state() if keep_random else None
        self.autocast = {
            "enabled": _C.is_autocast_enabled("cpu"),
            "dtype": _C.get_autocast_dtype("cpu"),
            "cache_enabled": _C.is_autocast_cache_enabled(),
        }

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        from flambeau.amp import autocast
        from flambeau.random import fork_rng

        with fork_rng(devices=[], enabled=self.random is not None), autocast("cpu", **self.autocast):
            if self.random is not None:
                flambeau.set_rng_state(self.random)
            yield


class CheckpointFunction(flambeau.autograd.Function):
    """The re-entrant form: runs without a graph, and runs backward inside backward."""

    @staticmethod
    def forward(ctx: Any, run_function: Any, preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.surroundings = _Surroundings(preserve_rng_state)
        ctx.inputs = [None if isinstance(value, flambeau.Tensor) else value for value in args]
        ctx.places = [place for place, value in enumerate(args) if isinstance(value, flambeau.Tensor)]
        ctx.save_for_backward(*(args[place] for place in ctx.places))
        with flambeau.no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        inputs = list(ctx.inputs)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=False):
            inputs[place] = tensor
        cut = detach_variable(tuple(inputs))
        with ctx.surroundings.again(), flambeau.enable_grad():
            outputs = ctx.run_function(*cut)
        if isinstance(outputs, flambeau.Tensor):
            outputs = (outputs,)
        pairs = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=False)
            if isinstance(output, flambeau.Tensor) and output.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary: nothing is to be "
                "computed again"
            )
        flambeau.autograd.backward([output for output, _ in pairs], [grad for _, grad in pairs])
        return (None, None, *(value.grad if isinstance(value, flambeau.Tensor) else None for value in cut))


class _Holder:
    """Stands in the graph for a tensor that was not kept."""

    __slots__ = ("__weakref__", "place", "value")

    def __init__(self, place: int) -> None:
        self.place = place
        self.value: Any = None


def _metadata(tensor: Any) -> tuple[Any, ...]:
    return tuple(tensor.shape), tensor.dtype, tensor.device


class _Frame:
    """One call of `checkpoint`: how to compute again, and which saved tensors wait for it."""

    def __init__(self, run: Callable[[], Any], early_stop: bool, check: bool, debug: bool, tensors: list[Any]) -> None:
        self.run = run
        self.early_stop = early_stop
        self.check = check
        self.debug = debug
        self.holders: list[weakref.ref[_Holder]] = []
        self.metadata: list[tuple[Any, ...]] = []
        self.inputs = [(weakref.ref(tensor), tensor._version) for tensor in tensors]

    def pack(self, tensor: Any) -> _Holder:
        holder = _Holder(len(self.holders))
        self.holders.append(weakref.ref(holder))
        self.metadata.append(_metadata(tensor))
        return holder

    def unpack(self, holder: _Holder) -> Any:
        if holder.value is None:
            self.compute_again()
        value, holder.value = holder.value, None
        if value is None:
            raise CheckpointError(
                f"checkpoint: the second computation saved fewer than the {len(self.holders)} tensors of the first; "
                "does the function depend on something that changed?"
            )
        return value

    def compute_again(self) -> None:
        for reference, version in self.inputs:
            tensor = reference()
            if tensor is not None and tensor._version != version:
                raise RuntimeError(
                    f"checkpoint: an input of shape {tuple(tensor.shape)} was changed in place after the call "
                    f"(version {version} then, {tensor._version} now), so its values cannot be computed again"
                )
        count = 0

        def keep(tensor: Any) -> Any:
            nonlocal count
            place = count
            count += 1
            if place >= len(self.holders):
                if self.early_stop:
                    raise _Enough
                raise CheckpointError(
                    f"checkpoint: the second computation saved more than the {len(self.holders)} tensors of the first"
                )
            if self.check and _metadata(tensor) != self.metadata[place]:
                now = _metadata(tensor)
                told = f"checkpoint: saved tensor {place} was {self.metadata[place]} and is {now} when computed again"
                if self.debug:
                    told += f"; all first ones: {self.metadata}"
                raise CheckpointError(told)
            holder = self.holders[place]()
            kept = tensor.detach()
            if holder is not None:
                holder.value = kept
            if self.early_stop and count == len(self.holders):
                raise _Enough
            return kept

        with contextlib.suppress(_Enough), flambeau.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept):
            self.run()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function without keeping what its backward pass needs; it is called again for that.

    Args:
        function: gives the same results when called again with the same random numbers.
        args, kwargs: its arguments. ``preserve_rng_state=False`` among kwargs saves the care for random numbers.
        use_reentrant: the older form, which needs an input that requires a gradient and knows no keyword arguments;
            give False if nothing speaks against it.
        context_fn: gives two contexts, for the first and the second call; not for the re-entrant form.
        determinism_check: ``"default"`` compares shapes, dtypes and devices of the two calls, ``"none"`` doesn't.
        debug: tell mismatches in full.
        early_stop: end the second call as soon as everything needed is there.

    Raises:
        CheckpointError: in the backward pass, if the two calls differ.
    """
    if use_reentrant is None:
        warnings.warn("checkpoint: use_reentrant is not given; True is assumed, False is recommended", stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check is {determinism_check!r}, 'default' or 'none' is wanted")
    if use_reentrant:
        if kwargs:
            raise ValueError(
                f"checkpoint: keyword arguments {sorted(kwargs)} are given, use_reentrant=True passes none on"
            )
        if context_fn is not noop_context_fn or debug:
            raise ValueError("checkpoint: context_fn and debug want use_reentrant=False")
        return CheckpointFunction.apply(function, preserve, *args)
    first, second = context_fn()
    if not flambeau.is_grad_enabled():
        with first:
            return function(*args, **kwargs)
    surroundings = _Surroundings(preserve)

    def run() -> None:
        with surroundings.again(), flambeau.enable_grad(), second:
            function(*args, **kwargs)

    tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, flambeau.Tensor)]
    stop = early_stop if _early_stop is None else _early_stop
    frame = _Frame(run, stop, determinism_check == "default", debug if _debug is None else _debug, tensors)
    with flambeau.autograd.graph.saved_tensors_hooks(frame.pack, frame.unpack), first:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run a chain of functions in segments, each of them checkpointed except the last.

    Args:
        functions: a ``Sequential`` or a list.
        segments: number of pieces.
        input: of the first function.
        use_reentrant, kwargs: as for :func:`checkpoint`.
    """
    if use_reentrant is None:
        warnings.warn(
            "checkpoint_sequential: use_reentrant is not given; True is assumed, False is recommended", stacklevel=2
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"checkpoint_sequential: unknown keyword arguments {sorted(kwargs)}")
    chain = list(functions.children()) if isinstance(functions, flambeau.nn.Sequential) else list(functions)

    def piece(start: int, end: int) -> Callable[[Any], Any]:
        def forward(value: Any) -> Any:
            for function in chain[start:end]:
                value = function(value)
            return value

        return forward

    size = len(chain) // segments
    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(piece(start, end), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return piece(end, len(chain))(input)
