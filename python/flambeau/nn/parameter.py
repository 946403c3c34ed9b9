"""Parameters and buffers: the two kinds of tensor that a module keeps, and their uninitialized forms.

A Parameter is a Tensor subclass that carries nothing of its own; being of that type is what makes
``Module.__setattr__`` register it. The uninitialized forms hold no data until a lazy module (modules/lazy.py)
has seen its first input.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Self

import flambeau
from flambeau import _C

Tensor = _C.Tensor
_TensorMeta: Any = type(Tensor)


class _ParameterMeta(_TensorMeta):
    """Makes ``isinstance(t, Parameter)`` true also for tensors of foreign classes flagged with ``_is_param``."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that belongs to a module's trainable state.

    Assigned as an attribute of a :class:`Module` it appears in ``parameters()`` and ``state_dict()``.

    Args:
        data: tensor whose memory the parameter shares; an empty tensor when left out.
        requires_grad: whether gradients accumulate in ``.grad``. Must be False for integer data.
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Self:
        if data is None:
            data = flambeau.empty(0)
        kind = type(data)
        if kind is Tensor or kind is Parameter:
            plain: Self = Tensor._make_subclass(cls, data, requires_grad)
            return plain
        # A foreign subclass keeps its class (its __torch_function__ has to go on working) and is only flagged.
        result = data.detach().requires_grad_(requires_grad)
        if type(result) is not kind:
            raise RuntimeError(
                f"Parameter: detach() of a {kind.__name__} gave a {type(result).__name__}; becoming a Parameter "
                "requires that detach() returns an instance of the same type"
            )
        result._is_param = True
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if id(self) in memo:
            return memo[id(self)]
        result = type(self)(self.data.clone(memory_format=flambeau.preserve_format), self.requires_grad)
        memo[id(self)] = result
        return result

    def __repr__(self) -> str:
        from flambeau._tensor_str import parameter_repr

        return parameter_repr(self)

    def __reduce_ex__(self, proto: Any) -> Any:
        state = _user_attributes(self)
        hooks: OrderedDict[int, Any] = OrderedDict()
        if state:
            return _rebuild_parameter_with_state, (self.data, self.requires_grad, hooks, state)
        return _rebuild_parameter, (self.data, self.requires_grad, hooks)

    __torch_function__ = _C._disabled_torch_function_impl


def _user_attributes(tensor: Any) -> dict[str, Any]:
    return {key: value for key, value in getattr(tensor, "__dict__", {}).items() if key != "_is_param"}


def _rebuild_parameter(data: Any, requires_grad: bool, backward_hooks: Any) -> Any:
    """Unpickling entry: a Parameter over ``data``. Hooks are not carried by the pickle."""
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data: Any, requires_grad: bool, backward_hooks: Any, state: Any) -> Any:
    """As :func:`_rebuild_parameter`, with the attributes that the user had set on the Parameter."""
    result = Parameter(data, requires_grad)
    if state:
        vars(result).update(state)
    return result


class UninitializedTensorMixin:
    """What uninitialized parameters and buffers share: no shape, no data, `materialize` to get both."""

    cls_to_become: Any = Tensor
    _allowed = frozenset(
        (
            "is_floating_point", "half", "float", "double", "char", "short", "int", "long", "cuda", "cpu", "to",
            "get_device", "type", "detach", "detach_", "requires_grad_", "copy_", "is_complex", "bfloat16",
            "__hash__", "__class__",
        )
    )  # fmt: skip

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives the tensor memory of ``shape`` (uninitialized values) and turns it into its ordinary class."""
        tensor: Any = self
        device = tensor.data.device if device is None else device
        dtype = tensor.data.dtype if dtype is None else dtype
        tensor.data = flambeau.empty(shape, device=device, dtype=dtype)
        tensor.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            f"{type(self).__name__}: the shape of an uninitialized tensor is not known before the first forward call "
            "of the lazy module (or materialize(shape)); to load a state_dict into a lazy module needs no shape"
        )

    def share_memory_(self) -> Any:
        raise RuntimeError(
            f"{type(self).__name__}: cannot share memory on an uninitialized tensor before materialize(shape) or a "
            "first forward call"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _arguments(self) -> tuple[Any, ...]:
        tensor: Any = self
        return tensor.requires_grad, tensor.data.device, tensor.data.dtype

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(*self._arguments())
        return memo[id(self)]

    def __reduce_ex__(self, proto: Any) -> Any:
        return type(self), self._arguments()

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # Attribute getters arrive as slot wrappers; of the methods only those that need no data are let through.
        name = getattr(func, "__name__", "")
        if name in cls._allowed or type(func).__name__ in ("method-wrapper", "getset_descriptor"):
            return super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[misc]
        raise ValueError(
            f"{name}: a tensor of this call is an uninitialized parameter or buffer of a lazy module; run one forward "
            "pass with a real input first"
        )


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[override]  # shape raises
    """A Parameter whose shape a lazy module sets at its first forward call."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        data = flambeau.empty(0, device=device, dtype=dtype)
        return Tensor._make_subclass(cls, data, requires_grad)


def is_lazy(param: Any) -> bool:
    """Whether ``param`` is still uninitialized."""
    return isinstance(param, UninitializedTensorMixin)


class _BufferMeta(_TensorMeta):
    """Buffers are plain tensors with a flag: the instance test looks at the flag."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return cls is Buffer and isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that a module registers as a buffer when it is assigned as an attribute.

    Args:
        data: the tensor; an empty one when left out.
        persistent: whether it is part of ``state_dict()``.
    """

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Self:
        if data is None:
            data = flambeau.empty(0)
        result = data.detach().requires_grad_(data.requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result

    __torch_function__ = _C._disabled_torch_function_impl


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[override]  # shape raises
    """A buffer whose shape a lazy module sets at its first forward call."""

    cls_to_become = Tensor
    persistent: bool

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        data = flambeau.empty(0, device=device, dtype=dtype)
        result: Any = Tensor._make_subclass(cls, data, requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result

    def _arguments(self) -> tuple[Any, ...]:
        return *super()._arguments(), self.persistent


_C._set_parameter_type(Parameter)
