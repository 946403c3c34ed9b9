"""`Library`: a namespace's operators, defined and given kernels by key; and the functions that do the same by name."""

from __future__ import annotations

import contextlib
import re
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flambeau._dispatch_keys import DispatchKey
from flambeau.library import _operators
from flambeau.library._autograd import formula_kernel
from flambeau.library._operators import Operator, find, name_of

_KINDS = ("DEF", "IMPL", "FRAGMENT")
_RESERVED = ("prim",)
_KEY_OF_TYPE = {
    "cpu": "CPU", "cuda": "CUDA", "xpu": "XPU", "mps": "MPS", "meta": "Meta", "hpu": "HPU", "hip": "HIP", "xla": "XLA",
    "ipu": "IPU", "ve": "VE", "lazy": "Lazy", "mtia": "MTIA", "maia": "MAIA", "privateuseone": "PrivateUse1",
    "default": "CompositeExplicitAutograd",
}  # fmt: skip
_defining: dict[str, weakref.ref[Library]] = {}
_always: list[Library] = []  # of the functions below that were given none


def key_of(name: str) -> str:
    """The dispatch key of a device type ("cpu") or of its own name ("CPU", "CompositeImplicitAutograd")."""
    key = _KEY_OF_TYPE.get(name, name)
    if key not in DispatchKey.__members__:
        raise RuntimeError(f"library: could not parse dispatch key '{name}'; 'CPU', 'Meta', 'Autograd' are some")
    return key


def fallthrough_kernel() -> None:
    """Registered for a key, it lets calls go on to the next; never called."""
    raise NotImplementedError("fallthrough_kernel() should never be called.")


class Library:
    """Operators of a namespace, as long as this object lives.

    Args:
        ns: the namespace, "mine" of ``mine::f``.
        kind: ``"DEF"`` (the only one that defines the namespace), ``"FRAGMENT"`` (defines operators, too) or ``"IMPL"``
            (gives kernels to operators defined elsewhere).
        dispatch_key: the key of kernels that are given without one.

    >>> lib = flambeau.library.Library("notes", "DEF")
    >>> lib.define("twice(Tensor x) -> Tensor")
    'twice'
    >>> lib.impl("twice", lambda x: 2 * x, "CompositeImplicitAutograd")
    >>> flambeau.ops.notes.twice(flambeau.ones(2))
    tensor([2., 2.])
    """

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in _KINDS:
            raise ValueError(f"Library: Unsupported kind: {kind}; one of {', '.join(_KINDS)} is wanted")
        if ns in _RESERVED and kind != "IMPL":
            raise ValueError(f"Library: {ns} is a reserved namespace. Please try creating a library with another name.")
        if ns == "aten" and kind == "DEF":
            raise RuntimeError("Library: the namespace aten is that of the table; FRAGMENT defines operators beside it")
        self.ns, self.kind = ns, kind
        self.dispatch_key = key_of(dispatch_key) if dispatch_key else ""
        if kind == "DEF":
            owner = _defining.get(ns)
            if owner is not None and owner() is not None:
                raise RuntimeError(
                    f"Library: Only a single TORCH_LIBRARY can be used to register the namespace {ns}; there is one "
                    "of kind DEF already, use FRAGMENT or IMPL"
                )
            _defining[ns] = weakref.ref(self)
        self._defined: list[Operator] = []
        self._given: list[tuple[str, str]] = []
        self._finalizer = weakref.finalize(self, _take_back, self._defined, self._given)
        setattr(self._finalizer, "atexit", False)  # noqa: B010  (a property that its stub has as a slot)

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Define an operator by its schema: ``"f(Tensor x, int n=1) -> Tensor"``. Answers its name.

        Raises:
            RuntimeError: the text is no schema, or there is an operator of the name already.
        """
        if alias_analysis not in ("", "FROM_SCHEMA", "CONSERVATIVE"):
            raise RuntimeError(f"Library.define: Invalid alias_analysis type {alias_analysis}")
        name = schema.split("(", 1)[0].strip()
        if self.kind == "IMPL":
            raise RuntimeError(f'Library.define: def("{name}"): Cannot define an operator in a library of kind IMPL')
        space, _, rest = schema.rpartition("::") if "::" in name else ("", "", schema)
        if space and space != self.ns:
            raise RuntimeError(
                f"Library.define: Explicitly provided namespace ({space}) is not the library's ({self.ns})"
            )
        self._defined.append(_operators.define(self.ns, rest.strip(), _tuple_of_tags(tags)))
        return self._defined[-1].name.partition("::")[2]

    def impl(
        self,
        op_name: Any,
        fn: Callable[..., Any],
        dispatch_key: str = "",
        *,
        with_keyset: bool = False,
        allow_override: bool = False,
    ) -> None:
        """Give an operator a kernel for a key; "" is the library's own, else "CompositeImplicitAutograd".

        Raises:
            TypeError: the kernel is nothing to call.
            RuntimeError: the key is none, or the operator is of another namespace.
        """
        if not callable(fn):
            raise TypeError(f"Library.impl: Input function is required to be a callable but found type {type(fn)}")
        key = key_of(dispatch_key or self.dispatch_key or "CompositeImplicitAutograd")
        name = name_of(op_name if not isinstance(op_name, str) or "::" in op_name else f"{self.ns}::{op_name}")
        if name.partition("::")[0] != self.ns:
            raise RuntimeError(
                f'Library.impl: impl("{name}"): the namespace of the operator is not the library\'s ({self.ns})'
            )
        if fn is fallthrough_kernel:
            return
        if with_keyset:
            given = fn

            def fn(*args: Any, **kwargs: Any) -> Any:
                return given(*args, **kwargs)

            fn._wants_keyset = True  # type: ignore[attr-defined]
        operator = find(name)
        if operator is None:
            _operators.wait(name, key, fn)
            return
        if key in operator.kernels and not allow_override:
            warnings.warn(
                f"Library.impl: Overriding a previously registered kernel of {name} for {key}",
                UserWarning,
                stacklevel=2,
            )
        operator.kernels[key] = fn
        self._given.append((name, key))

    def fallback(self, fn: Callable[..., Any], dispatch_key: str = "", *, with_keyset: bool = False) -> None:
        """Not available: kernels for every operator at once."""
        raise NotImplementedError(
            "Library.fallback: a kernel is for one operator here; a TorchFunctionMode sees the calls of all"
        )

    def _register_fake(self, op_name: str, fn: Callable[..., Any], _stacklevel: int = 1, **ignored: Any) -> None:
        register_fake(op_name if "::" in op_name else f"{self.ns}::{op_name}", fn)

    def _destroy(self) -> None:
        """Take back what the library has defined and given."""
        self._finalizer()
        if self.kind == "DEF" and (owner := _defining.get(self.ns)) is not None and owner() is self:
            del _defining[self.ns]


def _take_back(defined: list[Operator], given: list[tuple[str, str]]) -> None:
    for name, key in given:
        operator = find(name)
        if operator is not None:
            operator.kernels.pop(key, None)
    for operator in defined:
        _operators.remove(operator)
    defined.clear()
    given.clear()


def _tuple_of_tags(tags: Any) -> tuple[Any, ...]:
    return tuple(tags) if isinstance(tags, (tuple, list, set)) else (tags,)


@contextlib.contextmanager
def _scoped_library(*args: Any, **kwargs: Any) -> Iterator[Library]:
    """A library for the length of a ``with`` block."""
    library = Library(*args, **kwargs)
    try:
        yield library
    finally:
        library._destroy()


def _library_for(name: str, lib: Library | None, kind: str) -> Library:
    if lib is not None:
        return lib
    made = Library(name.partition("::")[0], kind)
    _always.append(made)
    return made


def define(qualname: Any, schema: Any, alias_analysis: str = "", *, lib: Library | None = None, tags: Any = ()) -> Any:
    """Define an operator: ``define("mine::f", "(Tensor x) -> Tensor")``.

    With a `Library` and a whole schema in place of the two it is a decorator of the kernel.

    Raises:
        ValueError: the name has no namespace, or the schema does not begin with its arguments.
    """
    if isinstance(qualname, Library):
        library, text = qualname, schema

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            library.impl(library.define(text, alias_analysis), function)
            return function

        return decorate
    if not isinstance(qualname, str):
        raise ValueError(f"define: the name is a {type(qualname).__name__}, 'namespace::name' is wanted")
    name = qualname.partition("::")[2]
    if not name:
        raise ValueError(f"define: Expected `qualname` to be of the form 'namespace::name', but got {qualname}")
    if not re.fullmatch(r"\s*\(.*\)\s*->.*", schema):
        raise ValueError(f"define: expected schema to look like '(Tensor x) -> Tensor' but got '{schema}'")
    _library_for(qualname, lib, "FRAGMENT").define(name + schema, tags=tags)
    return None


def impl(
    qualname: Any, types: str | Sequence[str] = "", func: Any = None, *, lib: Library | None = None, **legacy: Any
) -> Any:
    """Give an operator a kernel for device types ("cpu", "default" for all) or keys; usable as a decorator.

    With a `Library` first it is ``impl(lib, name, key)``, a decorator.
    """
    if isinstance(qualname, Library):
        library, name, key = qualname, types, func if isinstance(func, str) else legacy.get("dispatch_key", "")

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            library.impl(name, function, key)
            return function

        return decorate

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        library = _library_for(name_of(qualname), lib, "IMPL")
        for kind in (types,) if isinstance(types, str) else types:
            library.impl(qualname, function, key_of(kind))
        return function

    return enter if func is None else (enter(func), None)[1]


def register_kernel(op: Any, device_types: Any, func: Any = None, /, *, lib: Library | None = None) -> Any:
    """Give an operator a kernel for device types; None means all. Usable as a decorator."""
    if hasattr(op, "_opoverload"):
        return op.register_kernel(device_types, func)
    kinds = "default" if device_types is None else device_types
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        if kind not in _KEY_OF_TYPE:
            raise RuntimeError(
                f"register_kernel: '{kind}' is no device type; one of {', '.join(_KEY_OF_TYPE)} is wanted"
            )
    return impl(op, kinds, func, lib=lib)


def register_fake(
    op: Any,
    func: Any = None,
    /,
    *,
    lib: Library | None = None,
    _stacklevel: int = 1,
    allow_override: bool = True,
) -> Any:
    """Give an operator the function that computes shapes alone, for arguments on ``meta``; usable as a decorator.

    An operator that is defined later gets it then.
    """

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        operator = find(op)
        if operator is None:
            _operators.wait(name_of(op), "fake", function)
        elif hasattr(op, "register_fake"):
            op.register_fake(function)
        else:
            _give_fake(operator, function)
        return function

    return enter if func is None else enter(func)


def _give_fake(operator: Operator, function: Callable[..., Any]) -> None:
    for key in ("Meta", "CompositeImplicitAutograd"):
        if key in operator.kernels:
            raise RuntimeError(
                f"register_fake: {operator.name} has a kernel for {key} already, which serves tensors on 'meta'"
            )
    operator.fake = function


def impl_abstract(qualname: Any, func: Any = None, *, lib: Library | None = None, _stacklevel: int = 1) -> Any:
    """The former name of `register_fake`."""
    return register_fake(qualname, func, lib=lib)


def register_autograd(op: Any, backward: Callable[..., Any], /, *, setup_context: Any = None, lib: Any = None) -> None:
    """Give an operator its gradient: ``backward(ctx, *gradients)``, with what ``setup_context(ctx, inputs, output)``
    kept on ``ctx``. It answers with a gradient, or None, for each argument that was given by position.

    Raises:
        RuntimeError: the operator writes into an argument or gives views: those have no formula.
    """
    operator = find(op)
    if operator is None:
        name_of(op)
        raise AttributeError(f"register_autograd: there is no operator {op!r}; define it first")
    if hasattr(op, "register_autograd"):
        op.register_autograd(backward, setup_context=setup_context)
        return
    check_functional(operator)
    operator.kernels["Autograd"] = formula_kernel(operator, backward, setup_context)
    if lib is not None:
        lib._given.append((operator.name, "Autograd"))


def check_functional(operator: Operator) -> None:
    """RuntimeError for an operator that writes into arguments or gives views of them."""
    if any(argument.alias_info is not None for argument in operator.schema.arguments):
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {operator.name} with schema "
            f"{operator.schema}. A functional operator beside it can have one."
        )


def register_vmap(op: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    """Give an operator a rule for batches, ``func(info, in_dims, *args) -> output, out_dims``; usable as a decorator.

    Args:
        op: the operator or its name.
        func: gets ``info.batch_size`` and ``info.randomness``, for each argument where the batch's dimension stands
            (None: the argument is shared), and the arguments with it; gives the output and where that is in it.

    Without a rule `func.vmap` runs the operator entry by entry, with a warning.
    """

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        operator = find(op)
        if operator is None:
            raise AttributeError(f"register_vmap: there is no operator {op!r}; define it first")
        operator.vmap_rule = function
        return function

    return enter if func is None else enter(func)


def register_autocast(op: Any, device_type: str, cast_inputs: Any, /, *, lib: Any = None) -> None:
    """Within autocast of a device type, cast an operator's floating-point tensors before it runs."""
    from flambeau import Tensor

    operator = find(op)
    if operator is None:
        raise AttributeError(f"register_autocast: there is no operator {op!r}; define it first")
    if device_type not in ("cpu", "cuda"):
        raise ValueError(f"register_autocast: device_type is {device_type!r}, 'cpu' or 'cuda' is wanted")

    def cast(value: Any) -> Any:
        if isinstance(value, list):
            return [cast(item) for item in value]
        wanted = isinstance(value, Tensor) and value.device.type == device_type and value.is_floating_point()
        return value.to(cast_inputs) if wanted and str(value.dtype) != "torch.float64" else value

    def kernel(*args: Any, **kwargs: Any) -> Any:
        with _operators.without_autocast():
            return operator.overload(*map(cast, args), **{name: cast(value) for name, value in kwargs.items()})

    operator.kernels["Autocast" + key_of(device_type)] = kernel


def register_torch_dispatch(op: Any, torch_dispatch_class: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    """Say what an operator of one's own does for a mode or a class with ``__torch_dispatch__``, in place of that.

    Args:
        op: the operator, or its name.
        torch_dispatch_class: a `TorchDispatchMode`, or a subclass of Tensor.
        func: called as ``func(mode, op, types, args, kwargs)``, for a class of tensors without the mode. Left out, a
            decorator is given.
    """
    operator = find(op)
    if operator is None:
        raise RuntimeError(f"register_torch_dispatch: {op} is no operator of one's own")

    def register(function: Any) -> Any:
        operator.dispatch_rules[torch_dispatch_class] = function
        return function

    return register if func is None else register(func)


def get_kernel(op: Any, dispatch_key: Any) -> Any:
    """The kernel of an operator for a key. RuntimeError where there is none."""
    operator = find(op)
    key = key_of(getattr(dispatch_key, "name", dispatch_key))
    if operator is None or key not in operator.kernels:
        raise RuntimeError(f"get_kernel: no kernel for {key} is registered for {op}")
    return operator.kernels[key]
