"""`custom_op`: an operator of one's own from an annotated function."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import flambeau
from flambeau.library import _operators
from flambeau.library._autograd import formula_kernel
from flambeau.library._infer import infer_schema
from flambeau.library._library import Library, check_functional, key_of, register_autocast, register_vmap
from flambeau.library._operators import Operator, tensors_in


class CustomOpDef:
    """An operator that `custom_op` made. A call goes through autograd, autocast and ``__torch_function__``."""

    def __init__(self, namespace: str, name: str, schema: str, fn: Callable[..., Any], tags: Any = ()) -> None:
        self._namespace, self._name, self._schema = namespace, name, schema
        self._qualname = f"{namespace}::{name}"
        self._init_fn = fn
        self.__doc__ = fn.__doc__
        self.__name__ = getattr(fn, "__name__", name)
        self._backend_fns: dict[str | None, Callable[..., Any]] = {}
        self._disabled_kernel: set[str | None] = set()
        self._backward_fn: Callable[..., Any] | None = None
        self._setup_context_fn: Callable[..., Any] | None = None
        self._lib: Library
        previous = _made.get(self._qualname)
        if previous is not None:
            previous._lib._destroy()
        self._lib = Library(namespace, "FRAGMENT")
        self._lib.define(name + schema, tags=tags)
        found = _operators.find(self._qualname)
        assert found is not None
        self._operator: Operator = found
        self._written = [i for i, argument in enumerate(found.schema.arguments) if argument.is_write]
        if not self._written:
            self._operator.kernels["Autograd"] = formula_kernel(found, None, None)
        else:
            self._operator.kernels["Autograd"] = self._without_formula
        if found.fake is None:
            found.fake = self._no_fake
        _made[self._qualname] = self

    @property
    def _opoverload(self) -> Any:
        return self._operator.overload

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._operator.overload(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def _without_formula(self, *args: Any, **kwargs: Any) -> Any:
        with _operators.below_autograd():
            return self._operator.overload(*args, **kwargs)

    def _no_fake(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"There was no fake impl registered for {self}: called with tensors on 'meta', it needs the function that "
            f"`{self.__name__}.register_fake` takes"
        )

    # --- kernels ------------------------------------------------------------------------------------------------------
    def register_kernel(self, device_types: str | Sequence[str] | None, fn: Any = None, /) -> Any:
        """The function for device types ("cpu"; None means all); usable as a decorator."""

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            kinds = [device_types] if device_types is None or isinstance(device_types, str) else list(device_types)
            for kind in kinds:
                if kind is not None:
                    flambeau.device(kind)  # refuses what is no device type
                self._backend_fns[kind] = function
                key = "CompositeExplicitAutograd" if kind is None else key_of(kind)
                self._operator.kernels[key] = self._backend_kernel(kind)
            return function

        return enter if fn is None else enter(fn)

    def _backend_kernel(self, kind: str | None) -> Callable[..., Any]:
        def kernel(*args: Any, **kwargs: Any) -> Any:
            function = self._init_fn if kind in self._disabled_kernel else self._backend_fns[kind]
            result = function(*args, **kwargs)
            self._check_no_alias(function, args, kwargs, result)
            for written in tensors_in(args[i] for i in self._written if i < len(args)):
                flambeau.autograd.graph.increment_version(written)
            return result

        return kernel

    def _check_no_alias(self, function: Any, args: Any, kwargs: Any, result: Any) -> None:
        if self._operator.schema._is_view_op():
            return
        seen = {t.untyped_storage()._cdata for t in tensors_in((*args, *kwargs.values())) if _has_memory(t)}
        for output in tensors_in(result if isinstance(result, (tuple, list)) else (result,)):
            if not _has_memory(output):
                continue
            place = output.untyped_storage()._cdata
            if place in seen:
                raise RuntimeError(
                    f"{self._qualname} (with implementation in {getattr(function, '__module__', '?')}): The output of "
                    "this custom operator must not also be an input to it, and may not alias any inputs or other "
                    "returns. Please return a clone of the offending output tensor(s), x.clone(), or don't return it."
                )
            seen.add(place)

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """For the length of a ``with`` block, run the function of `custom_op` in place of a kernel given later."""
        before = set(self._disabled_kernel)
        if device_type not in self._backend_fns:
            raise ValueError(f"{self}.set_kernel_enabled: no kernel was registered for '{device_type}'")
        (self._disabled_kernel.discard if enabled else self._disabled_kernel.add)(device_type)
        try:
            yield
        finally:
            self._disabled_kernel = before

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """The function that computes shapes alone, for arguments on ``meta``; usable as a decorator."""
        self._operator.fake = fn
        return fn

    def register_autograd(self, backward: Callable[..., Any], /, *, setup_context: Any = None) -> None:
        """The gradient: ``backward(ctx, *gradients)``, with what ``setup_context(ctx, inputs, output)`` kept.

        Raises:
            RuntimeError: the operator writes into an argument.
        """
        check_functional(self._operator)
        self._backward_fn, self._setup_context_fn = backward, setup_context
        self._operator.kernels["Autograd"] = formula_kernel(self._operator, backward, setup_context)

    def register_vmap(self, func: Any = None) -> Any:
        """A rule for batches; see `library.register_vmap`."""
        return register_vmap(self._operator.overload, func)

    def register_autocast(self, device_type: str, cast_inputs: Any) -> None:
        """Cast floating-point tensors within autocast; see `library.register_autocast`."""
        register_autocast(self._operator.overload, device_type, cast_inputs)

    def register_torch_dispatch(self, torch_dispatch_class: Any, fn: Any = None, /) -> Any:
        """What it does for a mode or class with ``__torch_dispatch__``; see `library.register_torch_dispatch`."""
        from flambeau.library._library import register_torch_dispatch

        return register_torch_dispatch(self, torch_dispatch_class, fn)


_made: dict[str, CustomOpDef] = {}


def _has_memory(tensor: Any) -> bool:
    return not tensor.is_sparse and tensor.device.type != "meta" and tensor.numel() > 0


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: Any,
    device_types: Any = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make an operator of an annotated function; usable as a decorator.

    Args:
        name: ``namespace::name``; the operator is ``flambeau.ops.namespace.name``, too.
        mutates_args: the names of the arguments that it writes, or ``"unknown"``.
        device_types: for which devices the function is ("cpu"); None means all.
        schema: what to use in place of the annotations: ``"(Tensor x) -> Tensor"``.

    Raises:
        ValueError: the annotations give no schema, or one that does not fit ``mutates_args``.

    >>> @flambeau.library.custom_op("notes::halved", mutates_args=())
    ... def halved(x: flambeau.Tensor) -> flambeau.Tensor:
    ...     return x / 2
    >>> halved.register_autograd(lambda ctx, grad: grad / 2)
    >>> x = flambeau.ones(1, requires_grad=True)
    >>> halved(x).backward(); x.grad
    tensor([0.5000])
    """

    def make(function: Callable[..., Any]) -> CustomOpDef:
        space, _, base = name.partition("::")
        if not base:
            raise ValueError(f"custom_op: the name must be 'namespace::name', got {name!r}")
        text = infer_schema(function, mutates_args=mutates_args) if schema is None else schema
        made = CustomOpDef(space, base, text, function, () if tags is None else tags)
        if schema is not None:
            arguments = made._operator.schema.arguments
            given = {a.name for a in arguments if a.is_write}
            wanted = given if mutates_args == "unknown" else set(mutates_args)
            if given != wanted:
                made._lib._destroy()
                raise ValueError(
                    f"custom_op: mutates_args={mutates_args!r}, but {schema} writes {sorted(given) or 'none'}"
                )
        made.register_kernel(device_types)(function)
        return made

    return make if fn is None else make(fn)


def triton_op(name: str, fn: Any = None, /, *, mutates_args: Any, schema: str | None = None) -> Any:
    """An operator whose function calls Triton kernels; made as by `custom_op`. The kernels are refused when called."""
    return custom_op(name, fn, mutates_args=mutates_args, schema=schema)


def wrap_triton(triton_kernel: Any, /) -> Any:
    """Not available: Triton kernels."""
    raise NotImplementedError(
        "wrap_triton: there are no Triton kernels here; a kernel for 'cpu' does what they are for"
    )
