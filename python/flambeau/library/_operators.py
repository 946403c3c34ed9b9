"""Operators of one's own: what is registered for each, and which of it a call takes.

A call goes from the outside in, as PyTorch's dispatcher goes through its keys: autocast, autograd, then the backend of
the tensors (that of ``meta`` before others). A composite kernel stands for what is not registered: one for all backends
("CompositeExplicitAutograd"), or for autograd, too ("CompositeImplicitAutograd": it is differentiated through).
"""

from __future__ import annotations

import contextlib
import functools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flambeau import _C, _ops
from flambeau._schema import FunctionSchema

Tensor = _C.Tensor
_BACKEND_OF_DEVICE = {"cpu": "CPU", "cuda": "CUDA", "mps": "MPS", "xpu": "XPU", "meta": "Meta"}
_CLASSES: dict[str, Any] = {"Tensor": Tensor, "int": int, "float": (int, float), "bool": bool, "str": str}
_COMPOSITES = (
    "CompositeExplicitAutogradNonFunctional",
    "CompositeExplicitAutograd",
    "CompositeImplicitAutograd",
)


class _State(threading.local):
    below_autograd = False
    without_autocast = False


_state = _State()


@contextlib.contextmanager
def below_autograd() -> Iterator[None]:
    """Calls of one's own operators go to the backend's kernels, and nothing is put on the tape."""
    import flambeau

    before, _state.below_autograd = _state.below_autograd, True
    try:
        with flambeau.no_grad():
            yield
    finally:
        _state.below_autograd = before


@contextlib.contextmanager
def without_autocast() -> Iterator[None]:
    """Calls of one's own operators don't go to kernels for autocast."""
    before, _state.without_autocast = _state.without_autocast, True
    try:
        yield
    finally:
        _state.without_autocast = before


def tensors_in(values: Iterable[Any]) -> list[Any]:
    """The tensors among values and in lists of them."""
    found = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += [item for item in value if isinstance(item, Tensor)]
    return found


class Operator:
    """One overload of an operator of one's own."""

    def __init__(self, space: str, text: str, tags: tuple[Any, ...] = ()) -> None:
        self.overload = _ops.OpOverload(f"{space}::{text}", self._call)
        self.schema: FunctionSchema = self.overload._schema
        self.qualified = self.schema.name
        self.kernels: dict[str, Callable[..., Any]] = {}
        self.fake: Callable[..., Any] | None = None
        self.vmap_rule: Callable[..., Any] | None = None
        self.dispatch_rules: dict[type, Callable[..., Any]] = {}
        self.overload._own_kernels, self.overload._own_tags = self.kernels, tags
        arguments = self.schema.arguments
        self._positional = sum(not a.kwarg_only for a in arguments)
        self._names = [a.name for a in arguments]
        self._defaults = [(a.has_default_value(), a.default_value) for a in arguments]

    @property
    def name(self) -> str:
        """The full name: "mine::f", "mine::f.overload"."""
        return f"{self.qualified}.{self.schema.overload_name}" if self.schema.overload_name else self.qualified

    # --- arguments ----------------------------------------------------------------------------------------------------
    def split(self, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """All values of a call as a kernel gets them: without defaults at the end, and those by keyword by name."""
        count = self._positional
        while count and self._is_default(count - 1, values[count - 1]):
            count -= 1
        rest = range(self._positional, len(values))
        return values[:count], {self._names[i]: values[i] for i in rest if not self._is_default(i, values[i])}

    def _is_default(self, i: int, value: Any) -> bool:
        there, default = self._defaults[i]
        if not there or isinstance(value, Tensor):
            return False
        if isinstance(value, (_C.dtype, _C.memory_format)):  # schemas say them as numbers
            return False
        return type(value) is type(default) and value == default

    # --- the way of a call ----------------------------------------------------------------------------------------
    def _call(self, overload: Any, values: tuple[Any, ...]) -> Any:
        tensors = tensors_in(values)
        backend = _backend_of(tensors)
        if _C._call_state() & 2 and tensors and self._levels().batches(self, tensors, backend):
            return self._levels().over_batch(self, values)
        if not _state.without_autocast:
            kernel = self.kernels.get("Autocast" + backend)
            if kernel is not None and _autocast_enabled(backend):
                return self._run(kernel, values)
        below = _state.below_autograd or _C._is_below_autograd()
        if tensors and not below and not all(t.is_inference() for t in tensors):
            kernel = self._autograd_kernel(backend)
            if kernel is not None:
                return self._run(kernel, values)
            return self._warn_on_backward(self.run_backend(backend, values), tensors)
        return self.run_backend(backend, values)

    def redispatch(self, keyset: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the operator as far as a set of keys says: at its kernel for autograd, or at the backend's."""
        if any(key.name.startswith("Autograd") for key in keyset):
            return self.overload(*args, **kwargs)
        before, _state.below_autograd = _state.below_autograd, True  # what the kernel does is still put on the tape
        try:
            return self.overload(*args, **kwargs)
        finally:
            _state.below_autograd = before

    def _autograd_kernel(self, backend: str) -> Callable[..., Any] | None:
        for key in ("Autograd" + backend, "Autograd"):
            if key in self.kernels:
                return self.kernels[key]
        if "CompositeImplicitAutograd" in self.kernels and not self._has_backend_kernel(backend):
            return self.kernels["CompositeImplicitAutograd"]
        return None

    def _has_backend_kernel(self, backend: str) -> bool:
        explicit = any(key in self.kernels for key in (backend, *_COMPOSITES[:2]))
        return explicit or (backend == "Meta" and self.fake is not None)

    def run_backend(self, backend: str, values: tuple[Any, ...]) -> Any:
        """Call the kernel of a backend; "Undefined" is that of calls without tensors.

        Modes and the classes of tensors that run calls themselves are asked before.
        """
        if state := _C._call_state() & 6:
            if state & 4:
                self._check_tangents(tensors_in(values))
            if state & 2:
                return self._levels().on_values(self, values)
        if _C._python_runs_calls():
            from flambeau.library._dispatch import offered

            answer = offered(self, *self.split(values))
            if answer is not None:
                return self._checked(answer[0])
        if backend == "Undefined" and "BackendSelect" in self.kernels:
            return self._run(self.kernels["BackendSelect"], values)
        if backend == "Meta" and "Meta" not in self.kernels and self.fake is not None:
            from flambeau.library._fake import fake_context

            with fake_context(self):
                return self._run(self.fake, values)
        for key in (backend, *_COMPOSITES):
            if key in self.kernels:
                return self._run(self.kernels[key], values)
        raise NotImplementedError(self._no_kernel(backend))

    @staticmethod
    def _levels() -> Any:
        from flambeau.library import _levels

        return _levels

    def _check_tangents(self, tensors: list[Any]) -> None:
        if any(_C._tangent_of(t) is not None for t in tensors):
            raise NotImplementedError(
                f"{self.name}: an argument carries a tangent, and operators of one's own have no forward derivative; "
                "the nearest alternative is an autograd.Function with jvp"
            )

    def _no_kernel(self, backend: str) -> str:
        known = ", ".join(self.kernels) or "none"
        if backend == "Undefined":
            return (
                f"{self.name}: there are no tensors among the arguments to choose a kernel by, and none for all "
                f"backends ('CompositeExplicitAutograd'); registered are: {known}"
            )
        if backend == "Meta":
            return (
                f"{self.name}: called with tensors on 'meta', but no function for shapes alone was given; "
                "library.register_fake gives one"
            )
        return f"{self.name}: Could not run with arguments from the '{backend}' backend; kernels are there for: {known}"

    def _run(self, kernel: Callable[..., Any], values: tuple[Any, ...]) -> Any:
        args, kwargs = self.split(values)
        if getattr(kernel, "_wants_keyset", False):
            args = (_keyset_of(values), *args)
        return self._checked(kernel(*args, **kwargs))

    def _checked(self, result: Any) -> Any:
        returns = self.schema.returns
        if not returns or result is None:
            return None
        if len(returns) == 1:
            return self._checked_one(returns[0], result)
        if not isinstance(result, (tuple, list)) or len(result) != len(returns):
            got = f"{len(result)} results" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
            raise RuntimeError(f"{self.name}: the schema gives {len(returns)} results, the kernel {got}")
        return tuple(map(self._checked_one, returns, result))

    def _checked_one(self, wanted: Any, result: Any) -> Any:
        kind = str(wanted.type)
        if kind.startswith("List["):
            if not isinstance(result, (tuple, list)):
                raise RuntimeError(self._wrong_result(kind, result))
            if kind == "List[Tensor]" and not all(isinstance(item, Tensor) for item in result):
                raise RuntimeError(self._wrong_result(kind, result))
            return list(result)
        classes = _CLASSES.get(kind)
        number_of_type = kind == "int" and isinstance(result, _C.dtype)
        if classes is not None and result is not None and not isinstance(result, classes) and not number_of_type:
            raise RuntimeError(self._wrong_result(kind, result))
        return float(result) if kind == "float" else result

    def _wrong_result(self, kind: str, result: Any) -> str:
        return f"{self.name}: the schema gives {kind}, the kernel gave a {type(result).__name__}, {str(result)[:60]}"

    def _warn_on_backward(self, result: Any, tensors: list[Any]) -> Any:
        if not _C.is_grad_enabled() or not any(t.requires_grad for t in tensors):
            return result
        inputs = {id(t) for t in tensors}
        for output in tensors_in(result if isinstance(result, (tuple, list)) else (result,)):
            if id(output) in inputs:
                continue
            if not output.requires_grad and output.dtype.is_floating_point and not output._is_view():
                output.requires_grad_()
            if output.requires_grad:
                output.register_hook(functools.partial(_warn_no_formula, self.name))
        return result


def _warn_no_formula(name: str, grad: Any) -> None:
    warnings.warn(
        f"{name}: an autograd kernel was not registered, but a gradient goes through it; it follows what the kernel "
        "did with differentiable operators, if anything. library.register_autograd gives it a formula; kernels for "
        "'CompositeImplicitAutograd' are meant to be differentiated through",
        UserWarning,
        stacklevel=2,
    )


def _backend_of(tensors: list[Any]) -> str:
    if not tensors:
        return "Undefined"
    devices = {t.device.type for t in tensors}
    device = "meta" if "meta" in devices else next((d for d in sorted(devices) if d != "cpu"), "cpu")
    backend = _BACKEND_OF_DEVICE.get(device, "PrivateUse1")
    return "Sparse" + backend if any(t.is_sparse for t in tensors) else backend


def _keyset_of(values: tuple[Any, ...]) -> Any:
    from flambeau._dispatch_keys import DispatchKey, DispatchKeySet

    backend = _backend_of(tensors_in(values))
    keys = [backend] if backend == "Undefined" else [backend, "Autograd" + backend]
    return DispatchKeySet(*(DispatchKey[key] for key in keys))


def _autocast_enabled(backend: str) -> bool:
    import flambeau

    device = backend.lower()
    return device in ("cpu", "cuda") and bool(flambeau.is_autocast_enabled(device))


# --- the register -----------------------------------------------------------------------------------------------------
known: dict[str, Operator] = {}
# Kernels and fakes that were given before their operator: (key or "fake", function), by the operator's name.
_waiting: dict[str, list[tuple[str, Callable[..., Any]]]] = {}


def normalized(name: str) -> str:
    """ "mine::f.default" is "mine::f"."""
    return name.removesuffix(".default")


def define(space: str, text: str, tags: tuple[Any, ...] = ()) -> Operator:
    """Make an operator from its schema. RuntimeError where there is one of the name, or the text is no schema."""
    made = Operator(space, text, tags)
    if made.name in known:
        raise RuntimeError(
            f"{made.name}: there is an operator of this name already, {known[made.name].schema}; "
            f"it cannot be defined again as {made.schema}"
        )
    known[made.name] = made
    _ops.define(made.qualified, made.overload)
    for key, function in _waiting.pop(made.name, ()):
        if key == "fake":
            made.fake = function
        else:
            made.kernels[key] = function
    return made


def remove(operator: Operator) -> None:
    """Take an operator away."""
    if known.get(operator.name) is operator:
        del known[operator.name]
        _ops.undefine(operator.qualified, operator.overload)


def find(op: Any) -> Operator | None:
    """The operator of a name, an overload, a packet or what `custom_op` made; None where there is none."""
    if hasattr(op, "_opoverload"):
        op = op._opoverload
    if isinstance(op, _ops.OpOverload):
        return known.get(normalized(op.name()))
    if isinstance(op, _ops.OpOverloadPacket):
        return known.get(op._qualified_op_name)
    return known.get(normalized(op))


def name_of(op: Any) -> str:
    """The name that is meant, and a refusal of the table's operators."""
    if hasattr(op, "_opoverload"):
        op = op._opoverload
    if isinstance(op, _ops.OpOverload):
        name = op.name()
    elif isinstance(op, _ops.OpOverloadPacket):
        name = op._qualified_op_name
    elif isinstance(op, str):
        name = op
    else:
        raise TypeError(f"library: an operator or its name is wanted, got {type(op).__name__}")
    if name.startswith(("aten::", "prims::")) and normalized(name) not in known:
        raise NotImplementedError(
            f"library: {name} is an operator of the table, which takes no further kernels; a TorchFunctionMode sees "
            "its calls, and an operator of one's own can stand before it"
        )
    return normalized(name)


def wait(name: str, key: str, function: Callable[..., Any]) -> None:
    """Keep a kernel for an operator that is defined later."""
    _waiting.setdefault(name, []).append((key, function))
