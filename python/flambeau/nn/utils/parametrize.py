"""Parametrizations: a parameter or buffer computed from others by modules, each time it is read.

``register_parametrization(module, "weight", f)`` moves the tensor to ``module.parametrizations.weight.original`` and
makes ``module.weight`` a property of the module's class that returns ``f(original)``. Several parametrizations are
applied in order of registration; ``right_inverse`` lets one be assigned to.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

import flambeau
from flambeau._C import Tensor

from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module
from ..parameter import Parameter

_cache_depth = 0
_cache: dict[tuple[int, str], Any] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Within the block a parametrized tensor is computed once, however often it is read."""
    global _cache, _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if not _cache_depth:
            _cache = {}


def _register_parameter_or_buffer(module: Module, name: str, X: Any) -> None:
    if isinstance(X, Parameter):
        module.register_parameter(name, X)
    else:
        module.register_buffer(name, X)


def _maybe_set(dest: Any, src: Any) -> None:
    """Puts the contents of ``src`` into ``dest``, whose identity stays."""
    dest.set_(src)


def _same(one: Any, other: Any, what: str) -> None:
    if one.dtype != other.dtype:
        raise ValueError(f"{what} the dtype of the tensor (unless unsafe=True): {other.dtype} where {one.dtype} was")
    if one.shape != other.shape:
        raise ValueError(
            f"{what} the shape of the tensor (unless unsafe=True): {tuple(other.shape)} where {tuple(one.shape)} was"
        )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what they start from: ``original``, or ``original0``, ``original1``, …
    when the first one's ``right_inverse`` returns several tensors."""

    original: Any
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        start = original
        with flambeau.no_grad():
            value = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):
                        value = module.right_inverse(value)
        if not isinstance(value, Tensor) and not isinstance(value, Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
                f"{type(value).__name__}"
            )
        self.is_tensor = isinstance(value, Tensor)
        self.ntensors = 1 if isinstance(value, Tensor) else len(value)
        if isinstance(value, Tensor):
            if original.dtype != value.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {value.dtype}"
                )
            if original.device != value.device:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the device.\n"
                    f"original.device: {original.device}\nright_inverse(original).device: {value.device}"
                )
            with flambeau.no_grad():
                _maybe_set(original, value)
            _register_parameter_or_buffer(self, "original", original)
        else:
            for i, part in enumerate(value):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                        f"{i} of the sequence with type {type(part).__name__}."
                    )
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                part.requires_grad_(original.requires_grad)
                _register_parameter_or_buffer(self, f"original{i}", part)
        if not self.unsafe:
            # Reading must give what assigning takes: a tensor like the one that was there.
            result = self()
            if not isinstance(result, Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
            _same(start, result, "Registering a parametrization may not change")

    def right_inverse(self, value: Any) -> None:
        """Sets the originals such that reading gives ``value``. RuntimeError when a parametrization cannot be
        assigned to."""
        with flambeau.no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse: the tensor cannot "
                        "be assigned to"
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                kind = getattr(value, "dtype", None)
                if not isinstance(value, Tensor) or kind != self.original.dtype:
                    raise ValueError(
                        f"right_inverse gave a {type(value).__name__} of dtype {kind}; a tensor of dtype "
                        f"{self.original.dtype} is wanted"
                    )
                _maybe_set(self.original, value)
                return
            if not isinstance(value, Sequence) or len(value) != self.ntensors:
                raise ValueError(f"'right_inverse' must return a sequence of {self.ntensors} tensors, got {value!r}")
            for i, part in enumerate(value):
                original = getattr(self, f"original{i}")
                if not isinstance(part, Tensor):
                    raise ValueError(f"`right_inverse` must return a sequence of tensors. Got element {i}: {part!r}")
                if original.dtype != part.dtype:
                    raise ValueError(
                        f"Tensor {i} returned by `right_inverse` has dtype {part.dtype} while `original{i}` has dtype "
                        f"{original.dtype}"
                    )
                _maybe_set(original, part)

    def forward(self) -> Any:
        modules = iter(self)
        if self.is_tensor:
            value = next(modules)(self.original)
        else:
            value = next(modules)(*(getattr(self, f"original{i}") for i in range(self.ntensors)))
        for module in modules:
            value = module(value)
        return value


def _default_deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    known = memo.get(id(self))
    if known is not None:
        return known
    replica = self.__new__(self.__class__)
    memo[id(self)] = replica
    replica.__dict__ = deepcopy(self.__dict__, memo)
    for name in copyreg._slotnames(self.__class__):  # type: ignore[attr-defined]
        if hasattr(self, name):
            setattr(replica, name, deepcopy(getattr(self, name), memo))
    return replica


def _refuse_pickling(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(): build the module, register "
        "its parametrizations and load the state"
    )


def _inject_new_class(module: Module) -> None:
    """Gives ``module`` a class of its own, which can have properties of its own."""
    cls = module.__class__
    body: dict[str, Any] = {"__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        body["__deepcopy__"] = _default_deepcopy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), body)


def _inject_property(module: Any, tensor_name: str) -> None:
    def compute(self: Any) -> Any:
        if not _cache_depth:
            return self.parametrizations[tensor_name]()
        key = (id(module), tensor_name)
        value = _cache.get(key)
        if value is None:
            value = _cache[key] = self.parametrizations[tensor_name]()
        return value

    def assign(self: Any, value: Any) -> None:
        self.parametrizations[tensor_name].right_inverse(value)

    setattr(module.__class__, tensor_name, property(compute, assign))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Computes ``module.tensor_name`` by ``parametrization`` from now on; returns ``module``.

    Unless ``unsafe``, the parametrization must keep dtype and shape. Raises ValueError when it does not and when
    there is no parameter or buffer of that name.
    """
    parametrization.train(module.training)
    this: Any = module
    if is_parametrized(module, tensor_name):
        entry = this.parametrizations[tensor_name]
        if not unsafe:
            current = getattr(module, tensor_name)
            result = parametrization(current)
            if not isinstance(result, Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
            _same(current, result, "Registering a parametrization may not change")
            if hasattr(parametrization, "right_inverse"):
                try:
                    inverse = parametrization.right_inverse(result)
                except NotImplementedError:
                    pass
                else:
                    if not isinstance(inverse, Tensor):
                        raise ValueError(
                            f"parametrization.right_inverse must return a tensor. Got: {type(inverse).__name__}"
                        )
                    _same(result, inverse, "right_inverse may not change")
        entry.append(parametrization)
        entry.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        entry = ParametrizationList([parametrization], original, unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_new_class(module)
            this.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        this.parametrizations[tensor_name] = entry
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether ``module``, or its tensor of that name, has a parametrization."""
    entries = module._modules.get("parametrizations") if "_modules" in module.__dict__ else None
    if not isinstance(entries, ModuleDict):
        return False
    return len(entries) > 0 if tensor_name is None else tensor_name in entries


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Makes the tensor an ordinary one again, with its present value or, without ``leave_parametrized``, its original.

    Raises ValueError when there is no parametrization, or several originals to choose from.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    entry = module.parametrizations[tensor_name]
    if entry.is_tensor:
        original = entry.original
        if leave_parametrized:
            with flambeau.no_grad():
                value = getattr(module, tensor_name)
            if type(original) is Tensor or isinstance(original, Parameter):
                with flambeau.no_grad():
                    _maybe_set(original, value)
    else:
        if not leave_parametrized:
            raise ValueError(
                "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
                "sequence of tensors."
            )
        value = getattr(module, tensor_name)
        trained = any(getattr(entry, f"original{i}").requires_grad for i in range(entry.ntensors))
        original = Parameter(value.detach(), trained) if trained else value.detach()
    delattr(module.__class__, tensor_name)
    del module.parametrizations[tensor_name]
    _register_parameter_or_buffer(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = module.__class__.__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that ``module`` had before its first parametrization."""
    return module.__class__.__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Any, to_module: Any, tensor_name: str | None = None) -> Any:
    """Registers the parametrizations of ``from_module`` on ``to_module`` too, and copies what they start from."""
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        source = from_module.parametrizations[name]
        for parametrization in source:
            register_parametrization(to_module, name, parametrization, unsafe=True)
        target = to_module.parametrizations[name]
        with flambeau.no_grad():
            for key, value in source._parameters.items():
                if value is not None:
                    setattr(target, key, Parameter(value.detach().clone(), value.requires_grad))
    return to_module
