"""Custom differentiable functions written in Python."""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import Any

import flambeau
from flambeau import _C


class FunctionCtx:
    """What forward leaves for backward: saved tensors, flags, and any attribute one likes to set."""

    _saved: Any = ()
    _saved_for_forward: Any = ()
    _shown_to_jvp: Any = None
    _dirty: Any = ()
    _frozen: Any = ()
    _materialize = True
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (arguments, results, or intermediate ones) for backward; None is allowed."""
        for t in tensors:
            if t is not None and not isinstance(t, _C.Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(t).__name__}"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for the forward derivative."""
        self._saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Name arguments that forward changed in place."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Name results that carry no gradient."""
        self._frozen = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients reach backward as zeros (the default) or as None."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to `save_for_backward`, checked to be unchanged; in `jvp`, those of `save_for_forward`."""
        if self._shown_to_jvp is not None:
            return tuple(self._shown_to_jvp)
        if self._saved is None:
            raise RuntimeError(
                f"{type(self).__name__}: Trying to backward through the graph a second time (or directly access saved "
                "tensors after they have already been freed). Specify retain_graph=True to read them after backward."
            )
        name = type(self).__name__
        return tuple(None if s is None else _C._unpack_value(s, self, name) for s in self._saved)

    @property
    def _raw_saved_tensors(self) -> tuple[Any, ...]:
        return tuple(self._saved or ())

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The former name of `saved_tensors`."""
        warnings.warn("saved_variables is deprecated; use saved_tensors", DeprecationWarning, stacklevel=2)
        return self.saved_tensors


class _FunctionMeta(type):
    """Gives each function class a context class of its own, which backward runs on."""

    def __init__(cls, name: str, bases: Any, attrs: Any) -> None:
        super().__init__(name, bases, attrs)
        cls._backward_cls = type(name + "Backward", (BackwardCFunction,), {"_function": cls})


class BackwardCFunction(FunctionCtx, _C._FunctionBase):
    """The context of one call, which is the call's node on the tape."""

    _function: Any = None

    def _apply_backward(self, grads: tuple[Any, ...]) -> Any:
        return self._function._pullback()(self, *grads)

    def _release_saved(self) -> None:
        self._saved = None


class Function(metaclass=_FunctionMeta):
    """Base of custom functions: override the static methods `forward` and `backward`, and call with `apply`.

    >>> class Double(flambeau.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         return grad * 2
    >>> x = flambeau.ones(1, requires_grad=True)
    >>> Double.apply(x).backward(); x.grad
    tensor([2.])
    """

    generate_vmap_rule = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"{type(self).__name__}: Legacy autograd function with non-static forward method is deprecated; make "
            "forward a static method and call the class's apply"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; gets the context first, unless `setup_context` is overridden."""
        raise NotImplementedError("Function.forward: a subclass must implement the forward static method")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Fill the context after a forward that does not take it."""
        raise NotImplementedError("Function.setup_context: not defined by this subclass")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """From the gradients of the results, those of forward's arguments (None for arguments without one)."""
        raise NotImplementedError(
            "Function.backward: a subclass must implement either the backward or vjp method to be differentiated"
        )

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name for `backward`."""
        raise NotImplementedError("vjp is not implemented.")

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The forward derivative."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """The function over a batch: gives the output and, in its structure, where the batch's dimension is.

        Args:
            info: has ``batch_size`` and ``randomness``.
            in_dims: where the batch's dimension is in each argument; None for those that are no batch.
            args: the arguments, as `forward` gets them but for that dimension.
        """
        raise NotImplementedError(
            "Function.vmap: to use a custom Function with vmap, override the vmap static method or set "
            "generate_vmap_rule = True"
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward and put the function on the tape."""
        state = _C._call_state()
        separate = cls.setup_context is not Function.setup_context
        if separate and (kwargs or getattr(cls.forward, "__defaults__", None)):
            args, kwargs = _bound(cls.forward, args, kwargs), {}
        if state > 1:
            from flambeau.autograd import _function_levels

            return _function_levels.apply(cls, args, kwargs, state)
        ctx = cls._backward_cls()
        recording = state == 1
        ctx.needs_input_grad = tuple(recording and isinstance(a, _C.Tensor) and a.requires_grad for a in args)
        with flambeau.no_grad():
            if separate:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        return cls._recorded(ctx, args, result, recording)

    @classmethod
    def _recorded(cls, ctx: Any, args: tuple[Any, ...], result: Any, recording: bool, push: Any = None) -> Any:
        """The result with its history, and with tangents where there are any to `push` forward."""
        single = not isinstance(result, tuple)
        outputs = (result,) if single else result
        # What is only for this place leaves the context: the tensors' histories hold it.
        notes = ctx.__dict__
        to_save, dirty, frozen = notes.pop("_to_save", ()), notes.pop("_dirty", ()), notes.pop("_frozen", ())
        if push is None:
            notes.pop("_saved_for_forward", None)
        if any(ctx.needs_input_grad):
            outputs = _C._attach_function(
                ctx, cls.__name__ + "Backward", args, outputs, frozen, dirty, ctx._materialize
            )
            if push is not None:
                outputs = push(ctx, outputs, dirty, frozen)
            made = {id(o) for o in outputs if isinstance(o, _C.Tensor) and o.requires_grad}
            ctx._saved = tuple(None if t is None else _C._save_value(t, id(t) in made) for t in to_save)
        else:
            if recording:
                _C._note_untracked(outputs)
            for t in dirty:
                t._bump_version()
            if push is not None:
                outputs = push(ctx, outputs, dirty, frozen)
            ctx._saved = tuple(None if t is None else _C._save_value(t.detach(), False) for t in to_save)
        return outputs[0] if single else outputs

    @classmethod
    def _pullback(cls) -> Any:
        backward, vjp = cls.backward, cls.vjp
        if vjp is not Function.vjp:
            if backward is not Function.backward:
                raise RuntimeError(f"{cls.__name__}: Implementing both 'backward' and 'vjp' is not allowed; keep one")
            backward = vjp
        return backward


def _bound(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments of a call by position, those left out too."""
    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return (*bound.args, *bound.kwargs.values())


def once_differentiable(function: Any) -> Any:
    """Decorator for a backward that can't be differentiated again: doing so raises."""

    @functools.wraps(function)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with flambeau.no_grad():
            outputs = function(ctx, *args)
        if not _C.is_grad_enabled() or not any(isinstance(a, _C.Tensor) and a.requires_grad for a in args):
            return outputs
        many = isinstance(outputs, tuple)
        values = outputs if many else (outputs,)
        blocked = tuple(_Block.apply(v.detach().requires_grad_()) if isinstance(v, _C.Tensor) else v for v in values)
        return blocked if many else blocked[0]

    return wrapper


class _Block(Function):
    """Raises when a gradient comes back through it."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        pass

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


class InplaceFunction(Function):
    """Base of functions with a flag that says whether they work in place."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """Kept for programs that subclass it; nested arguments are not unpacked."""
